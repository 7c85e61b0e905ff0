/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/lock.h"
#include "base/error.h"
#include "base/files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Long enough for somebody who only looks whether it is taken. */
#define LOCK_WAIT_MS 250

/* Identifiers are unique without case. */
static char *
lock_path(const HostPaths *paths, const char *identifier, const char *what)
{
	g_autofree char *lower = g_ascii_strdown(identifier, -1);
	g_autofree char *name = g_strdup_printf("locks/%s.%s.lock", lower, what);

	return paths_in_data(paths, name);
}

/* busy is the word and the sentence for one that somebody else holds. */
static int
lock_take_one(const HostPaths *paths, const char *identifier, const char *what, const char *code, const char *busy, GError **error)
{
	g_autofree char *path = lock_path(paths, identifier, what);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) error_local = NULL;
	int lock;

	if (g_mkdir_with_parents(folder, 0700) != 0) {
		host_error_set(error, IDC_IO, "file_not_written", "The folder %s cannot be made: %s.", folder, g_strerror(errno));
		return -1;
	}
	lock = files_lock(path, LOCK_WAIT_MS, NULL, NULL, &error_local);
	if (lock >= 0)
		return lock;
	if (host_error_status(error_local) == IDC_TIMEOUT) {
		host_error_set(error, IDC_UNAVAILABLE, code,
			       "%s of %s is running. Nothing was asked for; try again when it has ended.", busy, identifier);
		host_error_set_exit(*error, HOST_EXIT_LATER);
	} else {
		g_propagate_error(error, g_steal_pointer(&error_local));
	}
	return -1;
}

int
lock_take(const HostPaths *paths, const char *identifier, GError **error)
{
	return lock_take_one(paths, identifier, "sync", "sync_running", "Another sync", error);
}

int
lock_take_changes(const HostPaths *paths, const char *identifier, GError **error)
{
	return lock_take_one(paths, identifier, "change", "change_running", "Another run of changes", error);
}

void
lock_release(int lock)
{
	files_unlock(lock);
}

static gboolean
lock_one_is_held(const HostPaths *paths, const char *identifier, const char *what)
{
	g_autofree char *path = lock_path(paths, identifier, what);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	gboolean held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

gboolean
lock_is_held(const HostPaths *paths, const char *identifier)
{
	return lock_one_is_held(paths, identifier, "sync");
}

gboolean
lock_changes_is_held(const HostPaths *paths, const char *identifier)
{
	return lock_one_is_held(paths, identifier, "change");
}
