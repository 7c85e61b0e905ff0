/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "state/schema.h"
#include "state/vault-private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROWS_BUSY_MS 10000
/* "idcs" */
#define ROWS_APPLICATION 0x69646373

/* origin NULL: not bound to an address. Everything but sealed is in the clear, and bound to it. */
static const char version_1[] =
    "CREATE TABLE secrets("
    " app TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, origin TEXT, key_id TEXT NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY(app, name)) STRICT;";

static const char *const steps[] = {version_1};
static const Schema schema = {steps, G_N_ELEMENTS(steps), ROWS_APPLICATION};

void
vault_row_free(VaultRow *row)
{
	if (row == NULL)
		return;
	g_free(row->app);
	g_free(row->name);
	g_free(row->kind);
	g_free(row->origin);
	g_free(row->key_id);
	g_clear_pointer(&row->sealed, g_bytes_unref);
	g_free(row);
}

/* What SQLite says of a broken file sends people the wrong way here: nothing builds secrets anew. */
static void
rows_explain(const char *path, GError **error, GError *found)
{
	HostErrorDetail detail;

	host_error_detail(found, &detail);
	if (strcmp(detail.code, "store_damaged") == 0) {
		g_clear_error(&found);
		host_error_set(error, IDC_IO, "secrets_broken",
			       "%s is damaged. Put back a backup, or remove it and reauthorize each app.", path);
	} else {
		g_propagate_error(error, found);
	}
}

/* Whether the database is there; made empty with mode 0600 where mode says so, since SQLite would use what the umask leaves. */
static gboolean
rows_check_file(const Vault *vault, RowsMode mode, gboolean *ret_there, GError **error)
{
	GError *error_local = NULL;
	int fd = files_open_trusted_private(vault->path, "The file with the secrets", &error_local);

	if (fd >= 0) {
		close(fd);
		*ret_there = TRUE;
		return TRUE;
	}
	if (host_error_status(error_local) != IDC_NOT_FOUND) {
		g_propagate_error(error, error_local);
		return FALSE;
	}
	g_clear_error(&error_local);
	*ret_there = FALSE;
	if (mode != ROWS_MAKE)
		return TRUE;
	fd = open(vault->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be made: %s.", vault->path, g_strerror(errno));
		return FALSE;
	}
	close(fd);
	*ret_there = TRUE;
	return TRUE;
}

/* A rollback journal and no log: nothing of the database is left beside it, and what is deleted is overwritten. */
static sqlite3 *
rows_connect(const Vault *vault, GError **error)
{
	static const char pragmas[] =
	    "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON; PRAGMA synchronous=EXTRA; PRAGMA temp_store=MEMORY;";
	g_autoptr(sqlite3) db = NULL;
	GError *error_local = NULL;

	if (sqlite3_open_v2(vault->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		sql_fail(db, &error_local);
	else if (sqlite3_busy_timeout(db, ROWS_BUSY_MS) == SQLITE_OK && sql_exec(db, pragmas, &error_local) &&
		 schema_apply(db, vault->path, &schema, &error_local))
		return g_steal_pointer(&db);
	rows_explain(vault->path, error, error_local);
	return NULL;
}

static gboolean
rows_begin_connected(Vault *vault, RowsMode mode, sqlite3 **ret_db, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	gboolean there = FALSE;
	GError *error_local = NULL;

	if (!rows_check_file(vault, mode, &there, error))
		return FALSE;
	if (there) {
		db = rows_connect(vault, error);
		if (db == NULL)
			return FALSE;
		/* A read begins with the first SELECT, which takes the lock. */
		if (!sql_exec(db, mode == ROWS_READ ? "BEGIN; SELECT count(*) FROM secrets" : "BEGIN IMMEDIATE", &error_local)) {
			rows_explain(vault->path, error, error_local);
			return FALSE;
		}
	}
	*ret_db = g_steal_pointer(&db);
	return TRUE;
}

/* What is in the database already is newer than what lies in the clear. */
static gboolean
rows_take(Vault *vault, sqlite3 *db, GPtrArray *entries, GError **error)
{
	g_autoptr(KeyRing) ring = NULL;
	guint index = 0;

	if (entries->len > 0 && !rows_keys(vault, db, TRUE, &ring, &index, error))
		return FALSE;
	for (guint i = 0; i < entries->len; i++) {
		const VaultEntry *entry = g_ptr_array_index(entries, i);
		g_autoptr(GPtrArray) there = rows_find(db, entry->app, entry->name, error);

		if (there == NULL || (there->len == 0 && !rows_apply(db, ring, index, entry, NULL, error)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
rows_take_over(Vault *vault, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(sqlite3) db = NULL;

	if (!g_file_test(vault->clear_path, G_FILE_TEST_IS_SYMLINK) && !g_file_test(vault->clear_path, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!rows_begin_connected(vault, ROWS_MAKE, &db, error))
		return FALSE;
	/* Somebody else may have been quicker. */
	if (!clear_load(vault->clear_path, &entries, error))
		return FALSE;
	if (entries == NULL)
		return TRUE;
	return rows_take(vault, db, entries, error) && rows_commit(db, error) && clear_remove(vault->clear_path, error);
}

gboolean
rows_begin(Vault *vault, RowsMode mode, sqlite3 **ret_db, GError **error)
{
	return rows_take_over(vault, error) && rows_begin_connected(vault, mode, ret_db, error);
}

gboolean
rows_commit(sqlite3 *db, GError **error)
{
	return db == NULL || sql_exec(db, "COMMIT", error);
}

GPtrArray *
rows_find(sqlite3 *db, const char *app, const char *name, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)vault_row_free);
	g_autoptr(sqlite3_stmt) stmt = NULL;
	GError *error_local = NULL;
	gboolean more = db != NULL;

	if (db != NULL)
		stmt = sql_prepare(db,
				   "SELECT app, name, kind, origin, key_id, sealed FROM secrets WHERE (:app IS NULL OR app=:app)"
				   " AND (:name IS NULL OR name=:name) ORDER BY app, name",
				   error);
	if (more && stmt == NULL)
		return NULL;
	if (more) {
		sql_bind_text(stmt, ":app", app);
		sql_bind_text(stmt, ":name", name);
	}
	while (more) {
		VaultRow *row;

		if (!sql_step(stmt, &more, &error_local)) {
			rows_explain(sqlite3_db_filename(db, "main"), error, error_local);
			return NULL;
		}
		if (!more)
			break;
		row = g_new0(VaultRow, 1);
		row->app = sql_dup_text(stmt, 0);
		row->name = sql_dup_text(stmt, 1);
		row->kind = sql_dup_text(stmt, 2);
		row->origin = sql_dup_text(stmt, 3);
		row->key_id = sql_dup_text(stmt, 4);
		row->sealed = g_bytes_new(sqlite3_column_blob(stmt, 5), (gsize)sqlite3_column_bytes(stmt, 5));
		g_ptr_array_add(rows, row);
	}
	return g_steal_pointer(&rows);
}

gboolean
rows_put(sqlite3 *db, const VaultRow *row, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(db, "INSERT OR REPLACE INTO secrets VALUES(:app, :name, :kind, :origin, :key_id, :sealed)", error);
	gsize length = 0;
	const void *sealed = g_bytes_get_data(row->sealed, &length);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":app", row->app);
	sql_bind_text(stmt, ":name", row->name);
	sql_bind_text(stmt, ":kind", row->kind);
	sql_bind_text(stmt, ":origin", row->origin);
	sql_bind_text(stmt, ":key_id", row->key_id);
	sqlite3_bind_blob64(stmt, sqlite3_bind_parameter_index(stmt, ":sealed"), sealed, length, SQLITE_STATIC);
	return sql_done(stmt, error);
}

gboolean
rows_delete(sqlite3 *db, const char *app, const char *name, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(db, "DELETE FROM secrets WHERE app=:app AND (:name IS NULL OR name=:name)", error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":app", app);
	sql_bind_text(stmt, ":name", name);
	return sql_done(stmt, error);
}

/* Which of the keys the rows are sealed with; *ret_other is another that a row names. */
static gboolean
rows_match(sqlite3 *db, const KeyRing *ring, gboolean *ret_found, guint *ret_index, char **ret_other, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gboolean more = db != NULL;

	if (db != NULL)
		stmt = sql_prepare(db, "SELECT DISTINCT key_id FROM secrets", error);
	if (more && stmt == NULL)
		return FALSE;
	while (more) {
		if (!sql_step(stmt, &more, error))
			return FALSE;
		if (!more)
			break;
		if (ring != NULL && key_ring_find(ring, (const char *)sqlite3_column_text(stmt, 0), ret_index)) {
			*ret_found = TRUE;
			break;
		}
		g_free(*ret_other);
		*ret_other = sql_dup_text(stmt, 0);
	}
	return TRUE;
}

static void
rows_explain_no_key(GError **error, GError *found, gboolean sealed)
{
	g_autofree char *text = g_strdup(found->message);

	if (!sealed || host_error_status(found) != IDC_NOT_FOUND) {
		g_propagate_error(error, found);
		return;
	}
	g_clear_error(&found);
	/* Not NOT_FOUND: the secret is known, it only cannot be read. */
	host_error_set(error, IDC_INVALID, "no_key", "%s Without it no secret can be read, and each app has to be reauthorized.",
		       text);
}

gboolean
rows_keys(Vault *vault, sqlite3 *db, gboolean make, KeyRing **ret_ring, guint *ret_index, GError **error)
{
	g_autofree char *other = NULL;
	g_autoptr(KeyRing) ring = NULL;
	gboolean found = FALSE;
	GError *error_local = NULL;
	guint index = 0;

	ring = key_ring_read(vault->data, vault->key_file, &error_local);
	if (!rows_match(db, ring, &found, &index, &other, error)) {
		g_clear_error(&error_local);
		return FALSE;
	}
	if (ring == NULL && make && other == NULL && host_error_status(error_local) == IDC_NOT_FOUND) {
		g_clear_error(&error_local);
		ring = key_ring_make(vault->data, vault->key_file, &error_local);
	}
	if (ring == NULL) {
		rows_explain_no_key(error, error_local, other != NULL);
		return FALSE;
	}
	if (!found && other != NULL) {
		host_error_set(
		    error, IDC_INVALID, "wrong_key",
		    "The secrets in %s are sealed with another key (%s) than the one in %s (%s). Put the right one there, or "
		    "say with --key-file where it is.",
		    vault->path, other, key_ring_path(ring), key_ring_id(ring, 0));
		return FALSE;
	}
	*ret_index = index;
	*ret_ring = g_steal_pointer(&ring);
	return TRUE;
}

GBytes *
rows_open(Vault *vault, const KeyRing *ring, const VaultRow *row, GError **error)
{
	const SealLabel label = {row->app, row->name, row->kind, row->origin};
	gsize length = 0;
	const void *sealed = g_bytes_get_data(row->sealed, &length);
	GBytes *value = NULL;
	guint index = 0;

	if (key_ring_find(ring, row->key_id, &index))
		value = seal_open(ring, index, &label, sealed, length);
	if (value == NULL)
		host_error_set(
		    error, IDC_IO, "secret_damaged",
		    "The secret %s of %s in %s is damaged or was put there from elsewhere; the others can be read. Put back a "
		    "backup, or reauthorize %s.",
		    row->name, row->app, vault->path, row->app);
	return value;
}

VaultRow *
rows_seal(const KeyRing *ring, guint index, const SealLabel *label, GBytes *value)
{
	VaultRow *row = g_new0(VaultRow, 1);

	row->app = g_strdup(label->app);
	row->name = g_strdup(label->name);
	row->kind = g_strdup(label->kind);
	row->origin = g_strdup(label->origin);
	row->key_id = g_strdup(key_ring_id(ring, index));
	row->sealed = seal_close(ring, index, label, value);
	return row;
}

gboolean
rows_apply(sqlite3 *db, const KeyRing *ring, guint index, const VaultEntry *entry, const char *origin, GError **error)
{
	const SealLabel label = {entry->app, entry->name, entry->value != NULL ? VAULT_VALUE : VAULT_FILE, origin};
	g_autoptr(GBytes) value = NULL;
	g_autoptr(VaultRow) row = NULL;

	if (entry->value == NULL && entry->path == NULL)
		return rows_delete(db, entry->app, entry->name, error);
	value = entry->value != NULL ? g_bytes_ref(entry->value) : g_bytes_new(entry->path, strlen(entry->path));
	row = rows_seal(ring, index, &label, value);
	return rows_put(db, row, error);
}
