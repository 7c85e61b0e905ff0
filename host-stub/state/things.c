/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/things.h"
#include "state/encode.h"
#include <string.h>

gboolean
things_prepare(Stage *stage, GError **error)
{
	for (Kind kind = 0; kind < KIND_GRANT; kind++) {
		g_autoptr(sqlite3_stmt) last = sql_prepare_take(
		    stage->db, g_strdup_printf("SELECT max(key) FROM main.%s WHERE app=:app", store_table(kind)), error);

		if (last == NULL)
			return FALSE;
		sql_bind_int(last, ":app", stage->app);
		if (!sql_int(last, &stage->next_key[kind], error))
			return FALSE;
		/* Below 0 are those of users that a change made while a list ran. */
		stage->next_key[kind] = MAX(stage->next_key[kind], 0) + 1;
		stage->find_old[kind] =
		    sql_prepare_take(store_db(stage->store),
				     g_strdup_printf("SELECT key FROM %s WHERE app=:app AND id=:id", store_table(kind)), error);
		if (stage->find_old[kind] == NULL)
			return FALSE;
		sql_bind_int(stage->find_old[kind], ":app", stage->app);
	}
	stage->stmts[STAGE_FIND_THING] = sql_prepare(
	    stage->db, "SELECT key, state FROM temp.stage_thing INDEXED BY stage_thing_id WHERE record=?1 AND id=?2", error);
	if (stage->stmts[STAGE_FIND_THING] == NULL)
		return FALSE;
	stage->stmts[STAGE_SET_THING] =
	    sql_prepare(stage->db, "UPDATE temp.stage_thing SET state=:state WHERE record=:record AND key=:key", error);
	if (stage->stmts[STAGE_SET_THING] == NULL)
		return FALSE;
	stage->stmts[STAGE_ADD_THING] = sql_prepare(
	    stage->db,
	    "INSERT INTO temp.stage_thing(record, key, id, state, type, name, parent_id, attributes, assignable, removable,"
	    " fingerprint) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	    error);
	return stage->stmts[STAGE_ADD_THING] != NULL;
}

/* In the stage alone. */
static gboolean
things_staged(Stage *stage, Kind kind, const char *id, gint64 *ret_key, ThingState *ret_state, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_FIND_THING];
	ThingMemo *memo = &stage->memo[kind];
	gboolean row = FALSE;

	if (strcmp(memo->id, id) != 0) {
		sqlite3_bind_int64(stmt, 1, kind_record(kind));
		sqlite3_bind_text(stmt, 2, id, -1, SQLITE_STATIC);
		if (!sql_step(stmt, &row, error)) {
			sqlite3_reset(stmt);
			return FALSE;
		}
		if (row) {
			g_strlcpy(memo->id, id, sizeof(memo->id));
			memo->key = sqlite3_column_int64(stmt, 0);
			memo->state = (ThingState)sqlite3_column_int(stmt, 1);
		}
		sqlite3_reset(stmt);
		if (!row) {
			*ret_state = THING_UNKNOWN;
			return TRUE;
		}
	}
	*ret_key = memo->key;
	*ret_state = memo->state;
	return TRUE;
}

static gboolean
things_old(Stage *stage, Kind kind, const char *id, gint64 *ret_key, GError **error)
{
	sql_bind_text(stage->find_old[kind], ":id", id);
	return sql_int(stage->find_old[kind], ret_key, error);
}

gboolean
things_key(Stage *stage, Kind kind, const char *id, gint64 *ret_key, GError **error)
{
	ThingState state = THING_UNKNOWN;

	if (!things_staged(stage, kind, id, ret_key, &state, error))
		return FALSE;
	return state != THING_UNKNOWN || things_old(stage, kind, id, ret_key, error);
}

static void
things_bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
}

/* A row that is no more than an id. */
static gboolean
things_add_bare(Stage *stage, Kind kind, gint64 key, const char *id, ThingState state, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_THING];

	sqlite3_clear_bindings(stmt);
	sqlite3_bind_int64(stmt, 1, kind_record(kind));
	sqlite3_bind_int64(stmt, 2, key);
	things_bind_text(stmt, 3, id);
	sqlite3_bind_int64(stmt, 4, (gint64)state);
	return sql_done(stmt, error);
}

gboolean
things_find(Stage *stage, Kind kind, const char *id, gint64 *ret_key, ThingState *ret_state, GError **error)
{
	gint64 key = 0;

	if (!things_staged(stage, kind, id, ret_key, ret_state, error))
		return FALSE;
	if (*ret_state != THING_UNKNOWN || !stage->with_cursor)
		return TRUE;
	if (!things_old(stage, kind, id, &key, error))
		return FALSE;
	if (key == 0)
		return TRUE;
	*ret_key = key;
	*ret_state = THING_NAMED;
	return things_add_bare(stage, kind, key, id, THING_NAMED, error);
}

/* "assignable" and "removable" of the entitlement itself win over what the manifest says about its kind. */
static gboolean
things_flag(const idc_record *record, const char *key, gboolean otherwise)
{
	const char *value = encode_value(record->attrs, record->n_attrs, key);

	return value != NULL ? strcmp(value, "true") == 0 : otherwise;
}

static gboolean
things_add(Stage *stage, Kind kind, gint64 key, const idc_record *record, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_THING];
	g_autofree char *attributes = encode_attributes(record->attrs, record->n_attrs, NULL);
	const char *type = record->type != NULL ? record->type : "";
	guint flags = GPOINTER_TO_UINT(g_hash_table_lookup(stage->kinds, type));
	gboolean assignable = things_flag(record, "assignable", (flags & STAGE_ASSIGNABLE) != 0);
	gboolean removable = things_flag(record, "removable", assignable && (flags & STAGE_REMOVABLE) != 0);
	const char *texts[] = {record->type, record->name,           record->parent_id,
			       attributes,   assignable ? "1" : "0", removable ? "1" : "0"};
	guint8 fingerprint[ENCODE_FINGERPRINT];

	encode_fingerprint(texts, kind == KIND_ENTITLEMENT ? 6 : 4, fingerprint);
	sqlite3_bind_int64(stmt, 1, kind_record(kind));
	sqlite3_bind_int64(stmt, 2, key);
	things_bind_text(stmt, 3, record->id);
	sqlite3_bind_int64(stmt, 4, THING_LISTED);
	things_bind_text(stmt, 5, record->type);
	things_bind_text(stmt, 6, record->name);
	things_bind_text(stmt, 7, record->parent_id);
	things_bind_text(stmt, 8, attributes);
	sqlite3_bind_int64(stmt, 9, assignable ? 1 : 0);
	sqlite3_bind_int64(stmt, 10, removable ? 1 : 0);
	sqlite3_bind_blob(stmt, 11, fingerprint, sizeof(fingerprint), SQLITE_STATIC);
	return sql_done(stmt, error);
}

/* The key that it has in the snapshot, or the next free one. */
static gboolean
things_new_key(Stage *stage, Kind kind, const char *id, gint64 *ret_key, GError **error)
{
	gint64 key = 0;

	if (!things_old(stage, kind, id, &key, error))
		return FALSE;
	*ret_key = key != 0 ? key : stage->next_key[kind]++;
	return TRUE;
}

static gboolean
things_remove(Stage *stage, Kind kind, const char *id, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_SET_THING];
	ThingState state = THING_UNKNOWN;
	gint64 key = 0;

	if (!things_staged(stage, kind, id, &key, &state, error))
		return FALSE;
	if (state == THING_REMOVED)
		return staging_break(error, "said twice that the %s \"%s\" is gone", kind_word(kind), id);
	if (state == THING_UNKNOWN)
		return things_new_key(stage, kind, id, &key, error) && things_add_bare(stage, kind, key, id, THING_REMOVED, error);
	stage->memo[kind].state = THING_REMOVED;
	sql_bind_int(stmt, ":state", THING_REMOVED);
	sql_bind_int(stmt, ":record", kind_record(kind));
	sql_bind_int(stmt, ":key", key);
	return sql_done(stmt, error);
}

static gboolean
things_check_parent(Stage *stage, const idc_record *record, GError **error)
{
	ThingState state = THING_UNKNOWN;
	gint64 key = 0;

	if (record->parent_id == NULL || (stage->want & IDC_RECORD_RESOURCE) == 0)
		return TRUE;
	if (!things_find(stage, KIND_RESOURCE, record->parent_id, &key, &state, error))
		return FALSE;
	if (state == THING_LISTED || state == THING_NAMED)
		return TRUE;
	return staging_break(error, "listed the entitlement \"%s\" of the resource \"%s\", which %s", record->id, record->parent_id,
			     state == THING_REMOVED ? "it said to be gone" : "was not listed before it");
}

gboolean
things_take(Stage *stage, Kind kind, const idc_record *record, GError **error)
{
	ThingState state = THING_UNKNOWN;
	gint64 key = 0;

	if ((record->flags & IDC_RECORD_REMOVED) != 0)
		return things_remove(stage, kind, record->id, error);
	if (!things_staged(stage, kind, record->id, &key, &state, error))
		return FALSE;
	if (state == THING_LISTED)
		return staging_break(error, "listed the %s \"%s\" twice", kind_word(kind), record->id);
	if (state == THING_REMOVED)
		return staging_break(error, "listed the %s \"%s\" after it had said that it is gone", kind_word(kind), record->id);
	if (state == THING_NAMED)
		return staging_break(error, "listed the %s \"%s\" after what names it", kind_word(kind), record->id);
	if (kind == KIND_ENTITLEMENT && !things_check_parent(stage, record, error))
		return FALSE;
	return things_new_key(stage, kind, record->id, &key, error) && things_add(stage, kind, key, record, error);
}

gboolean
things_finish(Stage *stage, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(stage->db,
			"UPDATE temp.stage_thing SET state=:removed WHERE record=:entitlement AND state=:listed AND parent_id IN"
			" (SELECT id FROM temp.stage_thing WHERE record=:resource AND state=:removed)",
			error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":removed", THING_REMOVED);
	sql_bind_int(stmt, ":listed", THING_LISTED);
	sql_bind_int(stmt, ":entitlement", IDC_RECORD_ENTITLEMENT);
	sql_bind_int(stmt, ":resource", IDC_RECORD_RESOURCE);
	return stage->removed[KIND_RESOURCE] == 0 || sql_done(stmt, error);
}
