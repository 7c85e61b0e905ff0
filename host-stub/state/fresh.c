/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/fresh.h"
#include "state/store-private.h"

/* The reason of any kind that is incomplete, for rows that a list could not read. */
#define FRESH_ANY                                                                                                                  \
	"coalesce((SELECT p.reason FROM partials p WHERE p.app=:app ORDER BY p.record DESC, p.resource LIMIT 1),"                  \
	" 'the last list could not read it')"

/* In this order: the part of this resource is incomplete; the grants as a whole are and this part of them never was whole; rows of it
 * stand as they were seen earlier. */
#define FRESH_THING                                                                                                                \
	"WITH thing(id) AS (SELECT coalesce((SELECT e.resource_id FROM entitlements e WHERE e.app=:app AND e.id=:id), :id))"       \
	" SELECT coalesce((SELECT p.reason FROM partials p, thing t WHERE p.app=:app AND p.record IN (2, 4, 8) AND"                \
	"  p.resource=t.id LIMIT 1),"                                                                                              \
	" (SELECT p.reason FROM partials p WHERE p.app=:app AND p.record=8 AND p.resource='' AND NOT EXISTS"                       \
	"  (SELECT 1 FROM scopes c, thing t WHERE c.app=:app AND c.record=8 AND c.resource=t.id)),"                                \
	" CASE WHEN EXISTS (SELECT 1 FROM resources r, thing t WHERE r.app=:app AND r.id=t.id AND r.stale IS NOT NULL)"            \
	"  OR EXISTS (SELECT 1 FROM entitlements e, thing t WHERE e.app=:app AND (e.resource_id=t.id OR e.id=:id) AND"             \
	"   (e.stale IS NOT NULL OR EXISTS (SELECT 1 FROM service_user_entitlements g WHERE g.app=:app AND"                        \
	"    g.entitlement=e.key AND g.stale IS NOT NULL)))"                                                                       \
	"  THEN " FRESH_ANY " END)"

#define FRESH_USER                                                                                                                 \
	"SELECT CASE WHEN EXISTS (SELECT 1 FROM service_users u WHERE u.app=:app AND u.id=:id AND u.stale IS NOT NULL) THEN"       \
	" " FRESH_ANY " END"

static gboolean
fresh_ask(Store *store, const char *text, gint64 app, const char *id, char **ret_reason, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(store_db(store), text, error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":id", id);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_reason = row ? sql_dup_text(stmt, 0) : NULL;
	return TRUE;
}

gboolean
fresh_thing(Store *store, gint64 app, const char *id, char **ret_reason, GError **error)
{
	return fresh_ask(store, FRESH_THING, app, id, ret_reason, error);
}

gboolean
fresh_user(Store *store, gint64 app, const char *id, char **ret_reason, GError **error)
{
	return fresh_ask(store, FRESH_USER, app, id, ret_reason, error);
}
