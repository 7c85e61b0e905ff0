/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/lookup.h"
#include "base/error.h"
#include "state/store-private.h"

struct Lookup {
	Store *store;
	gint64 app;
	gboolean emails; /* temp.lookup_email is made */
};

/* How many ids of users with one address are named. */
#define LOOKUP_NAMED 5

#define LOOKUP_EMAIL                                                                                                               \
	"(SELECT a.value FROM service_user_attributes a WHERE a.app=u.app AND a.user=u.key AND a.attribute='email' LIMIT 1)"

#define LOOKUP_ENTITLEMENT "e.key, e.id, e.kind, e.name, e.resource_id, e.assignable"

Lookup *
lookup_new(Store *store, gint64 app)
{
	Lookup *lookup = g_new0(Lookup, 1);

	lookup->store = store;
	lookup->app = app;
	return lookup;
}

void
lookup_free(Lookup *lookup)
{
	if (lookup == NULL)
		return;
	if (lookup->emails)
		sqlite3_exec(store_db(lookup->store), "DROP TABLE temp.lookup_email", NULL, NULL, NULL);
	g_free(lookup);
}

void
lookup_user_free(LookupUser *user)
{
	if (user == NULL)
		return;
	g_free(user->id);
	g_free(user->email);
	g_free(user->via);
	g_free(user);
}

void
lookup_entitlement_free(LookupEntitlement *entitlement)
{
	if (entitlement == NULL)
		return;
	g_free(entitlement->id);
	g_free(entitlement->kind);
	g_free(entitlement->name);
	g_free(entitlement->resource_id);
	g_free(entitlement);
}

static sqlite3_stmt *
lookup_prepare(Lookup *lookup, const char *text, const char *id, GError **error)
{
	sqlite3_stmt *stmt = sql_prepare(store_db(lookup->store), text, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", lookup->app);
	sql_bind_text(stmt, ":id", id);
	return stmt;
}

static GPtrArray *
lookup_users(sqlite3_stmt *stmt, GError **error)
{
	g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func((GDestroyNotify)lookup_user_free);
	gboolean row = TRUE;

	while (sql_step(stmt, &row, error) && row) {
		LookupUser *user = g_new0(LookupUser, 1);

		user->key = sqlite3_column_int64(stmt, 0);
		user->id = sql_dup_text(stmt, 1);
		user->email = sql_dup_text(stmt, 2);
		user->via = sqlite3_column_count(stmt) > 3 ? sql_dup_text(stmt, 3) : NULL;
		g_ptr_array_add(users, user);
	}
	return row ? NULL : g_steal_pointer(&users);
}

static GPtrArray *
lookup_entitlements(sqlite3_stmt *stmt, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)lookup_entitlement_free);
	gboolean row = TRUE;

	while (sql_step(stmt, &row, error) && row) {
		LookupEntitlement *entitlement = g_new0(LookupEntitlement, 1);

		entitlement->key = sqlite3_column_int64(stmt, 0);
		entitlement->id = sql_dup_text(stmt, 1);
		entitlement->kind = sql_dup_text(stmt, 2);
		entitlement->name = sql_dup_text(stmt, 3);
		entitlement->resource_id = sql_dup_text(stmt, 4);
		entitlement->assignable = sqlite3_column_int(stmt, 5) != 0;
		g_ptr_array_add(found, entitlement);
	}
	return row ? NULL : g_steal_pointer(&found);
}

/* A file of hundreds of addresses must not look through all users for each. */
static gboolean
lookup_index_emails(Lookup *lookup, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (lookup->emails)
		return TRUE;
	if (!sql_exec(store_db(lookup->store),
		      "CREATE TEMP TABLE lookup_email(email TEXT NOT NULL, user INTEGER NOT NULL, PRIMARY KEY(email, user))"
		      " WITHOUT ROWID",
		      error))
		return FALSE;
	lookup->emails = TRUE;
	stmt = lookup_prepare(lookup,
			      "INSERT OR IGNORE INTO temp.lookup_email(email, user) SELECT lower(value), user FROM"
			      " service_user_attributes WHERE app=:app AND attribute='email'",
			      NULL, error);
	return stmt != NULL && sql_done(stmt, error);
}

static GPtrArray *
lookup_by_email(Lookup *lookup, const char *text, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;

	if (!lookup_index_emails(lookup, error))
		return NULL;
	stmt =
	    lookup_prepare(lookup,
			   "SELECT u.key, u.id, " LOOKUP_EMAIL " FROM temp.lookup_email l CROSS JOIN service_users u ON u.app=:app"
			   " AND u.key=l.user WHERE l.email=lower(:id) ORDER BY u.id",
			   text, error);
	return stmt != NULL ? lookup_users(stmt, error) : NULL;
}

static GPtrArray *
lookup_by_id(Lookup *lookup, const char *text, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = lookup_prepare(
	    lookup, "SELECT u.key, u.id, " LOOKUP_EMAIL " FROM service_users u WHERE u.app=:app AND u.id=:id", text, error);

	return stmt != NULL ? lookup_users(stmt, error) : NULL;
}

static void
lookup_ambiguous(GPtrArray *users, const char *text, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) ids = NULL;
	g_autofree char *joined = NULL;

	for (guint i = 0; i < MIN(users->len, LOOKUP_NAMED); i++)
		g_strv_builder_add(builder, ((LookupUser *)g_ptr_array_index(users, i))->id);
	ids = g_strv_builder_end(builder);
	joined = g_strjoinv(", ", ids);
	host_error_set(error, IDC_CONFLICT, "ambiguous_user", "%u users have the address %s (%s). Name one by its id.", users->len,
		       text, joined);
}

LookupUser *
lookup_user(Lookup *lookup, const char *text, GError **error)
{
	g_autoptr(GPtrArray) users = lookup_by_id(lookup, text, error);

	if (users == NULL)
		return NULL;
	if (users->len == 0) {
		g_ptr_array_unref(users);
		users = lookup_by_email(lookup, text, error);
		if (users == NULL)
			return NULL;
	}
	if (users->len == 1)
		return g_ptr_array_steal_index(users, 0);
	if (users->len == 0)
		host_error_set(error, IDC_NOT_FOUND, "no_such_user",
			       "The last snapshot has no user with the id or e-mail \"%s\". If they are new, sync first.", text);
	else
		lookup_ambiguous(users, text, error);
	return NULL;
}

LookupEntitlement *
lookup_entitlement(Lookup *lookup, const char *id, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    lookup_prepare(lookup, "SELECT " LOOKUP_ENTITLEMENT " FROM entitlements e WHERE e.app=:app AND e.id=:id", id, error);
	g_autoptr(GPtrArray) found = stmt != NULL ? lookup_entitlements(stmt, error) : NULL;

	if (found == NULL)
		return NULL;
	if (found->len == 1)
		return g_ptr_array_steal_index(found, 0);
	host_error_set(
	    error, IDC_NOT_FOUND, "no_such_entitlement",
	    "The last snapshot has no entitlement \"%s\". idc-host show APP entitlements lists them; if it is new, sync first.",
	    id);
	return NULL;
}

gboolean
lookup_resource(Lookup *lookup, const char *id, gboolean *ret_there, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    lookup_prepare(lookup, "SELECT count(*) FROM resources WHERE app=:app AND id=:id", id, error);
	gint64 count = 0;

	if (stmt == NULL || !sql_int(stmt, &count, error))
		return FALSE;
	*ret_there = count > 0;
	return TRUE;
}

GPtrArray *
lookup_held(Lookup *lookup, gint64 user, const char *id, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = lookup_prepare(
	    lookup,
	    "SELECT " LOOKUP_ENTITLEMENT
	    " FROM service_user_entitlements g JOIN entitlements e ON e.app=g.app AND e.key=g.entitlement"
	    " WHERE g.app=:app AND g.user=:user AND g.indirect=0 AND (:id IS NULL OR e.id=:id OR e.resource_id=:id) ORDER BY e.id",
	    id, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":user", user);
	return lookup_entitlements(stmt, error);
}

GPtrArray *
lookup_holders(Lookup *lookup, const char *entitlement_id, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = lookup_prepare(
	    lookup,
	    "SELECT u.key, u.id, " LOOKUP_EMAIL " FROM entitlements e JOIN service_user_entitlements g ON g.app=e.app"
	    " AND g.entitlement=e.key AND g.indirect=0 JOIN service_users u ON u.app=g.app AND u.key=g.user"
	    " WHERE e.app=:app AND e.id=:id ORDER BY u.id",
	    entitlement_id, error);

	return stmt != NULL ? lookup_users(stmt, error) : NULL;
}

GPtrArray *
lookup_indirect_holders(Lookup *lookup, const char *entitlement_id, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    lookup_prepare(lookup,
			   "SELECT u.key, u.id, " LOOKUP_EMAIL ", g.via FROM entitlements e JOIN service_user_entitlements g ON"
			   " g.app=e.app AND g.entitlement=e.key AND g.indirect=1 JOIN service_users u ON u.app=g.app AND"
			   " u.key=g.user WHERE e.app=:app AND e.id=:id ORDER BY u.id",
			   entitlement_id, error);

	return stmt != NULL ? lookup_users(stmt, error) : NULL;
}

GPtrArray *
lookup_under(Lookup *lookup, const char *resource_id, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = lookup_prepare(
	    lookup, "SELECT " LOOKUP_ENTITLEMENT " FROM entitlements e WHERE e.app=:app AND e.resource_id=:id ORDER BY e.id",
	    resource_id, error);

	return stmt != NULL ? lookup_entitlements(stmt, error) : NULL;
}

gboolean
lookup_attribute(Lookup *lookup, const char *entitlement_id, const char *key, char **ret_value, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    lookup_prepare(lookup,
			   "SELECT j.value FROM entitlements e, json_each(e.attributes) j WHERE e.app=:app AND e.id=:id AND"
			   " j.key=:key AND j.type='text'",
			   entitlement_id, error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":key", key);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_value = row ? sql_dup_text(stmt, 0) : NULL;
	return TRUE;
}

gboolean
lookup_kind_grants(Lookup *lookup, const char *kind, guint64 *ret_grants, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    lookup_prepare(lookup,
			   "SELECT count(*) FROM service_user_entitlements g JOIN entitlements e ON e.app=g.app AND"
			   " e.key=g.entitlement WHERE g.app=:app AND g.indirect=0 AND e.kind=:id",
			   kind, error);
	gint64 count = 0;

	if (stmt == NULL || !sql_int(stmt, &count, error))
		return FALSE;
	*ret_grants = (guint64)count;
	return TRUE;
}
