/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/sizes.h"
#include "state/store-private.h"

static void
sizes_put(GHashTable *sizes, char *key, gint64 value)
{
	guint64 size = (guint64)MAX(value, 0);

	g_hash_table_insert(sizes, key, g_memdup2(&size, sizeof(size)));
}

static gboolean
sizes_read_types(Store *store, gint64 app, GHashTable *sizes, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store), "SELECT type, count(*) FROM resources WHERE app=:app AND type IS NOT NULL GROUP BY type", error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &row, error)) {
		if (!row)
			return TRUE;
		sizes_put(sizes, sql_dup_text(stmt, 0), sqlite3_column_int64(stmt, 1));
	}
	return FALSE;
}

static gboolean
sizes_read_grants(Store *store, gint64 app, GHashTable *sizes, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store),
	    "SELECT type, sum(n), count(*) FROM ("
	    " SELECT r.type AS type, count(*) AS n FROM service_user_entitlements g"
	    " JOIN entitlements e ON e.app=g.app AND e.key=g.entitlement JOIN resources r ON r.app=e.app AND r.id=e.resource_id"
	    " WHERE g.app=:app AND g.indirect=0 AND r.type IS NOT NULL GROUP BY r.key) GROUP BY type",
	    error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &row, error)) {
		g_autofree char *type = NULL;

		if (!row)
			return TRUE;
		type = sql_dup_text(stmt, 0);
		sizes_put(sizes, g_strconcat(type, ".grants", NULL), sqlite3_column_int64(stmt, 1));
		sizes_put(sizes, g_strconcat(type, ".members", NULL), sqlite3_column_int64(stmt, 2));
	}
	return FALSE;
}

gboolean
sizes_read(Store *store, const char *identifier, GHashTable *sizes, GError **error)
{
	gint64 app = 0;
	guint64 principals = 0;

	if (!store_find_app(store, identifier, &app, error))
		return FALSE;
	if (app == 0)
		return TRUE;
	if (!store_count(store, app, KIND_PRINCIPAL, &principals, error))
		return FALSE;
	if (principals == 0)
		return TRUE;
	sizes_put(sizes, g_strdup("principal"), (gint64)principals);
	return sizes_read_types(store, app, sizes, error) && sizes_read_grants(store, app, sizes, error);
}
