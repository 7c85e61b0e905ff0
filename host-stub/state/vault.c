/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/vault.h"
#include "base/error.h"
#include "state/locked.h"
#include "state/vault-private.h"
#include <sodium.h>
#include <string.h>

void
vault_entry_free(gpointer data)
{
	VaultEntry *entry = data;

	g_free(entry->app);
	g_free(entry->name);
	g_clear_pointer(&entry->value, g_bytes_unref);
	g_free(entry->path);
	g_free(entry);
}

VaultEntry *
vault_entry_new(const char *app, const char *name, GBytes *value, const char *path)
{
	VaultEntry *entry = g_new0(VaultEntry, 1);

	entry->app = g_strdup(app);
	entry->name = g_strdup(name);
	entry->value = value != NULL ? g_bytes_ref(value) : NULL;
	entry->path = g_strdup(path);
	return entry;
}

static Vault *
vault_new(void)
{
	Vault *vault = g_new0(Vault, 1);

	if (sodium_init() < 0)
		g_error("libsodium cannot be initialized.");
	g_mutex_init(&vault->mutex);
	vault->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return vault;
}

Vault *
vault_open(const char *data, const char *key_file)
{
	Vault *vault = vault_new();

	vault->data = g_strdup(data);
	vault->key_file = g_strdup(key_file);
	vault->path = g_build_filename(data, "secrets.db", NULL);
	vault->clear_path = g_build_filename(data, "secrets", NULL);
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
	g_free(vault->data);
	g_free(vault->key_file);
	g_free(vault->path);
	g_free(vault->clear_path);
	g_clear_pointer(&vault->staged, g_ptr_array_unref);
	g_hash_table_unref(vault->origins);
	g_mutex_clear(&vault->mutex);
	g_free(vault);
}

void
vault_set_warn(Vault *vault, VaultWarn warn, gpointer user_data)
{
	vault->warn = warn;
	vault->warn_data = user_data;
}

static char *
vault_origin(Vault *vault, const char *app)
{
	char *origin;

	g_mutex_lock(&vault->mutex);
	origin = g_strdup(g_hash_table_lookup(vault->origins, app));
	g_mutex_unlock(&vault->mutex);
	return origin;
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

/* Replaces what has its app and name by a copy of change; one without value and path is the word that it is gone. */
static void
vault_replace(GPtrArray *entries, const VaultEntry *change)
{
	VaultEntry *old = vault_find(entries, change->app, change->name);

	if (old != NULL)
		g_ptr_array_remove(entries, old);
	g_ptr_array_add(entries, vault_entry_new(change->app, change->name, change->value, change->path));
}

static gboolean
vault_has_content(GPtrArray *entries)
{
	for (guint i = 0; i < entries->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(entries, i);

		if (entry->value != NULL || entry->path != NULL)
			return TRUE;
	}
	return FALSE;
}

/* All changes or none. What only deletes needs no key: it may be lost. */
static gboolean
vault_change(Vault *vault, GPtrArray *changes, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(KeyRing) ring = NULL;
	guint index = 0;
	gboolean content = vault_has_content(changes);

	if (!rows_begin(vault, content ? ROWS_MAKE : ROWS_WRITE, &db, error))
		return FALSE;
	if (db == NULL)
		return TRUE;
	if (content && !rows_keys(vault, db, TRUE, &ring, &index, error))
		return FALSE;
	for (guint i = 0; i < changes->len; i++) {
		const VaultEntry *change = g_ptr_array_index(changes, i);
		g_autofree char *origin = vault_origin(vault, change->app);

		if (!rows_apply(db, ring, index, change, origin, error))
			return FALSE;
	}
	return rows_commit(db, error);
}

/* The clear entry of a row, its origin being the one that its app has now. */
static VaultEntry *
vault_open_row(Vault *vault, const KeyRing *ring, const VaultRow *row, GError **error)
{
	g_autofree char *origin = vault_origin(vault, row->app);
	g_autoptr(GBytes) value = NULL;
	g_autofree char *path = NULL;

	if (row->origin != NULL && g_strcmp0(row->origin, origin) != 0) {
		host_error_set(
		    error, IDC_UNAUTHENTICATED, "address_changed",
		    "The secret %s of %s was given for another address (%s) than the app has now (%s), so it is not sent "
		    "there. Put the address back, or reauthorize %s.",
		    row->name, row->app, *row->origin != '\0' ? row->origin : "the service's own",
		    origin != NULL && *origin != '\0' ? origin : "the service's own", row->app);
		return NULL;
	}
	value = rows_open(vault, ring, row, error);
	if (value == NULL)
		return NULL;
	if (strcmp(row->kind, VAULT_VALUE) == 0)
		return vault_entry_new(row->app, row->name, value, NULL);
	path = g_strndup(g_bytes_get_data(value, NULL), g_bytes_get_size(value));
	return vault_entry_new(row->app, row->name, NULL, path);
}

/* NULL without *error: there is none. */
static VaultEntry *
vault_read(Vault *vault, const char *app, const char *name, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(KeyRing) ring = NULL;
	guint index = 0;

	if (!rows_begin(vault, ROWS_READ, &db, error))
		return NULL;
	rows = rows_find(db, app, name, error);
	if (rows == NULL || rows->len == 0 || !rows_keys(vault, db, FALSE, &ring, &index, error))
		return NULL;
	return vault_open_row(vault, ring, g_ptr_array_index(rows, 0), error);
}

/* A copy of what is staged, so that the caller holds no lock; NULL: nothing is. */
static VaultEntry *
vault_staged(Vault *vault, const char *app, const char *name)
{
	const VaultEntry *entry = NULL;
	VaultEntry *copy = NULL;

	if (vault->staged == NULL)
		return NULL;
	g_mutex_lock(&vault->mutex);
	entry = vault_find(vault->staged, app, name);
	if (entry != NULL)
		copy = vault_entry_new(entry->app, entry->name, entry->value, entry->path);
	g_mutex_unlock(&vault->mutex);
	return copy;
}

static Vault *
vault_base(Vault *vault)
{
	return vault->base != NULL ? vault->base : vault;
}

GBytes *
vault_get(Vault *vault, const char *app, const char *name, GError **error)
{
	g_autoptr(GError) error_local = NULL;
	VaultEntry *entry = vault_staged(vault, app, name);
	GBytes *value = NULL;

	if (entry == NULL)
		entry = vault_read(vault_base(vault), app, name, &error_local);
	if (error_local != NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	if (entry != NULL && entry->value != NULL)
		value = g_bytes_ref(entry->value);
	else if (entry != NULL && entry->path != NULL)
		value = vault_read_file(entry->path, error);
	else
		host_error_set(error, IDC_NOT_FOUND, "no_such_secret", "There is no such secret.");
	if (entry != NULL)
		vault_entry_free(entry);
	return value;
}

gboolean
vault_has(Vault *vault, const char *app, const char *name)
{
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	VaultEntry *entry = vault_staged(vault, app, name);
	gboolean has = entry != NULL && (entry->value != NULL || entry->path != NULL);

	if (entry != NULL) {
		vault_entry_free(entry);
		return has;
	}
	if (!rows_begin(vault_base(vault), ROWS_READ, &db, NULL))
		return FALSE;
	rows = rows_find(db, app, name, NULL);
	return rows != NULL && rows->len > 0;
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
		return vault_change(vault, changes, error);
	g_mutex_lock(&vault->mutex);
	vault_replace(vault->staged, entry);
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
		value = locked_bytes_new(bytes, length);
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
	g_autoptr(sqlite3) db = NULL;

	if (vault->staged == NULL) {
		if (!rows_begin(vault, ROWS_WRITE, &db, error))
			return FALSE;
		return db == NULL || (rows_delete(db, app, NULL, error) && rows_commit(db, error));
	}
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
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(sqlite3) db = NULL;

	if (!rows_begin(vault_base(vault), ROWS_READ, &db, error))
		return NULL;
	rows = rows_find(db, app, NULL, error);
	if (rows == NULL)
		return NULL;
	g_mutex_lock(&vault->mutex);
	for (guint i = 0; i < rows->len; i++) {
		const VaultRow *row = g_ptr_array_index(rows, i);

		if (vault->staged == NULL || vault_find(vault->staged, app, row->name) == NULL)
			g_ptr_array_add(names, g_strdup(row->name));
	}
	for (guint i = 0; vault->staged != NULL && i < vault->staged->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(vault->staged, i);

		if (strcmp(entry->app, app) == 0 && (entry->value != NULL || entry->path != NULL))
			g_ptr_array_add(names, g_strdup(entry->name));
	}
	g_mutex_unlock(&vault->mutex);
	g_ptr_array_sort(names, vault_compare_names);
	g_ptr_array_add(names, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean
vault_commit(Vault *staged, GError **error)
{
	gboolean good;

	g_mutex_lock(&staged->mutex);
	good = vault_change(staged->base, staged->staged, error);
	if (good)
		g_ptr_array_set_size(staged->staged, 0);
	g_mutex_unlock(&staged->mutex);
	return good;
}

/* ---- binding to an address ---- */

static void
vault_warn_open(Vault *vault, const VaultEntry *entry)
{
	const Vault *base = vault_base(vault);

	if (base->warn != NULL && entry->path != NULL && vault_file_is_open(entry->path))
		base->warn(entry->path, base->warn_data);
}

static void
vault_set_origin(Vault *vault, const char *app, const char *origin)
{
	g_mutex_lock(&vault->mutex);
	g_hash_table_replace(vault->origins, g_strdup(app), g_strdup(origin));
	g_mutex_unlock(&vault->mutex);
}

/* Seals anew what was there before the app's address was known. */
static gboolean
vault_bind_loose(Vault *base, const char *app, GError **error)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(vault_entry_free);
	g_autofree char *origin = vault_origin(base, app);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(KeyRing) ring = NULL;
	guint index = 0;

	if (!rows_begin(base, ROWS_WRITE, &db, error) || !rows_keys(base, db, FALSE, &ring, &index, error))
		return FALSE;
	rows = rows_find(db, app, NULL, error);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const VaultRow *row = g_ptr_array_index(rows, i);
		VaultEntry *entry = row->origin == NULL ? vault_open_row(base, ring, row, error) : NULL;

		if (row->origin == NULL && entry == NULL)
			return FALSE;
		if (entry != NULL)
			g_ptr_array_add(changes, entry);
	}
	for (guint i = 0; i < changes->len; i++) {
		if (!rows_apply(db, ring, index, g_ptr_array_index(changes, i), origin, error))
			return FALSE;
	}
	return rows != NULL && rows_commit(db, error);
}

/* Opens what lies in the database and is not staged over; *ret_loose: something of it is not bound yet. */
static gboolean
vault_check_rows(Vault *vault, const char *app, gboolean *ret_loose, GError **error)
{
	Vault *base = vault_base(vault);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(KeyRing) ring = NULL;
	guint index = 0;

	if (!rows_begin(base, ROWS_READ, &db, error))
		return FALSE;
	rows = rows_find(db, app, NULL, error);
	if (rows == NULL || (rows->len > 0 && !rows_keys(base, db, FALSE, &ring, &index, error)))
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		const VaultRow *row = g_ptr_array_index(rows, i);
		VaultEntry *over = vault_staged(vault, app, row->name);
		VaultEntry *entry = over == NULL ? vault_open_row(base, ring, row, error) : over;

		if (entry == NULL)
			return FALSE;
		*ret_loose = *ret_loose || (over == NULL && row->origin == NULL);
		if (over == NULL)
			vault_warn_open(vault, entry);
		vault_entry_free(entry);
	}
	return TRUE;
}

gboolean
vault_bind(Vault *vault, const char *app, const char *origin, GError **error)
{
	gboolean loose = FALSE;

	vault_set_origin(vault_base(vault), app, origin);
	if (!vault_check_rows(vault, app, &loose, error) || (loose && !vault_bind_loose(vault_base(vault), app, error)))
		return FALSE;
	g_mutex_lock(&vault->mutex);
	for (guint i = 0; vault->staged != NULL && i < vault->staged->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(vault->staged, i);

		if (strcmp(entry->app, app) == 0)
			vault_warn_open(vault, entry);
	}
	g_mutex_unlock(&vault->mutex);
	return TRUE;
}
