/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Files that are trusted only as far as nobody else could have written them. */
#pragma once
#include <glib.h>

/* Opens an absolute or relative path for reading, folder by folder from the root and without following a link anywhere. Refused:
 * anything but a regular file; a file or folder that belongs to neither root nor the effective user; one that group or others may
 * write to (a sticky folder such as /tmp is passed through). what ("the module") begins the error's sentence.
 * Returns a descriptor with CLOEXEC, or -1. A missing file is IDC_NOT_FOUND with the code "no_such_file". */
int files_open_trusted(const char *path, const char *what, GError **error);

/* As files_open_trusted(); refused as well where group or others may read it ("file_readable"). */
int files_open_trusted_private(const char *path, const char *what, GError **error);

/* As files_open_trusted() for a folder and all above it; the folder's mode is checked as well. */
int files_open_trusted_folder(const char *path, const char *what, GError **error);

/* All of a trusted file; more than max_bytes is refused. With private_only a file that group or others may read is refused too. */
GBytes *files_read_trusted(const char *path, const char *what, gsize max_bytes, gboolean private_only, GError **error);

/* All of fd, at most max_bytes; fd stays open. Of an empty file the data is "", never NULL; so it is with files_read_trusted(). */
GBytes *files_read_fd(int fd, const char *path, gsize max_bytes, GError **error);

/* Writes path anew: a temporary file beside it (mode 0600), fsync, rename, fsync of the folder. The old file or the new one is there at
 * every moment, whatever breaks. */
gboolean files_write_atomically(const char *path, const void *bytes, gsize length, GError **error);

/* Opens or makes the lock file at path (mode 0600) and takes an exclusive lock on it: over threads and processes, released by
 * files_unlock() or by the kernel when the process dies. Waits at most wait_ms, asking cancelled (may be NULL) at least every 50 ms.
 * Returns the descriptor, or -1 with IDC_TIMEOUT or IDC_CANCELLED or IDC_IO. */
int files_lock(const char *path, guint wait_ms, gboolean (*cancelled)(gpointer user_data), gpointer user_data, GError **error);

/* Gives back what files_lock() returned. */
void files_unlock(int fd);
