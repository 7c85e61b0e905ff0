/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/guard.h"
#include <string.h>

/* Removals of the last day count together, so that a slow leak is seen as well. */
#define GUARD_WINDOW_MS (G_GINT64_CONSTANT(24) * 3600 * 1000)
/* Enough to tell lists apart; what may be taken is compared one by one. */
#define GUARD_DIGEST_CHARS 16

/* Removals of a kind by merged syncs of the last day, without those that somebody accepted. */
static gboolean
guard_recent(Merging *merging, Kind kind, guint64 *ret_removed, GError **error)
{
	return merging_count(merging, kind,
			     g_strdup_printf("SELECT coalesce(sum(k.removed), 0) FROM main.syncs s JOIN main.sync_kinds k"
					     " ON k.app=s.app AND k.sync=s.sync WHERE s.app=:app AND k.record=:record"
					     " AND s.accepted=0 AND s.finished > :now - %" G_GINT64_FORMAT,
					     GUARD_WINDOW_MS),
			     ret_removed, error);
}

static gboolean
guard_judge(Merging *merging, gboolean *ret_over, GError **error)
{
	MergeResult *result = merging->result;
	gboolean over = FALSE;

	for (Kind kind = 0; kind < N_KINDS; kind++) {
		guint64 recent = 0;
		guint64 rows;

		if (!guard_recent(merging, kind, &recent, error))
			return FALSE;
		/* Percent of what was there when the day began. */
		rows = merging->before[kind] + recent;
		result->guarded[kind] = merging->gone[kind] + recent;
		result->allowed[kind] = MAX((guint64)merging->options->at_least, rows * merging->options->percent / 100);
		/* Nobody left at all is never a matter of a few. */
		result->over[kind] = merging->gone[kind] > 0 && (result->guarded[kind] > result->allowed[kind] ||
								 (kind == KIND_PRINCIPAL && result->counts[kind].total == 0));
		over = over || result->over[kind];
	}
	*ret_over = over;
	return TRUE;
}

static const char removals[] =
    "CREATE TEMP TABLE removal("
    " record INTEGER NOT NULL, user_id TEXT NOT NULL, entitlement_id TEXT NOT NULL, indirect INTEGER NOT NULL,"
    " PRIMARY KEY(record, user_id, entitlement_id, indirect)) WITHOUT ROWID";

/* The removals by id, which is what people and a later sync can compare. */
static gboolean
guard_collect(Merging *merging, GError **error)
{
	if (!sql_exec(merging->db, removals, error))
		return FALSE;
	for (Kind kind = 0; kind < KIND_GRANT; kind++) {
		gboolean user = kind == KIND_PRINCIPAL;

		if (!merging_run(
			merging, kind,
			g_strdup_printf("INSERT INTO temp.removal(record, user_id, entitlement_id, indirect)"
					" SELECT :record, %s, %s, 0 FROM temp.gone x JOIN main.%s m ON m.app=:app AND m.key=x.key"
					" WHERE x.record=:record ORDER BY m.id",
					user ? "m.id" : "''", user ? "''" : "m.id", store_table(kind)),
			NULL, error))
			return FALSE;
	}
	return merging_run(
	    merging, KIND_GRANT,
	    g_strdup("INSERT INTO temp.removal(record, user_id, entitlement_id, indirect)"
		     " SELECT :record, u.id, e.id, x.indirect FROM temp.gone_grant x"
		     " JOIN main.service_users u ON u.app=:app AND u.key=x.user"
		     " JOIN main.entitlements e ON e.app=:app AND e.key=x.entitlement ORDER BY u.id, e.id, x.indirect"),
	    NULL, error);
}

/* Whether the held list that was accepted has each of these removals. */
static gboolean
guard_accepts(Merging *merging, gboolean *ret_accepts, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gint64 accepts = 0;

	*ret_accepts = FALSE;
	if (merging->options->accept == NULL)
		return TRUE;
	stmt =
	    merging_prepare(merging, KIND_GRANT,
			    g_strdup("SELECT count(*) FROM main.held h WHERE h.app=:app AND h.digest=:digest AND NOT EXISTS"
				     " (SELECT record, user_id, entitlement_id, indirect FROM temp.removal EXCEPT"
				     "  SELECT record, user_id, entitlement_id, indirect FROM main.held_removals WHERE app=:app)"),
			    error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":digest", merging->options->accept);
	if (!sql_int(stmt, &accepts, error))
		return FALSE;
	*ret_accepts = accepts > 0;
	return TRUE;
}

/* One line a removal, in order; the first few are kept for showing. */
static gboolean
guard_digest(Merging *merging, GError **error)
{
	MergeResult *result = merging->result;
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GString) line = g_string_new(NULL);
	gboolean row = TRUE;
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    merging->db,
	    "SELECT record, indirect, user_id, entitlement_id FROM temp.removal ORDER BY record, user_id, entitlement_id,"
	    " indirect",
	    error);

	if (stmt == NULL)
		return FALSE;
	result->removals = g_ptr_array_new_with_free_func((GDestroyNotify)merge_removal_free);
	while (sql_step(stmt, &row, error) && row) {
		Kind kind = kind_from_record((uint32_t)sqlite3_column_int(stmt, 0));
		gboolean indirect = sqlite3_column_int(stmt, 1) != 0;

		g_string_printf(line, "%s%c%s%c%s%c%d\n", kind_word(kind), '\0', (const char *)sqlite3_column_text(stmt, 2), '\0',
				(const char *)sqlite3_column_text(stmt, 3), '\0', indirect ? 1 : 0);
		g_checksum_update(checksum, (const guchar *)line->str, (gssize)line->len);
		if (result->removals->len < MERGE_SHOWN) {
			MergeRemoval *removal = g_new0(MergeRemoval, 1);

			removal->kind = kind;
			removal->indirect = indirect;
			removal->user_id = sql_dup_text(stmt, 2);
			removal->entitlement_id = sql_dup_text(stmt, 3);
			g_ptr_array_add(result->removals, removal);
		}
	}
	if (row)
		return FALSE;
	result->digest = g_strndup(g_checksum_get_string(checksum), GUARD_DIGEST_CHARS);
	return TRUE;
}

/* An unchanged list that is held again each hour is not written again. */
static gboolean
guard_keep(Merging *merging, GError **error)
{
	g_autoptr(sqlite3_stmt) held = NULL;
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gint64 same = 0;

	held = merging_prepare(merging, KIND_GRANT, g_strdup("SELECT count(*) FROM main.held WHERE app=:app AND digest=:digest"),
			       error);
	if (held == NULL)
		return FALSE;
	sql_bind_text(held, ":digest", merging->result->digest);
	if (!sql_int(held, &same, error))
		return FALSE;
	if (same > 0)
		return TRUE;
	if (!guard_clear(merging, error) ||
	    !merging_run(merging, KIND_GRANT,
			 g_strdup("INSERT INTO main.held_removals(app, record, user_id, entitlement_id, indirect)"
				  " SELECT :app, record, user_id, entitlement_id, indirect FROM temp.removal"
				  " ORDER BY record, user_id, entitlement_id, indirect"),
			 NULL, error))
		return FALSE;
	stmt = merging_prepare(merging, KIND_GRANT,
			       g_strdup("INSERT INTO main.held(app, sync, digest) VALUES(:app, :sync, :digest)"), error);
	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":digest", merging->result->digest);
	return sql_done(stmt, error);
}

gboolean
guard_run(Merging *merging, GError **error)
{
	gboolean over = FALSE;
	gboolean accepts = FALSE;

	if (merging->result->first)
		return TRUE;
	if (!guard_judge(merging, &over, error))
		return FALSE;
	if (!over)
		return TRUE;
	if (!guard_collect(merging, error) || !guard_accepts(merging, &accepts, error))
		return FALSE;
	if (accepts) {
		merging->result->accepted = TRUE;
		return TRUE;
	}
	merging->result->held = TRUE;
	return guard_digest(merging, error) && guard_keep(merging, error);
}

gboolean
guard_clear(Merging *merging, GError **error)
{
	return merging_run(merging, KIND_GRANT, g_strdup("DELETE FROM main.held_removals WHERE app=:app"), NULL, error) &&
	       merging_run(merging, KIND_GRANT, g_strdup("DELETE FROM main.held WHERE app=:app"), NULL, error);
}
