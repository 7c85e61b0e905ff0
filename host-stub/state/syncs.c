/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/syncs.h"
#include "base/error.h"
#include "state/store-private.h"

static const char *const words[] = {
    [SYNCS_RUNNING] = "running", [SYNCS_COMPLETE] = "complete", [SYNCS_PARTIAL] = "partial",
    [SYNCS_HELD] = "held",       [SYNCS_FAILED] = "failed",
};

const char *
syncs_status_word(SyncsStatus status)
{
	return words[status];
}

static SyncsStatus
syncs_status(const char *word)
{
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_strcmp0(word, words[i]) == 0)
			return (SyncsStatus)i;
	}
	return SYNCS_FAILED;
}

void
syncs_state_free(SyncsState *state)
{
	if (state == NULL)
		return;
	g_free(state->module_sha256);
	g_free(state->connector);
	g_free(state->version);
	g_free(state->settings_hash);
	g_free(state->cursor);
	g_free(state->held_digest);
	g_free(state->last_reason);
	g_free(state);
}

static gboolean
syncs_state_merged(Store *store, gint64 app, SyncsState *state, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"SELECT a.merged_sync, s.started, s.finished, a.module_sha256, a.settings_hash, a.cursor, h.digest, h.sync,"
			" s.connector, s.version, a.authorized_until"
			" FROM apps a LEFT JOIN syncs s ON s.app=a.app AND s.sync=a.merged_sync LEFT JOIN held h ON h.app=a.app"
			" WHERE a.app=:app",
			error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	if (!row)
		return TRUE;
	state->merged_sync = sqlite3_column_int64(stmt, 0);
	state->merged_started = sqlite3_column_int64(stmt, 1);
	state->merged_finished = sqlite3_column_int64(stmt, 2);
	state->module_sha256 = sql_dup_text(stmt, 3);
	state->settings_hash = sql_dup_text(stmt, 4);
	state->cursor = sql_dup_text(stmt, 5);
	state->held_digest = sql_dup_text(stmt, 6);
	state->held_sync = sqlite3_column_int64(stmt, 7);
	state->connector = sql_dup_text(stmt, 8);
	state->version = sql_dup_text(stmt, 9);
	state->authorized_until = sqlite3_column_int64(stmt, 10);
	return TRUE;
}

static gboolean
syncs_state_last(Store *store, gint64 app, SyncsState *state, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store),
	    "SELECT sync, started, finished, status, reason, error_status, error_exit, coalesce(retry_after_ms, -1),"
	    " (SELECT count(*) FROM syncs f WHERE f.app=:app AND f.status='failed' AND f.sync >"
	    "  (SELECT coalesce(max(g.sync), 0) FROM syncs g WHERE g.app=:app AND g.status IN ('complete', 'partial', 'held')))"
	    " FROM syncs WHERE app=:app ORDER BY sync DESC LIMIT 1",
	    error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	if (!row)
		return TRUE;
	state->last_sync = sqlite3_column_int64(stmt, 0);
	state->last_started = sqlite3_column_int64(stmt, 1);
	state->last_finished = sqlite3_column_int64(stmt, 2);
	state->last_status = syncs_status((const char *)sqlite3_column_text(stmt, 3));
	state->last_reason = sql_dup_text(stmt, 4);
	state->last_error_status = sqlite3_column_int(stmt, 5);
	state->last_exit = sqlite3_column_int(stmt, 6);
	state->last_retry_after_ms = sqlite3_column_int64(stmt, 7);
	state->failures = (guint)sqlite3_column_int(stmt, 8);
	return TRUE;
}

SyncsState *
syncs_state(Store *store, gint64 app, GError **error)
{
	g_autoptr(SyncsState) state = g_new0(SyncsState, 1);

	state->last_retry_after_ms = -1;
	if (!syncs_state_merged(store, app, state, error) || !syncs_state_last(store, app, state, error))
		return NULL;
	return g_steal_pointer(&state);
}

gboolean
syncs_begin(Store *store, gint64 app, gint64 started, gint64 *ret_sync, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"INSERT INTO syncs(app, sync, started, mode, status)"
			" SELECT :app, coalesce(max(sync), 0) + 1, :started, 'full', 'running' FROM syncs WHERE app=:app"
			" RETURNING sync",
			error);
	gint64 sync = 0;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":started", started);
	if (!sql_int(stmt, &sync, error))
		return FALSE;
	*ret_sync = sync;
	return TRUE;
}

gboolean
syncs_module(Store *store, gint64 app, gint64 sync, gboolean full, const char *connector, const char *version, const char *sha256,
	     GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"UPDATE syncs SET mode=:mode, connector=:connector, version=:version, sha256=:sha256"
			" WHERE app=:app AND sync=:sync",
			error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":sync", sync);
	sql_bind_text(stmt, ":mode", full ? "full" : "incremental");
	sql_bind_text(stmt, ":connector", connector);
	sql_bind_text(stmt, ":version", version);
	sql_bind_text(stmt, ":sha256", sha256);
	return sql_done(stmt, error);
}

gboolean
syncs_authorized(Store *store, gint64 app, gint64 until, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store), "UPDATE apps SET authorized_until=nullif(:until, 0) WHERE app=:app", error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":until", until);
	return sql_done(stmt, error);
}

gboolean
syncs_failed(Store *store, gint64 app, gint64 sync, gint64 finished, const GError *why, const SyncsCost *cost, GError **error)
{
	HostErrorDetail detail;
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"UPDATE syncs SET status='failed', finished=:finished, reason=:reason, error_status=:status,"
			" error_code=:code, error_exit=:exit, retry_after_ms=nullif(:retry, -1),"
			" requests=:requests, retries=:retries, waited_ms=:waited WHERE app=:app AND sync=:sync",
			error);

	if (stmt == NULL)
		return FALSE;
	host_error_detail(why, &detail);
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":sync", sync);
	sql_bind_int(stmt, ":finished", finished);
	sql_bind_text(stmt, ":reason", why->message);
	sql_bind_int(stmt, ":status", host_error_status(why));
	sql_bind_text(stmt, ":code", detail.code);
	sql_bind_int(stmt, ":exit", (gint64)host_error_exit(why));
	sql_bind_int(stmt, ":retry", detail.retry_after_ms);
	sql_bind_int(stmt, ":requests", (gint64)cost->requests);
	sql_bind_int(stmt, ":retries", (gint64)cost->retries);
	sql_bind_int(stmt, ":waited", (gint64)cost->waited_ms);
	return sql_done(stmt, error);
}

gboolean
syncs_sweep(Store *store, gint64 app, gint64 finished, const char *reason, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store),
	    "UPDATE syncs SET status='failed', finished=:finished, reason=:reason, error_status=:status, error_exit=:exit"
	    " WHERE app=:app AND status='running'",
	    error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":finished", finished);
	sql_bind_text(stmt, ":reason", reason);
	sql_bind_int(stmt, ":status", IDC_INTERNAL);
	sql_bind_int(stmt, ":exit", (gint64)HOST_EXIT_FAILED);
	return sql_done(stmt, error);
}

void
syncs_entry_free(SyncsEntry *entry)
{
	if (entry == NULL)
		return;
	g_free(entry->reason);
	g_free(entry);
}

SyncsEntry *
syncs_entry(Store *store, gint64 app, gint64 sync, GError **error)
{
	SyncsEntry *entry;
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"SELECT sync, started, finished, status, mode='full', coalesce(users, -1), coalesce(entitlements, -1),"
			" coalesce(grants, -1), coalesce(added, -1), coalesce(removed, -1), coalesce(changed, -1),"
			" coalesce(outside_changes, -1), coalesce(requests, 0), coalesce(waited_ms, 0), reason"
			" FROM syncs WHERE app=:app AND sync=:sync",
			error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	sql_bind_int(stmt, ":sync", sync);
	if (!sql_step(stmt, &row, error) || !row)
		return NULL;
	entry = g_new0(SyncsEntry, 1);
	entry->sync = sqlite3_column_int64(stmt, 0);
	entry->started = sqlite3_column_int64(stmt, 1);
	entry->finished = sqlite3_column_int64(stmt, 2);
	entry->status = syncs_status((const char *)sqlite3_column_text(stmt, 3));
	entry->full = sqlite3_column_int(stmt, 4) != 0;
	entry->users = sqlite3_column_int64(stmt, 5);
	entry->entitlements = sqlite3_column_int64(stmt, 6);
	entry->grants = sqlite3_column_int64(stmt, 7);
	entry->added = sqlite3_column_int64(stmt, 8);
	entry->removed = sqlite3_column_int64(stmt, 9);
	entry->changed = sqlite3_column_int64(stmt, 10);
	entry->outside = sqlite3_column_int64(stmt, 11);
	entry->requests = sqlite3_column_int64(stmt, 12);
	entry->waited_ms = sqlite3_column_int64(stmt, 13);
	entry->reason = sql_dup_text(stmt, 14);
	return entry;
}
