/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/sql.h"
#include "base/error.h"

void
sql_fail(sqlite3 *db, GError **error)
{
	const char *file = sqlite3_db_filename(db, "main");
	int code = sqlite3_errcode(db);

	if (file == NULL || *file == '\0')
		file = "The store";
	if (code == SQLITE_FULL)
		host_error_set(error, IDC_IO, "disk_full",
			       "The disk that holds %s is full. Nothing was changed; make room and run the command again.", file);
	else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		host_error_set(error, IDC_IO, "store_damaged",
			       "%s is damaged (%s). Put back a backup, or move the file away: the next sync builds it anew.", file,
			       sqlite3_errmsg(db));
	else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		host_error_set(error, IDC_UNAVAILABLE, "store_busy", "%s was in use for too long. Run the command again.", file);
	else if (code == SQLITE_NOMEM)
		host_error_set(error, IDC_NOMEM, "no_memory", "There was not enough memory. Run the command again.");
	else
		host_error_set(error, IDC_IO, "store_failed", "%s cannot be used: %s.", file, sqlite3_errmsg(db));
}

sqlite3_stmt *
sql_prepare(sqlite3 *db, const char *text, GError **error)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK)
		return stmt;
	sql_fail(db, error);
	return NULL;
}

sqlite3_stmt *
sql_prepare_take(sqlite3 *db, char *text, GError **error)
{
	g_autofree char *owned = text;

	return sql_prepare(db, owned, error);
}

void
sql_bind_int(sqlite3_stmt *stmt, const char *name, gint64 value)
{
	int index = sqlite3_bind_parameter_index(stmt, name);

	if (index > 0)
		sqlite3_bind_int64(stmt, index, value);
}

void
sql_bind_text(sqlite3_stmt *stmt, const char *name, const char *text)
{
	int index = sqlite3_bind_parameter_index(stmt, name);

	if (index > 0)
		sqlite3_bind_text(stmt, index, text, -1, SQLITE_TRANSIENT);
}

gboolean
sql_step(sqlite3_stmt *stmt, gboolean *ret_row, GError **error)
{
	int code = sqlite3_step(stmt);

	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		sql_fail(sqlite3_db_handle(stmt), error);
		return FALSE;
	}
	*ret_row = code == SQLITE_ROW;
	return TRUE;
}

gboolean
sql_done(sqlite3_stmt *stmt, GError **error)
{
	gboolean row = TRUE;

	while (row) {
		if (!sql_step(stmt, &row, error)) {
			sqlite3_reset(stmt);
			return FALSE;
		}
	}
	sqlite3_reset(stmt);
	return TRUE;
}

gboolean
sql_exec(sqlite3 *db, const char *text, GError **error)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return TRUE;
	sql_fail(db, error);
	return FALSE;
}

gboolean
sql_int(sqlite3_stmt *stmt, gint64 *ret_value, GError **error)
{
	gboolean row = FALSE;

	if (!sql_step(stmt, &row, error)) {
		sqlite3_reset(stmt);
		return FALSE;
	}
	*ret_value = row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return TRUE;
}

gboolean
sql_pragma(sqlite3 *db, const char *name, gint64 *ret_value, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare_take(db, g_strdup_printf("PRAGMA %s", name), error);

	return stmt != NULL && sql_int(stmt, ret_value, error);
}

char *
sql_dup_text(sqlite3_stmt *stmt, int column)
{
	return g_strdup((const char *)sqlite3_column_text(stmt, column));
}
