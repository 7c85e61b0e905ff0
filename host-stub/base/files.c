/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/files.h"
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long to sleep between two tries for a lock: a compromise between waking up for nothing and handing a lock on late. */
#define LOCK_POLL_US (20 * 1000)

/* Owner and mode of one component, part being its path so far. */
static gboolean
files_check_component(int fd, const char *part, const char *what, gboolean is_last, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		host_error_set(error, IDC_IO, "file_not_readable", "%s cannot be looked at: %s: %s.", what, part,
			       g_strerror(errno));
		return FALSE;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		host_error_set(error, IDC_REFUSED, "file_owner",
			       "%s is refused: %s belongs to user %u, who could change it. Make it belong to root or to the user "
			       "who runs this "
			       "(chown).",
			       what, part, (unsigned)st.st_uid);
		return FALSE;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (is_last || (st.st_mode & S_ISVTX) == 0)) {
		host_error_set(error, IDC_REFUSED, "file_writable",
			       "%s is refused: others than its owner may write to %s (mode %04o). Take that away: chmod go-w %s",
			       what, part, (unsigned)(st.st_mode & 07777), part);
		return FALSE;
	}
	return TRUE;
}

static void
files_set_open_error(GError **error, int saved_errno, const char *part, const char *what)
{
	if (saved_errno == ENOENT)
		host_error_set(error, IDC_NOT_FOUND, "no_such_file", "%s is not there: %s does not exist.", what, part);
	else if (saved_errno == ELOOP)
		host_error_set(
		    error, IDC_REFUSED, "file_link",
		    "%s is refused: %s is a symbolic link, and links are not followed here. Give the path that it leads to.", what,
		    part);
	else
		host_error_set(error, IDC_IO, "file_not_readable", "%s cannot be opened: %s: %s.", what, part,
			       g_strerror(saved_errno));
}

/* O_DIRECTORY together with O_NOFOLLOW says ENOTDIR for a link, which would send people the wrong way. */
static int
files_open_error(int folder_fd, const char *name, int saved_errno)
{
	struct stat st;

	if (saved_errno == ENOTDIR && fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return ELOOP;
	return saved_errno;
}

/* Walks down from the root; last_flags are what the last component is opened with. */
static int
files_open_walk(const char *path, const char *what, int last_flags, GError **error)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	g_auto(GStrv) names = g_strsplit(absolute + 1, "/", -1);
	g_autoptr(GString) part = g_string_new(NULL);
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !files_check_component(fd, "/", what, FALSE, error)) {
		if (fd < 0)
			files_set_open_error(error, errno, "/", what);
		else
			close(fd);
		return -1;
	}
	for (gsize i = 0; names[i] != NULL; i++) {
		gboolean is_last = names[i + 1] == NULL;
		int flags = is_last ? last_flags : O_PATH | O_DIRECTORY;
		int next;

		if (*names[i] == '\0')
			continue;
		g_string_append_c(part, '/');
		g_string_append(part, names[i]);
		next = openat(fd, names[i], flags | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			files_set_open_error(error, files_open_error(fd, names[i], errno), part->str, what);
		close(fd);
		fd = next;
		if (fd < 0)
			return -1;
		if (!files_check_component(fd, part->str, what, is_last, error)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

int
files_open_trusted(const char *path, const char *what, GError **error)
{
	/* NONBLOCK: a FIFO put in the file's place would otherwise hang us here. */
	int fd = files_open_walk(path, what, O_RDONLY | O_NONBLOCK | O_NOCTTY, error);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		host_error_set(error, IDC_REFUSED, "file_type", "%s is refused: %s is not a regular file.", what, path);
		close(fd);
		return -1;
	}
	return fd;
}

int
files_open_trusted_folder(const char *path, const char *what, GError **error)
{
	return files_open_walk(path, what, O_RDONLY | O_DIRECTORY, error);
}

GBytes *
files_read_fd(int fd, const char *path, gsize max_bytes, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint8 chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			host_error_set(error, IDC_IO, "file_not_readable", "%s cannot be read: %s.", path, g_strerror(errno));
			return NULL;
		}
		if (n == 0)
			break;
		if (bytes->len + (gsize)n > max_bytes) {
			host_error_set(error, IDC_OVERFLOW, "file_too_large",
				       "%s is larger than the %" G_GSIZE_FORMAT " bytes allowed.", path, max_bytes);
			return NULL;
		}
		g_byte_array_append(bytes, chunk, (guint)n);
	}
	/* The bytes of an empty array are NULL, which no reader of text expects. */
	return bytes->len > 0 ? g_byte_array_free_to_bytes(g_steal_pointer(&bytes)) : g_bytes_new_static("", 0);
}

int
files_open_trusted_private(const char *path, const char *what, GError **error)
{
	int fd = files_open_trusted(path, what, error);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
		host_error_set(error, IDC_REFUSED, "file_readable",
			       "%s is refused: others than its owner may use %s. Take that away: chmod 0600 %s", what, path, path);
		close(fd);
		return -1;
	}
	return fd;
}

GBytes *
files_read_trusted(const char *path, const char *what, gsize max_bytes, gboolean private_only, GError **error)
{
	int fd = private_only ? files_open_trusted_private(path, what, error) : files_open_trusted(path, what, error);
	GBytes *bytes;

	if (fd < 0)
		return NULL;
	bytes = files_read_fd(fd, path, max_bytes, error);
	close(fd);
	return bytes;
}

static gboolean
files_write_all(int fd, const char *bytes, gsize length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		bytes += n;
		length -= (gsize)n;
	}
	return fsync(fd) == 0;
}

gboolean
files_write_atomically(const char *path, const void *bytes, gsize length, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *temporary = g_strconcat(path, ".new-XXXXXX", NULL);
	gboolean written;
	int folder_fd;
	int fd;

	fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be written: %s.", path, g_strerror(errno));
		return FALSE;
	}
	written = files_write_all(fd, bytes, length);
	if (close(fd) != 0)
		written = FALSE;
	if (!written || rename(temporary, path) != 0) {
		int saved_errno = errno;

		unlink(temporary);
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be written: %s. What was there before stays.", path,
			       g_strerror(saved_errno));
		return FALSE;
	}
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	written = folder_fd >= 0 && fsync(folder_fd) == 0;
	if (folder_fd >= 0)
		close(folder_fd);
	if (!written) {
		host_error_set(error, IDC_IO, "file_not_written", "%s was written, but its folder could not be synced to disk: %s.",
			       path, g_strerror(errno));
		return FALSE;
	}
	return TRUE;
}

int
files_lock(const char *path, guint wait_ms, gboolean (*cancelled)(gpointer user_data), gpointer user_data, GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)wait_ms * 1000;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		host_error_set(error, IDC_IO, "file_not_written", "The lock file %s cannot be opened: %s.", path,
			       g_strerror(errno));
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int saved_errno = errno;
		gboolean stop = cancelled != NULL && cancelled(user_data);

		if (saved_errno == EINTR && !stop)
			continue;
		if (!stop && saved_errno == EWOULDBLOCK && g_get_monotonic_time() < until) {
			g_usleep(MIN(LOCK_POLL_US, (gulong)wait_ms * 1000));
			continue;
		}
		close(fd);
		if (stop)
			host_error_set(error, IDC_CANCELLED, "cancelled", "Waiting for the lock %s was ended from outside.", path);
		else if (saved_errno == EWOULDBLOCK)
			host_error_set(error, IDC_TIMEOUT, "locked", "Something else holds the lock %s; try again later.", path);
		else
			host_error_set(error, IDC_IO, "not_lockable", "%s cannot be locked: %s.", path, g_strerror(saved_errno));
		return -1;
	}
	return fd;
}

void
files_unlock(int fd)
{
	/* The file stays: removing it would let two holders lock two files of one name. */
	if (fd >= 0)
		close(fd);
}
