/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* For LD_PRELOAD: the program is killed right before the IDC_KILL_AT-th time that it changes something that outlives it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static long kill_left;

__attribute__((constructor)) static void
kill_prepare(void)
{
	const char *text = getenv("IDC_KILL_AT");

	kill_left = text != NULL ? strtol(text, NULL, 10) : 0;
	/* What the program starts is left alone. */
	unsetenv("LD_PRELOAD");
	unsetenv("IDC_KILL_AT");
}

static void
kill_count(void)
{
	if (kill_left > 0 && __atomic_sub_fetch(&kill_left, 1, __ATOMIC_SEQ_CST) == 0)
		kill(getpid(), SIGKILL);
}

SHOWN ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
	kill_count();
	return syscall(SYS_pwrite64, fd, buf, n, offset);
}

SHOWN int
rename(const char *old, const char *new)
{
	kill_count();
	return (int)syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new);
}

SHOWN int
renameat(int oldfd, const char *old, int newfd, const char *new)
{
	kill_count();
	return (int)syscall(SYS_renameat, oldfd, old, newfd, new);
}

SHOWN int
unlink(const char *name)
{
	kill_count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

SHOWN int
unlinkat(int fd, const char *name, int flag)
{
	kill_count();
	return (int)syscall(SYS_unlinkat, fd, name, flag);
}

SHOWN int
fsync(int fd)
{
	kill_count();
	return (int)syscall(SYS_fsync, fd);
}

SHOWN int
fdatasync(int fildes)
{
	kill_count();
	return (int)syscall(SYS_fdatasync, fildes);
}
