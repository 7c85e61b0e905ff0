/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/given.h"
#include "state/store-private.h"

gboolean
given_owes(Store *store, gint64 app, const char *user_id, const char *email, const char *entitlement_id, gboolean *ret_owes,
	   GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store),
	    "SELECT (EXISTS (SELECT 1 FROM actions WHERE app=:app AND phase='effect' AND verb IN ('created', 'invited') AND"
	    "  user_id=:user) OR EXISTS (SELECT 1 FROM actions s JOIN actions i ON i.app=:app AND i.action=s.intent WHERE "
	    "s.app=:app AND"
	    "  s.phase='settled' AND s.verb='provision' AND s.status=3 AND json_valid(i.detail) AND"
	    "  lower(json_extract(i.detail, '$.email'))=lower(:email))) AND NOT EXISTS (SELECT 1 FROM actions WHERE app=:app AND"
	    "  phase='result' AND verb='add' AND user_id=:user AND entitlement_id=:entitlement AND status IN (0, 3))",
	    error);
	gint64 owes = 0;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":user", user_id);
	sql_bind_text(stmt, ":email", email);
	sql_bind_text(stmt, ":entitlement", entitlement_id);
	if (!sql_int(stmt, &owes, error))
		return FALSE;
	*ret_owes = owes != 0;
	return TRUE;
}

gboolean
given_plan_begun(Store *store, gint64 app, const char *digest, gboolean *ret_begun, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"SELECT EXISTS (SELECT 1 FROM actions WHERE app=:app AND phase='intent' AND json_valid(detail) AND"
			" json_extract(detail, '$.plan')=:digest)",
			error);
	gint64 begun = 0;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":digest", digest);
	if (!sql_int(stmt, &begun, error))
		return FALSE;
	*ret_begun = begun != 0;
	return TRUE;
}
