/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "duty.h"
#include "gen.h"
#include "names.h"
#include "rng.h"

enum {
	STREAM_SCHEDULES = 11,
	STREAM_POLICIES,
};

#define DAY_MS (G_GINT64_CONSTANT(24) * 60 * 60 * 1000)
#define MAX_TARGETS 10
#define MAX_POLICIES_OF_TEAM 100

static const User *
gen_any(const GPtrArray *users, Rng *rng)
{
	return g_ptr_array_index(users, rng_below(rng, users->len));
}

static void
gen_put_user(GPtrArray *refs, const User *user)
{
	duty_add_ref(refs, REF_USER, user->base.id, user->base.name);
}

static void
gen_schedule_teams(const World *world, Schedule *schedule, Rng *rng)
{
	guint wanted = world->teams.sorted->len == 0 ? 0 : rng_below(rng, 3);

	for (guint i = 0; i < wanted; i++) {
		Team *team = g_ptr_array_index(world->teams.sorted, rng_below(rng, world->teams.sorted->len));
		if (!g_ptr_array_find_with_equal_func(schedule->team_ids, team->base.id, g_str_equal, NULL))
			g_ptr_array_add(schedule->team_ids, g_strdup(team->base.id));
	}
}

static void
gen_schedule(World *world, const GPtrArray *pageable, guint n, gboolean v3, Rng *rng)
{
	g_autofree gchar *name = names_group(v3 ? "shift plan" : "schedule", n);
	Schedule *schedule = duty_add_schedule(world, NULL, name, v3, FALSE);
	guint layers = 1 + rng_below(rng, 3);

	g_free(schedule->time_zone);
	schedule->time_zone = g_strdup(names_zone(n));
	schedule->description = n % 2 == 0 ? g_strdup("") : g_strdup("Who watches the quay");
	gen_schedule_teams(world, schedule, rng);
	for (guint i = 0; i < layers; i++) {
		Layer *layer = duty_add_layer(world, schedule, i == 0 ? 7 * 86400 : 86400);
		guint turns = 1 + rng_below(rng, 6);
		for (guint j = 0; j < turns; j++)
			gen_put_user(layer->users, gen_any(pageable, rng));
		/* the first two share somebody: one person, one level, two ways to be paged */
		if (n < 2 && i == 0)
			gen_put_user(layer->users, g_ptr_array_index(pageable, MIN(2, pageable->len - 1)));
	}
	if (n % 3 == 2) {
		/* layers are ended, never deleted; this one's people are on another layer too */
		const Layer *first = g_ptr_array_index(schedule->layers, 0);
		Layer *ended = duty_add_layer(world, schedule, 86400);
		const Ref *ref = g_ptr_array_index(first->users, 0);
		duty_add_ref(ended->users, REF_USER, ref->id, ref->summary);
		ended->end_ms = world->born_ms + 20 * DAY_MS;
	}
}

static const User *
gen_target_user(const Team *team, const GPtrArray *pageable, Rng *rng)
{
	if (team != NULL && team->members->len > 0 && rng_percent(rng, 80)) {
		const Membership *membership = g_ptr_array_index(team->members, rng_below(rng, team->members->len));
		if (!g_str_has_prefix(membership->user->role, "read_only"))
			return membership->user;
	}
	return gen_any(pageable, rng);
}

static void
gen_put_target(World *world, GPtrArray *targets, const Team *team, const GPtrArray *pageable, Rng *rng)
{
	const Thing *thing;
	RefKind kind = REF_SCHEDULE;

	if (world->schedules.sorted->len > 0 && rng_percent(rng, 50)) {
		thing = g_ptr_array_index(world->schedules.sorted, rng_below(rng, world->schedules.sorted->len));
	} else if (world->schedules_v3.sorted->len > 0 && rng_percent(rng, 30)) {
		thing = g_ptr_array_index(world->schedules_v3.sorted, rng_below(rng, world->schedules_v3.sorted->len));
	} else {
		thing = &gen_target_user(team, pageable, rng)->base;
		kind = REF_USER;
	}
	if (!duty_has_ref(targets, kind, thing->id))
		duty_add_ref(targets, kind, thing->id, thing->name);
}

/* How many levels the n-th policy gets: its share of those that are left, or what the dice say. */
static guint
gen_levels(const Spec *spec, guint n, gint64 left, Rng *rng)
{
	if (spec->levels >= 0)
		return (guint)(left / (spec->policies - n));
	return n % 50 == 4 ? 10 : 1 + rng_below(rng, 4);
}

static Team *
gen_policy_team(const World *world, guint *counts, Rng *rng)
{
	guint index;

	if (world->teams.sorted->len == 0 || rng_percent(rng, 25))
		return NULL;
	index = rng_below(rng, world->teams.sorted->len);
	if (counts[index] == MAX_POLICIES_OF_TEAM)
		return NULL;
	counts[index]++;
	return g_ptr_array_index(world->teams.sorted, index);
}

static void
gen_policy(World *world, const GPtrArray *pageable, guint n, guint levels, guint *counts, Rng *rng)
{
	g_autofree gchar *name = names_group("policy", n - 1);
	Policy *policy = duty_add_policy(world, NULL, name, FALSE);
	const Team *team = gen_policy_team(world, counts, rng);

	policy->team_id = team == NULL ? NULL : g_strdup(team->base.id);
	policy->description = n % 2 == 0 ? g_strdup("Cranes first") : NULL;
	policy->num_loops = n % 10;
	policy->handoff_always = n % 3 == 0;
	if (n % 4 != 0)
		g_ptr_array_add(policy->services, world_part_id(world, WORLD_KIND_SERVICE, n, 0));
	for (guint i = 0; i < levels; i++) {
		Rule *rule = duty_add_rule(world, policy, i == 0 ? 1 : 15 * i);
		guint targets = n % 20 == 3 ? MAX_TARGETS : 1 + rng_below(rng, 3);
		rule->round_robin = rng_percent(rng, 20);
		if (n == 1 && i == 0 && world->schedules.sorted->len >= 2) {
			for (guint s = 0; s < 2; s++) {
				const Thing *schedule = g_ptr_array_index(world->schedules.sorted, s);
				duty_add_ref(rule->targets, REF_SCHEDULE, schedule->id, schedule->name);
			}
			gen_put_user(rule->targets, g_ptr_array_index(pageable, MIN(2, pageable->len - 1)));
			continue;
		}
		for (guint j = 0; j < targets; j++)
			gen_put_target(world, rule->targets, team, pageable, rng);
	}
}

/* Whoever was deleted goes on being named, with deleted_at or without; so do deleted schedules. */
static void
gen_stubs(World *world, const Spec *spec)
{
	guint policies = world->policies.sorted->len;
	guint schedules = world->schedules.sorted->len;

	for (guint i = 0; i < spec->stubs; i++) {
		g_autofree gchar *id = world_id(world, WORLD_KIND_GHOST);
		gint64 deleted_ms = i % 2 == 0 ? world->born_ms + (i + 1) * DAY_MS : 0;
		if (schedules > 0) {
			const Schedule *schedule = g_ptr_array_index(world->schedules.sorted, i % schedules);
			const Layer *layer = g_ptr_array_index(schedule->layers, 0);
			duty_add_ref(layer->users, REF_USER, id, "Long Gone")->deleted_ms = deleted_ms;
		}
		if (policies > 1) {
			Policy *policy = g_ptr_array_index(world->policies.sorted, 1 + i % (policies - 1));
			const Rule *first = g_ptr_array_index(policy->rules, 0);
			RefKind kind = i % 3 == 2 ? REF_SCHEDULE : REF_USER;
			/* a level of its own, unless their number is fixed */
			if (spec->levels < 0 && (first->targets->len == MAX_TARGETS || i % 2 == 0))
				first = duty_add_rule(world, policy, 30);
			if (first->targets->len == MAX_TARGETS)
				continue;
			duty_add_ref(first->targets, kind, id, "Long Gone")->deleted_ms = deleted_ms;
		}
	}
}

void
gen_duty(World *world, const Spec *spec)
{
	g_autoptr(GPtrArray) pageable = gen_pageable(world);
	g_autofree guint *counts = g_new0(guint, world->teams.sorted->len + 1);
	gint64 left = spec->levels - 1;
	Rng rng;

	rng_init(&rng, world->seed, STREAM_SCHEDULES);
	for (guint i = 0; i < spec->schedules; i++)
		gen_schedule(world, pageable, i, FALSE, &rng);
	for (guint i = 0; i < spec->schedules_v3; i++)
		gen_schedule(world, pageable, i, TRUE, &rng);
	rng_init(&rng, world->seed, STREAM_POLICIES);
	if (spec->policies > 0) {
		Policy *policy = duty_add_policy(world, NULL, "Default", FALSE);
		gen_put_user(duty_add_rule(world, policy, 30)->targets, g_ptr_array_index(world->users.sorted, 0));
	}
	for (guint i = 1; i < spec->policies; i++) {
		guint levels = gen_levels(spec, i, left, &rng);
		gen_policy(world, pageable, i, levels, counts, &rng);
		left -= levels;
	}
	gen_stubs(world, spec);
}
