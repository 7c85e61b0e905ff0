/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/credit.h"
#include "state/origins.h"

/* Services show a write some time after it was made, and clocks differ. */
#define CREDIT_MARGIN_MS (5 * 60 * 1000)

#define CREDIT_UNSETTLED                                                                                                           \
	"NOT EXISTS (SELECT 1 FROM main.actions r WHERE r.app=:app AND r.intent=i.action AND (r.phase='settled'"                   \
	" OR (r.phase='result' AND r.status<>306)))"

/* recent: what young actions touched; added is what the last effect says, NULL where only an unsettled intent names it. */
static const char tables[] =
    "CREATE TEMP TABLE recent_user(key INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE recent("
    " user INTEGER NOT NULL, entitlement INTEGER NOT NULL, added INTEGER, PRIMARY KEY(user, entitlement)) WITHOUT ROWID;";

static char *
credit_young(void)
{
	return g_strdup_printf("a.app=:app AND a.time >= (SELECT started FROM main.syncs WHERE app=:app AND sync=:sync) - %d",
			       CREDIT_MARGIN_MS);
}

/* The keys of the store's new users in the place of those that the stage gave out. */
#define CREDIT_REKEY(table, column, where)                                                                                         \
	"UPDATE temp." table " SET " column "=(SELECT r.new FROM temp.rekey r WHERE r.old=" column ") WHERE " where                \
	"EXISTS (SELECT 1 FROM temp.rekey r WHERE r.old=" column ")"

gboolean
credit_users(Merging *merging, GError **error)
{
	guint64 found = 0;

	if (!sql_exec(merging->db, "CREATE TEMP TABLE rekey(old INTEGER PRIMARY KEY, new INTEGER NOT NULL)", error) ||
	    !merging_run(merging, KIND_PRINCIPAL,
			 g_strdup("INSERT INTO temp.rekey(old, new) SELECT s.key, u.key FROM main.service_users u CROSS JOIN"
				  " temp.stage_thing s INDEXED BY stage_thing_id ON s.record=:record AND s.id=u.id"
				  " WHERE u.app=:app AND u.key<0 AND s.key<>u.key"),
			 &found, error))
		return FALSE;
	return found == 0 || (sql_exec(merging->db, CREDIT_REKEY("stage_thing", "key", "record=1 AND "), error) &&
			      sql_exec(merging->db, CREDIT_REKEY("stage_grant", "user", ""), error) &&
			      sql_exec(merging->db, CREDIT_REKEY("stage_gone", "user", ""), error));
}

gboolean
credit_keep_users(Merging *merging, GError **error)
{
	g_autofree char *young = credit_young();
	guint64 kept = 0;

	if (!sql_exec(merging->db, tables, error) ||
	    !merging_run(merging, KIND_PRINCIPAL,
			 g_strdup_printf("INSERT OR IGNORE INTO temp.recent_user(key) SELECT u.key FROM main.actions a"
					 " JOIN main.service_users u ON u.app=:app AND u.id=a.user_id WHERE %s"
					 " AND a.phase='effect' AND a.verb IN ('created', 'invited')",
					 young),
			 NULL, error) ||
	    !merging_run(merging, KIND_PRINCIPAL,
			 g_strdup("DELETE FROM temp.gone WHERE record=:record AND key IN (SELECT key FROM temp.recent_user)"),
			 &kept, error))
		return FALSE;
	merging->gone[KIND_PRINCIPAL] -= kept;
	return TRUE;
}

/* In order of actions, so that the last effect on a grant is what counts. A resource stands for all that lies under it. */
static gboolean
credit_find_grants(Merging *merging, GError **error)
{
	g_autofree char *young = credit_young();

	return merging_run(merging, KIND_GRANT,
			   g_strdup_printf("INSERT OR REPLACE INTO temp.recent(user, entitlement, added) SELECT u.key, e.key,"
					   " a.verb='added' FROM main.actions a JOIN main.service_users u ON u.app=:app AND"
					   " u.id=a.user_id JOIN main.entitlements e ON e.app=:app AND e.id=a.entitlement_id"
					   " WHERE %s AND a.phase='effect' AND a.record=:record AND a.verb IN ('added', 'removed')"
					   " ORDER BY a.action",
					   young),
			   NULL, error) &&
	       merging_run(merging, KIND_GRANT,
			   g_strdup_printf("INSERT OR IGNORE INTO temp.recent(user, entitlement, added) SELECT u.key, e.key, NULL"
					   " FROM main.actions a JOIN main.actions i ON i.app=:app AND i.action=a.action"
					   " JOIN main.service_users u ON u.app=:app AND u.id=a.user_id"
					   " JOIN main.entitlements e ON e.app=:app AND (e.id=a.entitlement_id OR"
					   "  e.resource_id=a.entitlement_id) WHERE %s AND a.phase='intent' AND " CREDIT_UNSETTLED,
					   young),
			   NULL, error);
}

gboolean
credit_keep_grants(Merging *merging, GError **error)
{
	guint64 kept = 0;

	if (!credit_find_grants(merging, error) ||
	    !merging_run(merging, KIND_GRANT,
			 g_strdup("DELETE FROM temp.gone_grant WHERE indirect=0 AND EXISTS (SELECT 1 FROM temp.recent r"
				  " WHERE r.user=gone_grant.user AND r.entitlement=gone_grant.entitlement"
				  " AND coalesce(r.added, 1)=1)"
				  /* What hangs on somebody or something that is gone goes along, whatever was done to it. */
				  " AND NOT EXISTS (SELECT 1 FROM temp.gone x WHERE (x.record=1 AND x.key=gone_grant.user)"
				  " OR (x.record=4 AND x.key=gone_grant.entitlement))"),
			 &kept, error))
		return FALSE;
	merging->gone[KIND_GRANT] -= kept;
	return merging_run(merging, KIND_GRANT,
			   g_strdup_printf("DELETE FROM temp.diff_grant WHERE indirect=0 AND what=%d AND EXISTS (SELECT 1 FROM"
					   " temp.recent r WHERE r.user=diff_grant.user AND r.entitlement=diff_grant.entitlement"
					   " AND coalesce(r.added, 0)=0)",
					   DIFF_ADDED),
			   NULL, error);
}

/* What effects since the last merged sync explain. Those that the snapshot followed at once (status 0) explain nothing more of the grant
 * itself, but what hangs on it: an attribute that is named as the kind of what was given, how a grant of theirs now counts. */
static const char platform[] =
    "UPDATE main.changes AS c SET origin=:platform WHERE c.app=:app AND c.sync=:sync AND c.origin=:outside AND c.time IS NULL AND"
    " EXISTS (SELECT 1 FROM main.actions a WHERE a.app=:app AND a.time>=:since AND a.phase='effect' AND CASE"
    " WHEN c.record=8 AND c.verb<>5 THEN a.record=8 AND a.status<>0 AND a.user_id=c.user_id"
    "  AND a.entitlement_id=c.entitlement_id AND a.verb=CASE c.verb WHEN 1 THEN 'added' ELSE 'removed' END"
    " WHEN c.record=8 THEN a.record=8 AND a.user_id=c.user_id"
    " WHEN c.record=4 THEN c.verb=5 AND a.entitlement_id=c.entitlement_id"
    " WHEN c.record=1 AND c.verb=1 THEN a.user_id=c.user_id AND a.verb IN ('created', 'invited')"
    " WHEN c.record=1 AND c.verb=5 THEN a.user_id=c.user_id AND (a.record=1 OR EXISTS (SELECT 1 FROM main.entitlements e"
    "  WHERE e.app=:app AND e.id=a.entitlement_id AND coalesce(c.after, c.before) LIKE e.kind || '=%'))"
    " ELSE 0 END)";

/* Intents whose result nobody saw. held: a dry run found later that what was intended holds. */
static const char doubts[] =
    "CREATE TEMP TABLE doubt(user_id TEXT, email TEXT, entitlement_id TEXT, verb INTEGER NOT NULL, held INTEGER NOT NULL);";

static const char find_doubts[] =
    "INSERT INTO temp.doubt(user_id, email, entitlement_id, verb, held) SELECT coalesce(i.user_id, s.user_id),"
    " CASE WHEN json_valid(i.detail) THEN lower(json_extract(i.detail, '$.email')) END, i.entitlement_id, CASE i.verb WHEN "
    "'remove' THEN 2 ELSE 1 END,"
    " coalesce(s.status=3, 0) FROM main.actions i LEFT JOIN main.actions s ON s.app=:app AND s.intent=i.action AND "
    "s.phase='settled'"
    " WHERE i.app=:app AND i.phase='intent' AND (s.time>=:since OR (s.time IS NULL AND " CREDIT_UNSETTLED "))";

/* Somebody invited whose id nobody was told is known by their address. */
static const char name_doubts[] =
    "UPDATE temp.doubt SET user_id=(SELECT t.id FROM temp.stage_thing t WHERE t.record=1 AND"
    " lower(json_extract(t.attributes, '$.email'))=doubt.email) WHERE user_id IS NULL AND email IS NOT NULL";

static const char held[] =
    "UPDATE main.changes AS c SET origin=:platform WHERE c.app=:app AND c.sync=:sync AND c.origin=:outside AND c.time IS NULL AND"
    " EXISTS (SELECT 1 FROM temp.doubt d WHERE d.held=1 AND d.user_id=c.user_id AND d.verb=c.verb AND ("
    " (c.record=1 AND d.entitlement_id IS NULL) OR (c.record=8 AND (d.entitlement_id=c.entitlement_id OR EXISTS (SELECT 1 FROM"
    "  main.entitlements e WHERE e.app=:app AND e.id=c.entitlement_id AND e.resource_id=d.entitlement_id)))))";

/* Also what else came with it: its side effects were not told either. */
static const char unknown[] =
    "UPDATE main.changes AS c SET origin=:unknown WHERE c.app=:app AND c.sync=:sync AND c.origin=:outside AND c.time IS NULL AND"
    " EXISTS (SELECT 1 FROM temp.doubt d WHERE d.user_id=c.user_id OR (c.record=4 AND d.entitlement_id=c.entitlement_id))";

static gboolean
credit_run(Merging *merging, const char *text, gint64 since, guint64 *ret_rows, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = merging_prepare(merging, KIND_GRANT, g_strdup(text), error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":since", since);
	sql_bind_int(stmt, ":outside", ORIGIN_OUTSIDE);
	sql_bind_int(stmt, ":platform", ORIGIN_PLATFORM);
	sql_bind_int(stmt, ":unknown", ORIGIN_UNKNOWN);
	if (!sql_done(stmt, error))
		return FALSE;
	if (ret_rows != NULL)
		*ret_rows = (guint64)sqlite3_changes64(merging->db);
	return TRUE;
}

/* The last merged list may have been read before what was done while it was. */
static gboolean
credit_since(Merging *merging, gint64 *ret_since, GError **error)
{
	guint64 started = 0;

	if (!merging_count(merging, KIND_GRANT,
			   g_strdup("SELECT coalesce(s.started, 0) FROM main.apps a LEFT JOIN main.syncs s ON s.app=a.app AND"
				    " s.sync=a.merged_sync WHERE a.app=:app"),
			   &started, error))
		return FALSE;
	*ret_since = (gint64)started - CREDIT_MARGIN_MS;
	return TRUE;
}

gboolean
credit_changes(Merging *merging, GError **error)
{
	gint64 since = 0;
	guint64 found = 0;
	guint64 any = 0;

	if (!merging_count(merging, KIND_GRANT,
			   g_strdup("SELECT EXISTS (SELECT 1 FROM main.actions WHERE app=:app AND phase<>'keys')"), &any, error))
		return FALSE;
	/* An app that is only read has no action to look for in the million rows of a first list. */
	if (any == 0)
		return TRUE;
	if (!credit_since(merging, &since, error) || !credit_run(merging, platform, since, NULL, error) ||
	    !sql_exec(merging->db, doubts, error) || !credit_run(merging, find_doubts, since, &found, error))
		return FALSE;
	return found == 0 || (sql_exec(merging->db, name_doubts, error) && credit_run(merging, held, since, NULL, error) &&
			      credit_run(merging, unknown, since, NULL, error));
}
