/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/follow.h"
#include "state/encode.h"
#include "state/origins.h"
#include "state/store-private.h"

static sqlite3_stmt *
follow_prepare(Store *store, const Follow *follow, const char *text, GError **error)
{
	sqlite3_stmt *stmt = sql_prepare(store_db(store), text, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", follow->app);
	sql_bind_int(stmt, ":time", follow->time);
	sql_bind_int(stmt, ":sync", follow->sync);
	sql_bind_text(stmt, ":actor", follow->actor);
	sql_bind_text(stmt, ":user", follow->user_id);
	sql_bind_text(stmt, ":entitlement", follow->entitlement_id);
	return stmt;
}

/* *ret_changed says whether it wrote anything: what was so already is no change. */
static gboolean
follow_run(Store *store, const Follow *follow, const char *text, gboolean *ret_changed, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = follow_prepare(store, follow, text, error);

	if (stmt == NULL || !sql_done(stmt, error))
		return FALSE;
	*ret_changed = sqlite3_changes(store_db(store)) > 0;
	return TRUE;
}

/* before and after are the words that a sync would write. */
static gboolean
follow_tell(Store *store, const Follow *follow, uint32_t record, uint32_t verb, const char *before, const char *after,
	    GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = follow_prepare(
	    store, follow,
	    "INSERT INTO changes(app, sync, record, verb, user_id, entitlement_id, before, after, origin, actor, method, time)"
	    " VALUES(:app, :sync, :record, :verb, :user, :entitlement, :before, :after, :origin, :actor, NULL, :time)",
	    error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":record", record);
	sql_bind_int(stmt, ":verb", verb);
	sql_bind_text(stmt, ":before", before);
	sql_bind_text(stmt, ":after", after);
	sql_bind_int(stmt, ":origin", ORIGIN_PLATFORM);
	return sql_done(stmt, error);
}

static gboolean
follow_attribute(Store *store, const Follow *follow, const idc_pair *pair, guint ordinal, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    follow_prepare(store, follow,
			   "INSERT OR REPLACE INTO service_user_attributes(app, user, attribute, ordinal, value) SELECT :app, key,"
			   " :attribute, :ordinal, :value FROM service_users WHERE app=:app AND id=:user",
			   error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":attribute", pair->key);
	sql_bind_int(stmt, ":ordinal", ordinal);
	sql_bind_text(stmt, ":value", pair->value);
	return sql_done(stmt, error);
}

/* A new user has a key below 0: a list that runs meanwhile gives out the keys above. Its fingerprint is of nothing, so that the next list
 * completes what it knows of them. */
static gboolean
follow_user(Store *store, const Follow *follow, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = follow_prepare(
	    store, follow,
	    "INSERT OR IGNORE INTO service_users(app, key, id, name, fingerprint, since) SELECT :app,"
	    " min(0, coalesce((SELECT min(key) FROM service_users WHERE app=:app), 0)) - 1, :user, :name, zeroblob(16), :time",
	    error);
	const char *name = encode_value(follow->attrs, follow->n_attrs, "name");

	if (stmt == NULL)
		return FALSE;
	sql_bind_text(stmt, ":name", name);
	if (!sql_done(stmt, error))
		return FALSE;
	if (sqlite3_changes(store_db(store)) == 0)
		return TRUE;
	for (gsize i = 0; i < follow->n_attrs; i++) {
		const idc_pair *pair = &follow->attrs[i];

		if (pair->value != NULL && *pair->value != '\0' && g_strcmp0(pair->key, "name") != 0 &&
		    !follow_attribute(store, follow, pair, 0, error))
			return FALSE;
	}
	return follow_tell(store, follow, IDC_RECORD_PRINCIPAL, IDC_VERB_ADDED, NULL, name, error);
}

static gboolean
follow_added(Store *store, const Follow *follow, GError **error)
{
	gboolean changed = FALSE;

	return follow_run(store, follow,
			  "INSERT OR IGNORE INTO service_user_entitlements(app, user, entitlement, indirect, granted_by, since)"
			  " SELECT :app, u.key, e.key, 0, :actor, :time FROM service_users u JOIN entitlements e ON e.app=u.app"
			  " WHERE u.app=:app AND u.id=:user AND e.id=:entitlement",
			  &changed, error) &&
	       (!changed || follow_tell(store, follow, IDC_RECORD_GRANT, IDC_VERB_ADDED, NULL, "direct", error));
}

static gboolean
follow_removed(Store *store, const Follow *follow, GError **error)
{
	gboolean changed = FALSE;

	return follow_run(store, follow,
			  "DELETE FROM service_user_entitlements WHERE app=:app AND indirect=0"
			  " AND user=(SELECT key FROM service_users WHERE app=:app AND id=:user)"
			  " AND entitlement=(SELECT key FROM entitlements WHERE app=:app AND id=:entitlement)",
			  &changed, error) &&
	       (!changed || follow_tell(store, follow, IDC_RECORD_GRANT, IDC_VERB_REMOVED, "direct", NULL, error));
}

/* Whether both ends of a grant are in the snapshot. */
static gboolean
follow_knows(Store *store, const Follow *follow, gboolean *ret_knows, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = follow_prepare(
	    store, follow,
	    "SELECT EXISTS (SELECT 1 FROM service_users WHERE app=:app AND id=:user) AND EXISTS (SELECT 1 FROM entitlements"
	    " WHERE app=:app AND id=:entitlement)",
	    error);
	gint64 knows = 0;

	if (stmt == NULL || !sql_int(stmt, &knows, error))
		return FALSE;
	*ret_knows = knows != 0;
	return TRUE;
}

gboolean
follow_effect(Store *store, const Follow *follow, gboolean *ret_followed, GError **error)
{
	*ret_followed = FALSE;
	if (follow->user_id == NULL)
		return TRUE;
	if (follow->record == IDC_RECORD_PRINCIPAL && (follow->verb == IDC_VERB_CREATED || follow->verb == IDC_VERB_INVITED)) {
		*ret_followed = TRUE;
		return follow_user(store, follow, error);
	}
	if (follow->record != IDC_RECORD_GRANT || follow->entitlement_id == NULL ||
	    (follow->verb != IDC_VERB_ADDED && follow->verb != IDC_VERB_REMOVED))
		return TRUE;
	if (!follow_knows(store, follow, ret_followed, error))
		return FALSE;
	if (!*ret_followed)
		return TRUE;
	return follow->verb == IDC_VERB_ADDED ? follow_added(store, follow, error) : follow_removed(store, follow, error);
}
