/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/view.h"
#include "base/error.h"
#include "base/text.h"
#include "state/store-private.h"
#include <string.h>

#define VIEW_MAX_COLUMNS 12

/* A user's attribute, the first of its values. */
#define VIEW_ATTRIBUTE(name)                                                                                                       \
	"(SELECT a.value FROM service_user_attributes a WHERE a.app=u.app AND a.user=u.key AND a.attribute='" name                 \
	"' AND a.ordinal=0)"

#define VIEW_BOOL(what) "CASE WHEN " what " THEN 'true' ELSE 'false' END"

/* The keys and ids that a filter means; empty tables where nothing is asked for. */
#define VIEW_USER(key) " AND (:user IS NULL OR " key " IN (SELECT key FROM temp.view_user))"
#define VIEW_ENTITLEMENT(key) " AND (:entitlement IS NULL OR " key " IN (SELECT key FROM temp.view_entitlement))"

static const struct {
	const char *word;
	gboolean user, entitlement, since;
	gboolean past; /* tells of what may be gone */
	ViewColumn columns[VIEW_MAX_COLUMNS];
	const char *select;
} views[] = {
    [VIEW_USERS] =
	{"users",
	 TRUE,
	 FALSE,
	 TRUE,
	 FALSE,
	 {{"user_id", VIEW_TEXT},
	  {"email", VIEW_TEXT},
	  {"name", VIEW_TEXT},
	  {"role", VIEW_TEXT},
	  {"job_title", VIEW_TEXT},
	  {"time_zone", VIEW_TEXT},
	  {"invitation_pending", VIEW_BOOLEAN}},
	 "SELECT u.id, " VIEW_ATTRIBUTE("email") ", u.name, " VIEW_ATTRIBUTE("role") ", " VIEW_ATTRIBUTE(
	     "job_title") ", " VIEW_ATTRIBUTE("time_zone") ", " VIEW_ATTRIBUTE("invitation_pending") " FROM service_users u WHERE "
												     "u.app=:app AND "
												     "u.since>=:since" VIEW_USER(
													 "u.key") " ORDER BY "
														  "u.id"},
    /* Holders are people: whoever holds it both directly and through something is one. */
    [VIEW_ENTITLEMENTS] =
	{"entitlements",
	 TRUE,
	 TRUE,
	 TRUE,
	 FALSE,
	 {{"entitlement_id", VIEW_TEXT},
	  {"kind", VIEW_TEXT},
	  {"name", VIEW_TEXT},
	  {"resource_id", VIEW_TEXT},
	  {"assignable", VIEW_BOOLEAN},
	  {"holders", VIEW_NUMBER}},
	 "SELECT e.id, e.kind, e.name, e.resource_id, " VIEW_BOOL(
	     "e.assignable") ", coalesce(h.n, 0)"
			     " FROM entitlements e LEFT JOIN (SELECT g.entitlement, count(*) AS n FROM "
			     "service_user_entitlements g"
			     "  WHERE g.app=:app AND (g.indirect=0 OR NOT EXISTS (SELECT 1 FROM service_user_entitlements d"
			     "   WHERE d.app=:app AND d.user=g.user AND d.entitlement=g.entitlement AND d.indirect=0))"
			     "  GROUP BY g.entitlement) h ON h.entitlement=e.key"
			     " WHERE e.app=:app AND e.since>=:since" VIEW_ENTITLEMENT(
				 "e.key") " AND (:user IS NULL OR e.key IN (SELECT g.entitlement FROM "
					  "service_user_entitlements g WHERE g.app=:app"
					  "  AND g.user IN (SELECT key FROM temp.view_user))) ORDER BY e.id"},
    /* Users in order of their ids, and of each the grants: no more than one user's have to be sorted at a time. */
    [VIEW_GRANTS] =
	{"grants",
	 TRUE,
	 TRUE,
	 TRUE,
	 FALSE,
	 {{"user_id", VIEW_TEXT},
	  {"email", VIEW_TEXT},
	  {"entitlement_id", VIEW_TEXT},
	  {"kind", VIEW_TEXT},
	  {"entitlement_name", VIEW_TEXT},
	  {"via", VIEW_TEXT},
	  {"effective", VIEW_TEXT},
	  {"removable", VIEW_BOOLEAN},
	  {"since", VIEW_TIME},
	  {"granted_by", VIEW_TEXT},
	  {"stale", VIEW_BOOLEAN},
	  {"user_name", VIEW_TEXT}},
	 "SELECT u.id, " VIEW_ATTRIBUTE(
	     "email") ", e.id, e.kind, e.name, g.via, json_extract(g.attributes, '$.effective'),"
		      " " VIEW_BOOL("g.indirect=0 AND e.removable") ", g.since, g.granted_by, " VIEW_BOOL(
			  "g.stale IS NOT NULL") ", u.name FROM service_users u CROSS JOIN service_user_entitlements g ON "
						 "g.app=u.app AND g.user=u.key"
						 " CROSS JOIN entitlements e ON e.app=g.app AND e.key=g.entitlement WHERE "
						 "u.app=:app AND g.since>=:since" VIEW_USER("u.key")
						     VIEW_ENTITLEMENT("g.entitlement") " ORDER BY u.id, e.id, g.indirect"},
    [VIEW_ATTRIBUTES] =
	{"attributes",
	 TRUE,
	 FALSE,
	 FALSE,
	 FALSE,
	 {{"user_id", VIEW_TEXT}, {"attribute", VIEW_TEXT}, {"value", VIEW_TEXT}},
	 "SELECT u.id, a.attribute, a.value FROM service_users u CROSS JOIN service_user_attributes a ON a.app=u.app"
	 " AND a.user=u.key WHERE u.app=:app" VIEW_USER("u.key") " ORDER BY u.id, a.attribute, a.ordinal"},
    [VIEW_CHANGES] =
	{"changes",
	 TRUE,
	 TRUE,
	 TRUE,
	 TRUE,
	 {{"time", VIEW_TIME},
	  {"sync", VIEW_NUMBER},
	  {"what", VIEW_TEXT},
	  {"user_id", VIEW_TEXT},
	  {"entitlement_id", VIEW_TEXT},
	  {"before", VIEW_TEXT},
	  {"after", VIEW_TEXT},
	  {"origin", VIEW_TEXT},
	  {"actor", VIEW_TEXT},
	  {"method", VIEW_TEXT}},
	 "SELECT coalesce(c.time, s.finished), c.sync, CASE c.record WHEN 1 THEN 'user' WHEN 2 THEN 'resource' WHEN 4 THEN "
	 "'entitlement'"
	 " ELSE 'grant' END || CASE c.verb WHEN 1 THEN '_added' WHEN 2 THEN '_removed' ELSE '_changed' END,"
	 " c.user_id, c.entitlement_id, c.before, c.after, CASE c.origin WHEN 0 THEN 'baseline' WHEN 1 THEN 'outside'"
	 " WHEN 2 THEN 'platform' ELSE 'unknown' END, c.actor, c.method FROM syncs s CROSS JOIN changes c ON c.app=s.app"
	 " AND c.sync=s.sync WHERE s.app=:app AND coalesce(c.time, s.finished)>=:since"
	 " AND (:user IS NULL OR c.user_id=:user OR c.user_id IN (SELECT id FROM temp.view_user))"
	 " AND (:entitlement IS NULL OR c.entitlement_id=:entitlement"
	 "  OR c.entitlement_id IN (SELECT id FROM temp.view_entitlement)) ORDER BY s.sync, c.change"},
    [VIEW_SYNCS] =
	{"syncs",
	 FALSE,
	 FALSE,
	 TRUE,
	 TRUE,
	 {{"sync", VIEW_NUMBER},
	  {"started", VIEW_TIME},
	  {"mode", VIEW_TEXT},
	  {"status", VIEW_TEXT},
	  {"users", VIEW_NUMBER},
	  {"entitlements", VIEW_NUMBER},
	  {"grants", VIEW_NUMBER},
	  {"added", VIEW_NUMBER},
	  {"removed", VIEW_NUMBER},
	  {"requests", VIEW_NUMBER},
	  {"duration_ms", VIEW_NUMBER},
	  {"reason", VIEW_TEXT}},
	 "SELECT sync, started, mode, status, users, entitlements, grants, added, removed, requests, finished-started, reason"
	 " FROM syncs WHERE app=:app AND started>=:since ORDER BY sync"},
    [VIEW_TASKS] = {"tasks",
		    TRUE,
		    FALSE,
		    TRUE,
		    TRUE,
		    {{"task", VIEW_NUMBER},
		     {"opened", VIEW_TIME},
		     {"user_id", VIEW_TEXT},
		     {"what", VIEW_TEXT},
		     {"url", VIEW_TEXT},
		     {"closed", VIEW_TIME}},
		    "SELECT task, opened, user_id, what, url, closed FROM tasks WHERE app=:app AND opened>=:since"
		    " AND (:user IS NULL OR user_id=:user OR user_id IN (SELECT id FROM temp.view_user)) ORDER BY task"},
    [VIEW_HELD] =
	{"held",
	 TRUE,
	 TRUE,
	 FALSE,
	 TRUE,
	 {{"what", VIEW_TEXT},
	  {"user_id", VIEW_TEXT},
	  {"email", VIEW_TEXT},
	  {"entitlement_id", VIEW_TEXT},
	  {"indirect", VIEW_BOOLEAN}},
	 "SELECT CASE h.record WHEN 1 THEN 'user' WHEN 2 THEN 'resource' WHEN 4 THEN 'entitlement' ELSE 'grant' END,"
	 " nullif(h.user_id, ''), " VIEW_ATTRIBUTE("email") ", nullif(h.entitlement_id, ''), " VIEW_BOOL(
	     "h.indirect") " FROM held_removals h LEFT JOIN service_users u ON u.app=h.app AND u.id=h.user_id WHERE h.app=:app"
			   " AND (:user IS NULL OR h.user_id IN (SELECT id FROM temp.view_user))"
			   " AND (:entitlement IS NULL OR h.entitlement_id=:entitlement"
			   "  OR h.entitlement_id IN (SELECT id FROM temp.view_entitlement))"
			   " ORDER BY h.record, h.user_id, h.entitlement_id, h.indirect"},
};

struct View {
	ViewKind kind;
	sqlite3_stmt *stmt;
	char *times[VIEW_MAX_COLUMNS]; /* of the present row */
};

const char *
view_word(ViewKind kind)
{
	return views[kind].word;
}

ViewKind
view_from_word(const char *word)
{
	ViewKind kind = VIEW_USERS;

	while (kind < N_VIEWS && strcmp(views[kind].word, word) != 0)
		kind++;
	return kind;
}

const ViewColumn *
view_columns(ViewKind kind, gsize *ret_n)
{
	gsize n = 0;

	while (n < VIEW_MAX_COLUMNS && views[kind].columns[n].name != NULL)
		n++;
	*ret_n = n;
	return views[kind].columns;
}

gboolean
view_takes_user(ViewKind kind)
{
	return views[kind].user;
}

gboolean
view_takes_entitlement(ViewKind kind)
{
	return views[kind].entitlement;
}

gboolean
view_takes_since(ViewKind kind)
{
	return views[kind].since;
}

/* Fills a table with what a word means, and says whether it means anything. */
static gboolean
view_resolve(sqlite3 *db, gint64 app, const char *insert, const char *word, gboolean *ret_found, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(db, insert, error);

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":word", word);
	if (!sql_done(stmt, error))
		return FALSE;
	*ret_found = sqlite3_changes(db) > 0;
	return TRUE;
}

static gboolean
view_resolve_user(sqlite3 *db, gint64 app, const char *word, gboolean *ret_found, GError **error)
{
	return view_resolve(db, app,
			    "INSERT INTO temp.view_user(key, id) SELECT u.key, u.id FROM service_users u WHERE u.app=:app AND"
			    " (u.id=:word OR u.key IN (SELECT a.user FROM service_user_attributes a WHERE a.app=:app"
			    "  AND a.attribute='email' AND lower(a.value)=lower(:word)))",
			    word, ret_found, error);
}

static gboolean
view_resolve_entitlement(sqlite3 *db, gint64 app, const char *word, gboolean *ret_found, GError **error)
{
	return view_resolve(db, app,
			    "INSERT INTO temp.view_entitlement(key, id) SELECT key, id FROM entitlements"
			    " WHERE app=:app AND (id=:word OR resource_id=:word)",
			    word, ret_found, error);
}

static gboolean
view_filter(sqlite3 *db, gint64 app, ViewKind kind, const ViewFilter *filter, GError **error)
{
	gboolean found = TRUE;

	if (!sql_exec(db,
		      "DROP TABLE IF EXISTS temp.view_user; CREATE TEMP TABLE view_user(key INTEGER PRIMARY KEY, id TEXT NOT NULL);"
		      "DROP TABLE IF EXISTS temp.view_entitlement;"
		      "CREATE TEMP TABLE view_entitlement(key INTEGER PRIMARY KEY, id TEXT NOT NULL)",
		      error))
		return FALSE;
	if (filter->user != NULL && !view_resolve_user(db, app, filter->user, &found, error))
		return FALSE;
	if (!found && !views[kind].past) {
		host_error_set(
		    error, IDC_NOT_FOUND, "no_such_user",
		    "The last snapshot has no user with the id or e-mail \"%s\". What was there before is told by changes.",
		    filter->user);
		return FALSE;
	}
	found = TRUE;
	if (filter->entitlement != NULL && !view_resolve_entitlement(db, app, filter->entitlement, &found, error))
		return FALSE;
	if (found || views[kind].past)
		return TRUE;
	host_error_set(
	    error, IDC_NOT_FOUND, "no_such_entitlement",
	    "The last snapshot has no entitlement or resource with the id \"%s\". What was there before is told by changes.",
	    filter->entitlement);
	return FALSE;
}

View *
view_new(Store *store, gint64 app, ViewKind kind, const ViewFilter *filter, GError **error)
{
	g_autoptr(View) view = g_new0(View, 1);

	view->kind = kind;
	if (!view_filter(store_db(store), app, kind, filter, error))
		return NULL;
	view->stmt = sql_prepare(store_db(store), views[kind].select, error);
	if (view->stmt == NULL)
		return NULL;
	sql_bind_int(view->stmt, ":app", app);
	sql_bind_int(view->stmt, ":since", filter->since);
	sql_bind_text(view->stmt, ":user", filter->user);
	sql_bind_text(view->stmt, ":entitlement", filter->entitlement);
	return g_steal_pointer(&view);
}

static void
view_clear_times(View *view)
{
	for (gsize i = 0; i < VIEW_MAX_COLUMNS; i++)
		g_clear_pointer(&view->times[i], g_free);
}

void
view_free(View *view)
{
	if (view == NULL)
		return;
	view_clear_times(view);
	sqlite3_finalize(view->stmt);
	g_free(view);
}

gboolean
view_next(View *view, gboolean *ret_row, GError **error)
{
	view_clear_times(view);
	return sql_step(view->stmt, ret_row, error);
}

const char *
view_field(View *view, gsize column)
{
	if (sqlite3_column_type(view->stmt, (int)column) == SQLITE_NULL)
		return NULL;
	if (views[view->kind].columns[column].type != VIEW_TIME)
		return (const char *)sqlite3_column_text(view->stmt, (int)column);
	if (view->times[column] == NULL)
		view->times[column] = text_time(sqlite3_column_int64(view->stmt, (int)column));
	return view->times[column];
}
