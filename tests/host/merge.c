/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a list does to the snapshot: what is removed, what stays and is stale, what is written down as a change. */
#include "base/error.h"
#include "lists.h"
#include "state/store-private.h"
#include "state/syncs.h"
#include "support.h"
#include <string.h>

#define THINGS                                                                                                                     \
	"resource r1 team\n"                                                                                                       \
	"resource r2 team\n"                                                                                                       \
	"entitlement e1 group r1\n"                                                                                                \
	"entitlement e2 group r1\n"                                                                                                \
	"entitlement e3 group r2\n"                                                                                                \
	"user u1 name=Ann\n"                                                                                                       \
	"user u2 name=Bob\n"
#define GRANTS                                                                                                                     \
	"grant u1 e1\n"                                                                                                            \
	"grant u1 e3\n"                                                                                                            \
	"grant u2 e1\n"                                                                                                            \
	"grant u2 e2\n"
#define WORLD THINGS GRANTS
#define STALE_GRANTS "grant u1 e1 stale\ngrant u1 e3 stale\ngrant u2 e1 stale\ngrant u2 e2 stale\n"

static void
test_first(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = lists_try(lists, WORLD "indirect u1 e2 via=s1\n", &error);
	static const guint64 totals[N_KINDS] = {2, 2, 3, 5};

	(void)data;
	g_assert_no_error(error);
	g_assert_true(result->first);
	g_assert_cmpuint(result->indirect, ==, 1);
	g_assert_cmpuint(result->outside, ==, 0);
	g_assert_cmpuint(result->partials->len, ==, 0);
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		g_assert_cmpuint(result->counts[kind].total, ==, totals[kind]);
		g_assert_cmpuint(result->counts[kind].added, ==, totals[kind]);
		g_assert_cmpuint(result->counts[kind].removed, ==, 0);
	}
	lists_assert(lists, THINGS "grant u1 e1\nindirect u1 e2 via=s1\ngrant u1 e3\ngrant u2 e1\ngrant u2 e2\n");
	lists_assert_changes(lists, "user_added u1 - - Ann baseline -\n"
				    "user_added u2 - - Bob baseline -\n"
				    "resource_added - r1 - - baseline -\n"
				    "resource_added - r2 - - baseline -\n"
				    "entitlement_added - e1 - - baseline -\n"
				    "entitlement_added - e2 - - baseline -\n"
				    "entitlement_added - e3 - - baseline -\n"
				    "grant_added u1 e1 - direct baseline -\n"
				    "grant_added u1 e2 - indirect via s1 baseline -\n"
				    "grant_added u1 e3 - direct baseline -\n"
				    "grant_added u2 e1 - direct baseline -\n"
				    "grant_added u2 e2 - direct baseline -\n");
}

/* Rows that are the same are not written: writing any would fail here. */
static void
test_unchanged(Lists *lists, gconstpointer data)
{
	static const char *const tables[] = {"service_users", "service_user_attributes", "resources", "entitlements",
					     "service_user_entitlements"};
	static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE"};
	static const char *const world = WORLD "indirect u1 e2 via=s2 via=s1 x=1\nuser u3 b=2 a=1\n";

	(void)data;
	lists_take(lists, world);
	for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
		for (gsize v = 0; v < G_N_ELEMENTS(verbs); v++) {
			g_autofree char *sql =
			    g_strdup_printf("CREATE TRIGGER t%zu%zu BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'written'); END", t,
					    v, verbs[v], tables[t]);

			g_assert_true(sql_exec(store_db(lists->store), sql, NULL));
		}
	}
	lists_take(lists, world);
	lists_assert_changes(lists, "");
}

static void
test_complete(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists, "resource r1 team\nentitlement e1 group r1\nentitlement e4 group r1\nuser u1 name=Anna\nuser u3\n"
			  "grant u1 e1\ngrant u3 e4\n");
	lists_assert(lists, "resource r1 team\nentitlement e1 group r1\nentitlement e4 group r1\nuser u1 name=Anna\nuser u3\n"
			    "grant u1 e1\ngrant u3 e4\n");
	lists_assert_changes(lists, "user_removed u2 - Bob - outside -\n"
				    "user_added u3 - - - outside -\n"
				    "user_changed u1 - name=Ann name=Anna outside -\n"
				    "resource_removed - r2 - - outside -\n"
				    "entitlement_removed - e2 - - outside -\n"
				    "entitlement_removed - e3 - - outside -\n"
				    "entitlement_added - e4 - - outside -\n"
				    "grant_removed u1 e3 direct - outside -\n"
				    "grant_removed u2 e1 direct - outside -\n"
				    "grant_removed u2 e2 direct - outside -\n"
				    "grant_added u3 e4 - direct outside -\n");
}

static void
test_changed(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, "resource r1 team name=Old a=1\nresource r2 team\nentitlement e1 group r1 k=1 k=2\n"
			  "user u1 name=Ann role=user job=x\ngrant u1 e1 effective=manager\nindirect u1 e1 via=s1\n");
	lists_take(lists, "resource r1 team name=New a=1\nresource r2 team\nentitlement e1 group r2 k=2 k=3\n"
			  "user u1 name=Ann role=admin tz=utc\ngrant u1 e1\nindirect u1 e1 via=s1 via=s2\n");
	lists_assert_changes(lists, "user_changed u1 - job=x - outside -\n"
				    "user_changed u1 - role=user role=admin outside -\n"
				    "user_changed u1 - - tz=utc outside -\n"
				    "resource_changed - r1 name=Old name=New outside -\n"
				    "entitlement_changed - e1 resource=r1 resource=r2 outside -\n"
				    "entitlement_changed - e1 k=1;2 k=2;3 outside -\n"
				    "grant_changed u1 e1 direct {\"effective\":\"manager\"} direct outside -\n"
				    "grant_changed u1 e1 indirect via s1 indirect via s1;s2 outside -\n");
	lists_assert(lists, "resource r1 team name=New a=1\nresource r2 team\nentitlement e1 group r2 k=2 k=3\n"
			    "user u1 name=Ann role=admin tz=utc\ngrant u1 e1\nindirect u1 e1 via=s1;s2\n");
}

/* Of a kind that is partial nothing is removed, and what was not seen is marked; what was seen is not. */
static void
test_partial(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;
	const StorePartial *partial;

	(void)data;
	lists_take(lists, WORLD);
	result =
	    lists_try(lists, THINGS "grant u1 e1\ngrant u2 e3\nseal grants partial status=202 reason=teams~are~hidden\n", &error);
	g_assert_no_error(error);
	lists_assert(lists, THINGS "grant u1 e1\ngrant u1 e3 stale\ngrant u2 e1 stale\ngrant u2 e2 stale\ngrant u2 e3\n");
	lists_assert_changes(lists, "grant_added u2 e3 - direct outside -\n");
	g_assert_cmpuint(result->counts[KIND_GRANT].stale, ==, 3);
	g_assert_cmpuint(result->partials->len, ==, 1);
	partial = g_ptr_array_index(result->partials, 0);
	g_assert_cmpint(partial->kind, ==, KIND_GRANT);
	g_assert_cmpint(partial->status, ==, IDC_FORBIDDEN);
	g_assert_cmpstr(partial->reason, ==, "teams are hidden");
	g_assert_null(partial->resource);
	g_assert_false(partial->known);
	/* Again the same: nothing new. Then whole: what is gone is gone now, the rest is good again. */
	lists_take(lists, THINGS "grant u1 e1\nseal grants partial reason=x\n");
	lists_assert(lists, THINGS "grant u1 e1\ngrant u1 e3 stale\ngrant u2 e1 stale\ngrant u2 e2 stale\ngrant u2 e3 stale\n");
	lists_take(lists, WORLD);
	lists_assert(lists, WORLD);
	lists_assert_changes(lists, "grant_removed u2 e3 direct - outside -\n");
}

/* One kind that cannot be read leaves the others whole. */
static void
test_partial_kinds(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists, "resource r1 team\nentitlement e1 group r1\nuser u1 name=Ann\ngrant u1 e1\n"
			  "seal resources partial\nseal entitlements partial\nseal grants partial\n");
	/* u2 is gone, and with him what hung on him; e2, e3 and r2 could not be read. */
	lists_assert(lists, "resource r1 team\nresource r2 team stale\nentitlement e1 group r1\nentitlement e2 group r1 stale\n"
			    "entitlement e3 group r2 stale\nuser u1 name=Ann\ngrant u1 e1\ngrant u1 e3 stale\n");
	lists_take(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r1\n"
			  "entitlement e3 group r2\nuser u1 name=Ann\ngrant u1 e1\nseal users partial\nseal grants partial\n");
	lists_assert(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r1\n"
			    "entitlement e3 group r2\nuser u1 name=Ann\ngrant u1 e1\ngrant u1 e3 stale\n");
}

static void
test_scoped_resource(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists, THINGS "grant u1 e1\nseal grants complete resource=r1\nseal grants partial\n");
	/* Under r1 what was not listed is gone; under r2 it is not known. */
	lists_assert(lists, THINGS "grant u1 e1\ngrant u1 e3 stale\n");
	lists_assert_changes(lists, "grant_removed u2 e1 direct - outside -\ngrant_removed u2 e2 direct - outside -\n");
}

static void
test_scoped_entitlement_and_user(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists, THINGS "seal grants complete entitlement=e1\nseal grants complete user=u1\nseal grants partial\n");
	lists_assert(lists, THINGS "grant u2 e2 stale\n");
}

/* A scope also covers entitlements themselves, and these take their grants along. */
static void
test_scoped_entitlements(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nuser u1 name=Ann\nuser u2 name=Bob\n"
			  "seal entitlements complete resource=r1\nseal entitlements partial\nseal grants partial\n");
	lists_assert(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e3 group r2 stale\n"
			    "user u1 name=Ann\nuser u2 name=Bob\ngrant u1 e1 stale\ngrant u1 e3 stale\ngrant u2 e1 stale\n");
}

/* An entitlement that was moved belongs to the resource that it names now. */
static void
test_scoped_moved(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists,
		   "resource r1 team\nresource r2 team\nentitlement e1 group r2\nentitlement e2 group r1\nentitlement e3 group r2\n"
		   "user u1 name=Ann\nuser u2 name=Bob\nseal grants complete resource=r1\nseal grants partial\n");
	lists_assert(
	    lists, "resource r1 team\nresource r2 team\nentitlement e1 group r2\nentitlement e2 group r1\nentitlement e3 group r2\n"
		   "user u1 name=Ann\nuser u2 name=Bob\ngrant u1 e1 stale\ngrant u1 e3 stale\ngrant u2 e1 stale\n");
}

/* REMOVED is a statement of its own, good under any seal. */
static void
test_removed(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "indirect u2 e2 via=s\n");
	lists_take(lists, "removed resource r2\nremoved grant u2 e2\nremoved user u9\nremoved grant u9 e9\n"
			  "seal resources partial\nseal entitlements partial\nseal users partial\nseal grants partial\n");
	lists_assert(lists, "resource r1 team stale\nentitlement e1 group r1 stale\nentitlement e2 group r1 stale\n"
			    "user u1 name=Ann stale\nuser u2 name=Bob stale\n"
			    "grant u1 e1 stale\ngrant u2 e1 stale\nindirect u2 e2 via=s stale\n");
	lists_take(lists, "removed user u2\nremoved entitlement e1\n"
			  "seal resources partial\nseal entitlements partial\nseal users partial\nseal grants partial\n");
	lists_assert(lists, "resource r1 team stale\nentitlement e2 group r1 stale\nuser u1 name=Ann stale\n");
	lists_assert_changes(lists, "user_removed u2 - Bob - outside -\nentitlement_removed - e1 - - outside -\n"
				    "grant_removed u1 e1 direct - outside -\ngrant_removed u2 e1 direct - outside -\n"
				    "grant_removed u2 e2 indirect via s - outside -\n");
}

/* ---- lists of changes ---- */

static char *
cursor_of(Lists *lists)
{
	g_autoptr(SyncsState) state = syncs_state(lists->store, lists->app, NULL);

	return g_strdup(state->cursor != NULL ? state->cursor : "none");
}

static void
assert_cursor(Lists *lists, const char *expected)
{
	g_autofree char *cursor = cursor_of(lists);

	g_assert_cmpstr(cursor, ==, expected);
}

static void
test_delta(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "cursor c1\n");
	assert_cursor(lists, "c1");
	lists->seal = IDC_SEAL_DELTA;
	/* A team that is read again: its grants are all there are, the others stay. */
	lists_take(lists, "resource r1 team\nentitlement e1 group r1\nuser u3\ngrant u1 e1\ngrant u3 e1\n"
			  "seal grants complete resource=r1\nremoved user u9\ncursor c2\n");
	lists_assert(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r1\n"
			    "entitlement e3 group r2\nuser u1 name=Ann\nuser u2 name=Bob\nuser u3\n"
			    "grant u1 e1\ngrant u1 e3\ngrant u3 e1\n");
	assert_cursor(lists, "c2");
	lists->seal = IDC_SEAL_UNCHANGED;
	lists_take(lists, "");
	lists_assert_changes(lists, "");
	assert_cursor(lists, "c2");
	lists->seal = IDC_SEAL_DELTA;
	lists_take(lists, "removed resource r1\ncursor c3\n");
	lists_assert(lists,
		     "resource r2 team\nentitlement e3 group r2\nuser u1 name=Ann\nuser u2 name=Bob\nuser u3\ngrant u1 e3\n");
	assert_cursor(lists, "c3");
}

/* Where something could not be read, changes since then would not bring it back: the cursor stays where it was, and the next list of
 * changes from there heals what went stale. */
static void
test_delta_heals(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "cursor c1\n");
	lists->seal = IDC_SEAL_DELTA;
	lists_take(lists, "grant u2 e3\nseal grants partial\ncursor c2\n");
	lists_assert(lists, THINGS STALE_GRANTS "grant u2 e3\n");
	assert_cursor(lists, "c1");
	lists_take(lists, "cursor c3\n");
	lists_assert(lists, THINGS "grant u1 e1\ngrant u1 e3\ngrant u2 e1\ngrant u2 e2\ngrant u2 e3\n");
	assert_cursor(lists, "c3");
}

/* A partial kind that the app knows of does not stop the cursor; but no list of changes makes it whole. */
static void
test_delta_known(Lists *lists, gconstpointer data)
{
	static const char *const known[] = {"no~schedules", "no schedules", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;

	(void)data;
	lists->options.known_partial = known;
	lists_take(lists, WORLD);
	lists_take(lists, THINGS "grant u1 e1\nseal grants partial reason=no~schedules\ncursor c1\n");
	assert_cursor(lists, "c1");
	lists->seal = IDC_SEAL_DELTA;
	result = lists_try(lists, "user u2 name=Bill\ncursor c2\n", &error);
	g_assert_no_error(error);
	lists_assert(lists, "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r1\n"
			    "entitlement e3 group r2\nuser u1 name=Ann\nuser u2 name=Bill\n"
			    "grant u1 e1\ngrant u1 e3 stale\ngrant u2 e1 stale\ngrant u2 e2 stale\n");
	g_assert_cmpuint(result->partials->len, ==, 1);
	g_assert_true(((const StorePartial *)g_ptr_array_index(result->partials, 0))->known);
	assert_cursor(lists, "c2");
	lists->seal = IDC_SEAL_COMPLETE;
	lists_take(lists, WORLD);
	lists_assert(lists, WORLD);
}

static void
test_first_partial_has_no_cursor(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "seal grants partial\ncursor c1\n");
	assert_cursor(lists, "none");
}

/* ---- whose doing ---- */

/* What could not be read before and can be now is no news; what could and differs is. */
static void
test_baseline_kind(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, "user u1\nresource r1 team\nentitlement e1 group r1\ngrant u1 e1\nseal grants complete resource=r1\n"
			  "seal resources partial\nseal entitlements partial\nseal grants partial\n");
	lists_take(lists, "user u1\nuser u2\nresource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r2\n"
			  "grant u1 e1\ngrant u1 e2\n");
	lists_assert_changes(lists, "user_added u2 - - - outside -\n"
				    "resource_added - r2 - - baseline -\n"
				    "entitlement_added - e2 - - baseline -\n"
				    "grant_added u1 e2 - direct baseline -\n");
	lists_take(lists, "user u1\nuser u2\nresource r1 team\nentitlement e1 group r1\ngrant u1 e1\ngrant u2 e1\n");
	lists_assert_changes(lists, "resource_removed - r2 - - outside -\nentitlement_removed - e2 - - outside -\n"
				    "grant_removed u1 e2 direct - outside -\ngrant_added u2 e1 - direct outside -\n");
}

/* Grants alone could not be read: users and entitlements are old, what they hold is no news. */
static void
test_baseline_grants(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, THINGS "grant u1 e1\nseal grants partial\n");
	lists_take(lists, WORLD);
	lists_assert_changes(lists, "grant_added u1 e3 - direct baseline -\ngrant_added u2 e1 - direct baseline -\n"
				    "grant_added u2 e2 - direct baseline -\n");
}

/* The same for one resource while others stay hidden, where the kind never becomes whole. */
static void
test_baseline_resource(Lists *lists, gconstpointer data)
{
	static const char *const hidden = "seal grants partial\n";
	g_autofree char *one = g_strconcat(THINGS "grant u1 e1\nseal grants complete resource=r1\n", hidden, NULL);
	g_autofree char *both = g_strconcat(THINGS "grant u1 e1\ngrant u2 e2\ngrant u2 e3\nseal grants complete resource=r1\n"
						   "seal grants complete resource=r2\n",
					    hidden, NULL);

	(void)data;
	lists_take(lists, one);
	lists_take(lists, both);
	lists_assert_changes(lists, "grant_added u2 e2 - direct outside -\ngrant_added u2 e3 - direct baseline -\n");
	lists_take(lists, one);
	lists_take(lists, both);
	lists_assert_changes(lists, "grant_added u2 e2 - direct outside -\n");
}

static void
test_baseline_module(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists->options.module_sha256 = "m2";
	lists_take(lists, THINGS "grant u1 e1\ngrant u1 e2\n");
	lists_assert_changes(lists, "grant_removed u1 e3 direct - baseline -\ngrant_removed u2 e1 direct - baseline -\n"
				    "grant_removed u2 e2 direct - baseline -\ngrant_added u1 e2 - direct baseline -\n");
	lists_take(lists, THINGS "grant u1 e1\n");
	lists_assert_changes(lists, "grant_removed u1 e2 direct - outside -\n");
}

/* A sort of entitlement that other settings bring in is no news; without other settings it is. */
static void
test_baseline_settings(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	lists->options.settings_hash = "s2";
	lists_take(lists,
		   WORLD "resource r3 schedule\nentitlement s1 schedule r3\nentitlement e4 group r1\ngrant u1 s1\ngrant u1 e4\n");
	lists_assert_changes(lists, "resource_added - r3 - - baseline -\nentitlement_added - e4 - - outside -\n"
				    "entitlement_added - s1 - - baseline -\ngrant_added u1 e4 - direct outside -\n"
				    "grant_added u1 s1 - direct baseline -\n");
	lists_take(lists, WORLD);
	lists_take(lists, WORLD "resource r3 schedule\nentitlement s1 schedule r3\n");
	lists_assert_changes(lists, "resource_added - r3 - - outside -\nentitlement_added - s1 - - outside -\n");
}

static void
test_events(Lists *lists, gconstpointer data)
{
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gboolean row = FALSE;

	(void)data;
	lists_take(lists, WORLD);
	lists_take(lists,
		   "resource r1 team\nresource r2 team\nentitlement e1 group r1\nentitlement e2 group r1\nentitlement e3 group r2\n"
		   "user u1 name=Anna\nuser u3\ngrant u1 e1\ngrant u3 e3\n"
		   "event added u3 e3 actor=First at=1600000000000\nevent added u3 e3 actor=Zoe method=browser at=1600000001000\n"
		   "event removed u2 - actor=Max\nevent invited u3 - actor=Zoe\nevent changed u1 - actor=Ann\n"
		   "event removed u1 e1 actor=Nobody\n");
	lists_assert_changes(lists, "user_removed u2 - Bob - outside Max\n"
				    "user_added u3 - - - outside Zoe\n"
				    "user_changed u1 - name=Ann name=Anna outside Ann\n"
				    "grant_removed u1 e3 direct - outside -\n"
				    "grant_removed u2 e1 direct - outside -\n"
				    "grant_removed u2 e2 direct - outside -\n"
				    "grant_added u3 e3 - direct outside Zoe\n");
	stmt = sql_prepare(store_db(lists->store),
			   "SELECT granted_by, since FROM service_user_entitlements WHERE granted_by IS NOT NULL", NULL);
	g_assert_true(sql_step(stmt, &row, NULL) && row);
	g_assert_cmpstr((const char *)sqlite3_column_text(stmt, 0), ==, "Zoe");
	g_assert_cmpint(sqlite3_column_int64(stmt, 1), ==, G_GINT64_CONSTANT(1600000001000));
	g_assert_true(sql_step(stmt, &row, NULL) && !row);
}

/* ---- one of several ---- */

static void
test_apps(Lists *lists, gconstpointer data)
{
	gint64 first = lists->app;
	gint64 second = 0;

	(void)data;
	lists_take(lists, WORLD);
	g_assert_true(store_add_app(lists->store, "Other", &second, NULL));
	lists->app = second;
	lists_take(lists, "user u1 name=Else\nresource r1 team\nentitlement e1 group r1\ngrant u1 e1\n");
	lists_take(lists, "user u7\n");
	lists_assert(lists, "user u7\n");
	lists->app = first;
	lists_assert(lists, WORLD);
}

static void
test_entitlement_flags(Lists *lists, gconstpointer data)
{
	static const char *const expected = "e1 1 1\ne2 0 0\ne3 1 0\ne4 0 1\ns1 0 0\nx1 0 0\n";
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gboolean row = TRUE;

	(void)data;
	lists_take(lists, "resource r1 team\nentitlement e1 group r1\nentitlement e2 group r1 assignable=false\n"
			  "entitlement e3 group r1 removable=false\nentitlement e4 group r1 assignable=false removable=true\n"
			  "entitlement s1 schedule r1\nentitlement x1 unheard r1\n");
	stmt = sql_prepare(store_db(lists->store), "SELECT id, assignable, removable FROM entitlements ORDER BY id", NULL);
	while (sql_step(stmt, &row, NULL) && row)
		g_string_append_printf(text, "%s %d %d\n", (const char *)sqlite3_column_text(stmt, 0), sqlite3_column_int(stmt, 1),
				       sqlite3_column_int(stmt, 2));
	g_assert_cmpstr(text->str, ==, expected);
}

/* A merge that fails in its middle leaves the snapshot, and the next one is right. */
static void
test_failure(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;

	(void)data;
	lists_take(lists, WORLD);
	g_assert_true(sql_exec(store_db(lists->store),
			       "CREATE TRIGGER fails BEFORE INSERT ON service_user_entitlements WHEN NEW.app IS NOT NULL"
			       " BEGIN SELECT RAISE(ABORT, 'no more'); END",
			       NULL));
	result = lists_try(lists, "resource r1 team\nentitlement e9 group r1\nuser u9\ngrant u9 e9\n", &error);
	g_assert_null(result);
	g_assert_cmpint(host_error_status(error), ==, IDC_IO);
	lists_assert(lists, WORLD);
	lists_assert_changes(lists, "");
	g_assert_true(sql_exec(store_db(lists->store), "DROP TRIGGER fails", NULL));
	lists_take(lists, "resource r1 team\nentitlement e9 group r1\nuser u9\ngrant u9 e9\n");
	lists_assert(lists, "resource r1 team\nentitlement e9 group r1\nuser u9\ngrant u9 e9\n");
}

int
main(int argc, char **argv)
{
	const struct {
		const char *name;
		void (*test)(Lists *lists, gconstpointer data);
	} tests[] = {
	    {"/merge/the first list is the snapshot and a baseline", test_first},
	    {"/merge/an unchanged list writes nothing", test_unchanged},
	    {"/merge/what a complete list lacks is gone, with all that hangs on it", test_complete},
	    {"/merge/what differs is told field by field", test_changed},
	    {"/merge/a partial kind loses nothing and is marked stale", test_partial},
	    {"/merge/a partial kind leaves the others whole", test_partial_kinds},
	    {"/merge/a seal of a resource covers the grants under it alone", test_scoped_resource},
	    {"/merge/seals of an entitlement and of a user cover theirs alone", test_scoped_entitlement_and_user},
	    {"/merge/a seal of a resource's entitlements covers these and their grants", test_scoped_entitlements},
	    {"/merge/an entitlement that moved is covered where it is now", test_scoped_moved},
	    {"/merge/a removal that is said is good under any seal", test_removed},
	    {"/delta/changes are applied to what was there", test_delta},
	    {"/delta/the cursor waits for what could not be read, and then heals it", test_delta_heals},
	    {"/delta/what is known to be partial stays stale under a list of changes", test_delta_known},
	    {"/delta/a first list that is partial gives no cursor", test_first_partial_has_no_cursor},
	    {"/origin/a kind that becomes readable is a baseline", test_baseline_kind},
	    {"/origin/grants that become readable are a baseline", test_baseline_grants},
	    {"/origin/a resource that becomes readable is a baseline", test_baseline_resource},
	    {"/origin/another module's differences are a baseline", test_baseline_module},
	    {"/origin/what other settings bring in is a baseline", test_baseline_settings},
	    {"/origin/events tell who did it", test_events},
	    {"/merge/apps do not touch each other", test_apps},
	    {"/merge/what can be given and taken comes from manifest and entitlement", test_entitlement_flags},
	    {"/merge/a merge that fails in its middle changes nothing", test_failure},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Lists, NULL, lists_set_up, tests[i].test, lists_tear_down);
	return g_test_run();
}
