/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/merge.h"
#include "state/apply.h"
#include "state/changes.h"
#include "state/compare.h"
#include "state/done.h"
#include "state/guard.h"
#include <string.h>

/* What the last merged sync left behind. */
static gboolean
merge_begin(Merging *merging, GError **error)
{
	const MergeOptions *options = merging->options;
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (!sql_exec(merging->db, "BEGIN IMMEDIATE", error))
		return FALSE;
	stmt = merging_prepare(
	    merging, KIND_GRANT,
	    g_strdup("SELECT merged_sync, module_sha256, settings_hash, cursor_stale FROM main.apps WHERE app=:app"), error);
	if (stmt == NULL || !sql_step(stmt, &row, error))
		return FALSE;
	merging->result->first = !row || sqlite3_column_type(stmt, 0) == SQLITE_NULL;
	merging->baseline =
	    merging->result->first || g_strcmp0(options->module_sha256, (const char *)sqlite3_column_text(stmt, 1)) != 0;
	merging->settings_changed = g_strcmp0(options->settings_hash, (const char *)sqlite3_column_text(stmt, 2)) != 0;
	merging->cursor_stale = (uint32_t)sqlite3_column_int(stmt, 3);
	return TRUE;
}

/* A kind that was never whole and is now, or that no list had before: what it adds is no news. */
static gboolean
merge_find_newly(Merging *merging, GError **error)
{
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		uint32_t state = merging->stage->seals[kind].state;
		guint64 known = 0;
		guint64 complete = 0;

		if (!merging_count(merging, kind, g_strdup("SELECT count(*) FROM main.kinds WHERE app=:app AND record=:record"),
				   &known, error) ||
		    !merging_count(merging, kind,
				   g_strdup("SELECT count(*) FROM main.kinds WHERE app=:app AND record=:record AND complete=1"),
				   &complete, error))
			return FALSE;
		merging->newly[kind] = state != 0 && (known == 0 || (state == IDC_SEAL_COMPLETE && complete == 0));
	}
	return TRUE;
}

/* What is incomplete from now on. A list of changes heals what went stale after its cursor was given, and nothing else. */
static gboolean
merge_partials(Merging *merging, Kind kind, GError **error)
{
	const StageSeal *seal = &merging->stage->seals[kind];
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gboolean delta = seal->state == IDC_SEAL_DELTA || seal->state == IDC_SEAL_UNCHANGED;

	if (seal->state == 0 || (delta && (merging->cursor_stale & kind_record(kind)) != 0))
		return TRUE;
	if (seal->state != IDC_SEAL_PARTIAL)
		return merging_run(merging, kind, g_strdup("DELETE FROM main.partials WHERE app=:app AND record=:record"), NULL,
				   error);
	stmt = merging_prepare(merging, kind,
			       g_strdup("INSERT INTO temp.partial(resource, status, reason) VALUES('', :status, :reason)"), error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":status", seal->status);
	sql_bind_text(stmt, ":reason", seal->reason);
	return sql_exec(merging->db, "DELETE FROM temp.partial", error) && sql_done(stmt, error) &&
	       merging_run(merging, kind,
			   g_strdup("INSERT OR IGNORE INTO temp.partial(resource, status, reason) SELECT scope_id, status,"
				    " coalesce(reason, (SELECT reason FROM temp.partial WHERE resource='')) FROM temp.stage_seal"
				    " WHERE record=:record AND state=4"),
			   NULL, error) &&
	       merging_run(merging, kind,
			   g_strdup("DELETE FROM main.partials WHERE app=:app AND record=:record"
				    " AND resource NOT IN (SELECT resource FROM temp.partial)"),
			   NULL, error) &&
	       merging_run(merging, kind,
			   g_strdup("INSERT INTO main.partials(app, record, resource, status, reason, since)"
				    " SELECT :app, :record, resource, status, reason, :sync FROM temp.partial WHERE true"
				    " ON CONFLICT DO UPDATE SET status=excluded.status, reason=excluded.reason"),
			   NULL, error);
}

/* Which kinds, and which parts of kinds that are not whole, were whole once. */
static gboolean
merge_kinds(Merging *merging, Kind kind, GError **error)
{
	uint32_t state = merging->stage->seals[kind].state;

	if (state == 0)
		return TRUE;
	if (!merging_run(merging, kind,
			 g_strdup_printf("INSERT INTO main.kinds(app, record, complete) VALUES(:app, :record, %d)"
					 " ON CONFLICT DO UPDATE SET complete=max(complete, excluded.complete)",
					 state == IDC_SEAL_COMPLETE ? 1 : 0),
			 NULL, error))
		return FALSE;
	if (state == IDC_SEAL_COMPLETE)
		return merging_run(merging, kind, g_strdup("DELETE FROM main.scopes WHERE app=:app AND record=:record"), NULL,
				   error);
	return !merging->stage->scoped[kind] ||
	       merging_run(
		   merging, kind,
		   g_strdup("INSERT OR IGNORE INTO main.scopes(app, record, resource)"
			    " SELECT :app, :record, scope_id FROM temp.stage_seal WHERE record=:record AND scope=1 AND state=1"),
		   NULL, error);
}

/* The counts that only the new snapshot tells. */
static gboolean
merge_count(Merging *merging, GError **error)
{
	MergeResult *result = merging->result;

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		if (result->partials->len > 0 &&
		    !merging_count(
			merging, kind,
			g_strdup_printf("SELECT count(*) FROM main.%s WHERE app=:app AND stale IS NOT NULL", store_table(kind)),
			&result->counts[kind].stale, error))
			return FALSE;
	}
	return merging_count(merging, KIND_GRANT,
			     g_strdup("SELECT count(*) FROM main.service_user_entitlements WHERE app=:app AND indirect=1"),
			     &result->indirect, error);
}

static gboolean
merge_write_kinds(Merging *merging, GError **error)
{
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		const MergeCount *count = &merging->result->counts[kind];

		if (!merging_run(merging, kind,
				 g_strdup_printf("INSERT INTO main.sync_kinds(app, sync, record, total, added, removed, changed)"
						 " VALUES(:app, :sync, :record, %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
						 ", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ")",
						 count->total, count->added, count->removed, count->changed),
				 NULL, error))
			return FALSE;
	}
	return TRUE;
}

/* The first reason, for the book of syncs. */
static char *
merge_reason(const MergeResult *result)
{
	const StorePartial *partial;

	if (result->held)
		return g_strdup_printf("its removals are held, digest %s", result->digest);
	if (result->partials->len == 0)
		return NULL;
	partial = g_ptr_array_index(result->partials, 0);
	return g_strdup(partial->reason);
}

static gboolean
merge_write_sync(Merging *merging, GError **error)
{
	const MergeResult *result = merging->result;
	const SyncsCost *cost = &merging->options->cost;
	SyncsStatus status = result->held ? SYNCS_HELD : result->partials->len > 0 ? SYNCS_PARTIAL : SYNCS_COMPLETE;
	g_autofree char *reason = merge_reason(result);
	g_autoptr(sqlite3_stmt) stmt = NULL;
	guint64 added = 0;
	guint64 removed = 0;
	guint64 changed = 0;

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		added += result->counts[kind].added;
		removed += result->counts[kind].removed;
		changed += result->counts[kind].changed;
	}
	stmt = merging_prepare(
	    merging, KIND_GRANT,
	    g_strdup("UPDATE main.syncs SET status=:status, finished=:now, users=:users, entitlements=:entitlements,"
		     " grants=:grants, indirect=:indirect, added=:added, removed=:removed, changed=:changed,"
		     " outside_changes=:outside, requests=:requests, retries=:retries, waited_ms=:waited,"
		     " reason=:reason, accepted=:accepted WHERE app=:app AND sync=:sync"),
	    error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":status", syncs_status_word(status));
	sql_bind_text(stmt, ":reason", reason);
	sql_bind_int(stmt, ":accepted", result->accepted ? 1 : 0);
	sql_bind_int(stmt, ":requests", (gint64)cost->requests);
	sql_bind_int(stmt, ":retries", (gint64)cost->retries);
	sql_bind_int(stmt, ":waited", (gint64)cost->waited_ms);
	/* What is held was not counted in. */
	if (result->held)
		return sql_done(stmt, error);
	sql_bind_int(stmt, ":users", (gint64)result->counts[KIND_PRINCIPAL].total);
	sql_bind_int(stmt, ":entitlements", (gint64)result->counts[KIND_ENTITLEMENT].total);
	sql_bind_int(stmt, ":grants", (gint64)result->counts[KIND_GRANT].total);
	sql_bind_int(stmt, ":indirect", (gint64)result->indirect);
	sql_bind_int(stmt, ":added", (gint64)added);
	sql_bind_int(stmt, ":removed", (gint64)removed);
	sql_bind_int(stmt, ":changed", (gint64)changed);
	sql_bind_int(stmt, ":outside", (gint64)result->outside);
	return sql_done(stmt, error);
}

/* A cursor stands for a snapshot that is whole but for what the app knows to be missing: changes since then are all that it needs. Where
 * the snapshot is not, the next list begins where this one did. */
static gboolean
merge_write_app(Merging *merging, GError **error)
{
	const Stage *stage = merging->stage;
	const MergeOptions *options = merging->options;
	g_autoptr(sqlite3_stmt) stmt = NULL;
	uint32_t stale = 0;
	gboolean whole = TRUE;
	const char *what;

	for (guint i = 0; i < merging->result->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(merging->result->partials, i);

		whole = whole && partial->known;
		stale |= kind_record(partial->kind);
	}
	if (whole && stage->cursor != NULL)
		what = ", cursor=:cursor, cursor_stale=:stale";
	else if (stage->with_cursor || (whole && !merging->baseline))
		what = "";
	else
		what = ", cursor=NULL, cursor_stale=0";
	stmt = merging_prepare(
	    merging, KIND_GRANT,
	    g_strdup_printf(
		"UPDATE main.apps SET merged_sync=:sync, module_sha256=:module, settings_hash=:settings%s WHERE app=:app", what),
	    error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":module", options->module_sha256);
	sql_bind_text(stmt, ":settings", options->settings_hash);
	sql_bind_text(stmt, ":cursor", stage->cursor);
	sql_bind_int(stmt, ":stale", stale);
	return sql_done(stmt, error);
}

static gboolean
merge_book(Merging *merging, GError **error)
{
	MergeResult *result = merging->result;

	if (!sql_exec(
		merging->db,
		"CREATE TEMP TABLE partial(resource TEXT PRIMARY KEY, status INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID",
		error))
		return FALSE;
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		if (!merge_partials(merging, kind, error) || !merge_kinds(merging, kind, error))
			return FALSE;
	}
	result->partials = store_partials_on(merging->db, merging->stage->app, error);
	if (result->partials == NULL)
		return FALSE;
	store_partials_know(result->partials, merging->options->known_partial);
	return merge_count(merging, error) && merge_write_kinds(merging, error) && merge_write_app(merging, error) &&
	       guard_clear(merging, error);
}

static gboolean
merge_steps(Merging *merging, GError **error)
{
	MergeResult *result = merging->result;

	if (!merge_begin(merging, error) || !merge_find_newly(merging, error) || !compare_run(merging, error) ||
	    !guard_run(merging, error))
		return FALSE;
	if (result->held) {
		result->partials = g_ptr_array_new_with_free_func((GDestroyNotify)store_partial_free);
		return merge_write_sync(merging, error);
	}
	return changes_write(merging, error) && apply_run(merging, error) && changes_credit(merging, error) &&
	       done_close(merging, error) && merge_book(merging, error) && merge_write_sync(merging, error);
}

MergeResult *
merge_run(Stage *stage, const MergeOptions *options, GError **error)
{
	g_autoptr(MergeResult) result = g_new0(MergeResult, 1);
	Merging merging = {.stage = stage, .db = stage->db, .options = options, .result = result};

	if (merge_steps(&merging, error) && sql_exec(stage->db, "COMMIT", error))
		return g_steal_pointer(&result);
	sqlite3_exec(stage->db, "ROLLBACK", NULL, NULL, NULL);
	return NULL;
}
