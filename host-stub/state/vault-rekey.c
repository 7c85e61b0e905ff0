/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "state/locked.h"
#include "state/vault-private.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>

/* No app can have this name. */
#define REKEY_APP "key/derived"

/* What is derived from the key and has to outlive it. */
static const char *const purposes[] = {"idcaudit"};

typedef struct {
	Vault *vault;
	sqlite3 *db;
	KeyRing *from;
	guint from_index;
	const KeyRing *to;
	guint to_index;
} Rekey;

gboolean
vault_derive(Vault *vault, const char *purpose, gboolean make, guint8 *ret_key, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(KeyRing) ring = NULL;
	g_autoptr(GBytes) value = NULL;
	guint index = 0;

	if (!rows_begin(vault, ROWS_READ, &db, error))
		return FALSE;
	rows = rows_find(db, REKEY_APP, purpose, error);
	if (rows == NULL || !rows_keys(vault, db, make, &ring, &index, error))
		return FALSE;
	if (rows->len == 0) {
		key_ring_derive(ring, index, purpose, ret_key);
		return TRUE;
	}
	value = rows_open(vault, ring, g_ptr_array_index(rows, 0), error);
	if (value == NULL)
		return FALSE;
	/* It opened, so it is what was put there. */
	g_assert(g_bytes_get_size(value) == KEY_BYTES);
	memcpy(ret_key, g_bytes_get_data(value, NULL), KEY_BYTES);
	return TRUE;
}

static gboolean
rekey_keep_derived(const Rekey *rekey, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(purposes); i++) {
		const SealLabel label = {REKEY_APP, purposes[i], VAULT_VALUE, NULL};
		g_autoptr(GPtrArray) rows = rows_find(rekey->db, label.app, label.name, error);
		g_autoptr(VaultRow) row = NULL;
		g_autoptr(GBytes) value = NULL;
		guint8 *key;

		if (rows == NULL)
			return FALSE;
		if (rows->len > 0)
			continue;
		key = locked_alloc(KEY_BYTES);
		key_ring_derive(rekey->from, rekey->from_index, purposes[i], key);
		value = locked_bytes_take(key, KEY_BYTES);
		row = rows_seal(rekey->from, rekey->from_index, &label, value);
		if (!rows_put(rekey->db, row, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
rekey_rows(const Rekey *rekey, guint *ret_values, GError **error)
{
	g_autoptr(GPtrArray) rows = NULL;

	if (!rekey_keep_derived(rekey, error))
		return FALSE;
	rows = rows_find(rekey->db, NULL, NULL, error);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const VaultRow *row = g_ptr_array_index(rows, i);
		const SealLabel label = {row->app, row->name, row->kind, row->origin};
		g_autoptr(GBytes) value = rows_open(rekey->vault, rekey->from, row, error);
		g_autoptr(VaultRow) sealed = NULL;

		if (value == NULL)
			return FALSE;
		sealed = rows_seal(rekey->to, rekey->to_index, &label, value);
		if (!rows_put(rekey->db, sealed, error))
			return FALSE;
	}
	if (rows == NULL || !rows_commit(rekey->db, error))
		return FALSE;
	*ret_values = rows->len;
	return TRUE;
}

/* The values go over to a key that somebody else keeps; DATA/key, if it was that, has nothing to open any more. */
static gboolean
rekey_to_file(Rekey *rekey, const char *new_key_file, guint *ret_values, GError **error)
{
	g_autoptr(KeyRing) to = key_ring_read(rekey->vault->data, new_key_file, error);

	if (to == NULL)
		return FALSE;
	rekey->to = to;
	if (strcmp(key_ring_id(to, 0), key_ring_id(rekey->from, rekey->from_index)) == 0) {
		host_error_set(error, IDC_INVALID, "same_key",
			       "%s holds the key that is in use already. Make another one: openssl rand -hex 32", new_key_file);
		return FALSE;
	}
	if (!rekey_rows(rekey, ret_values, error))
		return FALSE;
	if (!key_ring_is_own(rekey->from) || g_unlink(key_ring_path(rekey->from)) == 0)
		return TRUE;
	host_error_set(error, IDC_IO, "file_not_written",
		       "The secrets are sealed under the key in %s now, but the old one, %s, could not be removed: %s. Remove it.",
		       new_key_file, key_ring_path(rekey->from), g_strerror(errno));
	return FALSE;
}

/* DATA/key holds the old key and the new one until the values are over: whichever they are sealed with, it is there. */
static gboolean
rekey_own(Rekey *rekey, guint *ret_values, GError **error)
{
	GError *error_local = NULL;

	if (!key_ring_is_own(rekey->from)) {
		host_error_set(
		    error, IDC_INVALID, "key_elsewhere",
		    "The key is kept outside, in %s, so a new one has to come from there: openssl rand -hex 32 makes one; give "
		    "its file with --new-key-file.",
		    key_ring_path(rekey->from));
		return FALSE;
	}
	if (!key_ring_extend(rekey->from, rekey->from_index, error))
		return FALSE;
	rekey->from_index = 0;
	rekey->to = rekey->from;
	rekey->to_index = 1;
	if (rekey_rows(rekey, ret_values, &error_local))
		return key_ring_keep(rekey->from, 1, error);
	/* Nothing is sealed with the new one; where it cannot be taken away it does no harm. */
	key_ring_keep(rekey->from, 0, NULL);
	g_propagate_error(error, error_local);
	return FALSE;
}

/* Takes found over. NOT_FOUND: there is no key, and nothing that was ever sealed with one. */
static void
rekey_explain(GError **error, GError *found)
{
	if (host_error_status(found) != IDC_NOT_FOUND) {
		g_propagate_error(error, found);
		return;
	}
	g_clear_error(&found);
	host_error_set(error, IDC_NOT_FOUND, "no_key",
		       "There is no key yet, and nothing is sealed: connecting an app makes the first one.");
}

gboolean
vault_rekey(Vault *vault, const char *new_key_file, guint *ret_values, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(KeyRing) from = NULL;
	Rekey rekey = {.vault = vault};
	GError *error_local = NULL;
	gboolean good;
	int lock;

	/* In this order, as who puts the first secret: the database, then the key. */
	if (!rows_begin(vault, ROWS_MAKE, &db, error))
		return FALSE;
	lock = key_lock(vault->data, error);
	if (lock < 0)
		return FALSE;
	rekey.db = db;
	good = rows_keys(vault, db, FALSE, &from, &rekey.from_index, &error_local);
	if (!good)
		rekey_explain(error, error_local);
	rekey.from = from;
	if (good && new_key_file != NULL)
		good = rekey_to_file(&rekey, new_key_file, ret_values, error);
	else if (good)
		good = rekey_own(&rekey, ret_values, error);
	files_unlock(lock);
	return good;
}
