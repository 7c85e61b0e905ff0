/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/stage.h"
#include "base/error.h"
#include "state/grants.h"
#include "state/seals.h"
#include "state/things.h"

/* Page caches: what a list of any length needs of memory. */
#define STAGE_CACHE_KIB 4096
#define STAGE_TEMP_KIB 6144

static const char tables[] =
    "CREATE TEMP TABLE stage_thing("
    " record INTEGER NOT NULL, key INTEGER NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL, type TEXT, name TEXT, parent_id "
    "TEXT,"
    " attributes TEXT, assignable INTEGER, removable INTEGER, fingerprint BLOB, PRIMARY KEY(record, key)) WITHOUT ROWID;"
    "CREATE INDEX temp.stage_thing_id ON stage_thing(record, id, state);"
    "CREATE TEMP TABLE stage_raw(user INTEGER, entitlement INTEGER, indirect INTEGER, via TEXT, attributes TEXT);"
    "CREATE TEMP TABLE stage_grant("
    " user INTEGER NOT NULL, entitlement INTEGER NOT NULL, indirect INTEGER NOT NULL, via TEXT, attributes TEXT,"
    " PRIMARY KEY(user, entitlement, indirect)) WITHOUT ROWID;"
    "CREATE TEMP TABLE stage_gone("
    " user INTEGER NOT NULL, entitlement INTEGER NOT NULL, indirect INTEGER NOT NULL, before INTEGER NOT NULL,"
    " PRIMARY KEY(user, entitlement, indirect)) WITHOUT ROWID;"
    "CREATE TEMP TABLE stage_event("
    " at INTEGER NOT NULL, verb INTEGER NOT NULL, user_id TEXT NOT NULL, entitlement_id TEXT NOT NULL, actor TEXT, method TEXT);"
    "CREATE TEMP TABLE stage_seal("
    " record INTEGER NOT NULL, scope INTEGER NOT NULL, scope_id TEXT NOT NULL, state INTEGER NOT NULL, status INTEGER NOT NULL,"
    " reason TEXT, emitted INTEGER NOT NULL, PRIMARY KEY(record, scope, scope_id)) WITHOUT ROWID;"
    "CREATE TEMP TABLE stage_app(app INTEGER NOT NULL);";

/* One transaction for all that streams in: over temporary tables alone it locks nobody out and holds up nobody's log. That is why the
 * snapshot is looked into over the store's own connection meanwhile. */
static gboolean
stage_prepare(Stage *stage, GError **error)
{
	g_autofree char *app = g_strdup_printf("INSERT INTO temp.stage_app VALUES(%" G_GINT64_FORMAT ")", stage->app);

	if (!sql_exec(stage->db, tables, error) || !sql_exec(stage->db, app, error))
		return FALSE;
	stage->stmts[STAGE_ADD_EVENT] = sql_prepare(stage->db,
						    "INSERT INTO temp.stage_event(at, verb, user_id, entitlement_id, actor, method)"
						    " VALUES(:at, :verb, :user, :entitlement, :actor, :method)",
						    error);
	return stage->stmts[STAGE_ADD_EVENT] != NULL && things_prepare(stage, error) && grants_prepare(stage, error) &&
	       seals_prepare(stage, error) && sql_exec(stage->db, "BEGIN", error);
}

Stage *
stage_new(Store *store, gint64 app, uint32_t want, gboolean with_cursor, GError **error)
{
	g_autoptr(Stage) stage = g_new0(Stage, 1);

	stage->store = store;
	stage->app = app;
	stage->want = want & KINDS_ALL;
	stage->with_cursor = with_cursor;
	stage->kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	stage->db = store_connect(store, STAGE_CACHE_KIB, STAGE_TEMP_KIB, error);
	return stage->db != NULL && stage_prepare(stage, error) ? g_steal_pointer(&stage) : NULL;
}

void
stage_free(Stage *stage)
{
	if (stage == NULL)
		return;
	for (guint i = 0; i < N_STAGE_STATEMENTS; i++)
		sqlite3_finalize(stage->stmts[i]);
	for (guint i = 0; i < KIND_GRANT; i++)
		sqlite3_finalize(stage->find_old[i]);
	for (guint i = 0; i < N_KINDS; i++)
		g_free(stage->seals[i].reason);
	sqlite3_close(stage->db);
	g_hash_table_unref(stage->kinds);
	g_clear_error(&stage->error);
	g_free(stage->cursor);
	g_free(stage);
}

void
stage_set_kind(Stage *stage, const char *kind, gboolean assignable, gboolean removable)
{
	guint flags = (assignable ? STAGE_ASSIGNABLE : 0) | (removable ? STAGE_REMOVABLE : 0);

	g_hash_table_insert(stage->kinds, g_strdup(kind), GUINT_TO_POINTER(flags));
}

static gboolean
stage_take_record(Stage *stage, const idc_record *record, GError **error)
{
	Kind kind = kind_from_record(record->record);
	const char *id = record->id != NULL ? record->id : record->principal_id;

	if (kind == N_KINDS)
		return staging_break(error, "emitted a record that is not of one kind");
	/* Only a fault is worth the words. */
	if (stage->ended || stage->seals[kind].state != 0 || (stage->want & record->record) == 0) {
		g_autofree char *what = g_strdup_printf("a record of \"%s\"", id);

		return seals_check_open(stage, kind, what, error);
	}
	if ((record->flags & IDC_RECORD_REMOVED) != 0)
		stage->removed[kind]++;
	else
		stage->emitted[kind]++;
	return kind == KIND_GRANT ? grants_take(stage, record, error) : things_take(stage, kind, record, error);
}

/* A principal that was created or invited was added, as far as a snapshot goes. */
static uint32_t
stage_event_verb(uint32_t verb)
{
	return verb == IDC_VERB_CREATED || verb == IDC_VERB_INVITED ? IDC_VERB_ADDED : verb;
}

static gboolean
stage_take_event(Stage *stage, const idc_event *event, GError **error)
{
	sqlite3_stmt *stmt = stage->stmts[STAGE_ADD_EVENT];
	const char *thing = event->entitlement_id != NULL ? event->entitlement_id : event->resource_id;

	sql_bind_int(stmt, ":at", event->at_unix_ms);
	sql_bind_int(stmt, ":verb", stage_event_verb(event->verb));
	sql_bind_text(stmt, ":user", event->principal_id != NULL ? event->principal_id : "");
	sql_bind_text(stmt, ":entitlement", thing != NULL ? thing : "");
	sql_bind_text(stmt, ":actor", event->actor);
	sql_bind_text(stmt, ":method", event->method);
	return sql_done(stmt, error);
}

int32_t
stage_take(const idc_message *message, gpointer user_data)
{
	Stage *stage = user_data;
	gboolean good = TRUE;

	if (stage->error != NULL)
		return host_error_status(stage->error);
	if (message->kind == IDC_MSG_RECORD)
		good = stage_take_record(stage, (const idc_record *)(const void *)message, &stage->error);
	else if (message->kind == IDC_MSG_SEAL)
		good = seals_take(stage, (const idc_seal *)(const void *)message, &stage->error);
	else if (message->kind == IDC_MSG_EVENT)
		good = stage_take_event(stage, (const idc_event *)(const void *)message, &stage->error);
	return good ? IDC_OK : host_error_status(stage->error);
}

GError *
stage_take_error(Stage *stage)
{
	return g_steal_pointer(&stage->error);
}

guint64
stage_records(const Stage *stage)
{
	guint64 records = 0;

	for (guint i = 0; i < N_KINDS; i++)
		records += stage->emitted[i] + stage->removed[i];
	return records;
}

gboolean
stage_finish(Stage *stage, int32_t status, GError **error)
{
	if (stage->error != NULL) {
		g_propagate_error(error, stage_take_error(stage));
		return FALSE;
	}
	return sql_exec(stage->db, "COMMIT", error) && seals_finish(stage, status, error) && grants_sort(stage, error) &&
	       seals_check_counts(stage, error) && things_finish(stage, error) && grants_take_back(stage, error);
}
