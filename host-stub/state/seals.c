/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/seals.h"
#include "base/error.h"

static const char *const states[] = {"", "COMPLETE", "DELTA", "UNCHANGED", "PARTIAL"};

gboolean
seals_prepare(Stage *stage, GError **error)
{
	stage->stmts[STAGE_ADD_SEAL] = sql_prepare(stage->db,
						   "INSERT OR IGNORE INTO temp.stage_seal(record, scope, scope_id, state, status,"
						   " reason, emitted) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
						   error);
	return stage->stmts[STAGE_ADD_SEAL] != NULL;
}

gboolean
seals_check_open(Stage *stage, Kind kind, const char *what, GError **error)
{
	if ((stage->want & kind_record(kind)) == 0)
		return staging_break(error, "emitted %s, although no %s was asked for", what, kind_word(kind));
	if (stage->ended)
		return staging_break(error, "emitted %s after its last seal", what);
	if (stage->seals[kind].state != 0)
		return staging_break(error, "emitted %s after it had sealed the %s", what, kind_words(kind, 0));
	return TRUE;
}

/* A seal of a part of a kind. */
static gboolean
seals_take_scoped(Stage *stage, Kind kind, const idc_seal *seal, uint32_t state, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_SEAL];

	if (state != IDC_SEAL_COMPLETE && state != IDC_SEAL_PARTIAL)
		return staging_break(error, "sealed the %s of \"%s\" as %s, which only a whole kind can be", kind_words(kind, 0),
				     seal->scope_id, states[state]);
	sqlite3_bind_int64(stmt, 1, seal->record);
	sqlite3_bind_int64(stmt, 2, seal->scope);
	sqlite3_bind_text(stmt, 3, seal->scope_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 4, state);
	sqlite3_bind_int64(stmt, 5, seal->status);
	sqlite3_bind_text(stmt, 6, seal->reason, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 7, (gint64)seal->emitted);
	stage->scoped[kind] = TRUE;
	if (!sql_done(stmt, error))
		return FALSE;
	if (sqlite3_changes(stage->db) == 1)
		return TRUE;
	return staging_break(error, "sealed the %s of \"%s\" twice", kind_words(kind, 0), seal->scope_id);
}

static gboolean
seals_take_all(Stage *stage, Kind kind, const idc_seal *seal, uint32_t state, GError **error)
{
	StageSeal *kept = &stage->seals[kind];

	if ((state == IDC_SEAL_DELTA || state == IDC_SEAL_UNCHANGED) && !stage->with_cursor)
		return staging_break(error, "sealed the %s as %s, although everything was asked for", kind_words(kind, 0),
				     states[state]);
	if (seal->emitted != stage->emitted[kind] || seal->removed != stage->removed[kind])
		return staging_break(error,
				     "sealed the %s with %" G_GUINT64_FORMAT " listed and %" G_GUINT64_FORMAT
				     " gone, but emitted %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
				     kind_words(kind, 0), seal->emitted, seal->removed, stage->emitted[kind], stage->removed[kind]);
	if (state == IDC_SEAL_UNCHANGED && seal->emitted + seal->removed > 0)
		return staging_break(error, "sealed the %s as UNCHANGED, but emitted some", kind_words(kind, 0));
	kept->state = state;
	kept->status = state == IDC_SEAL_PARTIAL ? seal->status : 0;
	kept->reason = state == IDC_SEAL_PARTIAL ? g_strdup(seal->reason) : NULL;
	if (state == IDC_SEAL_PARTIAL && kept->reason == NULL)
		kept->reason = g_strdup_printf("the service answered %s", host_status_name(seal->status));
	return TRUE;
}

gboolean
seals_take(Stage *stage, const idc_seal *seal, GError **error)
{
	Kind kind = kind_from_record(seal->record);
	uint32_t state = seal->state >= IDC_SEAL_COMPLETE && seal->state < IDC_SEAL_PARTIAL ? seal->state : IDC_SEAL_PARTIAL;
	gboolean good;

	if (!seals_check_open(stage, kind, "a seal", error))
		return FALSE;
	good = seal->scope == IDC_SCOPE_ALL ? seals_take_all(stage, kind, seal, state, error)
					    : seals_take_scoped(stage, kind, seal, state, error);
	if (!good || seal->cursor == NULL)
		return good;
	stage->cursor = g_strdup(seal->cursor);
	stage->ended = TRUE;
	return TRUE;
}

/* Something that was listed earlier and is named now, where the list says to be everything there is. */
static gboolean
seals_check_named(Stage *stage, Kind kind, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (kind == KIND_GRANT || stage->seals[kind].state != IDC_SEAL_COMPLETE || !stage->with_cursor)
		return TRUE;
	stmt = sql_prepare(stage->db, "SELECT id FROM temp.stage_thing WHERE record=:record AND state=:named LIMIT 1", error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":record", kind_record(kind));
	sql_bind_int(stmt, ":named", THING_NAMED);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	return !row || staging_break(error, "named the %s \"%s\" without listing it and sealed the %s as COMPLETE", kind_word(kind),
				     (const char *)sqlite3_column_text(stmt, 0), kind_words(kind, 0));
}

/* A part that is not whole within a kind that is said to be. */
static gboolean
seals_check_parts(Stage *stage, Kind kind, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (!stage->scoped[kind] || stage->seals[kind].state == IDC_SEAL_PARTIAL)
		return TRUE;
	stmt =
	    sql_prepare(stage->db, "SELECT scope_id FROM temp.stage_seal WHERE record=:record AND state=:partial LIMIT 1", error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":record", kind_record(kind));
	sql_bind_int(stmt, ":partial", IDC_SEAL_PARTIAL);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	return !row ||
	       staging_break(error, "sealed the %s of \"%s\" as PARTIAL and then all %s as %s", kind_words(kind, 0),
			     (const char *)sqlite3_column_text(stmt, 0), kind_words(kind, 0), states[stage->seals[kind].state]);
}

gboolean
seals_finish(Stage *stage, int32_t status, GError **error)
{
	gboolean partial = FALSE;

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		if ((stage->want & kind_record(kind)) == 0)
			continue;
		if (stage->seals[kind].state == 0)
			return staging_break(error, "ended its list without a seal for the %s", kind_words(kind, 0));
		if (!seals_check_named(stage, kind, error) || !seals_check_parts(stage, kind, error))
			return FALSE;
		partial = partial || stage->seals[kind].state == IDC_SEAL_PARTIAL;
	}
	if (partial == (status == IDC_PARTIAL))
		return TRUE;
	return staging_break(error, "%s",
			     partial ? "ended its list with OK, but sealed a kind as PARTIAL"
				     : "ended its list with PARTIAL, but sealed every kind as whole");
}

/* Each scope that can be counted, with what its seal says and what is there. */
#define SEALS_COUNTS                                                                                                               \
	"SELECT s.record, s.scope_id, s.emitted AS said, CASE"                                                                     \
	" WHEN s.record=4 THEN (SELECT count(*) FROM temp.stage_thing t WHERE t.record=4 AND t.parent_id=s.scope_id)"              \
	" WHEN s.scope=3 THEN (SELECT count(*) FROM temp.stage_grant g WHERE g.user="                                              \
	"  (SELECT key FROM temp.stage_thing t WHERE t.record=1 AND t.id=s.scope_id))"                                             \
	" WHEN s.scope=2 THEN (SELECT n FROM temp.stage_count c WHERE c.id=s.scope_id)"                                            \
	" ELSE (SELECT sum(n) FROM temp.stage_count c WHERE c.parent_id=s.scope_id) END AS there FROM temp.stage_seal s"           \
	" WHERE (s.record=4 AND s.scope=1) OR s.record=8"

gboolean
seals_check_counts(Stage *stage, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gboolean row = FALSE;

	if (!stage->scoped[KIND_GRANT] && !stage->scoped[KIND_ENTITLEMENT])
		return TRUE;
	/* The resource of an entitlement that is only named is the one that the snapshot knows. */
	if (!sql_exec(stage->db,
		      "CREATE TEMP TABLE stage_count AS SELECT e.id AS id, coalesce(e.parent_id, (SELECT m.resource_id FROM"
		      " main.entitlements m, temp.stage_app a WHERE m.app=a.app AND m.key=e.key AND e.state=0)) AS parent_id,"
		      " g.n AS n FROM (SELECT entitlement, count(*) AS n FROM temp.stage_grant GROUP BY entitlement) g"
		      " JOIN temp.stage_thing e ON e.record=4 AND e.key=g.entitlement;"
		      "CREATE INDEX temp.stage_count_parent ON stage_count(parent_id);"
		      "CREATE INDEX temp.stage_count_id ON stage_count(id);"
		      "CREATE INDEX temp.stage_thing_parent ON stage_thing(record, parent_id)",
		      error))
		return FALSE;
	stmt = sql_prepare(stage->db,
			   "SELECT record, scope_id, said, coalesce(there, 0) FROM (" SEALS_COUNTS
			   ") WHERE said IS NOT coalesce(there, 0)"
			   " LIMIT 1",
			   error);
	if (stmt == NULL || !sql_step(stmt, &row, error))
		return FALSE;
	return !row || staging_break(error, "sealed %lld %s of \"%s\", but emitted %lld", sqlite3_column_int64(stmt, 2),
				     kind_words(kind_from_record((uint32_t)sqlite3_column_int(stmt, 0)),
						(guint64)sqlite3_column_int64(stmt, 2)),
				     (const char *)sqlite3_column_text(stmt, 1), sqlite3_column_int64(stmt, 3));
}
