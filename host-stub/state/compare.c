/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/compare.h"
#include "state/credit.h"

/* The keys of what is gone or covered are looked up once for each grant, so they are tables of their own with the key in front. */
static const char tables[] =
    "CREATE TEMP TABLE gone(record INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY(record, key)) WITHOUT ROWID;"
    "CREATE TEMP TABLE diff(record INTEGER NOT NULL, key INTEGER NOT NULL, what INTEGER NOT NULL, PRIMARY KEY(record, key))"
    " WITHOUT ROWID;"
    "CREATE TEMP TABLE gone_grant("
    " user INTEGER NOT NULL, entitlement INTEGER NOT NULL, indirect INTEGER NOT NULL, PRIMARY KEY(user, entitlement, indirect))"
    " WITHOUT ROWID;"
    "CREATE TEMP TABLE diff_grant("
    " user INTEGER NOT NULL, entitlement INTEGER NOT NULL, indirect INTEGER NOT NULL, what INTEGER NOT NULL,"
    " PRIMARY KEY(user, entitlement, indirect)) WITHOUT ROWID;"
    "CREATE TEMP TABLE covered_entitlement(key INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE covered_user(key INTEGER PRIMARY KEY);";

static uint32_t
compare_state(const Merging *merging, Kind kind)
{
	return merging->stage->seals[kind].state;
}

/* Entitlements also go with their resource, or under a seal of its own. */
#define COMPARE_ENTITLEMENT_GONE                                                                                                   \
	" OR (coalesce(s.state, 0)<>1 AND (m.resource_id IN"                                                                       \
	"  (SELECT scope_id FROM temp.stage_seal WHERE record=4 AND scope=1 AND state=1) OR m.resource_id IN"                      \
	"  (SELECT r.id FROM temp.gone x JOIN main.resources r ON r.app=:app AND r.key=x.key WHERE x.record=2)))"

static gboolean
compare_gone(Merging *merging, Kind kind, GError **error)
{
	return merging_run(merging, kind,
			   g_strdup_printf("INSERT INTO temp.gone(record, key) SELECT :record, m.key FROM main.%s m"
					   " LEFT JOIN temp.stage_thing s ON s.record=:record AND s.key=m.key"
					   " WHERE m.app=:app AND (s.state=%d%s%s)",
					   store_table(kind), THING_REMOVED,
					   compare_state(merging, kind) == IDC_SEAL_COMPLETE ? " OR coalesce(s.state, 0)<>1" : "",
					   kind == KIND_ENTITLEMENT ? COMPARE_ENTITLEMENT_GONE : ""),
			   &merging->gone[kind], error);
}

/* Rows that were not listed: stale where the kind is partial; good again where a list of changes began before they went stale. */
static gboolean
compare_unlisted(Merging *merging, Kind kind, GError **error)
{
	uint32_t state = compare_state(merging, kind);
	gboolean partial = state == IDC_SEAL_PARTIAL;

	if (state == 0 || state == IDC_SEAL_COMPLETE || (!partial && (merging->cursor_stale & kind_record(kind)) != 0))
		return TRUE;
	return merging_run(
	    merging, kind,
	    g_strdup_printf("INSERT OR IGNORE INTO temp.diff(record, key, what) SELECT :record, m.key, %d FROM main.%s m"
			    " LEFT JOIN temp.stage_thing s ON s.record=:record AND s.key=m.key"
			    " WHERE m.app=:app AND coalesce(s.state, 0)<>1 AND m.stale IS %s NULL"
			    " AND m.key NOT IN (SELECT key FROM temp.gone WHERE record=:record)",
			    partial ? DIFF_STALE : DIFF_FRESH, store_table(kind), partial ? "" : "NOT"),
	    NULL, error);
}

static gboolean
compare_things(Merging *merging, Kind kind, GError **error)
{
	return compare_gone(merging, kind, error) &&
	       merging_run(
		   merging, kind,
		   g_strdup_printf("INSERT INTO temp.diff(record, key, what) SELECT :record, s.key,"
				   " CASE WHEN m.app IS NULL THEN %d WHEN m.fingerprint IS NOT s.fingerprint THEN %d ELSE %d END"
				   " FROM temp.stage_thing s LEFT JOIN main.%s m ON m.app=:app AND m.key=s.key"
				   " WHERE s.record=:record AND s.state=%d AND"
				   " (m.app IS NULL OR m.fingerprint IS NOT s.fingerprint OR m.stale IS NOT NULL)",
				   DIFF_ADDED, DIFF_CHANGED, DIFF_FRESH, store_table(kind), THING_LISTED),
		   NULL, error) &&
	       compare_unlisted(merging, kind, error);
}

/* The entitlements and users whose grants were listed to the last one. An entitlement that was listed now belongs to the resource that it
 * names now. */
static gboolean
compare_covered(Merging *merging, GError **error)
{
	if (!merging->stage->scoped[KIND_GRANT])
		return TRUE;
	return merging_run(merging, KIND_GRANT,
			   g_strdup("INSERT INTO temp.covered_entitlement(key) SELECT m.key FROM main.entitlements m"
				    " LEFT JOIN temp.stage_thing s ON s.record=4 AND s.key=m.key AND s.state=1 WHERE m.app=:app AND"
				    " (CASE WHEN s.key IS NULL THEN m.resource_id ELSE s.parent_id END IN"
				    "  (SELECT scope_id FROM temp.stage_seal WHERE record=8 AND scope=1 AND state=1) OR m.id IN"
				    "  (SELECT scope_id FROM temp.stage_seal WHERE record=8 AND scope=2 AND state=1))"),
			   NULL, error) &&
	       merging_run(merging, KIND_GRANT,
			   g_strdup("INSERT INTO temp.covered_user(key) SELECT m.key FROM main.service_users m WHERE m.app=:app"
				    " AND m.id IN (SELECT scope_id FROM temp.stage_seal WHERE record=8 AND scope=3 AND state=1)"),
			   NULL, error);
}

/* A grant that was listed under something that is gone: the list contradicts itself. */
static gboolean
compare_check_grants(Merging *merging, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (merging->gone[KIND_PRINCIPAL] + merging->gone[KIND_ENTITLEMENT] == 0)
		return TRUE;
	stmt = merging_prepare(merging, KIND_GRANT,
			       g_strdup("SELECT u.id, e.id FROM temp.stage_grant g"
					" JOIN temp.stage_thing u ON u.record=1 AND u.key=g.user"
					" JOIN temp.stage_thing e ON e.record=4 AND e.key=g.entitlement"
					" WHERE g.user IN (SELECT key FROM temp.gone WHERE record=1)"
					" OR g.entitlement IN (SELECT key FROM temp.gone WHERE record=4) LIMIT 1"),
			       error);
	if (stmt == NULL || !sql_step(stmt, &row, error))
		return FALSE;
	return !row || staging_break(error, "listed the grant of \"%s\" to \"%s\", of which one is gone by its own word",
				     (const char *)sqlite3_column_text(stmt, 1), (const char *)sqlite3_column_text(stmt, 0));
}

#define COMPARE_UNLISTED_GRANTS                                                                                                    \
	" FROM main.service_user_entitlements g LEFT JOIN temp.stage_grant s ON s.user=g.user AND s.entitlement=g.entitlement"     \
	" AND s.indirect=g.indirect WHERE g.app=:app AND s.user IS NULL"

static gboolean
compare_grants_gone(Merging *merging, GError **error)
{
	const Stage *stage = merging->stage;
	gboolean all = compare_state(merging, KIND_GRANT) == IDC_SEAL_COMPLETE;

	/* The usual hour: nothing is said to be gone, so a million grants need not be looked at. */
	if (!all && !stage->scoped[KIND_GRANT] && stage->removed[KIND_GRANT] == 0 &&
	    merging->gone[KIND_PRINCIPAL] + merging->gone[KIND_ENTITLEMENT] == 0)
		return TRUE;
	return merging_run(merging, KIND_GRANT,
			   g_strdup_printf("INSERT INTO temp.gone_grant(user, entitlement, indirect)"
					   " SELECT g.user, g.entitlement, g.indirect" COMPARE_UNLISTED_GRANTS "%s",
					   all ? ""
					       : " AND (g.entitlement IN (SELECT key FROM temp.covered_entitlement)"
						 " OR g.user IN (SELECT key FROM temp.covered_user)"
						 " OR g.user IN (SELECT key FROM temp.gone WHERE record=1)"
						 " OR g.entitlement IN (SELECT key FROM temp.gone WHERE record=4)"
						 " OR EXISTS (SELECT 1 FROM temp.stage_gone x WHERE x.user=g.user"
						 "  AND x.entitlement=g.entitlement AND x.indirect=g.indirect))"),
			   &merging->gone[KIND_GRANT], error);
}

static gboolean
compare_grants_unlisted(Merging *merging, GError **error)
{
	uint32_t state = compare_state(merging, KIND_GRANT);
	gboolean partial = state == IDC_SEAL_PARTIAL;
	guint64 stale = 0;

	if (state == 0 || state == IDC_SEAL_COMPLETE || (!partial && (merging->cursor_stale & IDC_RECORD_GRANT) != 0))
		return TRUE;
	if (!partial &&
	    !merging_count(merging, KIND_GRANT, g_strdup("SELECT count(*) FROM main.partials WHERE app=:app AND record=:record"),
			   &stale, error))
		return FALSE;
	if (!partial && stale == 0)
		return TRUE;
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup_printf("INSERT OR IGNORE INTO temp.diff_grant(user, entitlement, indirect, what)"
			    " SELECT g.user, g.entitlement, g.indirect, %d" COMPARE_UNLISTED_GRANTS
			    " AND g.stale IS %s NULL AND NOT EXISTS (SELECT 1 FROM temp.gone_grant x WHERE x.user=g.user"
			    " AND x.entitlement=g.entitlement AND x.indirect=g.indirect)",
			    partial ? DIFF_STALE : DIFF_FRESH, partial ? "" : "NOT"),
	    NULL, error);
}

static gboolean
compare_grants(Merging *merging, GError **error)
{
	return compare_check_grants(merging, error) && compare_covered(merging, error) && compare_grants_gone(merging, error) &&
	       merging_run(merging, KIND_GRANT,
			   g_strdup_printf("INSERT INTO temp.diff_grant(user, entitlement, indirect, what)"
					   " SELECT s.user, s.entitlement, s.indirect, CASE WHEN g.app IS NULL THEN %d"
					   " WHEN g.via IS NOT s.via OR g.attributes IS NOT s.attributes THEN %d ELSE %d END"
					   " FROM temp.stage_grant s LEFT JOIN main.service_user_entitlements g ON g.app=:app"
					   " AND g.user=s.user AND g.entitlement=s.entitlement AND g.indirect=s.indirect"
					   " WHERE g.app IS NULL OR g.via IS NOT s.via OR g.attributes IS NOT s.attributes"
					   " OR g.stale IS NOT NULL",
					   DIFF_ADDED, DIFF_CHANGED, DIFF_FRESH),
			   NULL, error) &&
	       compare_grants_unlisted(merging, error);
}

static gboolean
compare_count(Merging *merging, Kind kind, GError **error)
{
	MergeCount *count = &merging->result->counts[kind];
	const char *from = kind == KIND_GRANT ? "diff_grant WHERE" : "diff WHERE record=:record AND";

	if (!merging_count(merging, kind, g_strdup_printf("SELECT count(*) FROM main.%s WHERE app=:app", store_table(kind)),
			   &merging->before[kind], error) ||
	    !merging_count(merging, kind, g_strdup_printf("SELECT count(*) FROM temp.%s what=%d", from, DIFF_ADDED), &count->added,
			   error) ||
	    !merging_count(merging, kind, g_strdup_printf("SELECT count(*) FROM temp.%s what=%d", from, DIFF_CHANGED),
			   &count->changed, error))
		return FALSE;
	count->removed = merging->gone[kind];
	count->total = merging->before[kind] + count->added - count->removed;
	return TRUE;
}

gboolean
compare_run(Merging *merging, GError **error)
{
	/* Resources first: their entitlements go with them; grants last, as they hang on everything. */
	static const Kind order[] = {KIND_RESOURCE, KIND_ENTITLEMENT, KIND_PRINCIPAL};

	if (!sql_exec(merging->db, tables, error) || !credit_users(merging, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		if (!compare_things(merging, order[i], error))
			return FALSE;
	}
	if (!credit_keep_users(merging, error) || !compare_grants(merging, error) || !credit_keep_grants(merging, error))
		return FALSE;
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		if (!compare_count(merging, kind, error))
			return FALSE;
	}
	return TRUE;
}
