/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Tasks: one of each is open at a time, and only a list that proves the thing gone closes it. */
#include "state/tasks.h"
#include "lists.h"
#include "state/holdings.h"
#include "state/lookup.h"
#include "state/store-private.h"
#include "support.h"

#define THINGS                                                                                                                     \
	"resource r1 team\n"                                                                                                       \
	"resource r2 team\n"                                                                                                       \
	"entitlement e1 group r1\n"                                                                                                \
	"entitlement e3 group r2\n"                                                                                                \
	"user u2 name=Bob\n"
#define ANN "user u1 name=Ann\n"
#define GRANTS "grant u1 e1\ngrant u1 e3\ngrant u2 e1\n"
#define WORLD THINGS ANN GRANTS

static void
open_one(Lists *lists, const char *about, const char *entitlement)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Task) task = task_new(about, "u1", entitlement, "Do it.", "https://example.org/");

	g_assert_true(tasks_open(lists->store, lists->app, task, lists->now, &error));
	g_assert_no_error(error);
}

/* About Ann, and about what she holds of r1 and of r2. */
static void
set_up(Lists *lists, gconstpointer data)
{
	lists_set_up(lists, data);
	lists_take(lists, WORLD);
	open_one(lists, "access", "e1");
	open_one(lists, "access", "e3");
	open_one(lists, "delete", NULL);
}

/* The numbers of the tasks that are closed, and of nothing else. */
static void
assert_closed(Lists *lists, const char *wanted)
{
	g_autoptr(GString) closed = g_string_new(NULL);
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(lists->store), "SELECT task FROM tasks WHERE closed IS NOT NULL ORDER BY task", NULL);
	guint64 open = 0;
	gboolean row = FALSE;
	guint n = 0;

	while (sql_step(stmt, &row, NULL) && row) {
		g_string_append_printf(closed, "%s%d", n > 0 ? " " : "", sqlite3_column_int(stmt, 0));
		n++;
	}
	g_assert_cmpstr(closed->str, ==, wanted);
	g_assert_true(tasks_count(lists->store, lists->app, &open, NULL));
	g_assert_cmpuint(open, ==, 3 - n);
}

static void
test_stays(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD);
	assert_closed(lists, "");
}

static void
test_complete(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, THINGS ANN "grant u1 e3\ngrant u2 e1\n");
	assert_closed(lists, "1");
	lists_take(lists, THINGS "grant u2 e1\n");
	assert_closed(lists, "1 2 3");
}

static void
test_partial(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, THINGS "grant u2 e1\nseal users partial\nseal grants partial\n");
	assert_closed(lists, "");
}

static void
test_scoped(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, THINGS ANN "grant u2 e1\nseal grants complete resource=r1\nseal grants partial\n");
	assert_closed(lists, "1");
}

static void
test_removed(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, THINGS ANN "removed grant u1 e3\nseal users partial\nseal grants partial\n");
	assert_closed(lists, "2");
	lists_take(lists, THINGS "removed user u1\nseal users partial\nseal grants partial\n");
	assert_closed(lists, "1 2 3");
}

/* What this host took itself is out of the snapshot at once; that it is gone is for a list to say that was read whole. */
static void
test_followed(Lists *lists, gconstpointer data)
{
	(void)data;
	g_assert_true(
	    sql_exec(store_db(lists->store),
		     "DELETE FROM service_user_entitlements WHERE entitlement=(SELECT key FROM entitlements WHERE id='e1')"
		     " AND user=(SELECT key FROM service_users WHERE id='u1')",
		     NULL));
	lists_take(lists, THINGS ANN "grant u1 e3\ngrant u2 e1\nseal grants partial\n");
	assert_closed(lists, "");
	lists_take(lists, THINGS ANN "grant u1 e3\ngrant u2 e1\n");
	assert_closed(lists, "1");
}

/* A list of changes leaves what it does not name as it is. */
static void
test_delta(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "cursor c1\n");
	lists->seal = IDC_SEAL_DELTA;
	lists_take(lists, "cursor c2\n");
	assert_closed(lists, "");
	lists_take(lists, "removed user u1\ncursor c3\n");
	assert_closed(lists, "1 2 3");
}

/* A held list changes nothing, tasks included. */
static void
test_held(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;

	(void)data;
	lists->options.at_least = 0;
	lists->options.percent = 1;
	result = lists_try(lists, THINGS "grant u2 e1\n", &error);
	g_assert_no_error(error);
	g_assert_true(result->held);
	assert_closed(lists, "");
}

static void
test_once(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Task) same = task_new("access", "u1", "e1", "Do it again.", NULL);
	g_autoptr(Task) second = task_new("access", "u1", "e1", "Do it again.", NULL);
	g_autoptr(Task) other = task_new("deactivate", "u1", NULL, "Do that.", NULL);
	gboolean found = FALSE;

	(void)data;
	g_assert_true(tasks_find(lists->store, lists->app, same, &found, &error));
	g_assert_true(found);
	g_assert_cmpint(same->task, ==, 1);
	g_assert_cmpstr(same->what, ==, "Do it.");
	g_assert_true(same->before);
	g_assert_false(tasks_open(lists->store, lists->app, second, lists->now, &error));
	g_clear_error(&error);
	g_assert_true(tasks_find(lists->store, lists->app, other, &found, &error));
	g_assert_false(found);
	/* Once it is closed, the same may be opened anew. */
	lists_take(lists, THINGS ANN "grant u1 e3\ngrant u2 e1\n");
	assert_closed(lists, "1");
	g_assert_true(tasks_open(lists->store, lists->app, second, lists->now, &error));
	g_assert_cmpint(second->task, ==, 4);
}

static void
test_holdings(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Lookup) lookup = NULL;
	g_autoptr(LookupUser) ann = NULL;
	g_autoptr(GPtrArray) holdings = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *name = NULL;
	g_autofree char *page = NULL;

	(void)data;
	lists_take(lists, THINGS "entitlement s1 schedule - name=Weekly url=https://x/s removable=false\n"
				 "user u1 name=Ann page=https://x/ann\n" GRANTS "grant u1 s1\nindirect u1 e3 via=b via=a\n");
	lookup = lookup_new(lists->store, lists->app);
	ann = lookup_user(lookup, "u1", &error);
	g_assert_no_error(error);
	holdings = holdings_of(lists->store, lists->app, ann->key, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < holdings->len; i++) {
		const Holding *holding = g_ptr_array_index(holdings, i);

		g_string_append_printf(text, "%s %s %s %s %s%s%s\n", holding->entitlement_id, holding->kind, holding->name,
				       holding->url != NULL ? holding->url : "-", holding->via != NULL ? holding->via : "-",
				       holding->removable ? " removable" : "", holding->indirect ? " indirect" : "");
	}
	g_assert_cmpstr(text->str, ==,
			"e1 group e1 - - removable\ne3 group e3 - - removable\ne3 group e3 - a;b removable indirect\n"
			"s1 schedule Weekly https://x/s -\n");
	g_assert_true(holdings_user(lists->store, lists->app, ann->key, "page", &name, &page, &error));
	g_assert_cmpstr(name, ==, "Ann");
	g_assert_cmpstr(page, ==, "https://x/ann");
}

int
main(int argc, char **argv)
{
	const struct {
		const char *name;
		void (*test)(Lists *lists, gconstpointer data);
	} tests[] = {
	    {"/tasks/what is still there stays a task", test_stays},
	    {"/tasks/a complete list closes those whose thing is gone, and with a user all of theirs", test_complete},
	    {"/tasks/a partial list closes none", test_partial},
	    {"/tasks/a seal of a resource closes those under it alone", test_scoped},
	    {"/tasks/a removal that is said closes its own under any seal", test_removed},
	    {"/tasks/what this host took itself is closed by the first whole list", test_followed},
	    {"/tasks/a list of changes closes what it says is gone", test_delta},
	    {"/tasks/a held list closes none", test_held},
	    {"/tasks/one about the same thing is open at a time", test_once},
	    {"/holdings/all that somebody holds, with how and where", test_holdings},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Lists, NULL, set_up, tests[i].test, lists_tear_down);
	return g_test_run();
}
