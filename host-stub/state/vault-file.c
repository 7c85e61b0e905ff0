/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "state/locked.h"
#include "state/vault-private.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

GBytes *
vault_read_file(const char *path, GError **error)
{
	g_autoptr(GBytes) all = NULL;
	const char *text;
	struct stat st;
	gsize length;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		/* Not NOT_FOUND: the secret is known, only its file is not there. */
		host_error_set(error, IDC_IO, "secret_file", "The secret's file %s cannot be opened: %s.", path, g_strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		host_error_set(
		    error, IDC_REFUSED, "secret_file",
		    "The secret's file %s is refused: it must be a regular file of root or of the user who runs this, which nobody "
		    "else may write to.",
		    path);
		close(fd);
		return NULL;
	}
	all = locked_read(fd, path, IDC_MAX_VALUE + 1, error);
	close(fd);
	if (all == NULL)
		return NULL;
	text = g_bytes_get_data(all, &length);
	/* Editors and echo end a line; nobody's secret does. */
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (length == 0 || length > IDC_MAX_VALUE) {
		host_error_set(error, IDC_INVALID, "secret_file", "The secret's file %s is %s.", path,
			       length == 0 ? "empty" : "too large");
		return NULL;
	}
	return g_bytes_new_from_bytes(all, 0, length);
}

gboolean
vault_file_is_open(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}
