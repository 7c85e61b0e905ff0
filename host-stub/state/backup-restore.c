/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "state/backup-private.h"
#include "state/store.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define RESTORE_STORE "idc.db"
/* There while a restore is under way; a killed one leaves it, and may then be begun again. */
#define RESTORE_MARK "restoring"

gboolean
backup_is_app(const char *name)
{
	return g_regex_match_simple("^apps/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\\.json$", name, G_REGEX_DOLLAR_ENDONLY, 0);
}

static void
restore_set_broken(const char *path, const char *why, GError **error)
{
	g_clear_error(error);
	host_error_set(error, IDC_INVALID, "backup_broken", "%s is no whole backup: %s. Nothing was changed; use another one.",
		       path, why);
}

typedef gboolean (*RestoreFile)(const char *name, GBytes *content, gpointer user_data, GError **error);

/* Each file in the backup, its hash compared, in the order of names. */
static gboolean
restore_each(sqlite3 *db, const char *path, RestoreFile func, gpointer user_data, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(db, "SELECT name, sha256, content FROM backup_files ORDER BY name", error);
	gboolean row = FALSE;

	while (stmt != NULL && sql_step(stmt, &row, error)) {
		g_autoptr(GBytes) content = NULL;
		g_autofree char *sha256 = NULL;
		g_autofree char *name = NULL;

		if (!row)
			return TRUE;
		name = sql_dup_text(stmt, 0);
		content = g_bytes_new(sqlite3_column_blob(stmt, 2), (gsize)sqlite3_column_bytes(stmt, 2));
		sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
		if (g_strcmp0(sha256, (const char *)sqlite3_column_text(stmt, 1)) != 0) {
			restore_set_broken(path, "a file in it is not what it was", error);
			return FALSE;
		}
		if (!backup_is_app(name) && strcmp(name, BACKUP_SECRETS) != 0 && strcmp(name, BACKUP_IDENTIFIERS) != 0) {
			restore_set_broken(path, "it holds what no backup does", error);
			return FALSE;
		}
		if (!func(name, content, user_data, error))
			return FALSE;
	}
	return FALSE;
}

typedef struct {
	GStrvBuilder *apps;
	gboolean sealed;
} RestoreSeen;

static gboolean
restore_see(const char *name, GBytes *content, gpointer user_data, GError **error)
{
	RestoreSeen *seen = user_data;

	(void)content, (void)error;
	if (strcmp(name, BACKUP_SECRETS) == 0)
		seen->sealed = TRUE;
	if (backup_is_app(name)) {
		g_autofree char *app = g_strndup(name + strlen("apps/"), strlen(name) - strlen("apps/.json"));

		g_strv_builder_add(seen->apps, app);
	}
	return TRUE;
}

/* SQLite's own word on whether the pages belong together. */
static gboolean
restore_is_whole(sqlite3 *db)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(db, "PRAGMA integrity_check(1)", NULL);
	gboolean row = FALSE;

	return stmt != NULL && sql_step(stmt, &row, NULL) && row &&
	       g_strcmp0((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
}

BackupReport *
backup_verify(const char *path, GError **error)
{
	g_autoptr(GStrvBuilder) apps = g_strv_builder_new();
	RestoreSeen seen = {.apps = apps};
	g_autoptr(BackupReport) report = g_new0(BackupReport, 1);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(sqlite3_stmt) stmt = NULL;
	GStatBuf info;

	if (g_stat(path, &info) != 0) {
		host_error_set(error, IDC_INVALID, "no_such_file", "%s cannot be read: %s.", path, g_strerror(errno));
		return NULL;
	}
	db = backup_connect(path, FALSE, error);
	if (db == NULL)
		return NULL;
	stmt = sql_prepare(db, "SELECT count(*) FROM backup_files, apps WHERE 0", NULL);
	if (stmt == NULL || !restore_is_whole(db)) {
		restore_set_broken(path, stmt == NULL ? "its tables are not those of one" : "its pages do not belong together",
				   error);
		return NULL;
	}
	if (!restore_each(db, path, restore_see, &seen, error))
		return NULL;
	report->apps = g_strv_builder_end(apps);
	report->sealed = seen.sealed;
	report->bytes = (guint64)info.st_size;
	return g_steal_pointer(&report);
}

/* ---- making DATA of it ---- */

static gboolean
restore_check_empty(const char *data, GError **error)
{
	static const char *const files[] = {RESTORE_STORE, BACKUP_SECRETS, BACKUP_IDENTIFIERS, "secrets"};
	g_autofree char *mark = g_build_filename(data, RESTORE_MARK, NULL);
	g_autofree char *folder = g_build_filename(data, BACKUP_APPS, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *found = dir != NULL && g_dir_read_name(dir) != NULL ? BACKUP_APPS : NULL;

	if (g_file_test(mark, G_FILE_TEST_EXISTS))
		return TRUE;
	for (gsize i = 0; found == NULL && i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(data, files[i], NULL);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			found = files[i];
	}
	if (found == NULL)
		return TRUE;
	host_error_set(
	    error, IDC_INVALID, "data_in_use",
	    "%s holds %s already, and a restore writes over nothing. Give an empty folder with --data; a key may lie there.", data,
	    found);
	return FALSE;
}

/* Made beside it and put in its place, so that a killed restore leaves no half file. */
static gboolean
restore_begin_file(const char *path, char **ret_unfinished, GError **error)
{
	*ret_unfinished = g_strconcat(path, ".new", NULL);
	g_unlink(*ret_unfinished);
	return backup_make_file(*ret_unfinished, error);
}

static gboolean
restore_end_file(const char *unfinished, const char *path, GError **error)
{
	if (backup_sync(unfinished, error) && g_rename(unfinished, path) == 0)
		return backup_sync(path, error);
	if (error != NULL && *error == NULL)
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be written: %s.", path, g_strerror(errno));
	return FALSE;
}

/* The next sync of each app is full, and what differs then nobody did: it is the new baseline. */
static gboolean
restore_store(const char *data, sqlite3 *from, GError **error)
{
	static const char begin_anew[] = "BEGIN; DROP TABLE backup_files; UPDATE apps SET cursor=NULL, cursor_stale=0, "
					 "module_sha256=NULL, authorized_until=NULL;"
					 "DELETE FROM held; DELETE FROM held_removals; COMMIT;";
	g_autofree char *path = g_build_filename(data, RESTORE_STORE, NULL);
	g_autofree char *unfinished = NULL;
	g_autoptr(sqlite3) db = NULL;

	if (!restore_begin_file(path, &unfinished, error))
		return FALSE;
	db = backup_connect(unfinished, TRUE, error);
	if (db == NULL || !backup_copy(db, from, error) || !sql_exec(db, begin_anew, error) || !sql_exec(db, "VACUUM", error))
		return FALSE;
	g_clear_pointer(&db, sqlite3_close);
	return restore_end_file(unfinished, path, error);
}

/* What the connectors keep of their own are tokens: the service may have given others since, and one that comes again can end them. */
static gboolean
restore_secrets(const char *path, GBytes *content, guint64 *ret_forgotten, GError **error)
{
	g_autofree char *unfinished = NULL;
	g_autoptr(sqlite3) db = NULL;

	if (!restore_begin_file(path, &unfinished, error) ||
	    !files_write_atomically(unfinished, g_bytes_get_data(content, NULL), g_bytes_get_size(content), error))
		return FALSE;
	db = backup_connect(unfinished, TRUE, error);
	if (db == NULL || !restore_is_whole(db)) {
		restore_set_broken(path, "the secrets in it are damaged", error);
		return FALSE;
	}
	if (!sql_exec(db, "DELETE FROM secrets WHERE name GLOB 'idc.*'", error))
		return FALSE;
	*ret_forgotten = (guint64)sqlite3_changes64(db);
	g_clear_pointer(&db, sqlite3_close);
	return restore_end_file(unfinished, path, error);
}

typedef struct {
	const char *data;
	BackupReport *report;
	gboolean apps; /* whether it is the turn of the apps, which come last */
} Restoring;

static gboolean
restore_file(const char *name, GBytes *content, gpointer user_data, GError **error)
{
	Restoring *restoring = user_data;
	g_autofree char *path = g_build_filename(restoring->data, name, NULL);

	if (backup_is_app(name) != restoring->apps)
		return TRUE;
	if (strcmp(name, BACKUP_SECRETS) == 0)
		return restore_secrets(path, content, &restoring->report->forgotten, error);
	return files_write_atomically(path, g_bytes_get_data(content, NULL), g_bytes_get_size(content), error);
}

BackupReport *
backup_restore(const char *data, const char *path, GError **error)
{
	g_autoptr(BackupReport) report = backup_verify(path, error);
	Restoring restoring = {.data = data, .report = report};
	g_autofree char *mark = g_build_filename(data, RESTORE_MARK, NULL);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(Store) store = NULL;

	if (report == NULL || !restore_check_empty(data, error))
		return NULL;
	db = backup_connect(path, FALSE, error);
	if (db == NULL || !files_write_atomically(mark, "", 0, error) || !restore_store(data, db, error) ||
	    !restore_each(db, path, restore_file, &restoring, error))
		return NULL;
	/* A store that is older is migrated now, one that is newer refused before any app is there. */
	store = store_open(data, error);
	restoring.apps = TRUE;
	if (store == NULL || !restore_each(db, path, restore_file, &restoring, error))
		return NULL;
	if (g_unlink(mark) != 0) {
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be removed: %s.", mark, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&report);
}
