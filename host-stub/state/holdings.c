/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/holdings.h"
#include "state/store-private.h"

void
holding_free(Holding *holding)
{
	if (holding == NULL)
		return;
	g_free(holding->entitlement_id);
	g_free(holding->kind);
	g_free(holding->name);
	g_free(holding->url);
	g_free(holding->via);
	g_free(holding);
}

static sqlite3_stmt *
holdings_prepare(Store *store, gint64 app, gint64 user, const char *text, GError **error)
{
	sqlite3_stmt *stmt = sql_prepare(store_db(store), text, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":user", user);
	return stmt;
}

GPtrArray *
holdings_of(Store *store, gint64 app, gint64 user, GError **error)
{
	g_autoptr(GPtrArray) holdings = g_ptr_array_new_with_free_func((GDestroyNotify)holding_free);
	g_autoptr(sqlite3_stmt) stmt = holdings_prepare(
	    store, app, user,
	    "SELECT e.id, e.kind, coalesce(e.name, e.id), json_extract(e.attributes, '$.url'), g.via, e.removable,"
	    " g.indirect FROM service_user_entitlements g JOIN entitlements e ON e.app=g.app AND e.key=g.entitlement"
	    " WHERE g.app=:app AND g.user=:user ORDER BY e.id, g.indirect",
	    error);
	gboolean row = TRUE;

	if (stmt == NULL)
		return NULL;
	while (sql_step(stmt, &row, error) && row) {
		Holding *holding = g_new0(Holding, 1);

		holding->entitlement_id = sql_dup_text(stmt, 0);
		holding->kind = sql_dup_text(stmt, 1);
		holding->name = sql_dup_text(stmt, 2);
		holding->url = sql_dup_text(stmt, 3);
		holding->via = sql_dup_text(stmt, 4);
		holding->removable = sqlite3_column_int(stmt, 5) != 0;
		holding->indirect = sqlite3_column_int(stmt, 6) != 0;
		g_ptr_array_add(holdings, holding);
	}
	return row ? NULL : g_steal_pointer(&holdings);
}

gboolean
holdings_user(Store *store, gint64 app, gint64 user, const char *attribute, char **ret_name, char **ret_value, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    holdings_prepare(store, app, user,
			     "SELECT u.name, (SELECT a.value FROM service_user_attributes a WHERE a.app=u.app AND a.user=u.key"
			     " AND a.attribute=:attribute ORDER BY a.ordinal LIMIT 1) FROM service_users u"
			     " WHERE u.app=:app AND u.key=:user",
			     error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":attribute", attribute);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_name = row ? sql_dup_text(stmt, 0) : NULL;
	*ret_value = row ? sql_dup_text(stmt, 1) : NULL;
	return TRUE;
}

gboolean
holdings_through(Store *store, gint64 app, const char *user_id, const char *thing, char **ret_through, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"SELECT group_concat(via) FROM (SELECT DISTINCT replace(g.via, ';', ',') AS via FROM service_users u"
			" JOIN service_user_entitlements g ON g.app=u.app AND g.user=u.key"
			" JOIN entitlements e ON e.app=g.app AND e.key=g.entitlement"
			" WHERE u.app=:app AND u.id=:user AND g.indirect=1 AND (e.id=:thing OR e.resource_id=:thing) ORDER BY 1)",
			error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":user", user_id);
	sql_bind_text(stmt, ":thing", thing);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_through = row ? sql_dup_text(stmt, 0) : NULL;
	return TRUE;
}
