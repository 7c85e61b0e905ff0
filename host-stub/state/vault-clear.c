/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "state/locked.h"
#include "state/vault-private.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file that secrets lay in before they were sealed: a first line that names the format, then one secret a line: app, name, "value" or
 * "file", and base64 or a path, separated by tabs.
 */
#define CLEAR_FORMAT "idc-secrets/1\n"
#define CLEAR_MAX_FILE (16 * 1024 * 1024)
#define CLEAR_BASE64 sodium_base64_VARIANT_ORIGINAL

static gboolean
clear_set_broken(GError **error, const char *path, guint line)
{
	host_error_set(error, IDC_IO, "secrets_broken",
		       "%s is broken in line %u. Restore it from a backup, or remove it and reauthorize.", path, line);
	return FALSE;
}

/* One line without its end, length bytes, not terminated. */
static VaultEntry *
clear_parse_line(const char *line, gsize length)
{
	const char *fields[4] = {line};
	gsize lengths[4] = {0};
	g_autofree char *app = NULL;
	g_autofree char *name = NULL;
	gsize n = 0;

	for (gsize i = 0; i <= length; i++) {
		if (i < length && line[i] != '\t')
			continue;
		lengths[n] = (gsize)(line + i - fields[n]);
		n++;
		if (i < length && n == 4)
			return NULL;
		if (i < length)
			fields[n] = line + i + 1;
	}
	if (n != 4 || lengths[0] == 0 || lengths[1] == 0)
		return NULL;
	app = g_strndup(fields[0], lengths[0]);
	name = g_strndup(fields[1], lengths[1]);
	if (lengths[2] == 4 && memcmp(fields[2], "file", 4) == 0) {
		g_autofree char *path = g_strndup(fields[3], lengths[3]);

		return g_path_is_absolute(path) ? vault_entry_new(app, name, NULL, path) : NULL;
	}
	if (lengths[2] == 5 && memcmp(fields[2], "value", 5) == 0) {
		gsize max = lengths[3] / 4 * 3;
		gsize decoded = 0;
		unsigned char *memory = locked_alloc(max);
		gboolean good = sodium_base642bin(memory, max, fields[3], lengths[3], NULL, &decoded, NULL, CLEAR_BASE64) == 0;
		g_autoptr(GBytes) value = good ? locked_bytes_new(memory, decoded) : NULL;

		sodium_free(memory);
		return good ? vault_entry_new(app, name, value, NULL) : NULL;
	}
	return NULL;
}

static GPtrArray *
clear_parse(GBytes *all, const char *path, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(vault_entry_free);
	gsize length;
	const char *text = g_bytes_get_data(all, &length);

	if (length < strlen(CLEAR_FORMAT) || memcmp(text, CLEAR_FORMAT, strlen(CLEAR_FORMAT)) != 0) {
		clear_set_broken(error, path, 1);
		return NULL;
	}
	for (gsize at = strlen(CLEAR_FORMAT); at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		VaultEntry *entry = end != NULL ? clear_parse_line(text + at, (gsize)(end - text) - at) : NULL;

		if (entry == NULL) {
			clear_set_broken(error, path, entries->len + 2);
			return NULL;
		}
		g_ptr_array_add(entries, entry);
		at = (gsize)(end - text) + 1;
	}
	return g_steal_pointer(&entries);
}

gboolean
clear_load(const char *path, GPtrArray **ret_entries, GError **error)
{
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) all = NULL;
	GPtrArray *entries;
	int fd = files_open_trusted_private(path, "The file with the secrets", &error_local);

	if (fd < 0 && host_error_status(error_local) == IDC_NOT_FOUND) {
		*ret_entries = NULL;
		return TRUE;
	}
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	all = locked_read(fd, path, CLEAR_MAX_FILE, error);
	close(fd);
	entries = all != NULL ? clear_parse(all, path, error) : NULL;
	if (entries == NULL)
		return FALSE;
	*ret_entries = entries;
	return TRUE;
}

gboolean
clear_remove(const char *path, GError **error)
{
	static const guint8 nothing[4096];
	struct stat st = {0};
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	gboolean good = fd >= 0 && fstat(fd, &st) == 0;

	for (off_t at = 0; good && at < st.st_size;) {
		ssize_t n = pwrite(fd, nothing, (size_t)MIN((off_t)sizeof(nothing), st.st_size - at), at);

		good = n > 0 || (n < 0 && errno == EINTR);
		at += MAX(n, 0);
	}
	good = good && fsync(fd) == 0 && unlink(path) == 0;
	if (!good)
		host_error_set(error, IDC_IO, "file_not_written",
			       "The secrets in %s are sealed now, but that file could not be removed: %s. Remove it.", path,
			       g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}
