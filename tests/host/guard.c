/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* More removals than usual are held until somebody has looked at them. */
#include "base/error.h"
#include "lists.h"
#include "state/store-private.h"
#include "state/syncs.h"
#include "support.h"
#include <string.h>

/* A guard as an app has it by default. */
static void
set_up(Lists *lists, gconstpointer data)
{
	lists_set_up(lists, data);
	lists->options.at_least = 5;
	lists->options.percent = 10;
}

/* A world of users from..to-1, each with one grant. */
static char *
people(guint from, guint to)
{
	GString *text = g_string_new("resource r1 team\nentitlement e1 group r1\n");

	for (guint i = from; i < to; i++)
		g_string_append_printf(text, "user u%04u\n", i);
	for (guint i = from; i < to; i++)
		g_string_append_printf(text, "grant u%04u e1\n", i);
	return g_string_free(text, FALSE);
}

static MergeResult *
merge_people(Lists *lists, guint from, guint to)
{
	g_autofree char *script = people(from, to);
	g_autoptr(GError) error = NULL;
	MergeResult *result = lists_try(lists, script, &error);

	g_assert_no_error(error);
	return result;
}

static gboolean
is_held(Lists *lists, guint from, guint to)
{
	g_autoptr(MergeResult) result = merge_people(lists, from, to);

	return result->held;
}

static guint64
users(Lists *lists)
{
	guint64 count = 0;

	g_assert_true(store_count(lists->store, lists->app, KIND_PRINCIPAL, &count, NULL));
	return count;
}

static gboolean
is_cursor(Lists *lists, const char *expected)
{
	g_autoptr(SyncsState) state = syncs_state(lists->store, lists->app, NULL);

	return g_strcmp0(state->cursor, expected) == 0;
}

static void
test_threshold(Lists *lists, gconstpointer data)
{
	(void)data;
	/* 40 users: five may go, six may not. */
	g_assert_false(is_held(lists, 0, 40));
	g_assert_true(is_held(lists, 6, 40));
	g_assert_cmpuint(users(lists), ==, 40);
	g_assert_false(is_held(lists, 5, 40));
	g_assert_cmpuint(users(lists), ==, 35);
}

static void
test_percent(Lists *lists, gconstpointer data)
{
	(void)data;
	/* 200 users: twenty may go, twenty-one may not. */
	g_assert_false(is_held(lists, 0, 200));
	g_assert_true(is_held(lists, 21, 200));
	g_assert_false(is_held(lists, 20, 200));
}

/* Settings of the app: nothing without asking, or anything. */
static void
test_settings(Lists *lists, gconstpointer data)
{
	(void)data;
	lists->options.at_least = 0;
	lists->options.percent = 0;
	g_assert_false(is_held(lists, 0, 40));
	g_assert_true(is_held(lists, 1, 40));
	lists->options.percent = 100;
	g_assert_false(is_held(lists, 39, 40));
}

static void
test_first(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = lists_try(lists, "", &error);

	(void)data;
	g_assert_no_error(error);
	g_assert_false(result->held);
	g_assert_false(is_held(lists, 0, 40));
}

/* An empty list where there were users is no matter of a few, however few they were. */
static void
test_empty(Lists *lists, gconstpointer data)
{
	(void)data;
	g_assert_false(is_held(lists, 0, 3));
	g_assert_true(is_held(lists, 0, 0));
	g_assert_cmpuint(users(lists), ==, 3);
	/* All of them, but others came. */
	g_assert_false(is_held(lists, 3, 5));
}

/* Grants are counted by themselves: nobody left, but everybody lost something. */
static void
test_grants(Lists *lists, gconstpointer data)
{
	g_autofree char *world = people(0, 40);
	g_autofree char *cut = people(0, 40);
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;
	g_autofree char *before = NULL;

	(void)data;
	lists_take(lists, world);
	before = lists_dump(lists);
	*strstr(cut, "grant u0030") = '\0';
	result = lists_try(lists, cut, &error);
	g_assert_no_error(error);
	g_assert_true(result->held);
	g_assert_true(result->over[KIND_GRANT]);
	g_assert_false(result->over[KIND_PRINCIPAL]);
	g_assert_cmpuint(result->counts[KIND_GRANT].removed, ==, 10);
	g_assert_cmpuint(result->allowed[KIND_GRANT], ==, 5);
	g_assert_cmpuint(result->removals->len, ==, 10);
	lists_assert(lists, before);
}

static void
test_untouched(Lists *lists, gconstpointer data)
{
	g_autofree char *world = people(0, 40);
	g_autofree char *with_cursor = g_strconcat(world, "cursor c1\n", NULL);
	g_autofree char *cut = people(10, 50);
	g_autofree char *cut_with_cursor = g_strconcat(cut, "cursor c2\n", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;
	g_autoptr(SyncsState) state = NULL;
	g_autofree char *before = NULL;

	(void)data;
	lists_take(lists, with_cursor);
	before = lists_dump(lists);
	result = lists_try(lists, cut_with_cursor, &error);
	g_assert_no_error(error);
	g_assert_true(result->held);
	lists_assert(lists, before);
	lists_assert_changes(lists, "");
	g_assert_true(is_cursor(lists, "c1"));
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_cmpint(state->merged_sync, ==, 1);
	g_assert_cmpint(state->last_sync, ==, 2);
	g_assert_cmpint(state->last_status, ==, SYNCS_HELD);
	g_assert_cmpstr(state->held_digest, ==, result->digest);
	g_assert_cmpuint(strlen(result->digest), ==, 16);
}

/* The same removals have the same digest whatever else is in the list; others have another. */
static void
test_digest(Lists *lists, gconstpointer data)
{
	g_autoptr(MergeResult) one = NULL;
	g_autoptr(MergeResult) same = NULL;
	g_autoptr(MergeResult) other = NULL;

	(void)data;
	g_assert_false(is_held(lists, 0, 40));
	one = merge_people(lists, 10, 40);
	same = merge_people(lists, 10, 45);
	other = merge_people(lists, 11, 40);
	g_assert_cmpstr(one->digest, ==, same->digest);
	g_assert_cmpstr(one->digest, !=, other->digest);
	g_assert_cmpuint(one->removals->len, ==, 20);
	g_assert_cmpstr(((const MergeRemoval *)g_ptr_array_index(one->removals, 0))->user_id, ==, "u0000");
	g_assert_cmpstr(((const MergeRemoval *)g_ptr_array_index(one->removals, 19))->entitlement_id, ==, "e1");
}

static void
test_accept(Lists *lists, gconstpointer data)
{
	g_autoptr(MergeResult) held = NULL;
	g_autoptr(MergeResult) more = NULL;
	g_autoptr(MergeResult) fewer = NULL;
	g_autoptr(SyncsState) state = NULL;

	(void)data;
	g_assert_false(is_held(lists, 0, 40));
	held = merge_people(lists, 10, 40);
	/* One more than somebody looked at: held again, under a digest of its own. */
	lists->options.accept = held->digest;
	more = merge_people(lists, 11, 40);
	g_assert_true(more->held);
	g_assert_cmpuint(users(lists), ==, 40);
	/* The first digest is no longer what is held. */
	g_assert_true(is_held(lists, 11, 40));
	/* A part of what was looked at is taken. */
	lists->options.accept = more->digest;
	fewer = merge_people(lists, 9, 40);
	g_assert_false(fewer->held);
	g_assert_true(fewer->accepted);
	g_assert_cmpuint(users(lists), ==, 31);
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_null(state->held_digest);
	/* What was accepted does not count for the day. */
	lists->options.accept = NULL;
	g_assert_false(is_held(lists, 14, 40));
	g_assert_true(is_held(lists, 15, 40));
}

/* A digest accepts what was held, not what another list happens to lack. */
static void
test_accept_other(Lists *lists, gconstpointer data)
{
	g_autoptr(MergeResult) held = NULL;

	(void)data;
	g_assert_false(is_held(lists, 0, 40));
	held = merge_people(lists, 10, 40);
	lists->options.accept = held->digest;
	g_assert_true(is_held(lists, 0, 30));
	g_assert_cmpuint(users(lists), ==, 40);
}

static void
test_day(Lists *lists, gconstpointer data)
{
	(void)data;
	g_assert_false(is_held(lists, 0, 60));
	g_assert_false(is_held(lists, 3, 60));
	g_assert_false(is_held(lists, 6, 60));
	/* 6 of 60 within the day, and one more. */
	g_assert_true(is_held(lists, 7, 60));
	g_assert_false(is_held(lists, 6, 60));
	lists->now += G_GINT64_CONSTANT(24) * 3600 * 1000;
	g_assert_false(is_held(lists, 7, 60));
	g_assert_cmpuint(users(lists), ==, 53);
}

/* What is held and then comes back is forgotten. */
static void
test_back(Lists *lists, gconstpointer data)
{
	g_autoptr(SyncsState) state = NULL;

	(void)data;
	g_assert_false(is_held(lists, 0, 40));
	g_assert_true(is_held(lists, 10, 40));
	g_assert_false(is_held(lists, 0, 40));
	state = syncs_state(lists->store, lists->app, NULL);
	g_assert_null(state->held_digest);
	g_assert_cmpuint(users(lists), ==, 40);
}

/* What was said to be gone counts like what is missing. */
static void
test_said(Lists *lists, gconstpointer data)
{
	g_autoptr(GString) script = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = NULL;

	(void)data;
	g_assert_false(is_held(lists, 0, 40));
	for (guint i = 0; i < 6; i++)
		g_string_append_printf(script, "removed user u%04u\n", i);
	g_string_append(script, "seal users partial\nseal grants partial\nseal resources partial\nseal entitlements partial\n");
	result = lists_try(lists, script->str, &error);
	g_assert_no_error(error);
	g_assert_true(result->held);
}

int
main(int argc, char **argv)
{
	const struct {
		const char *name;
		void (*test)(Lists *lists, gconstpointer data);
	} tests[] = {
	    {"/guard/of few rows five may go, six may not", test_threshold},
	    {"/guard/of many rows a tenth may go, one more may not", test_percent},
	    {"/guard/an app may set it otherwise", test_settings},
	    {"/guard/a first list is never held", test_first},
	    {"/guard/an empty list where there were users is held", test_empty},
	    {"/guard/grants count by themselves", test_grants},
	    {"/guard/while a list is held neither rows nor cursor move", test_untouched},
	    {"/guard/the digest is that of the removals", test_digest},
	    {"/guard/what was looked at and accepted is taken, and nothing else", test_accept},
	    {"/guard/a digest accepts no other removals", test_accept_other},
	    {"/guard/removals of a day count together", test_day},
	    {"/guard/what comes back is no longer held", test_back},
	    {"/guard/removals that were said count too", test_said},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Lists, NULL, set_up, tests[i].test, lists_tear_down);
	return g_test_run();
}
