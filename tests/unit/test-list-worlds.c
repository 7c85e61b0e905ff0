/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "errors.h"
#include "listed.h"

/* Whole lists over worlds at random, held to the contract and to what was true. */

/* How many worlds to look at; many more with -m thorough. */
static guint32
seeds(guint32 n)
{
	return g_test_thorough() ? n * 30 : n;
}

static guint32
kind_of(const gchar *fact)
{
	switch (fact[0]) {
	case 'P':
		return IDC_RECORD_PRINCIPAL;
	case 'R':
		return IDC_RECORD_RESOURCE;
	case 'E':
		return IDC_RECORD_ENTITLEMENT;
	default:
		return IDC_RECORD_GRANT;
	}
}

/* Whether the seals say that absence of this fact means that it is gone. */
static gboolean
is_sealed(const Ledger *ledger, const gchar *fact)
{
	const guint32 kind = kind_of(fact);
	g_auto(GStrv) words = g_strsplit(fact, " ", 3);
	const gchar *entitlement = kind == IDC_RECORD_ENTITLEMENT ? words[1] : words[2];
	g_autofree gchar *resource = NULL;
	g_autofree gchar *key = NULL;

	if ((ledger->complete & kind) != 0)
		return TRUE;
	if (kind == IDC_RECORD_PRINCIPAL || kind == IDC_RECORD_RESOURCE)
		return FALSE;
	resource = ledger_resource_of(entitlement);
	key = g_strdup_printf("%u %s", kind, resource);
	return g_hash_table_contains(ledger->sealed, key);
}

/* Whoever is paged through a schedule is so by two things that are read one after the other: either must have been true. */
static gboolean
was_ever(const World *world, const gchar *fact)
{
	g_auto(GStrv) words = g_strsplit(fact, " ", 3);
	g_autofree gchar *principal = NULL;
	g_autofree gchar *level = NULL;

	if (fact[0] != 'I')
		return g_hash_table_contains(world->ever, fact);
	principal = g_strdup_printf("P %s", words[1]);
	level = g_strdup_printf("E %s", words[2]);
	return g_hash_table_contains(world->ever, principal) && g_hash_table_contains(world->ever, level);
}

/* A role that nobody knows is an entitlement by being held: where grants are not wanted it is not met. */
static gboolean
is_known_by_grants_only(const Ledger *ledger, const gchar *fact)
{
	return (ledger->want & IDC_RECORD_GRANT) == 0 &&
	       (g_str_has_suffix(fact, ":future_role") || g_str_has_suffix(fact, ":auditor"));
}

/* Held to what was true: nobody who stayed is taken for gone, nothing is listed that never was, and what is said to be gone is. */
static void
hold_to(const World *world, const Ledger *ledger)
{
	g_autoptr(GHashTable) now = world_facts(world);
	GHashTableIter iter;
	const gchar *fact;

	g_hash_table_iter_init(&iter, world->always);
	while (g_hash_table_iter_next(&iter, (gpointer *)&fact, NULL))
		if ((ledger->want & kind_of(fact)) != 0 && is_sealed(ledger, fact) && !ledger_holds(ledger, fact) &&
		    !is_known_by_grants_only(ledger, fact)) {
			g_test_message("lost: %s", fact);
			g_test_fail();
		}
	g_hash_table_iter_init(&iter, ledger->listed);
	while (g_hash_table_iter_next(&iter, (gpointer *)&fact, NULL))
		if (ledger_holds(ledger, fact) && !was_ever(world, fact)) {
			g_test_message("invented: %s", fact);
			g_test_fail();
		}
	g_hash_table_iter_init(&iter, ledger->removed);
	while (g_hash_table_iter_next(&iter, (gpointer *)&fact, NULL))
		if (g_hash_table_contains(now, fact)) {
			g_test_message("said to be gone: %s", fact);
			g_test_fail();
		}
}

static void
test_quiet_worlds_are_listed_exactly(void)
{
	for (guint32 seed = 0; seed < seeds(800); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		gboolean provable = TRUE;

		world_fill(world);
		for (guint i = 0; i < world->schedules->len; i++)
			provable = provable && !((WorldSchedule *)g_ptr_array_index(world->schedules, i))->shift;
		for (guint i = 0; i < world->teams->len; i++) {
			const WorldTeam *team = g_ptr_array_index(world->teams, i);

			provable = provable && !team->hidden;
			for (guint j = 0; j < team->members->len; j++)
				provable = provable && !((WorldMember *)g_ptr_array_index(team->members, j))->lagging;
		}
		listed(world, ledger);
		hold_to(world, ledger);
		if (provable)
			g_assert_cmpuint(ledger->complete, ==, LISTED_ALL);
		g_assert_cmpuint(g_hash_table_size(ledger->removed), ==, 0);
		if (g_test_failed())
			g_error("seed %u", seed);
	}
}

static void
test_moving_worlds_lose_nobody(void)
{
	guint complete = 0;

	for (guint32 seed = 0; seed < seeds(3000); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

		world_fill(world);
		world->changes_left = 1 + seed % 5;
		world->change_odds = 1 + seed % 13;
		world->eager = seed % 2 == 0;
		listed(world, ledger);
		hold_to(world, ledger);
		complete += ledger->complete == LISTED_ALL;
		if (g_test_failed())
			g_error("seed %u", seed);
	}
	g_assert_cmpuint(complete, >, 1000);
}

/* A rename puts a row elsewhere in its list: one by itself is seen by the rows that it shifts. */
static void
test_a_rename_loses_nobody(void)
{
	for (guint32 seed = 0; seed < seeds(3000); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

		world_fill(world);
		world->renames = TRUE;
		world->changes_left = 1;
		world->change_odds = 1 + seed % 23;
		world->eager = seed % 2 == 0;
		listed(world, ledger);
		hold_to(world, ledger);
		if (g_test_failed())
			g_error("seed %u", seed);
	}
}

/* A hidden team, or a member whom its list lacks, is only known from the people who name the team. */
static gboolean
needs_people(const World *world)
{
	for (guint i = 0; i < world->teams->len; i++) {
		const WorldTeam *team = g_ptr_array_index(world->teams, i);
		gboolean needs = team->hidden;

		for (guint j = 0; j < team->members->len; j++)
			needs = needs || ((WorldMember *)g_ptr_array_index(team->members, j))->lagging;
		if (needs)
			return TRUE;
	}
	return FALSE;
}

/* Every path that a list may ask for, refused at random. */
static void
refuse_some(World *world)
{
	static const gchar *const lists[] = {"/abilities", "/users", "/teams", "/schedules", "/escalation_policies"};

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		if (g_rand_int_range(world->rand, 0, 8) == 0)
			g_hash_table_insert(world->refused, g_strdup(lists[i]), GINT_TO_POINTER(403));
	for (guint i = 0; i < world->users->len; i++)
		if (g_rand_int_range(world->rand, 0, 4) == 0)
			g_hash_table_insert(world->refused,
					    g_strdup_printf("/users/%s", ((WorldUser *)g_ptr_array_index(world->users, i))->id),
					    GINT_TO_POINTER(403));
	for (guint i = 0; i < world->teams->len; i++) {
		const gchar *id = ((WorldTeam *)g_ptr_array_index(world->teams, i))->id;

		if (g_rand_int_range(world->rand, 0, 6) == 0)
			g_hash_table_insert(world->refused, g_strdup_printf("/teams/%s/members", id),
					    GINT_TO_POINTER(g_rand_boolean(world->rand) ? 403 : 404));
		if (g_rand_int_range(world->rand, 0, 6) == 0)
			g_hash_table_insert(world->refused, g_strdup_printf("/teams/%s", id), GINT_TO_POINTER(403));
	}
	for (guint i = 0; i < world->schedules->len; i++)
		if (g_rand_int_range(world->rand, 0, 4) == 0)
			g_hash_table_insert(
			    world->refused,
			    g_strdup_printf("/schedules/%s", ((WorldSchedule *)g_ptr_array_index(world->schedules, i))->id),
			    GINT_TO_POINTER(g_rand_boolean(world->rand) ? 403 : 400));
}

static void
test_refusals_never_look_like_absence(void)
{
	for (guint32 seed = 0; seed < seeds(3000); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

		world_fill(world);
		refuse_some(world);
		if (needs_people(world))
			g_hash_table_remove(world->refused, "/users");
		world->changes_left = seed % 4;
		world->change_odds = 1 + seed % 11;
		world->eager = seed % 3 == 0;
		world->lacks_schedules_scope = seed % 17 == 0;
		listed(world, ledger);
		hold_to(world, ledger);
		if (g_test_failed())
			g_error("seed %u", seed);
	}
}

/* Any choice of kinds keeps the contract. */
static void
test_any_kinds_may_be_wanted(void)
{
	for (guint32 seed = 0; seed < seeds(1500); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(seed % 16);

		world_fill(world);
		if (needs_people(world))
			continue;
		if (seed % 3 == 0)
			refuse_some(world);
		world->changes_left = seed % 3;
		world->change_odds = 1 + seed % 11;
		listed(world, ledger);
		hold_to(world, ledger);
		if (g_test_failed())
			g_error("seed %u", seed);
	}
}

static void
stop_asking(gpointer user)
{
	((World *)user)->no_more = TRUE;
}

/* Whatever the host's reason is to want no more, it is not taken for PagerDuty's. */
static void
test_a_refusal_by_the_host_ends_the_list(void)
{
	static const gint32 statuses[] = {IDC_INVALID,      IDC_FORBIDDEN, IDC_SCOPE,     IDC_NOT_FOUND, IDC_REFUSED, IDC_PAYMENT,
					  IDC_RATE_LIMITED, IDC_IO,        IDC_CANCELLED, IDC_INTERNAL,  IDC_CONFLICT};

	for (guint32 seed = 0; seed < seeds(1500); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		g_autoptr(GError) error = NULL;
		gboolean partial = FALSE;

		world_fill(world);
		if (seed % 3 == 0)
			refuse_some(world);
		world->changes_left = 2;
		world->change_odds = 7;
		ledger->refuses_at = 1 + seed % 60;
		ledger->refuses_with = statuses[seed % G_N_ELEMENTS(statuses)];
		ledger->on_refusal = stop_asking;
		ledger->user = world;
		if (listed_try(world, ledger, &partial, &error)) {
			g_assert_cmpuint(ledger->messages, <, ledger->refuses_at);
			continue;
		}
		g_assert_error(error, ERRORS, ledger->refuses_with);
		g_assert_cmpuint(ledger->messages, ==, ledger->refuses_at);
	}
}

/* A failure that is no answer to what was asked, such as a token that cannot be had, ends the list whatever its status is. */
static void
test_any_other_failure_ends_the_list(void)
{
	static const gint32 statuses[] = {IDC_UNAUTHENTICATED, IDC_SCOPE,   IDC_FORBIDDEN, IDC_NOT_FOUND, IDC_PAYMENT,
					  IDC_RATE_LIMITED,    IDC_TIMEOUT, IDC_CANCELLED, IDC_REFUSED,   IDC_PROTOCOL};

	for (guint32 seed = 0; seed < seeds(1500); seed++) {
		g_autoptr(World) world = world_new(seed);
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		g_autoptr(GError) error = NULL;
		gboolean partial = FALSE;

		world_fill(world);
		if (seed % 3 == 0)
			refuse_some(world);
		world->breaks_at = 1 + seed % 40;
		world->breaks_with = statuses[seed % G_N_ELEMENTS(statuses)];
		if (listed_try(world, ledger, &partial, &error)) {
			g_assert_cmpuint(world->answers, <, world->breaks_at);
			continue;
		}
		g_assert_error(error, ERRORS, world->breaks_with);
		g_assert_cmpuint(world->answers, ==, world->breaks_at);
		g_assert_cmpuint(ledger->sealed_all, ==, 0);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/list worlds/a world that holds still is listed exactly", test_quiet_worlds_are_listed_exactly);
	g_test_add_func("/list worlds/in a world that moves nobody who stayed is taken for gone", test_moving_worlds_lose_nobody);
	g_test_add_func("/list worlds/a rename loses nobody", test_a_rename_loses_nobody);
	g_test_add_func("/list worlds/what is refused never looks like absence", test_refusals_never_look_like_absence);
	g_test_add_func("/list worlds/any choice of kinds keeps the contract", test_any_kinds_may_be_wanted);
	g_test_add_func("/list worlds/a host that wants no more is obeyed at once, whatever its status",
			test_a_refusal_by_the_host_ends_the_list);
	g_test_add_func("/list worlds/a failure that is no answer ends the list with its status",
			test_any_other_failure_ends_the_list);
	return g_test_run();
}
