/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/schema.h"
#include "base/error.h"
#include "state/sql.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* "idch", so that a stray database is not taken for a store. */
#define SCHEMA_APPLICATION 0x69646368

/*
 * Everything belongs to an app. Users, resources, entitlements have a small number of their own within it, which grants name: a million
 * grants are then some 25 bytes each. changes and held_removals name by id, because what they tell of may be gone.
 * record is an IDC_RECORD_*. stale holds the number of the sync that could not read the row first, NULL where it is good. since is when
 * a sync saw it first. fingerprint is over everything that is compared, so that an unchanged row costs one comparison.
 */
static const char version_1[] =
    "CREATE TABLE apps("
    " app INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " merged_sync INTEGER, module_sha256 TEXT, settings_hash TEXT," /* of the last sync that was merged */
    " cursor TEXT, cursor_stale INTEGER NOT NULL DEFAULT 0"         /* kinds that were partial when it was given, IDC_RECORD_* */
    ") STRICT;"
    "CREATE TABLE service_users("
    " app INTEGER NOT NULL, key INTEGER NOT NULL, id TEXT NOT NULL, type TEXT, name TEXT, fingerprint BLOB NOT NULL,"
    " since INTEGER NOT NULL, stale INTEGER, PRIMARY KEY(app, key)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX service_users_id ON service_users(app, id);"
    "CREATE TABLE service_user_attributes("
    " app INTEGER NOT NULL, user INTEGER NOT NULL, attribute TEXT NOT NULL, ordinal INTEGER NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY(app, user, attribute, ordinal)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE resources("
    " app INTEGER NOT NULL, key INTEGER NOT NULL, id TEXT NOT NULL, type TEXT, name TEXT, parent_id TEXT, attributes TEXT,"
    " fingerprint BLOB NOT NULL, since INTEGER NOT NULL, stale INTEGER, PRIMARY KEY(app, key)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX resources_id ON resources(app, id);"
    "CREATE TABLE entitlements("
    " app INTEGER NOT NULL, key INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT, name TEXT, resource_id TEXT, attributes TEXT,"
    " assignable INTEGER NOT NULL, removable INTEGER NOT NULL,"
    " fingerprint BLOB NOT NULL, since INTEGER NOT NULL, stale INTEGER, PRIMARY KEY(app, key)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX entitlements_id ON entitlements(app, id);"
    "CREATE TABLE service_user_entitlements("
    " app INTEGER NOT NULL, user INTEGER NOT NULL, entitlement INTEGER NOT NULL, indirect INTEGER NOT NULL,"
    " via TEXT, attributes TEXT, granted_by TEXT, since INTEGER NOT NULL, stale INTEGER,"
    " PRIMARY KEY(app, user, entitlement, indirect)) STRICT, WITHOUT ROWID;"
    /* status: running complete partial held failed. Counts are of the snapshot afterwards; held and failed ones have none. */
    "CREATE TABLE syncs("
    " app INTEGER NOT NULL, sync INTEGER NOT NULL, started INTEGER NOT NULL, finished INTEGER, mode TEXT NOT NULL,"
    " status TEXT NOT NULL, users INTEGER, entitlements INTEGER, grants INTEGER, indirect INTEGER, added INTEGER, removed INTEGER,"
    " changed INTEGER, outside_changes INTEGER, requests INTEGER, retries INTEGER, waited_ms INTEGER, reason TEXT,"
    " error_status INTEGER, error_code TEXT, error_exit INTEGER, retry_after_ms INTEGER, accepted INTEGER NOT NULL DEFAULT 0,"
    " connector TEXT, version TEXT, sha256 TEXT, PRIMARY KEY(app, sync)) STRICT, WITHOUT ROWID;"
    /* What a merged sync did to each kind; the guard looks back on it. */
    "CREATE TABLE sync_kinds("
    " app INTEGER NOT NULL, sync INTEGER NOT NULL, record INTEGER NOT NULL, total INTEGER NOT NULL, added INTEGER NOT NULL,"
    " removed INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY(app, sync, record)) STRICT, WITHOUT ROWID;"
    /* complete: once there was a whole list of that kind. */
    "CREATE TABLE kinds("
    " app INTEGER NOT NULL, record INTEGER NOT NULL, complete INTEGER NOT NULL, PRIMARY KEY(app, record)) STRICT, WITHOUT ROWID;"
    /* Resources whose part of a kind was whole once while the kind was not. */
    "CREATE TABLE scopes("
    " app INTEGER NOT NULL, record INTEGER NOT NULL, resource TEXT NOT NULL, PRIMARY KEY(app, record, resource)) STRICT, WITHOUT "
    "ROWID;"
    /* What is incomplete now, resource '' for the kind as a whole; since is the sync that said so. */
    "CREATE TABLE partials("
    " app INTEGER NOT NULL, record INTEGER NOT NULL, resource TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,"
    " since INTEGER NOT NULL, PRIMARY KEY(app, record, resource)) STRICT, WITHOUT ROWID;"
    /* verb is IDC_VERB_ADDED, _REMOVED or _CHANGED; origin: 0 baseline, 1 outside, 2 platform, 3 unknown. In a resource's rows
     * entitlement_id is the resource's id. time is NULL where a sync found it (then it is the sync's); what a change of this host's did
     * stands under the sync whose snapshot it changed. */
    "CREATE TABLE changes("
    " change INTEGER PRIMARY KEY, app INTEGER NOT NULL, sync INTEGER NOT NULL, record INTEGER NOT NULL, verb INTEGER NOT NULL,"
    " user_id TEXT, entitlement_id TEXT, before TEXT, after TEXT, origin INTEGER NOT NULL, actor TEXT, method TEXT,"
    " time INTEGER) STRICT;"
    "CREATE INDEX changes_sync ON changes(app, sync);"
    "CREATE TABLE held(app INTEGER PRIMARY KEY, sync INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;"
    "CREATE TABLE held_removals("
    " app INTEGER NOT NULL, record INTEGER NOT NULL, user_id TEXT NOT NULL, entitlement_id TEXT NOT NULL, indirect INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(app, record, user_id, entitlement_id, indirect)) STRICT, WITHOUT ROWID;"
    /* Append-only, and chained by mac (journal.c): nothing here is ever updated. phase: intent, effect, result, settled, keys, task; intent is the
     * row that an effect, result or settlement belongs to. Without foreign keys: what they name may be gone. */
    "CREATE TABLE actions("
    " app INTEGER NOT NULL, action INTEGER NOT NULL, time INTEGER NOT NULL, phase TEXT NOT NULL, intent INTEGER, verb TEXT NOT "
    "NULL,"
    " record INTEGER, user_id TEXT, entitlement_id TEXT, status INTEGER, flags INTEGER, request_id TEXT, detail TEXT,"
    " mac BLOB NOT NULL, PRIMARY KEY(app, action)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX actions_intent ON actions(app, intent);"
    "CREATE INDEX actions_time ON actions(app, time);"
    "CREATE TABLE tasks("
    " app INTEGER NOT NULL, task INTEGER NOT NULL, opened INTEGER NOT NULL, user_id TEXT NOT NULL, what TEXT NOT NULL, url TEXT,"
    " closed INTEGER, PRIMARY KEY(app, task)) STRICT, WITHOUT ROWID;";

/* Tasks are about something: access: a grant that a person has to take; deactivate, delete: the user. One of each is open at a time. */
static const char version_2[] =
    "ALTER TABLE tasks ADD COLUMN about TEXT NOT NULL DEFAULT 'access';"
    "ALTER TABLE tasks ADD COLUMN entitlement_id TEXT;"
    "CREATE UNIQUE INDEX tasks_open ON tasks(app, user_id, about, coalesce(entitlement_id, '')) WHERE closed IS NULL;";

/* Until when the connector said last that the app is authorized; NULL: it did not say, or it is not any more. */
static const char version_3[] = "ALTER TABLE apps ADD COLUMN authorized_until INTEGER;";

static const char *const steps[] = {version_1, version_2, version_3};
static const Schema present = {steps, G_N_ELEMENTS(steps), SCHEMA_APPLICATION};

const Schema *
schema_present(void)
{
	return &present;
}

/* A whole copy beside it, made by SQLite so that what still lies in the log is in it; for its owner alone, and whole or not there. */
static gboolean
schema_copy(sqlite3 *db, const char *path, gint64 version, GError **error)
{
	g_autofree char *copy = g_strdup_printf("%s.v%" G_GINT64_FORMAT, path, version);
	g_autofree char *unfinished = g_strconcat(copy, ".new", NULL);
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(db, "VACUUM INTO :path", error);
	int fd;

	if (stmt == NULL)
		return FALSE;
	g_unlink(unfinished);
	fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	sql_bind_text(stmt, ":path", unfinished);
	if (fd >= 0 && !sql_done(stmt, error))
		return FALSE;
	if (fd >= 0 && g_rename(unfinished, copy) == 0)
		return TRUE;
	host_error_set(error, IDC_IO, "file_not_written", "%s cannot be copied to %s: %s. Nothing was changed.", path, copy,
		       g_strerror(errno));
	return FALSE;
}

static gboolean
schema_steps(sqlite3 *db, const Schema *schema, GError **error)
{
	gint64 version = 0;

	/* Somebody else may have been quicker since it was looked at. */
	if (!sql_pragma(db, "user_version", &version, error))
		return FALSE;
	for (; version < (gint64)schema->n_steps; version++) {
		g_autofree char *mark = g_strdup_printf("PRAGMA user_version=%" G_GINT64_FORMAT, version + 1);

		if (!sql_exec(db, schema->steps[version], error) || !sql_exec(db, mark, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
schema_apply(sqlite3 *db, const char *path, const Schema *schema, GError **error)
{
	g_autofree char *application = g_strdup_printf("PRAGMA application_id=%d", schema->application);
	gint64 version = 0;
	gint64 identity = 0;
	gint64 tables = 0;

	if (!sql_pragma(db, "user_version", &version, error) || !sql_pragma(db, "application_id", &identity, error) ||
	    !sql_pragma(db, "schema_version", &tables, error))
		return FALSE;
	if (identity != schema->application && tables != 0) {
		host_error_set(error, IDC_INVALID, "store_foreign",
			       "%s is a database of another program. Move it away, or give another folder with --data.", path);
		return FALSE;
	}
	if (version > (gint64)schema->n_steps) {
		host_error_set(error, IDC_INVALID, "store_newer",
			       "%s was written by a newer idc-host (schema %" G_GINT64_FORMAT
			       ", this one knows up to %u). Nothing was "
			       "read; use that idc-host, or another folder with --data.",
			       path, version, schema->n_steps);
		return FALSE;
	}
	if (version == (gint64)schema->n_steps)
		return TRUE;
	if (version > 0 && !schema_copy(db, path, version, error))
		return FALSE;
	if (!sql_exec(db, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (sql_exec(db, application, error) && schema_steps(db, schema, error) && sql_exec(db, "COMMIT", error))
		return TRUE;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return FALSE;
}
