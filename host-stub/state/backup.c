/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/backup.h"
#include "base/error.h"
#include "base/files.h"
#include "state/backup-private.h"
#include "state/store-private.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const char backup_tables[] =
    "CREATE TABLE backup_files(name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL) STRICT;";

void
backup_report_free(BackupReport *report)
{
	if (report == NULL)
		return;
	g_strfreev(report->apps);
	g_free(report);
}

sqlite3 *
backup_connect(const char *path, gboolean write, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
		sql_fail(db, error);
		return NULL;
	}
	sqlite3_busy_timeout(db, BACKUP_BUSY_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sql_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON", error) ? g_steal_pointer(&db) : NULL;
}

gboolean
backup_copy(sqlite3 *to, sqlite3 *from, GError **error)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
	gint64 until = g_get_monotonic_time() + (gint64)BACKUP_BUSY_MS * 1000;
	int result = copy != NULL ? SQLITE_BUSY : SQLITE_ERROR;

	/* All pages in one step are all of one moment, whoever writes meanwhile. */
	while (copy != NULL) {
		result = sqlite3_backup_step(copy, -1);
		if ((result != SQLITE_BUSY && result != SQLITE_LOCKED) || g_get_monotonic_time() > until)
			break;
		g_usleep(20000);
	}
	if (copy != NULL)
		sqlite3_backup_finish(copy);
	if (result == SQLITE_DONE)
		return TRUE;
	sql_fail(to, error);
	return FALSE;
}

gboolean
backup_make_file(const char *path, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		host_error_set(error, IDC_IO, errno == EEXIST ? "file_exists" : "file_not_written", "%s cannot be made: %s.", path,
			       g_strerror(errno));
		return FALSE;
	}
	close(fd);
	return TRUE;
}

gboolean
backup_sync(const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	const char *const places[] = {path, folder};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		int fd = open(places[i], O_RDONLY | O_CLOEXEC);
		gboolean good = fd >= 0 && fsync(fd) == 0;

		if (fd >= 0)
			close(fd);
		if (good)
			continue;
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be written: %s.", places[i], g_strerror(errno));
		return FALSE;
	}
	return TRUE;
}

static gboolean
backup_add(sqlite3 *db, const char *name, GBytes *content, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(db, "INSERT INTO backup_files(name, sha256, content) VALUES(:name, :sha256, :content)", error);
	g_autofree char *sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":name", name);
	sql_bind_text(stmt, ":sha256", sha256);
	sqlite3_bind_blob64(stmt, sqlite3_bind_parameter_index(stmt, ":content"), g_bytes_get_data(content, NULL),
			    g_bytes_get_size(content), SQLITE_STATIC);
	return sql_done(stmt, error);
}

static void
backup_free_image(gpointer image)
{
	sqlite3_free(image);
}

/* The sealed secrets as the bytes of a database; NULL without an error where there are none. */
static GBytes *
backup_secrets(const char *data, GError **error)
{
	g_autofree char *path = g_build_filename(data, BACKUP_SECRETS, NULL);
	g_autoptr(sqlite3) from = NULL;
	g_autoptr(sqlite3) to = NULL;
	sqlite3_int64 size = 0;
	guint8 *image;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	from = backup_connect(path, FALSE, error);
	if (from == NULL)
		return NULL;
	if (sqlite3_open(":memory:", &to) != SQLITE_OK || !backup_copy(to, from, error))
		return NULL;
	image = sqlite3_serialize(to, "main", &size, 0);
	if (image == NULL) {
		host_error_set(error, IDC_NOMEM, "no_memory", "There is no memory for a copy of the secrets.");
		return NULL;
	}
	return g_bytes_new_with_free_func(image, (gsize)size, backup_free_image, image);
}

static gboolean
backup_add_file(sqlite3 *db, const char *data, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(data, name, NULL);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) content = files_read_trusted(path, "A file of the data", BACKUP_FILE_MAX, FALSE, &error_local);

	/* One that went meanwhile was not there. */
	if (content == NULL && host_error_status(error_local) == IDC_NOT_FOUND)
		return TRUE;
	if (content != NULL)
		return backup_add(db, name, content, error);
	g_propagate_error(error, g_steal_pointer(&error_local));
	return FALSE;
}

static gboolean
backup_add_apps(sqlite3 *db, const char *data, GError **error)
{
	g_autofree char *folder = g_build_filename(data, BACKUP_APPS, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file = g_build_filename(BACKUP_APPS, name, NULL);

		if (backup_is_app(file) && !backup_add_file(db, data, file, error))
			return FALSE;
	}
	return TRUE;
}

/* The secrets first: the store's rows may then be more than the vault knows of, as after a crash, and never fewer. */
static gboolean
backup_fill(const char *data, const char *path, GError **error)
{
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) secrets = backup_secrets(data, &error_local);
	g_autoptr(Store) store = NULL;
	g_autoptr(sqlite3) db = NULL;

	if (error_local != NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	store = store_open(data, error);
	db = store != NULL ? backup_connect(path, TRUE, error) : NULL;
	return db != NULL && backup_copy(db, store_db(store), error) && sql_exec(db, "PRAGMA journal_mode=DELETE", error) &&
	       sql_exec(db, "BEGIN", error) && sql_exec(db, backup_tables, error) &&
	       (secrets == NULL || backup_add(db, BACKUP_SECRETS, secrets, error)) &&
	       backup_add_file(db, data, BACKUP_IDENTIFIERS, error) && backup_add_apps(db, data, error) &&
	       sql_exec(db, "COMMIT", error);
}

BackupReport *
backup_write(const char *data, const char *path, GError **error)
{
	g_autofree char *unfinished = g_strconcat(path, ".new", NULL);
	g_autoptr(BackupReport) report = NULL;
	gboolean good;

	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		host_error_set(error, IDC_INVALID, "file_exists",
			       "%s is there already. A backup is never written over another one: give another name.", path);
		return NULL;
	}
	g_unlink(unfinished);
	if (!backup_make_file(unfinished, error))
		return NULL;
	good = backup_fill(data, unfinished, error) && backup_sync(unfinished, error);
	if (good)
		report = backup_verify(unfinished, error);
	/* link() and not rename(): whoever was quicker is not written over. */
	if (report != NULL && link(unfinished, path) != 0) {
		host_error_set(error, IDC_IO, "file_not_written", "%s cannot be written: %s.", path, g_strerror(errno));
		g_clear_pointer(&report, backup_report_free);
	}
	g_unlink(unfinished);
	if (report != NULL && !backup_sync(path, error))
		return NULL;
	return g_steal_pointer(&report);
}
