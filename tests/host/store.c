/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The file itself: versions, modes, the book of syncs, and readers while something is written. */
#include "state/store.h"
#include "base/error.h"
#include "jobs/schedule.h"
#include "lists.h"
#include "state/schema.h"
#include "state/store-private.h"
#include "state/syncs.h"
#include "state/view.h"
#include "support.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
assert_pragma(sqlite3 *db, const char *name, gint64 expected)
{
	gint64 value = -1;

	g_assert_true(sql_pragma(db, name, &value, NULL));
	g_assert_cmpint(value, ==, expected);
}

static void
test_made(Lists *lists, gconstpointer data)
{
	g_autofree char *path = g_build_filename(lists->folder, "idc.db", NULL);
	struct stat info;
	gint64 app = 0;

	(void)data;
	g_assert_cmpint(g_stat(path, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0600);
	assert_pragma(store_db(lists->store), "user_version", schema_present()->n_steps);
	g_assert_true(store_find_app(lists->store, "APP", &app, NULL));
	g_assert_cmpint(app, ==, lists->app);
	g_assert_true(store_find_app(lists->store, "Else", &app, NULL));
	g_assert_cmpint(app, ==, 0);
}

static void
test_refused(Lists *lists, gconstpointer data)
{
	const struct {
		const char *sql;
		const char *code;
		const char *part;
	} cases[] = {
	    {"PRAGMA user_version=99", "store_newer", "was written by a newer idc-host (schema 99"},
	    {"PRAGMA application_id=1", "store_foreign", "is a database of another program"},
	};

	(void)lists;
	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *folder = support_folder();
		g_autoptr(Store) store = store_open(folder, NULL);
		g_autoptr(Store) again = NULL;

		g_assert_true(sql_exec(store_db(store), cases[i].sql, NULL));
		again = store_open(folder, &error);
		g_assert_null(again);
		support_assert_error(error, IDC_INVALID, cases[i].code, cases[i].part);
		g_clear_pointer(&store, store_close);
		support_remove(g_steal_pointer(&folder));
	}
}

static void
test_not_private(Lists *lists, gconstpointer data)
{
	g_autofree char *path = g_build_filename(lists->folder, "idc.db", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;

	(void)data;
	g_assert_cmpint(g_chmod(path, 0640), ==, 0);
	store = store_open(lists->folder, &error);
	g_assert_null(store);
	support_assert_error(error, IDC_INVALID, "store_mode", "must be a file of this user with mode 0600");
}

static void
test_damaged(Lists *lists, gconstpointer data)
{
	g_autofree char *folder = support_folder();
	g_autofree char *path = support_write(folder, "idc.db", "this is no database, however long it may be", 0600);
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(folder, &error);

	(void)lists;
	(void)data;
	g_assert_null(store);
	support_assert_error(error, IDC_IO, "store_damaged", path);
	support_remove(g_steal_pointer(&folder));
}

/* Two steps: what the first made is there after the second, a copy of the first beside it. */
static void
test_migrates(Lists *lists, gconstpointer data)
{
	static const char *const texts[] = {"CREATE TABLE things(name TEXT);", "ALTER TABLE things ADD COLUMN size INTEGER;",
					    "CREATE TABLE broken(;"};
	const Schema first = {texts, 1, schema_present()->application};
	const Schema second = {texts, 2, schema_present()->application};
	const Schema third = {texts, 3, schema_present()->application};
	g_autofree char *path = g_build_filename(lists->folder, "other.db", NULL);
	g_autofree char *copy = g_strconcat(path, ".v1", NULL);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(sqlite3) copied = NULL;
	struct stat info;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_true(schema_apply(db, path, &first, &error));
	g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
	g_assert_true(sql_exec(db, "INSERT INTO things VALUES('kept')", NULL));
	g_assert_true(schema_apply(db, path, &second, &error));
	assert_pragma(db, "user_version", 2);
	g_assert_true(sql_exec(db, "INSERT INTO things VALUES('new', 3)", NULL));
	g_assert_cmpint(sqlite3_open(copy, &copied), ==, SQLITE_OK);
	assert_pragma(copied, "user_version", 1);
	g_assert_cmpint(g_stat(copy, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0600);
	g_assert_true(sql_exec(copied, "INSERT INTO things VALUES('in the copy')", NULL));
	/* A migration that fails leaves the file as it was. */
	g_assert_false(schema_apply(db, path, &third, &error));
	g_assert_nonnull(error);
	assert_pragma(db, "user_version", 2);
	g_clear_error(&error);
	/* The older host, which knows one step only. */
	g_assert_false(schema_apply(db, path, &first, &error));
	support_assert_error(error, IDC_INVALID, "store_newer", "schema 2");
}

static void
test_book(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) why = host_error_new(IDC_UNAUTHENTICATED, "bad", "The secret is wrong.");
	const SyncsCost cost = {.requests = 3, .waited_ms = 5};
	g_autoptr(SyncsState) state = syncs_state(lists->store, lists->app, NULL);
	g_autoptr(SyncsEntry) entry = NULL;
	gint64 sync = 0;

	(void)data;
	g_assert_cmpint(state->last_sync, ==, 0);
	for (gint64 i = 1; i <= 3; i++) {
		g_assert_true(syncs_begin(lists->store, lists->app, 100 * i, &sync, NULL));
		g_assert_cmpint(sync, ==, i);
		g_assert_true(syncs_module(lists->store, lists->app, sync, FALSE, "memory", "1.0.0", "abc", NULL));
		g_assert_true(syncs_failed(lists->store, lists->app, sync, 100 * i + 7, why, &cost, NULL));
	}
	syncs_state_free(g_steal_pointer(&state));
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_cmpuint(state->failures, ==, 3);
	g_assert_cmpint(state->last_status, ==, SYNCS_FAILED);
	g_assert_cmpint(state->last_exit, ==, HOST_EXIT_REAUTHORIZE);
	g_assert_cmpstr(state->last_reason, ==, "The secret is wrong.");
	entry = syncs_entry(lists->store, lists->app, 3, NULL);
	g_assert_cmpint(entry->requests, ==, 3);
	g_assert_cmpint(entry->users, ==, -1);
	g_assert_false(entry->full);
	/* A sync that was killed is one more failure once somebody has looked. */
	g_assert_true(syncs_begin(lists->store, lists->app, 400, &sync, NULL));
	g_assert_true(syncs_sweep(lists->store, lists->app, 500, "killed", NULL));
	syncs_state_free(g_steal_pointer(&state));
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_cmpuint(state->failures, ==, 4);
	g_assert_cmpstr(state->last_reason, ==, "killed");
	lists_take(lists, "user u1\n");
	syncs_state_free(g_steal_pointer(&state));
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_cmpuint(state->failures, ==, 0);
	g_assert_cmpint(state->merged_sync, ==, 5);
}

static void
test_schedule(Lists *lists, gconstpointer data)
{
	const gint64 minute = 60000;
	const gint64 start = G_GINT64_CONSTANT(1700000000000);
	App app = {.identifier = (char *)(gpointer)(guintptr) "Ops", .sync = APP_HOURLY, .sync_minutes = 60};
	SyncsState state = {.last_retry_after_ms = -1};

	(void)lists;
	(void)data;
	g_assert_cmpint(schedule_next(&app, &state), ==, 0);
	state = (SyncsState){.last_sync = 1,
			     .last_started = start,
			     .last_finished = start + minute,
			     .last_status = SYNCS_COMPLETE,
			     .last_retry_after_ms = -1};
	g_assert_cmpint(schedule_next(&app, &state), ==, start + 60 * minute);
	g_assert_false(schedule_due_once(&app, &state, start + 54 * minute));
	g_assert_true(schedule_due_once(&app, &state, start + 56 * minute));
	g_assert_false(schedule_overdue(&app, &state, start + 80 * minute));
	g_assert_true(schedule_overdue(&app, &state, start + 100 * minute));
	/* Sooner after a failure, then later and later, never more seldom than usual. */
	state.last_status = SYNCS_FAILED;
	for (guint i = 0; i < 7; i++) {
		static const gint64 waits[] = {5, 10, 20, 40, 60, 60, 60};

		state.failures = i + 1;
		g_assert_cmpint(schedule_next(&app, &state), ==, start + minute + waits[i] * minute);
	}
	/* As late as the service asks. */
	state.failures = 1;
	state.last_retry_after_ms = 30 * minute;
	g_assert_cmpint(schedule_next(&app, &state), ==, start + 31 * minute);
	/* Where a person has to act, asking again and again would only lock the account. */
	state.last_exit = HOST_EXIT_REAUTHORIZE;
	g_assert_cmpint(schedule_next(&app, &state), ==, start + 60 * minute);
	app.sync = APP_MANUAL;
	app.sync_minutes = 0;
	g_assert_cmpint(schedule_next(&app, &state), ==, SCHEDULE_NEVER);
	g_assert_false(schedule_due_once(&app, &state, start + 6000 * minute));
	g_assert_cmpint(schedule_offset(&app), ==, 0);
	g_assert_cmpint(schedule_worse(HOST_EXIT_PARTIAL, HOST_EXIT_LATER), ==, HOST_EXIT_PARTIAL);
	g_assert_cmpint(schedule_worse(HOST_EXIT_FAILED, HOST_EXIT_REAUTHORIZE), ==, HOST_EXIT_REAUTHORIZE);
	g_assert_cmpint(schedule_worse(HOST_EXIT_OK, HOST_EXIT_OK), ==, HOST_EXIT_OK);
}

/* ---- readers ---- */

#define READER_USERS 40
#define READER_MERGES 25

/* A world in which everybody has the same name; another number of users, so that a mixture would show. */
static char *
named_world(guint n)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "resource r1 team name=w%u\nentitlement e1 group r1 name=w%u\n", n, n);
	for (guint u = 0; u < READER_USERS + n % 5; u++)
		g_string_append_printf(text, "user u%03u name=w%u\n", u, n);
	for (guint u = 0; u < READER_USERS + n % 5; u++)
		g_string_append_printf(text, "grant u%03u e1\n", u);
	return g_string_free(text, FALSE);
}

/* One look: every row of one world, and all of them. */
static int
read_once(const char *folder, gint64 app)
{
	static const ViewFilter any = {0};
	g_autoptr(Store) store = store_open(folder, NULL);
	g_autoptr(View) view = NULL;
	g_autofree char *name = NULL;
	gboolean row = TRUE;
	guint rows = 0;
	guint64 users = 0;

	if (store == NULL || !store_freeze(store, NULL) || !store_count(store, app, KIND_PRINCIPAL, &users, NULL))
		return 10;
	/* Long enough for a merge in between. */
	g_usleep(30000);
	view = view_new(store, app, VIEW_GRANTS, &any, NULL);
	while (view != NULL && view_next(view, &row, NULL) && row) {
		/* entitlement_name, user_name */
		if (name == NULL)
			name = g_strdup(view_field(view, 4));
		if (g_strcmp0(name, view_field(view, 4)) != 0 || g_strcmp0(name, view_field(view, 11)) != 0)
			return 11;
		rows++;
		g_usleep(20);
	}
	if (view == NULL || row || name == NULL)
		return 12;
	return rows == users && rows == READER_USERS + g_ascii_strtoull(name + 1, NULL, 10) % 5 ? 0 : 13;
}

static int
read_until(gpointer user_data)
{
	const Lists *lists = user_data;
	g_autofree char *end = g_build_filename(lists->folder, "end", NULL);
	int status = 0;
	guint looks = 0;

	while (status == 0 && !g_file_test(end, G_FILE_TEST_EXISTS)) {
		status = read_once(lists->folder, lists->app);
		looks++;
	}
	return status != 0 ? status : looks > 3 ? 0 : 14;
}

static void
test_reader(Lists *lists, gconstpointer data)
{
	g_autofree char *end = g_build_filename(lists->folder, "end", NULL);
	pid_t child;
	int status = 0;

	(void)data;
	for (guint i = 0; i < READER_MERGES; i++) {
		g_autofree char *world = named_world(i);

		lists_take(lists, world);
		if (i > 0)
			continue;
		/* A connection must not be taken over a fork. */
		store_close(lists->store);
		child = fork();
		if (child == 0)
			_exit(read_until(lists));
		g_assert_cmpint(child, >, 0);
		lists->store = store_open(lists->folder, NULL);
	}
	g_assert_true(g_file_set_contents(end, "", 0, NULL));
	g_assert_cmpint(waitpid(-1, &status, 0), >, 0);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int
main(int argc, char **argv)
{
	const struct {
		const char *name;
		void (*test)(Lists *lists, gconstpointer data);
	} tests[] = {
	    {"/store/it is made for its owner alone, and knows apps without case", test_made},
	    {"/store/a newer one and a stranger's are refused", test_refused},
	    {"/store/one that others may read is refused", test_not_private},
	    {"/store/a damaged one is told", test_damaged},
	    {"/store/an older one is copied and migrated, or left alone", test_migrates},
	    {"/syncs/the book tells how each ended", test_book},
	    {"/schedule/hourly, sooner after a failure, never by hand", test_schedule},
	    {"/store/a reader sees the old snapshot or the new one", test_reader},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Lists, NULL, lists_set_up, tests[i].test, lists_tear_down);
	return g_test_run();
}
