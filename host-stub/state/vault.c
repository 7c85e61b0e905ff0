/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/vault.h"
#include "base/error.h"
#include "base/files.h"
#include <errno.h>
#include <fcntl.h>
#include <idc/connector.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file: a first line that names the format, then one secret a line: app, name, "value" or "file", and base64 or a path, separated by
 * tabs. Plain lines and not JSON, so that no parser keeps copies of secrets that nobody wipes.
 */
#define VAULT_FORMAT "idc-secrets/1\n"
#define VAULT_MAX_FILE (16 * 1024 * 1024)
#define VAULT_LOCK_MS 10000
#define VAULT_BASE64 sodium_base64_VARIANT_ORIGINAL

typedef struct {
	char *app;
	char *name;
	GBytes *value; /* in memory that is locked and wiped; NULL: a reference, or deleted */
	char *path;    /* NULL: no reference */
} VaultEntry;

struct Vault {
	char *path;
	char *lock_path;
	Vault *base;       /* staged: where it will be written */
	GMutex mutex;      /* for staged */
	GPtrArray *staged; /* of VaultEntry; NULL unless staged */
};

static void
vault_entry_free(gpointer data)
{
	VaultEntry *entry = data;

	g_free(entry->app);
	g_free(entry->name);
	g_clear_pointer(&entry->value, g_bytes_unref);
	g_free(entry->path);
	g_free(entry);
}

static VaultEntry *
vault_entry_new(const char *app, const char *name, GBytes *value, const char *path)
{
	VaultEntry *entry = g_new0(VaultEntry, 1);

	entry->app = g_strdup(app);
	entry->name = g_strdup(name);
	entry->value = value != NULL ? g_bytes_ref(value) : NULL;
	entry->path = g_strdup(path);
	return entry;
}

/* Memory that is locked, fenced and wiped when freed. */
static void *
vault_alloc(gsize size)
{
	void *memory = sodium_malloc(MAX(size, 1));

	if (memory == NULL)
		g_error("No memory is left for secrets.");
	return memory;
}

static GBytes *
vault_bytes_take(void *memory, gsize length)
{
	return g_bytes_new_with_free_func(memory, length, sodium_free, memory);
}

static GBytes *
vault_bytes_new(const void *bytes, gsize length)
{
	void *memory = vault_alloc(length);

	if (length > 0)
		memcpy(memory, bytes, length);
	return vault_bytes_take(memory, length);
}

static Vault *
vault_new(void)
{
	Vault *vault = g_new0(Vault, 1);

	if (sodium_init() < 0)
		g_error("libsodium cannot be initialized.");
	g_mutex_init(&vault->mutex);
	return vault;
}

Vault *
vault_open(const char *data)
{
	Vault *vault = vault_new();

	vault->path = g_build_filename(data, "secrets", NULL);
	vault->lock_path = g_build_filename(data, "secrets.lock", NULL);
	return vault;
}

Vault *
vault_stage(Vault *base)
{
	Vault *vault = vault_new();

	vault->base = base;
	vault->staged = g_ptr_array_new_with_free_func(vault_entry_free);
	return vault;
}

void
vault_close(Vault *vault)
{
	if (vault == NULL)
		return;
	g_free(vault->path);
	g_free(vault->lock_path);
	g_clear_pointer(&vault->staged, g_ptr_array_unref);
	g_mutex_clear(&vault->mutex);
	g_free(vault);
}

/* Reads fd, which is at its start, into memory that is wiped. */
static GBytes *
vault_read_descriptor(int fd, const char *path, gsize max, GError **error)
{
	gsize length = 0;
	char *memory = vault_alloc(max + 1);
	GBytes *bytes;

	while (length <= max) {
		ssize_t n = read(fd, memory + length, max + 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			host_error_set(error, IDC_IO, "file_not_readable", "%s cannot be read: %s.", path, g_strerror(errno));
			sodium_free(memory);
			return NULL;
		}
		if (n == 0)
			break;
		length += (gsize)n;
	}
	if (length > max) {
		host_error_set(error, IDC_OVERFLOW, "file_too_large", "%s is larger than the %" G_GSIZE_FORMAT " bytes allowed.",
			       path, max);
		sodium_free(memory);
		return NULL;
	}
	bytes = vault_bytes_new(memory, length);
	sodium_free(memory);
	return bytes;
}

static gboolean
vault_set_broken(GError **error, const char *path, guint line)
{
	host_error_set(error, IDC_IO, "secrets_broken",
		       "%s is broken in line %u. Restore it from a backup, or remove it and reauthorize.", path, line);
	return FALSE;
}

/* One line without its end, length bytes, not terminated. */
static VaultEntry *
vault_parse_line(const char *line, gsize length)
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
		unsigned char *memory = vault_alloc(max);
		gboolean good = sodium_base642bin(memory, max, fields[3], lengths[3], NULL, &decoded, NULL, VAULT_BASE64) == 0;
		g_autoptr(GBytes) value = good ? vault_bytes_new(memory, decoded) : NULL;

		sodium_free(memory);
		return good ? vault_entry_new(app, name, value, NULL) : NULL;
	}
	return NULL;
}

/* All entries of the file; none where there is no file yet. */
static GPtrArray *
vault_load(Vault *vault, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(vault_entry_free);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) all = NULL;
	const char *text;
	struct stat st;
	gsize length;
	int fd;

	fd = files_open_trusted(vault->path, "The file with the secrets", &error_local);
	if (fd < 0 && host_error_status(error_local) == IDC_NOT_FOUND)
		return g_steal_pointer(&entries);
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		host_error_set(
		    error, IDC_REFUSED, "file_readable",
		    "The file with the secrets is refused: others than its owner may use %s. Take that away: chmod 0600 %s",
		    vault->path, vault->path);
		close(fd);
		return NULL;
	}
	all = vault_read_descriptor(fd, vault->path, MIN((gsize)st.st_size, VAULT_MAX_FILE), error);
	close(fd);
	if (all == NULL)
		return NULL;
	text = g_bytes_get_data(all, &length);
	if (length < strlen(VAULT_FORMAT) || memcmp(text, VAULT_FORMAT, strlen(VAULT_FORMAT)) != 0) {
		vault_set_broken(error, vault->path, 1);
		return NULL;
	}
	for (gsize at = strlen(VAULT_FORMAT); at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		VaultEntry *entry = end != NULL ? vault_parse_line(text + at, (gsize)(end - text) - at) : NULL;

		if (entry == NULL) {
			vault_set_broken(error, vault->path, entries->len + 2);
			return NULL;
		}
		g_ptr_array_add(entries, entry);
		at = (gsize)(end - text) + 1;
	}
	return g_steal_pointer(&entries);
}

static gsize
vault_entry_size(const VaultEntry *entry)
{
	gsize length =
	    entry->value != NULL ? sodium_base64_ENCODED_LEN(g_bytes_get_size(entry->value), VAULT_BASE64) : strlen(entry->path);

	return strlen(entry->app) + strlen(entry->name) + length + sizeof("\t\tvalue\t\n");
}

static gboolean
vault_save(Vault *vault, GPtrArray *entries, GError **error)
{
	gsize size = strlen(VAULT_FORMAT) + 1;
	gsize at;
	gboolean good;
	char *text;

	for (guint i = 0; i < entries->len; i++)
		size += vault_entry_size(g_ptr_array_index(entries, i));
	text = vault_alloc(size);
	at = g_strlcpy(text, VAULT_FORMAT, size);
	for (guint i = 0; i < entries->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(entries, i);

		at += (gsize)g_snprintf(text + at, size - at, "%s\t%s\t%s\t%s", entry->app, entry->name,
					entry->value != NULL ? "value" : "file", entry->value != NULL ? "" : entry->path);
		if (entry->value != NULL) {
			sodium_bin2base64(text + at, size - at, g_bytes_get_data(entry->value, NULL),
					  g_bytes_get_size(entry->value), VAULT_BASE64);
			at += strlen(text + at);
		}
		text[at++] = '\n';
	}
	good = files_write_atomically(vault->path, text, at, error);
	sodium_free(text);
	return good;
}

static VaultEntry *
vault_find(GPtrArray *entries, const char *app, const char *name)
{
	for (guint i = 0; i < entries->len; i++) {
		VaultEntry *entry = g_ptr_array_index(entries, i);

		if (g_strcmp0(entry->app, app) == 0 && g_strcmp0(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

/* Puts a copy of change in the place of what has its app and name. With keep_deleted an entry without value and path stays as the word
 * that it is gone. */
static void
vault_apply(GPtrArray *entries, const VaultEntry *change, gboolean keep_deleted)
{
	VaultEntry *old = vault_find(entries, change->app, change->name);

	if (old != NULL)
		g_ptr_array_remove(entries, old);
	if (keep_deleted || change->value != NULL || change->path != NULL)
		g_ptr_array_add(entries, vault_entry_new(change->app, change->name, change->value, change->path));
}

/* Changes the file under its lock; only_app not NULL: forgets that app first. */
static gboolean
vault_change(Vault *vault, GPtrArray *changes, const char *forget_app, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	gboolean good = FALSE;
	int lock = files_lock(vault->lock_path, VAULT_LOCK_MS, NULL, NULL, error);

	if (lock < 0)
		return FALSE;
	entries = vault_load(vault, error);
	for (guint i = entries != NULL && forget_app != NULL ? entries->len : 0; i > 0; i--) {
		const VaultEntry *entry = g_ptr_array_index(entries, i - 1);

		if (g_strcmp0(entry->app, forget_app) == 0)
			g_ptr_array_remove_index(entries, i - 1);
	}
	for (guint i = 0; entries != NULL && changes != NULL && i < changes->len; i++)
		vault_apply(entries, g_ptr_array_index(changes, i), FALSE);
	if (entries != NULL)
		good = vault_save(vault, entries, error);
	files_unlock(lock);
	return good;
}

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
	all = vault_read_descriptor(fd, path, IDC_MAX_VALUE + 1, error);
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

static GBytes *
vault_entry_get(const VaultEntry *entry, GError **error)
{
	if (entry != NULL && entry->value != NULL)
		return g_bytes_ref(entry->value);
	if (entry != NULL && entry->path != NULL)
		return vault_read_file(entry->path, error);
	host_error_set(error, IDC_NOT_FOUND, "no_such_secret", "There is no such secret.");
	return NULL;
}

/* A copy, so that the caller holds no lock; NULL without *error: there is none. */
static VaultEntry *
vault_lookup(Vault *vault, const char *app, const char *name, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	const VaultEntry *entry;

	if (vault->staged != NULL) {
		VaultEntry *copy = NULL;

		g_mutex_lock(&vault->mutex);
		entry = vault_find(vault->staged, app, name);
		if (entry != NULL)
			copy = vault_entry_new(app, name, entry->value, entry->path);
		g_mutex_unlock(&vault->mutex);
		return copy != NULL ? copy : vault_lookup(vault->base, app, name, error);
	}
	entries = vault_load(vault, error);
	entry = entries != NULL ? vault_find(entries, app, name) : NULL;
	return entry != NULL ? vault_entry_new(app, name, entry->value, entry->path) : NULL;
}

GBytes *
vault_get(Vault *vault, const char *app, const char *name, GError **error)
{
	g_autoptr(GError) error_local = NULL;
	VaultEntry *entry = vault_lookup(vault, app, name, &error_local);
	GBytes *value;

	if (error_local != NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	value = vault_entry_get(entry, error);
	if (entry != NULL)
		vault_entry_free(entry);
	return value;
}

gboolean
vault_has(Vault *vault, const char *app, const char *name)
{
	VaultEntry *entry = vault_lookup(vault, app, name, NULL);
	gboolean has = entry != NULL && (entry->value != NULL || entry->path != NULL);

	if (entry != NULL)
		vault_entry_free(entry);
	return has;
}

static gboolean
vault_put_entry(Vault *vault, VaultEntry *entry, GError **error)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(vault_entry_free);

	g_ptr_array_add(changes, entry);
	if (!g_regex_match_simple("^[!-~]{1,255}$", entry->app, G_REGEX_DOLLAR_ENDONLY, 0) ||
	    !g_regex_match_simple("^[!-~]{1,255}$", entry->name, G_REGEX_DOLLAR_ENDONLY, 0)) {
		host_error_set(error, IDC_INVALID, "secret_name",
			       "The name of a secret must be 1 to 255 visible ASCII characters.");
		return FALSE;
	}
	if (vault->staged == NULL)
		return vault_change(vault, changes, NULL, error);
	g_mutex_lock(&vault->mutex);
	vault_apply(vault->staged, entry, TRUE);
	g_mutex_unlock(&vault->mutex);
	return TRUE;
}

gboolean
vault_put(Vault *vault, const char *app, const char *name, const void *bytes, gsize length, GError **error)
{
	g_autoptr(GBytes) value = NULL;

	if (length > IDC_MAX_VALUE) {
		host_error_set(error, IDC_OVERFLOW, "secret_too_large", "The secret %s is larger than %d bytes.", name,
			       IDC_MAX_VALUE);
		return FALSE;
	}
	if (length > 0)
		value = vault_bytes_new(bytes, length);
	return vault_put_entry(vault, vault_entry_new(app, name, value, NULL), error);
}

gboolean
vault_put_reference(Vault *vault, const char *app, const char *name, const char *path, GError **error)
{
	for (const char *p = path; *p != '\0'; p++) {
		if (!g_ascii_iscntrl(*p))
			continue;
		host_error_set(error, IDC_INVALID, "secret_file", "The path of the secret %s contains a control character.", name);
		return FALSE;
	}
	if (!g_path_is_absolute(path)) {
		host_error_set(error, IDC_INVALID, "secret_file",
			       "The path of the secret %s must be absolute, since it is read again at each use: %s", name, path);
		return FALSE;
	}
	return vault_put_entry(vault, vault_entry_new(app, name, NULL, path), error);
}

gboolean
vault_clear(Vault *vault, const char *app, GError **error)
{
	g_auto(GStrv) names = NULL;

	if (vault->staged == NULL)
		return vault_change(vault, NULL, app, error);
	names = vault_names(vault, app, error);
	for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
		if (!vault_put(vault, app, names[i], NULL, 0, error))
			return FALSE;
	}
	return names != NULL;
}

static gint
vault_compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv
vault_names(Vault *vault, const char *app, GError **error)
{
	g_autoptr(GPtrArray) entries = vault_load(vault->base != NULL ? vault->base : vault, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (entries == NULL)
		return NULL;
	g_mutex_lock(&vault->mutex);
	for (guint i = 0; vault->staged != NULL && i < vault->staged->len; i++)
		vault_apply(entries, g_ptr_array_index(vault->staged, i), FALSE);
	g_mutex_unlock(&vault->mutex);
	for (guint i = 0; i < entries->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(entries, i);

		if (g_strcmp0(entry->app, app) == 0)
			g_ptr_array_add(names, g_strdup(entry->name));
	}
	g_ptr_array_sort(names, vault_compare_names);
	g_ptr_array_add(names, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean
vault_commit(Vault *staged, GError **error)
{
	gboolean good;

	g_mutex_lock(&staged->mutex);
	good = vault_change(staged->base, staged->staged, NULL, error);
	if (good)
		g_ptr_array_set_size(staged->staged, 0);
	g_mutex_unlock(&staged->mutex);
	return good;
}
