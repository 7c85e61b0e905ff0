/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "state/schema.h"
#include "state/store-private.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_FILE "idc.db"
#define STORE_TEMP "tmp"
/* SQLite's names for its temporary files. It unlinks them as soon as they are open, so what is found was left by a process that was
 * killed in between. */
#define STORE_TEMP_PREFIX "etilqs_"

#define STORE_CACHE_KIB 2048
#define STORE_TEMP_KIB 2048
/* A merge of a very large first list holds the lock for some seconds. */
#define STORE_BUSY_MS 120000

struct Store {
	char *path;
	sqlite3 *db;
};

static const char *const tables[] = {
    [KIND_PRINCIPAL] = "service_users",
    [KIND_RESOURCE] = "resources",
    [KIND_ENTITLEMENT] = "entitlements",
    [KIND_GRANT] = "service_user_entitlements",
};

const char *
store_table(Kind kind)
{
	return tables[kind];
}

sqlite3 *
store_db(Store *store)
{
	return store->db;
}

/* SQLite would make the file with the mode that the umask leaves. */
static gboolean
store_make_file(const char *path, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat info;
	gboolean good =
	    fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 0077) == 0;

	if (!good && fd < 0)
		host_error_set(error, IDC_IO, "store_failed", "The store %s cannot be opened: %s.", path, g_strerror(errno));
	else if (!good)
		host_error_set(
		    error, IDC_INVALID, "store_mode",
		    "The store %s must be a file of this user with mode 0600. Nothing was read; run chmod 600 or chown on it.",
		    path);
	if (fd >= 0)
		close(fd);
	return good;
}

/* The folder for temporary files: in DATA, not in a /tmp that may be small, kept in memory, or seen by others. */
static gboolean
store_prepare_temp(const char *data, GError **error)
{
	g_autofree char *folder = g_build_filename(data, STORE_TEMP, NULL);
	g_autoptr(GDir) dir = NULL;
	const char *name;

	if (g_mkdir(folder, 0700) != 0 && errno != EEXIST) {
		host_error_set(error, IDC_IO, "store_failed", "The folder %s cannot be made: %s.", folder, g_strerror(errno));
		return FALSE;
	}
	dir = g_dir_open(folder, 0, NULL);
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_str_has_prefix(name, STORE_TEMP_PREFIX))
			g_unlink(path);
	}
	if (g_strcmp0(sqlite3_temp_directory, folder) != 0) {
		sqlite3_free(sqlite3_temp_directory);
		sqlite3_temp_directory = sqlite3_mprintf("%s", folder);
	}
	return TRUE;
}

sqlite3 *
store_connect(const Store *store, guint cache_kib, guint temp_kib, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	/* The temporary tables are never rolled back to: whoever fails closes the connection. */
	g_autofree char *pragmas =
	    g_strdup_printf("PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=OFF; PRAGMA cache_size=-%u;"
			    "PRAGMA temp_store=FILE; PRAGMA temp.cache_size=-%u; PRAGMA temp.journal_mode=OFF;"
			    "PRAGMA journal_size_limit=8388608;",
			    cache_kib, temp_kib);

	if (sqlite3_open_v2(store->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		sql_fail(db, error);
		return NULL;
	}
	sqlite3_extended_result_codes(db, 0);
	sqlite3_busy_timeout(db, STORE_BUSY_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sql_exec(db, pragmas, error) ? g_steal_pointer(&db) : NULL;
}

Store *
store_open(const char *data, GError **error)
{
	g_autoptr(Store) store = g_new0(Store, 1);

	store->path = g_build_filename(data, STORE_FILE, NULL);
	if (!store_make_file(store->path, error) || !store_prepare_temp(data, error))
		return NULL;
	store->db = store_connect(store, STORE_CACHE_KIB, STORE_TEMP_KIB, error);
	/* The journal's mode stays with the file; it has to be set outside of a transaction. */
	if (store->db == NULL || !schema_apply(store->db, store->path, schema_present(), error) ||
	    !sql_exec(store->db, "PRAGMA journal_mode=WAL", error))
		return NULL;
	return g_steal_pointer(&store);
}

void
store_close(Store *store)
{
	if (store == NULL)
		return;
	sqlite3_close(store->db);
	g_free(store->path);
	g_free(store);
}

gboolean
store_find_app(Store *store, const char *identifier, gint64 *ret_app, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(store->db, "SELECT app FROM apps WHERE identifier=:identifier", error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":identifier", identifier);
	return sql_int(stmt, ret_app, error);
}

char *
store_identifier(Store *store, gint64 app, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(store->db, "SELECT identifier FROM apps WHERE app=:app", error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	return sql_step(stmt, &row, error) ? sql_dup_text(stmt, 0) : NULL;
}

gboolean
store_freeze(Store *store, GError **error)
{
	return sql_exec(store->db, "BEGIN; SELECT count(*) FROM apps", error);
}

gboolean
store_add_app(Store *store, const char *identifier, gint64 *ret_app, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store->db, "INSERT INTO apps(identifier) VALUES(:identifier) ON CONFLICT DO NOTHING", error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":identifier", identifier);
	return sql_done(stmt, error) && store_find_app(store, identifier, ret_app, error);
}

void
store_partial_free(StorePartial *partial)
{
	g_free(partial->resource);
	g_free(partial->reason);
	g_free(partial);
}

GPtrArray *
store_partials_on(sqlite3 *db, gint64 app, GError **error)
{
	g_autoptr(GPtrArray) partials = g_ptr_array_new_with_free_func((GDestroyNotify)store_partial_free);
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    db, "SELECT record, nullif(resource, ''), status, reason, since FROM partials WHERE app=:app ORDER BY record, resource",
	    error);
	gboolean row = TRUE;

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &row, error) && row) {
		StorePartial *partial = g_new0(StorePartial, 1);

		partial->kind = kind_from_record((uint32_t)sqlite3_column_int(stmt, 0));
		partial->resource = sql_dup_text(stmt, 1);
		partial->status = sqlite3_column_int(stmt, 2);
		partial->reason = sql_dup_text(stmt, 3);
		partial->since = sqlite3_column_int64(stmt, 4);
		g_ptr_array_add(partials, partial);
	}
	return row ? NULL : g_steal_pointer(&partials);
}

GPtrArray *
store_partials(Store *store, gint64 app, GError **error)
{
	return store_partials_on(store->db, app, error);
}

void
store_partials_know(GPtrArray *partials, const char *const *reasons)
{
	for (guint i = 0; i < partials->len; i++) {
		StorePartial *partial = g_ptr_array_index(partials, i);

		partial->known = reasons != NULL && g_strv_contains(reasons, partial->reason);
	}
}

gboolean
store_count(Store *store, gint64 app, Kind kind, guint64 *ret_count, GError **error)
{
	gint64 count = 0;
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare_take(store->db, g_strdup_printf("SELECT count(*) FROM %s WHERE app=:app", tables[kind]), error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	if (!sql_int(stmt, &count, error))
		return FALSE;
	*ret_count = (guint64)count;
	return TRUE;
}
