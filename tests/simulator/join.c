/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "join.h"

#include "caller.h"
#include "duty.h"
#include "refs.h"
#include "veil.h"

struct Join {
	Request *request;
	Team *team;
	GPtrArray *users;     /* of User* */
	GPtrArray *schedules; /* of Schedule* */
};

Join *
join_new(Request *request, Team *team)
{
	Join *join = g_new0(Join, 1);

	join->request = request;
	join->team = team;
	join->users = g_ptr_array_new();
	join->schedules = g_ptr_array_new();
	return join;
}

void
join_free(Join *join)
{
	g_ptr_array_unref(join->users);
	g_ptr_array_unref(join->schedules);
	g_free(join);
}

/* The team role that goes with a base role. */
static const gchar *
join_role(const User *user)
{
	if (g_str_equal(user->role, "limited_user"))
		return "responder";
	if (g_str_equal(user->role, "observer") || g_str_equal(user->role, "restricted_access"))
		return "observer";
	return "manager";
}

static void
join_user(Join *join, User *user)
{
	Sim *sim = join->request->sim;

	if (user == NULL || world_membership(user, join->team) != NULL)
		return;
	veil_before_member(sim, join->team, user);
	world_join(sim->world, join->team, user, join_role(user), TRUE);
	g_ptr_array_add(join->users, user);
}

static void
join_schedule(Join *join, Schedule *schedule)
{
	g_autoptr(GPtrArray) users = duty_schedule_users(schedule);

	if (!g_ptr_array_find_with_equal_func(schedule->team_ids, join->team->base.id, g_str_equal, NULL)) {
		g_ptr_array_add(schedule->team_ids, g_strdup(join->team->base.id));
		g_ptr_array_add(join->schedules, schedule);
	}
	for (guint i = 0; i < users->len; i++)
		join_user(join, duty_user(join->request->sim->world, g_ptr_array_index(users, i)));
}

/* What the target brings onto the team: the user, or the schedule and everyone on it. */
static void
join_target(Join *join, const Ref *target)
{
	const World *world = join->request->sim->world;
	Schedule *schedule = duty_schedule(world, target);

	if (!switches_on(join->request->sim->spec->switches, SWITCH_AUTO_JOIN) || !world_can(world, "teams"))
		return;
	if (schedule != NULL)
		join_schedule(join, schedule);
	else
		join_user(join, duty_user(world, target));
}

void
join_policy(Join *join, const Policy *policy, const GPtrArray *before)
{
	for (guint i = 0; i < policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy->rules, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *ref = g_ptr_array_index(rule->targets, j);
			if (before == NULL || !duty_targets_ref(before, ref->kind, ref->id))
				join_target(join, ref);
		}
	}
}

void
join_end(const Join *join)
{
	const World *world = join->request->sim->world;
	g_autoptr(GString) added = g_string_new(NULL);

	if (!switches_on(join->request->sim->spec->switches, SWITCH_AUDIT_BY_THE_WAY))
		return;
	for (guint i = 0; i < join->schedules->len; i++) {
		Schedule *schedule = g_ptr_array_index(join->schedules, i);
		AuditDraft *audit =
		    caller_begin(join->request, AUDIT_SCHEDULES, schedule->base.id, refs_schedule(world, schedule), "update");
		audit_reference(audit, "teams", refs_team(world, join->team), NULL);
		audit_end(audit);
	}
	for (guint i = 0; i < join->users->len; i++)
		g_string_append_printf(added, "%s%s", i > 0 ? "," : "", refs_user(world, g_ptr_array_index(join->users, i)));
	if (added->len > 0) {
		AuditDraft *audit =
		    caller_begin(join->request, AUDIT_TEAMS, join->team->base.id, refs_team(world, join->team), "update");
		audit_reference(audit, "members", added->str, NULL);
		audit_end(audit);
	}
}
