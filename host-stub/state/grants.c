/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/grants.h"
#include "state/encode.h"
#include "state/things.h"

#define GRANT_VIA "via"

gboolean
grants_prepare(Stage *stage, GError **error)
{
	stage->stmts[STAGE_ADD_GRANT] = sql_prepare(
	    stage->db, "INSERT INTO temp.stage_raw(user, entitlement, indirect, via, attributes) VALUES(?1, ?2, ?3, ?4, ?5)",
	    error);
	if (stage->stmts[STAGE_ADD_GRANT] == NULL)
		return FALSE;
	stage->stmts[STAGE_ADD_GONE] = sql_prepare(
	    stage->db, "INSERT OR IGNORE INTO temp.stage_gone(user, entitlement, indirect, before) VALUES(?1, ?2, ?3, ?4)", error);
	return stage->stmts[STAGE_ADD_GONE] != NULL;
}

/* "the grant of "e" to "u"", for sentences. */
static char *
grants_name(const idc_record *record)
{
	return g_strdup_printf("the %sgrant of \"%s\" to \"%s\"", (record->flags & IDC_RECORD_INDIRECT) != 0 ? "indirect " : "",
			       record->entitlement_id, record->principal_id);
}

static gboolean
grants_check_end(const idc_record *record, Kind kind, ThingState state, GError **error)
{
	g_autofree char *name = NULL;

	if (state == THING_LISTED || state == THING_NAMED)
		return TRUE;
	name = grants_name(record);
	return staging_break(error, "listed %s, but %s %s", name, kind == KIND_PRINCIPAL ? "that user" : "that entitlement",
			     state == THING_REMOVED ? "was said to be gone" : "was not listed before it");
}

/* What neither this list nor the snapshot knows cannot be taken away: nothing to note. */
static gboolean
grants_remove(Stage *stage, const idc_record *record, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_GONE];
	g_autofree char *name = NULL;
	gint64 user = 0;
	gint64 entitlement = 0;

	if (!things_key(stage, KIND_PRINCIPAL, record->principal_id, &user, error) ||
	    !things_key(stage, KIND_ENTITLEMENT, record->entitlement_id, &entitlement, error))
		return FALSE;
	if (user == 0 || entitlement == 0)
		return TRUE;
	sqlite3_bind_int64(stmt, 1, user);
	sqlite3_bind_int64(stmt, 2, entitlement);
	sqlite3_bind_int64(stmt, 3, (record->flags & IDC_RECORD_INDIRECT) != 0 ? 1 : 0);
	sqlite3_bind_int64(stmt, 4, (gint64)stage->emitted[KIND_GRANT]);
	if (!sql_done(stmt, error))
		return FALSE;
	if (sqlite3_changes(stage->db) == 1)
		return TRUE;
	name = grants_name(record);
	return staging_break(error, "said twice that %s is gone", name);
}

gboolean
grants_take(Stage *stage, const idc_record *record, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_GRANT];
	g_autofree char *via = NULL;
	g_autofree char *attributes = NULL;
	ThingState user_state = THING_UNKNOWN;
	ThingState entitlement_state = THING_UNKNOWN;
	gint64 user = 0;
	gint64 entitlement = 0;

	if ((record->flags & IDC_RECORD_REMOVED) != 0)
		return grants_remove(stage, record, error);
	if (!things_find(stage, KIND_PRINCIPAL, record->principal_id, &user, &user_state, error) ||
	    !things_find(stage, KIND_ENTITLEMENT, record->entitlement_id, &entitlement, &entitlement_state, error))
		return FALSE;
	if (!grants_check_end(record, KIND_PRINCIPAL, user_state, error) ||
	    !grants_check_end(record, KIND_ENTITLEMENT, entitlement_state, error))
		return FALSE;
	if (record->n_attrs > 0) {
		via = encode_joined(record->attrs, record->n_attrs, GRANT_VIA);
		attributes = encode_attributes(record->attrs, record->n_attrs, GRANT_VIA);
	}
	/* What it is held through is what tells it from a direct one wherever it is shown. */
	if ((record->flags & IDC_RECORD_INDIRECT) != 0 && via == NULL) {
		g_autofree char *name = grants_name(record);

		return staging_break(error, "listed %s without saying via what", name);
	}
	sqlite3_bind_int64(stmt, 1, user);
	sqlite3_bind_int64(stmt, 2, entitlement);
	sqlite3_bind_int64(stmt, 3, (record->flags & IDC_RECORD_INDIRECT) != 0 ? 1 : 0);
	sqlite3_bind_text(stmt, 4, via, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, attributes, -1, SQLITE_STATIC);
	return sql_done(stmt, error);
}

/* Names one of those that a statement finds, as user, entitlement, indirect by key: what (a format) says what is wrong with it. */
static gboolean
grants_break(Stage *stage, const char *from, const char *what, gboolean *ret_found, GError **error)
{
	gboolean row = FALSE;
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare_take(stage->db,
			     g_strdup_printf("SELECT u.id, e.id, r.indirect FROM (%s) r"
					     " JOIN temp.stage_thing u ON u.record=%u AND u.key=r.user"
					     " JOIN temp.stage_thing e ON e.record=%u AND e.key=r.entitlement LIMIT 1",
					     from, IDC_RECORD_PRINCIPAL, IDC_RECORD_ENTITLEMENT),
			     error);

	if (stmt == NULL || !sql_step(stmt, &row, error))
		return FALSE;
	*ret_found = row;
	if (!row)
		return TRUE;
	return staging_break(error, "listed the %sgrant of \"%s\" to \"%s\" %s",
			     sqlite3_column_int(stmt, 2) != 0 ? "indirect " : "", (const char *)sqlite3_column_text(stmt, 1),
			     (const char *)sqlite3_column_text(stmt, 0), what);
}

/* One that was said to be gone and then was listed; before counts the grants that had come by then. */
static gboolean
grants_check_gone(Stage *stage, GError **error)
{
	gboolean found = FALSE;

	return stage->removed[KIND_GRANT] == 0 ||
	       grants_break(stage,
			    "SELECT r.* FROM temp.stage_raw r CROSS JOIN temp.stage_gone g ON g.user=r.user AND"
			    " g.entitlement=r.entitlement AND g.indirect=r.indirect WHERE r.rowid > g.before",
			    "after it had said that it is gone", &found, error);
}

gboolean
grants_sort(Stage *stage, GError **error)
{
	gboolean found = FALSE;
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (!grants_check_gone(stage, error))
		return FALSE;
	/* OR IGNORE, because a statement that fails half-way could not be taken back without a journal. */
	stmt = sql_prepare(stage->db,
			   "INSERT OR IGNORE INTO temp.stage_grant(user, entitlement, indirect, via, attributes)"
			   " SELECT user, entitlement, indirect, via, attributes FROM temp.stage_raw"
			   " ORDER BY user, entitlement, indirect",
			   error);
	if (stmt == NULL || !sql_done(stmt, error))
		return FALSE;
	if ((guint64)sqlite3_changes64(stage->db) != stage->emitted[KIND_GRANT])
		return grants_break(stage,
				    "SELECT user, entitlement, indirect FROM temp.stage_raw GROUP BY 1, 2, 3 HAVING count(*) > 1",
				    "twice", &found, error);
	return sql_exec(stage->db, "DROP TABLE temp.stage_raw", error);
}

gboolean
grants_take_back(Stage *stage, GError **error)
{
	g_autofree char *things = g_strdup_printf(
	    "DELETE FROM temp.stage_grant WHERE user IN (SELECT key FROM temp.stage_thing WHERE record=%u AND state=%d)"
	    " OR entitlement IN (SELECT key FROM temp.stage_thing WHERE record=%u AND state=%d)",
	    IDC_RECORD_PRINCIPAL, THING_REMOVED, IDC_RECORD_ENTITLEMENT, THING_REMOVED);

	if (stage->removed[KIND_GRANT] > 0 &&
	    !sql_exec(stage->db,
		      "DELETE FROM temp.stage_grant WHERE EXISTS (SELECT 1 FROM temp.stage_gone g WHERE g.user=stage_grant.user"
		      " AND g.entitlement=stage_grant.entitlement AND g.indirect=stage_grant.indirect)",
		      error))
		return FALSE;
	if (stage->removed[KIND_PRINCIPAL] + stage->removed[KIND_RESOURCE] + stage->removed[KIND_ENTITLEMENT] == 0)
		return TRUE;
	return sql_exec(stage->db, things, error);
}
