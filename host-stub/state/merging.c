/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/merging.h"

sqlite3_stmt *
merging_prepare(Merging *merging, Kind kind, char *text, GError **error)
{
	sqlite3_stmt *stmt = sql_prepare_take(merging->db, text, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", merging->stage->app);
	sql_bind_int(stmt, ":sync", merging->options->sync);
	sql_bind_int(stmt, ":now", merging->options->now);
	sql_bind_int(stmt, ":record", kind_record(kind));
	return stmt;
}

gboolean
merging_run(Merging *merging, Kind kind, char *text, guint64 *ret_changes, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = merging_prepare(merging, kind, text, error);

	if (stmt == NULL || !sql_done(stmt, error))
		return FALSE;
	if (ret_changes != NULL)
		*ret_changes = (guint64)sqlite3_changes64(merging->db);
	return TRUE;
}

gboolean
merging_count(Merging *merging, Kind kind, char *text, guint64 *ret_count, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = merging_prepare(merging, kind, text, error);
	gint64 count = 0;

	if (stmt == NULL || !sql_int(stmt, &count, error))
		return FALSE;
	*ret_count = (guint64)count;
	return TRUE;
}
