/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "world.h"

#include <string.h>

#include "ids.h"
#include "world-answers.h"

static void
world_user_free(gpointer data)
{
	WorldUser *user = data;

	g_free(user->id);
	g_free(user);
}

static void
world_member_free(gpointer data)
{
	WorldMember *member = data;

	g_free(member->user);
	g_free(member);
}

static void
world_team_free(gpointer data)
{
	WorldTeam *team = data;

	g_free(team->id);
	g_ptr_array_unref(team->members);
	g_free(team);
}

static void
world_schedule_free(gpointer data)
{
	WorldSchedule *schedule = data;

	g_free(schedule->id);
	g_ptr_array_unref(schedule->people);
	g_free(schedule);
}

static void
world_policy_free(gpointer data)
{
	WorldPolicy *policy = data;

	g_free(policy->id);
	g_ptr_array_unref(policy->levels);
	g_free(policy);
}

World *
world_new(guint32 seed)
{
	World *world = g_new0(World, 1);

	world->rand = g_rand_new_with_seed(seed);
	world->users = g_ptr_array_new_with_free_func(world_user_free);
	world->teams = g_ptr_array_new_with_free_func(world_team_free);
	world->schedules = g_ptr_array_new_with_free_func(world_schedule_free);
	world->policies = g_ptr_array_new_with_free_func(world_policy_free);
	world->teams_ability = world->team_roles = world->with_schedules = TRUE;
	world->page = 100;
	world->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	world->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return world;
}

void
world_free(World *world)
{
	if (world == NULL)
		return;
	g_rand_free(world->rand);
	g_ptr_array_unref(world->users);
	g_ptr_array_unref(world->teams);
	g_ptr_array_unref(world->schedules);
	g_ptr_array_unref(world->policies);
	g_hash_table_destroy(world->refused);
	g_hash_table_destroy(world->asked);
	g_clear_pointer(&world->always, g_hash_table_destroy);
	g_clear_pointer(&world->ever, g_hash_table_destroy);
	g_free(world);
}

Api *
world_api(World *world)
{
	return (Api *)world;
}

static guint
world_dice(World *world, guint sides)
{
	return (guint)g_rand_int_range(world->rand, 0, (gint32)sides);
}

/* Lists are in no order that an id tells: what is new may stand anywhere. */
static void
world_insert(World *world, GPtrArray *array, gpointer thing)
{
	g_ptr_array_insert(array, (gint)world_dice(world, array->len + 1), thing);
}

WorldUser *
world_add_user(World *world, const gchar *role)
{
	WorldUser *user = g_new0(WorldUser, 1);

	user->id = g_strdup_printf("PU%04u", world->next_id++);
	user->role = role;
	world_insert(world, world->users, user);
	return user;
}

WorldTeam *
world_add_team(World *world)
{
	WorldTeam *team = g_new0(WorldTeam, 1);

	team->id = g_strdup_printf("PT%04u", world->next_id++);
	team->members = g_ptr_array_new_with_free_func(world_member_free);
	world_insert(world, world->teams, team);
	return team;
}

WorldSchedule *
world_add_schedule(World *world, gboolean shift)
{
	WorldSchedule *schedule = g_new0(WorldSchedule, 1);

	schedule->id = g_strdup_printf("PS%04u", world->next_id++);
	schedule->shift = shift;
	schedule->people = g_ptr_array_new_with_free_func(g_free);
	world_insert(world, world->schedules, schedule);
	return schedule;
}

WorldPolicy *
world_add_policy(World *world, guint levels)
{
	WorldPolicy *policy = g_new0(WorldPolicy, 1);

	policy->id = g_strdup_printf("PP%04u", world->next_id++);
	policy->levels = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	for (guint i = 0; i < levels; i++)
		g_ptr_array_add(policy->levels, g_ptr_array_new_with_free_func(g_free));
	world_insert(world, world->policies, policy);
	return policy;
}

static WorldMember *
world_member(const WorldTeam *team, const gchar *user)
{
	for (guint i = 0; i < team->members->len; i++) {
		WorldMember *member = g_ptr_array_index(team->members, i);

		if (strcmp(member->user, user) == 0)
			return member;
	}
	return NULL;
}

void
world_join(WorldTeam *team, const WorldUser *user, const gchar *role)
{
	WorldMember *member = world_member(team, user->id);

	if (member == NULL) {
		member = g_new0(WorldMember, 1);
		member->user = g_strdup(user->id);
		g_ptr_array_add(team->members, member);
	}
	member->role = role;
}

void
world_page(WorldPolicy *policy, guint level, const gchar *type, const gchar *id)
{
	g_ptr_array_add(g_ptr_array_index(policy->levels, level), g_strdup_printf("%s:%s", type, id));
}

void
world_remove_user(World *world, const gchar *id)
{
	for (guint i = 0; i < world->teams->len; i++) {
		WorldTeam *team = g_ptr_array_index(world->teams, i);
		WorldMember *member = world_member(team, id);

		if (member != NULL)
			g_ptr_array_remove(team->members, member);
	}
	for (guint i = 0; i < world->users->len; i++)
		if (strcmp(((WorldUser *)g_ptr_array_index(world->users, i))->id, id) == 0) {
			g_ptr_array_remove_index(world->users, i);
			return;
		}
}

void
world_remove_team(World *world, const gchar *id)
{
	for (guint i = 0; i < world->teams->len; i++)
		if (strcmp(((WorldTeam *)g_ptr_array_index(world->teams, i))->id, id) == 0) {
			g_ptr_array_remove_index(world->teams, i);
			return;
		}
}

static WorldUser *
world_any_user(World *world)
{
	return world->users->len == 0 ? NULL : g_ptr_array_index(world->users, world_dice(world, world->users->len));
}

static const gchar *
world_any_role(World *world)
{
	static const gchar *const roles[] = {"owner", "admin", "user", "limited_user", "observer", "read_only_user", "future_role"};

	return roles[world_dice(world, G_N_ELEMENTS(roles))];
}

static const gchar *
world_any_team_role(World *world)
{
	static const gchar *const roles[] = {"manager", "responder", "observer", NULL, "auditor"};

	return roles[world_dice(world, G_N_ELEMENTS(roles))];
}

static void
world_fill_policy(World *world, WorldPolicy *policy)
{
	for (guint level = 0; level < policy->levels->len; level++)
		for (guint n = 1 + world_dice(world, 3); n > 0; n--) {
			const WorldUser *user = world_any_user(world);

			if (world->schedules->len > 0 && world_dice(world, 2) == 0) {
				const WorldSchedule *schedule =
				    g_ptr_array_index(world->schedules, world_dice(world, world->schedules->len));

				world_page(policy, level, "schedule", schedule->id);
			} else if (user != NULL) {
				world_page(policy, level, "user", user->id);
			}
		}
}

void
world_fill(World *world)
{
	const guint n_users = world_dice(world, 30);
	const guint n_teams = world_dice(world, 7);
	const guint n_schedules = world_dice(world, 5);
	const guint n_policies = world_dice(world, 6);
	const guint pages[] = {2, 3, 5, 10, 100};

	world->page = pages[world_dice(world, G_N_ELEMENTS(pages))];
	world->teams_ability = world_dice(world, 8) != 0;
	world->team_roles = world_dice(world, 4) != 0;
	world->stubs_marked = world_dice(world, 2) == 0;
	for (guint i = 0; i < n_users; i++)
		(void)world_add_user(world, world_any_role(world));
	for (guint i = 0; i < n_teams; i++) {
		WorldTeam *team = world_add_team(world);

		for (guint n = world_dice(world, 12); n > 0 && n_users > 0; n--)
			world_join(team, world_any_user(world), world_any_team_role(world));
		team->hidden = team->members->len > 0 && world_dice(world, 20) == 0;
		if (team->members->len > 0 && world_dice(world, 30) == 0)
			((WorldMember *)g_ptr_array_index(team->members, 0))->lagging = TRUE;
	}
	for (guint i = 0; i < n_schedules; i++) {
		WorldSchedule *schedule = world_add_schedule(world, world_dice(world, 15) == 0);

		for (guint n = world_dice(world, 6); n > 0 && n_users > 0; n--)
			g_ptr_array_add(schedule->people, g_strdup(world_any_user(world)->id));
	}
	for (guint i = 0; i < n_policies; i++)
		world_fill_policy(world, world_add_policy(world, 1 + world_dice(world, 3)));
}

static void
world_change_team(World *world)
{
	WorldTeam *team;
	WorldUser *user = world_any_user(world);

	if (world->teams->len == 0)
		return;
	team = g_ptr_array_index(world->teams, world_dice(world, world->teams->len));
	if (team->hidden)
		return;
	if (world_dice(world, 4) == 0)
		world_remove_team(world, team->id);
	else if (team->members->len > 0 && world_dice(world, 2) == 0)
		g_ptr_array_remove_index(team->members, world_dice(world, team->members->len));
	else if (user != NULL)
		world_join(team, user, world_any_team_role(world));
}

static void
world_change_duty(World *world)
{
	const WorldUser *user = world_any_user(world);

	switch (world_dice(world, 4)) {
	case 0:
		world_fill_policy(world, world_add_policy(world, 1 + world_dice(world, 2)));
		break;
	case 1:
		if (world->policies->len > 0)
			g_ptr_array_remove_index(world->policies, world_dice(world, world->policies->len));
		break;
	case 2:
		if (world->schedules->len > 0 && user != NULL) {
			WorldSchedule *schedule = g_ptr_array_index(world->schedules, world_dice(world, world->schedules->len));

			g_ptr_array_add(schedule->people, g_strdup(user->id));
		}
		break;
	default:
		(void)world_add_schedule(world, FALSE);
		break;
	}
}

static void
world_drop_false(GHashTable *facts, GHashTable *hold)
{
	GHashTableIter iter;
	gpointer fact;

	g_hash_table_iter_init(&iter, facts);
	while (g_hash_table_iter_next(&iter, &fact, NULL))
		if (!g_hash_table_contains(hold, fact))
			g_hash_table_iter_remove(&iter);
}

static void
world_remember(World *world)
{
	g_autoptr(GHashTable) now = world_facts(world);
	GHashTableIter iter;
	gpointer fact;

	world_drop_false(world->always, now);
	g_hash_table_iter_init(&iter, now);
	while (g_hash_table_iter_next(&iter, &fact, NULL))
		g_hash_table_add(world->ever, g_strdup(fact));
}

static void
world_rename(World *world)
{
	GPtrArray *const lists[] = {world->users, world->teams, world->schedules, world->policies};
	GPtrArray *list = lists[world_dice(world, 5) % G_N_ELEMENTS(lists)];

	if (list->len > 0)
		world_insert(world, list, g_ptr_array_steal_index(list, world_dice(world, list->len)));
}

/* Somebody else at work. */
static void
world_change(World *world)
{
	const WorldUser *user = world_any_user(world);

	if (world->renames) {
		world_rename(world);
		return;
	}
	switch (world_dice(world, 5)) {
	case 0:
		if (user != NULL) {
			g_autofree gchar *id = g_strdup(user->id);

			world_remove_user(world, id);
		}
		break;
	case 1:
		user = world_add_user(world, world_any_role(world));
		if (world->teams->len > 0)
			world_join(g_ptr_array_index(world->teams, world_dice(world, world->teams->len)), user, "observer");
		break;
	case 2:
		world_change_duty(world);
		break;
	default:
		world_change_team(world);
		break;
	}
	world_remember(world);
}

void
world_begin(World *world)
{
	world->always = world_facts(world);
	world->ever = world_facts(world);
}

struct ApiCall {
	gchar *path;
	gboolean answered; /* before anybody waited for it */
	json_object *root;
	GError *failed;
};

static void
world_call(World *world, ApiCall *call)
{
	if (world->changes_left > 0 && world_dice(world, world->change_odds) == 0) {
		world->changes_left--;
		world_change(world);
	}
	call->answered = TRUE;
	call->root = world_answer(world, call->path, &call->failed);
}

ApiCall *
api_get(Api *api, const gchar *path)
{
	World *world = (World *)api;
	ApiCall *call = g_new0(ApiCall, 1);

	g_assert_false(world->no_more);
	world->open++;
	call->path = g_strdup(path);
	if (world->eager && world_dice(world, 2) == 0)
		world_call(world, call);
	return call;
}

void
api_drop(Api *api, ApiCall *call)
{
	if (call == NULL)
		return;
	((World *)api)->open--;
	json_object_put(call->root);
	g_clear_error(&call->failed);
	g_free(call->path);
	g_free(call);
}

json_object *
api_wait(Api *api, ApiCall *call, GError **error)
{
	World *world = (World *)api;
	json_object *root;

	g_assert_false(world->no_more);
	if (!call->answered)
		world_call(world, call);
	if (call->failed != NULL)
		g_propagate_error(error, g_steal_pointer(&call->failed));
	root = g_steal_pointer(&call->root);
	api_drop(api, call);
	return root;
}

json_object *
api_read(Api *api, const gchar *path, GError **error)
{
	return api_wait(api, api_get(api, path), error);
}
