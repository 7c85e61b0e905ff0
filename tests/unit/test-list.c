/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "errors.h"
#include "listed.h"

/* Whole lists over small worlds, one behaviour each. */

static World *
small_world(void)
{
	World *world = world_new(1);

	(void)world_add_user(world, "owner");
	(void)world_add_user(world, "limited_user");
	(void)world_add_user(world, "observer");
	(void)world_add_team(world);
	return world;
}

static WorldUser *
user_with(const World *world, const gchar *role)
{
	for (guint i = 0; i < world->users->len; i++)
		if (strcmp(((WorldUser *)g_ptr_array_index(world->users, i))->role, role) == 0)
			return g_ptr_array_index(world->users, i);
	g_assert_not_reached();
}

static WorldTeam *
team_of(const World *world)
{
	return g_ptr_array_index(world->teams, 0);
}

static void
refuse(World *world, gint status, const gchar *format, const gchar *id)
{
	gchar *path = id != NULL ? g_strconcat(format, id, NULL) : g_strdup(format);

	g_hash_table_insert(world->refused, path, GINT_TO_POINTER(status));
}

static guint
asked(const World *world, const gchar *before, const gchar *id, const gchar *after)
{
	g_autofree gchar *path = g_strconcat(before, id, after, NULL);

	return GPOINTER_TO_UINT(g_hash_table_lookup(world->asked, path));
}

/* The attributes of a fact as "key=value;..."; it has to have been listed. */
static const gchar *
attrs(const Ledger *ledger, const gchar *kind, const gchar *first, const gchar *second)
{
	g_autofree gchar *fact = g_strjoin(" ", kind, first, second, NULL);
	const gchar *found = g_hash_table_lookup(ledger->attrs, fact);

	g_assert_nonnull(found);
	return found;
}

static gboolean
sealed(const Ledger *ledger, guint32 kind, const gchar *before, const gchar *id)
{
	g_autofree gchar *key = g_strdup_printf("%u %s%s", kind, before, id);

	return g_hash_table_contains(ledger->sealed, key);
}

static void
test_nothing_is_a_whole_list_too(void)
{
	g_autoptr(World) world = world_new(1);
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, LISTED_ALL);
	g_assert_cmpuint(ledger->emitted[0] + ledger->emitted[3], ==, 0);
	g_assert_cmpuint(ledger->emitted[2], ==, 8);
	g_assert_cmpuint(world->answers, ==, 5);
}

static void
test_owners_and_admins_manage_whatever_their_role(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	g_autofree gchar *responder = g_strdup_printf("team:%s:responder", team_of(world)->id);

	world_join(team_of(world), user_with(world, "owner"), "responder");
	world_join(team_of(world), user_with(world, "limited_user"), "responder");
	listed(world, ledger);
	g_assert_nonnull(strstr(attrs(ledger, "G", user_with(world, "owner")->id, responder), "effective=manager"));
	g_assert_null(strstr(attrs(ledger, "G", user_with(world, "limited_user")->id, responder), "effective"));
}

static void
test_every_schedule_that_leads_to_somebody_is_named(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	const gchar *user = user_with(world, "observer")->id;
	WorldSchedule *first = world_add_schedule(world, FALSE);
	WorldSchedule *second = world_add_schedule(world, FALSE);
	WorldPolicy *policy = world_add_policy(world, 1);
	g_autofree gchar *level = g_strdup_printf("policy:%s:1", policy->id);
	g_autofree gchar *via = g_strdup_printf("via=schedule:%s;via=schedule:%s;", first->id, second->id);

	g_ptr_array_add(first->people, g_strdup(user));
	g_ptr_array_add(second->people, g_strdup(user));
	world_page(policy, 0, "schedule", second->id);
	world_page(policy, 0, "schedule", first->id);
	world_page(policy, 0, "user", user);
	listed(world, ledger);
	g_assert_cmpstr(attrs(ledger, "I", user, level), ==, via);
	g_assert_cmpstr(attrs(ledger, "G", user, level), ==, "");
	g_assert_nonnull(strstr(attrs(ledger, "E", level, NULL), "targets=mixed"));
}

static void
test_a_level_whose_people_are_not_seen_is_still_mixed(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldSchedule *schedule = world_add_schedule(world, FALSE);
	WorldPolicy *policy = world_add_policy(world, 1);
	g_autofree gchar *level = g_strdup_printf("policy:%s:1", policy->id);

	world_page(policy, 0, "schedule", schedule->id);
	world_page(policy, 0, "user", user_with(world, "observer")->id);
	refuse(world, 403, "/users", NULL);
	listed(world, ledger);
	g_assert_nonnull(strstr(attrs(ledger, "E", level, NULL), "targets=mixed"));
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "policy:", policy->id));
}

/* One kind that may not be read, and what ends PARTIAL for it. */
static void
test_one_kind_forbidden_leaves_the_others_whole(void)
{
	const guint32 things = IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT;
	const struct {
		const gchar *path;
		guint32 partial;
	} cases[] = {
	    {"/abilities", things},
	    {"/users", IDC_RECORD_PRINCIPAL | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT},
	    {"/teams", things},
	    {"/schedules", things},
	    {"/escalation_policies", things},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		WorldPolicy *policy = world_add_policy(world, 1);

		world_page(policy, 0, "user", user_with(world, "observer")->id);
		refuse(world, 403, cases[i].path, NULL);
		listed(world, ledger);
		g_assert_cmpuint(ledger->complete, ==, LISTED_ALL & ~cases[i].partial);
		g_assert_cmpint(ledger->statuses[3], ==, IDC_FORBIDDEN);
		if (strcmp(cases[i].path, "/users") != 0)
			g_assert_true(sealed(ledger, IDC_RECORD_GRANT, "account", ""));
		if (strcmp(cases[i].path, "/users") != 0 && strcmp(cases[i].path, "/escalation_policies") != 0)
			g_assert_true(sealed(ledger, IDC_RECORD_GRANT, "policy:", policy->id));
	}
}

static void
test_one_team_forbidden_leaves_the_others_whole(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldTeam *open = team_of(world);
	WorldTeam *closed = world_add_team(world);
	g_autofree gchar *path = g_strdup_printf("/teams/%s/members", closed->id);

	world_join(open, user_with(world, "observer"), "observer");
	world_join(closed, user_with(world, "observer"), "observer");
	refuse(world, 403, path, NULL);
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE);
	g_assert_true(sealed(ledger, IDC_RECORD_GRANT, "team:", open->id));
	g_assert_true(sealed(ledger, IDC_RECORD_ENTITLEMENT, "team:", open->id));
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "team:", closed->id));
	/* a role that nobody knows yet may have been in the list that was refused */
	g_assert_false(sealed(ledger, IDC_RECORD_ENTITLEMENT, "team:", closed->id));
}

/* Somebody named by many things whom nobody may read: asked once, and everything that names them is a gap. */
static void
test_somebody_who_must_not_be_read_is_a_gap(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldSchedule *schedule = world_add_schedule(world, FALSE);
	WorldPolicy *policy = world_add_policy(world, 3);

	g_ptr_array_add(schedule->people, g_strdup("PHIDDEN"));
	for (guint level = 0; level < 3; level++) {
		world_page(policy, level, "user", "PHIDDEN");
		world_page(policy, level, "schedule", schedule->id);
	}
	refuse(world, 403, "/users/", "PHIDDEN");
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_RESOURCE);
	g_assert_cmpuint(ledger->emitted[2], ==, 8 + 3 + 3 + 1); /* the list went on to its end */
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "schedule:", schedule->id));
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "policy:", policy->id));
	g_assert_true(sealed(ledger, IDC_RECORD_ENTITLEMENT, "policy:", policy->id));
	g_assert_cmpuint(asked(world, "/users/", "PHIDDEN", ""), ==, 1);
}

/* Who is gone by now was on two teams when the users were read. */
static void
test_whoever_left_is_taken_back_once(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldUser *user = user_with(world, "observer");
	WorldTeam *other = world_add_team(world);

	for (guint i = 0; i < 2; i++) {
		WorldMember *member;

		world_join(i == 0 ? other : team_of(world), user, "observer");
		member = g_ptr_array_index((i == 0 ? other : team_of(world))->members, 0);
		member->lagging = TRUE;
	}
	refuse(world, 404, "/users/", user->id);
	listed(world, ledger);
	g_assert_cmpuint(ledger->gone[0], ==, 1);
	g_assert_cmpuint(asked(world, "/users/", user->id, ""), ==, 1);
}

static void
test_nobody_is_granted_a_team_that_is_gone(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldTeam *team = team_of(world);
	g_autofree gchar *members = g_strdup_printf("/teams/%s/members", team->id);

	world_join(team, user_with(world, "observer"), "observer");
	refuse(world, 404, members, NULL);
	refuse(world, 404, "/teams/", team->id);
	listed(world, ledger);
	g_assert_cmpuint(ledger->gone[1], ==, 1);
	g_assert_cmpuint(ledger->complete, ==, LISTED_ALL);
}

/* Where things may be hidden, what cannot be seen any more may be there all the same. */
static void
test_what_may_be_hidden_is_not_told_as_gone(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldTeam *team = team_of(world);
	g_autofree gchar *members = g_strdup_printf("/teams/%s/members", team->id);

	world->hidden_kinds = LISTED_ALL & ~IDC_RECORD_PRINCIPAL;
	world_join(team, user_with(world, "observer"), "observer");
	refuse(world, 404, members, NULL);
	refuse(world, 404, "/teams/", team->id);
	listed(world, ledger);
	g_assert_cmpuint(ledger->gone[1], ==, 0);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL);
	g_assert_cmpint(ledger->statuses[3], ==, IDC_FORBIDDEN);
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "team:", team->id));
	g_assert_true(sealed(ledger, IDC_RECORD_GRANT, "account", ""));
}

static void
test_nobody_is_known_to_be_there_where_people_may_be_hidden(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	world->hidden_kinds = LISTED_ALL;
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, 0);
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "account", ""));
}

static void
test_a_team_that_must_not_be_asked_about_is_a_gap(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldTeam *team = team_of(world);
	g_autofree gchar *members = g_strdup_printf("/teams/%s/members", team->id);

	world_join(team, user_with(world, "observer"), "observer");
	refuse(world, 404, members, NULL);
	refuse(world, 403, "/teams/", team->id);
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE);
}

/* Its schedules are those of the new kind, which the list of schedules does not have. */
static void
test_a_schedule_that_cannot_be_listed_is_not_taken_for_gone(void)
{
	for (guint shift = 0; shift < 2; shift++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		WorldSchedule *schedule = world_add_schedule(world, shift == 1);

		refuse(world, 404, "/schedules/", schedule->id);
		if (shift == 0)
			refuse(world, 403, "/schedules", NULL);
		for (guint i = 0; i < 5; i++)
			world_page(world_add_policy(world, 1), 0, "schedule", schedule->id);
		listed(world, ledger);
		g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL);
		g_assert_cmpuint(asked(world, "/schedules/", schedule->id, ""), ==, 0);
	}
}

static void
test_a_schedule_that_is_unknown_is_asked_for_once(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	for (guint i = 0; i < 5; i++)
		world_page(world_add_policy(world, 2), 1, "schedule", "PGONE");
	listed(world, ledger);
	g_assert_cmpuint(asked(world, "/schedules/", "PGONE", ""), ==, 1);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL);
}

static void
test_without_schedules_nobody_is_asked_about_them(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
	WorldSchedule *schedule = world_add_schedule(world, FALSE);

	world->with_schedules = FALSE;
	world_page(world_add_policy(world, 1), 0, "schedule", schedule->id);
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, LISTED_ALL);
	g_assert_cmpuint(world->answers, ==, 4);
}

/* PagerDuty's objects always have these members; where one is not there, nothing is known of what it would have said. */
static void
test_an_object_without_what_it_always_has_is_no_object(void)
{
	const gchar *const members[] = {"teams", "users", "targets", "escalation_rules"};

	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		g_autoptr(GError) error = NULL;
		gboolean partial = FALSE;

		(void)world_add_schedule(world, FALSE);
		(void)world_add_policy(world, 1);
		world->lacks = members[i];
		g_assert_false(listed_try(world, ledger, &partial, &error));
		g_assert_error(error, ERRORS, IDC_PROTOCOL);
		g_assert_nonnull(strstr(error->message, members[i][0] == 'e' ? "rules" : members[i]));
	}
}

static void
test_a_user_without_a_role_is_a_gap(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	world->team_roles = FALSE;
	world->lacks = "role";
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE);
	g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "account", ""));
	g_assert_nonnull(strstr(ledger->reasons[3], "base role"));
}

static void
test_what_is_named_twice_is_listed_once(void)
{
	for (guint roles = 0; roles < 2; roles++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		WorldSchedule *schedule = world_add_schedule(world, FALSE);
		WorldPolicy *policy = world_add_policy(world, 1);
		const WorldUser *user = user_with(world, "observer");

		world->doubles = TRUE;
		world->team_roles = roles == 1;
		world_join(team_of(world), user, "observer");
		g_ptr_array_add(schedule->people, g_strdup(user->id));
		world_page(policy, 0, "schedule", schedule->id);
		world_page(policy, 0, "user", user->id);
		listed(world, ledger);
		g_assert_cmpuint(ledger->emitted[3], ==, 3 + 1 + 1 + 2);
		g_assert_cmpuint(asked(world, "/teams/", team_of(world)->id, "/members"), ==, roles);
	}
}

static void
test_an_address_that_is_no_text_is_left_out(void)
{
	g_autofree gchar *longer = g_strnfill(IDC_MAX_URL + 1, 'a');
	const gchar *const urls[] = {"https://northwind.example/\xff", longer, "https://northwind.example/"};

	for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		const gchar *found;

		world->url = urls[i];
		listed(world, ledger);
		found = attrs(ledger, "P", user_with(world, "owner")->id, NULL);
		g_assert_cmpint(strstr(found, "html_url") != NULL, ==, i == 2);
	}
}

static void
test_a_team_that_only_others_name_is_a_gap(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	world_join(team_of(world), user_with(world, "observer"), "observer");
	team_of(world)->hidden = TRUE;
	listed(world, ledger);
	g_assert_cmpuint(ledger->complete, ==, IDC_RECORD_PRINCIPAL);
	g_assert_cmpint(ledger->statuses[1], ==, IDC_FORBIDDEN);
	g_assert_nonnull(strstr(ledger->reasons[1], team_of(world)->id));
}

static void
test_a_target_of_an_unknown_kind_is_a_gap(void)
{
	g_autofree gchar *longer = g_strnfill(5000, 'a');
	const gchar *const types[] = {"robot_reference", "robot\xff", longer, ""};

	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autoptr(World) world = small_world();
		g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);
		WorldPolicy *policy = world_add_policy(world, 1);

		world_page(policy, 0, types[i], "PROBOT1");
		listed(world, ledger);
		g_assert_cmpuint(ledger->complete, ==, LISTED_ALL & ~IDC_RECORD_GRANT);
		g_assert_false(sealed(ledger, IDC_RECORD_GRANT, "policy:", policy->id));
	}
}

static void
test_the_list_is_as_of_its_beginning(void)
{
	g_autoptr(World) world = small_world();
	g_autoptr(Ledger) ledger = ledger_new(LISTED_ALL);

	world->answers = 7; /* of earlier operations */
	listed(world, ledger);
	g_assert_cmpint(ledger->as_of_unix_ms % 100000, ==, 7000);
}

/* Why a list is not complete is said as it is. */
static void
test_the_reason_is_the_right_one(void)
{
	for (guint kind = 0; kind < 2; kind++) {
		g_autoptr(World) world = world_new(1);
		g_autoptr(Ledger) ledger = ledger_new(IDC_RECORD_PRINCIPAL);

		for (guint i = 0; i < (kind == 0 ? 10100u : 400u); i++)
			(void)world_add_user(world, "observer");
		if (kind == 1) {
			world->page = 3;
			world->change_odds = 1;
			world->changes_left = 100000;
		}
		listed(world, ledger);
		g_assert_nonnull(strstr(ledger->reasons[0], kind == 0 ? "10000 of 10100" : "changed while"));
		g_assert_cmpint(ledger->statuses[0], ==, kind == 0 ? IDC_OVERFLOW : IDC_CONFLICT);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/list/an account without anybody is a whole list in five requests", test_nothing_is_a_whole_list_too);
	g_test_add_func("/list/owners and admins manage a team whatever their role there",
			test_owners_and_admins_manage_whatever_their_role);
	g_test_add_func("/list/every schedule that leads to somebody is named",
			test_every_schedule_that_leads_to_somebody_is_named);
	g_test_add_func("/list/a level that pages people who are not seen does not say that it pages schedules alone",
			test_a_level_whose_people_are_not_seen_is_still_mixed);
	g_test_add_func("/list/one kind that is forbidden leaves the others whole",
			test_one_kind_forbidden_leaves_the_others_whole);
	g_test_add_func("/list/one team that is forbidden leaves the others whole",
			test_one_team_forbidden_leaves_the_others_whole);
	g_test_add_func("/list/somebody who must not be read is asked for once and is a gap",
			test_somebody_who_must_not_be_read_is_a_gap);
	g_test_add_func("/list/whoever left while the list was made is taken back once", test_whoever_left_is_taken_back_once);
	g_test_add_func("/list/nobody is granted a team that is gone", test_nobody_is_granted_a_team_that_is_gone);
	g_test_add_func("/list/what may be hidden is not told as gone", test_what_may_be_hidden_is_not_told_as_gone);
	g_test_add_func("/list/where people may be hidden no base role is whole",
			test_nobody_is_known_to_be_there_where_people_may_be_hidden);
	g_test_add_func("/list/a team that must not be asked about is a gap", test_a_team_that_must_not_be_asked_about_is_a_gap);
	g_test_add_func("/list/a schedule that cannot be listed is not taken for gone",
			test_a_schedule_that_cannot_be_listed_is_not_taken_for_gone);
	g_test_add_func("/list/a schedule that nobody knows is asked for once", test_a_schedule_that_is_unknown_is_asked_for_once);
	g_test_add_func("/list/without schedules nothing is asked about them", test_without_schedules_nobody_is_asked_about_them);
	g_test_add_func("/list/an object without what it always has ends the list",
			test_an_object_without_what_it_always_has_is_no_object);
	g_test_add_func("/list/a user without a base role is a gap", test_a_user_without_a_role_is_a_gap);
	g_test_add_func("/list/what is named twice is listed once", test_what_is_named_twice_is_listed_once);
	g_test_add_func("/list/an address that is no text is left out", test_an_address_that_is_no_text_is_left_out);
	g_test_add_func("/list/a team that only its members name is a gap", test_a_team_that_only_others_name_is_a_gap);
	g_test_add_func("/list/a target of a kind that nobody knows is a gap", test_a_target_of_an_unknown_kind_is_a_gap);
	g_test_add_func("/list/the list is as of its beginning", test_the_list_is_as_of_its_beginning);
	g_test_add_func("/list/why a list is not complete is said as it is", test_the_reason_is_the_right_one);
	return g_test_run();
}
