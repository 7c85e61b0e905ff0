/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "duty.h"

#include <string.h>

static void
duty_ref_free(gpointer data)
{
	Ref *ref = data;

	g_free(ref->id);
	g_free(ref->summary);
	g_free(ref);
}

static void
duty_rule_free(gpointer data)
{
	Rule *rule = data;

	g_free(rule->id);
	g_free(rule->extra);
	g_ptr_array_unref(rule->targets);
	g_free(rule);
}

static void
duty_layer_free(gpointer data)
{
	Layer *layer = data;

	g_free(layer->id);
	g_free(layer->name);
	g_ptr_array_unref(layer->users);
	g_free(layer);
}

void
duty_policy_free(gpointer data)
{
	Policy *policy = data;

	shelf_thing_clear(&policy->base);
	g_free(policy->description);
	g_free(policy->team_id);
	g_ptr_array_unref(policy->services);
	g_ptr_array_unref(policy->rules);
	g_free(policy);
}

void
duty_schedule_free(gpointer data)
{
	Schedule *schedule = data;

	shelf_thing_clear(&schedule->base);
	g_free(schedule->description);
	g_free(schedule->time_zone);
	g_ptr_array_unref(schedule->team_ids);
	g_ptr_array_unref(schedule->layers);
	g_free(schedule);
}

static void
duty_name_thing(World *world, Thing *thing, WorldKind kind, const gchar *id, const gchar *name)
{
	thing->serial = world->serials[kind];
	thing->id = id != NULL ? g_strdup(id) : world_id(world, kind);
	if (id != NULL)
		world->serials[kind]++;
	thing->name = g_strdup(name);
}

static void
duty_place(Shelf *shelf, Thing *thing, gboolean sorted)
{
	if (sorted)
		shelf_insert(shelf, thing);
	else
		shelf_append(shelf, thing);
}

GPtrArray *
duty_new_rules(void)
{
	return g_ptr_array_new_with_free_func(duty_rule_free);
}

Policy *
duty_add_policy(World *world, const gchar *id, const gchar *name, gboolean sorted)
{
	Policy *policy = g_new0(Policy, 1);

	duty_name_thing(world, &policy->base, WORLD_KIND_POLICY, id, name);
	policy->services = g_ptr_array_new_with_free_func(g_free);
	policy->rules = duty_new_rules();
	duty_place(&world->policies, &policy->base, sorted);
	return policy;
}

Rule *
duty_rule_new(guint delay_minutes)
{
	Rule *rule = g_new0(Rule, 1);

	rule->delay_minutes = delay_minutes;
	rule->targets = g_ptr_array_new_with_free_func(duty_ref_free);
	return rule;
}

Rule *
duty_add_rule(World *world, Policy *policy, guint delay_minutes)
{
	Rule *rule = duty_rule_new(delay_minutes);

	rule->id = world_id(world, WORLD_KIND_RULE);
	g_ptr_array_add(policy->rules, rule);
	return rule;
}

Schedule *
duty_add_schedule(World *world, const gchar *id, const gchar *name, gboolean v3, gboolean sorted)
{
	Schedule *schedule = g_new0(Schedule, 1);

	/* both versions draw from one row of ids: an upgrade keeps the id */
	duty_name_thing(world, &schedule->base, WORLD_KIND_SCHEDULE, id, name);
	schedule->v3 = v3;
	schedule->time_zone = g_strdup("Etc/UTC");
	schedule->team_ids = g_ptr_array_new_with_free_func(g_free);
	schedule->layers = g_ptr_array_new_with_free_func(duty_layer_free);
	duty_place(v3 ? &world->schedules_v3 : &world->schedules, &schedule->base, sorted);
	return schedule;
}

Layer *
duty_add_layer(World *world, Schedule *schedule, guint64 turn_seconds)
{
	Layer *layer = g_new0(Layer, 1);

	layer->id = world_id(world, WORLD_KIND_LAYER);
	layer->name = g_strdup_printf("Layer %u", schedule->layers->len + 1);
	layer->start_ms = world->born_ms;
	layer->end_ms = -1;
	layer->turn_seconds = turn_seconds;
	layer->users = g_ptr_array_new_with_free_func(duty_ref_free);
	g_ptr_array_add(schedule->layers, layer);
	return layer;
}

Ref *
duty_add_ref(GPtrArray *refs, RefKind kind, const gchar *id, const gchar *summary)
{
	Ref *ref = g_new0(Ref, 1);

	ref->kind = kind;
	ref->id = g_strdup(id);
	ref->summary = g_strdup(summary);
	g_ptr_array_add(refs, ref);
	return ref;
}

static gboolean
duty_is(const Ref *ref, RefKind kind, const gchar *id)
{
	return ref->kind == kind && g_str_equal(ref->id, id);
}

gboolean
duty_has_ref(const GPtrArray *refs, RefKind kind, const gchar *id)
{
	for (guint i = 0; i < refs->len; i++) {
		if (duty_is(g_ptr_array_index(refs, i), kind, id))
			return TRUE;
	}
	return FALSE;
}

gboolean
duty_drop_ref(GPtrArray *refs, RefKind kind, const gchar *id)
{
	for (guint i = 0; i < refs->len; i++) {
		if (duty_is(g_ptr_array_index(refs, i), kind, id)) {
			g_ptr_array_remove_index(refs, i);
			return TRUE;
		}
	}
	return FALSE;
}

/* Turns every reference to the id into a stub, or takes it out. */
static void
duty_bury(GPtrArray *refs, RefKind kind, const gchar *id, const gchar *name, gboolean leave_stubs, gint64 deleted_ms)
{
	if (!leave_stubs) {
		while (duty_drop_ref(refs, kind, id))
			continue;
		return;
	}
	for (guint i = 0; i < refs->len; i++) {
		Ref *ref = g_ptr_array_index(refs, i);
		if (!duty_is(ref, kind, id))
			continue;
		g_free(ref->summary);
		ref->summary = g_strdup(name);
		ref->deleted_ms = deleted_ms;
	}
}

static void
duty_bury_in_policies(World *world, RefKind kind, const Thing *thing, gboolean leave_stubs, gint64 deleted_ms)
{
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		for (guint j = policy->rules->len; j > 0; j--) {
			Rule *rule = g_ptr_array_index(policy->rules, j - 1);
			duty_bury(rule->targets, kind, thing->id, thing->name, leave_stubs, deleted_ms);
			/* a level without targets is nothing that the service can hold; the only level stays as it is */
			if (rule->targets->len == 0 && policy->rules->len > 1)
				g_ptr_array_remove_index(policy->rules, j - 1);
			else if (rule->targets->len == 0)
				duty_add_ref(rule->targets, kind, thing->id, thing->name)->deleted_ms = deleted_ms;
		}
	}
}

static void
duty_bury_in_schedules(Shelf *shelf, const User *user, gboolean leave_stubs, gint64 deleted_ms)
{
	for (guint i = 0; i < shelf->sorted->len; i++) {
		Schedule *schedule = g_ptr_array_index(shelf->sorted, i);
		for (guint j = schedule->layers->len; j > 0; j--) {
			Layer *layer = g_ptr_array_index(schedule->layers, j - 1);
			duty_bury(layer->users, REF_USER, user->base.id, user->base.name, leave_stubs, deleted_ms);
			if (layer->users->len == 0)
				duty_add_ref(layer->users, REF_USER, user->base.id, user->base.name)->deleted_ms = deleted_ms;
		}
	}
}

void
duty_forget_user(World *world, const User *user, gboolean leave_stubs, gint64 deleted_ms)
{
	duty_bury_in_policies(world, REF_USER, &user->base, leave_stubs, deleted_ms);
	duty_bury_in_schedules(&world->schedules, user, leave_stubs, deleted_ms);
	duty_bury_in_schedules(&world->schedules_v3, user, leave_stubs, deleted_ms);
}

static void
duty_drop_team(Shelf *shelf, const gchar *team_id)
{
	for (guint i = 0; i < shelf->sorted->len; i++) {
		Schedule *schedule = g_ptr_array_index(shelf->sorted, i);
		guint index;
		if (g_ptr_array_find_with_equal_func(schedule->team_ids, team_id, g_str_equal, &index))
			g_ptr_array_remove_index(schedule->team_ids, index);
	}
}

void
duty_forget_team(World *world, const gchar *team_id)
{
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		if (g_strcmp0(policy->team_id, team_id) == 0)
			g_clear_pointer(&policy->team_id, g_free);
	}
	duty_drop_team(&world->schedules, team_id);
	duty_drop_team(&world->schedules_v3, team_id);
}

void
duty_delete_policy(World *world, Policy *policy)
{
	shelf_remove(&world->policies, &policy->base);
}

void
duty_delete_schedule(World *world, Schedule *schedule, gboolean leave_stubs, gint64 deleted_ms)
{
	duty_bury_in_policies(world, REF_SCHEDULE, &schedule->base, leave_stubs, deleted_ms);
	shelf_remove(schedule->v3 ? &world->schedules_v3 : &world->schedules, &schedule->base);
}

User *
duty_user(const World *world, const Ref *ref)
{
	return ref->kind == REF_USER ? shelf_find(&world->users, ref->id) : NULL;
}

Schedule *
duty_schedule(const World *world, const Ref *ref)
{
	Schedule *schedule;

	if (ref->kind != REF_SCHEDULE)
		return NULL;
	schedule = shelf_find(&world->schedules, ref->id);
	return schedule != NULL ? schedule : shelf_find(&world->schedules_v3, ref->id);
}

GPtrArray *
duty_schedule_users(const Schedule *schedule)
{
	GPtrArray *users = g_ptr_array_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < schedule->layers->len; i++) {
		const Layer *layer = g_ptr_array_index(schedule->layers, i);
		for (guint j = 0; j < layer->users->len; j++) {
			Ref *ref = g_ptr_array_index(layer->users, j);
			if (g_hash_table_add(seen, ref->id))
				g_ptr_array_add(users, ref);
		}
	}
	return users;
}

static void
duty_index(World *world)
{
	g_hash_table_remove_all(world->duty);
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		for (guint j = 0; j < policy->rules->len; j++) {
			const Rule *rule = g_ptr_array_index(policy->rules, j);
			for (guint k = 0; k < rule->targets->len; k++) {
				Ref *ref = g_ptr_array_index(rule->targets, k);
				GPtrArray *policies;
				if (ref->kind != REF_SCHEDULE)
					continue;
				policies = g_hash_table_lookup(world->duty, ref->id);
				if (policies == NULL) {
					policies = g_ptr_array_new();
					g_hash_table_insert(world->duty, ref->id, policies);
				}
				if (policies->len == 0 || g_ptr_array_index(policies, policies->len - 1) != policy)
					g_ptr_array_add(policies, policy);
			}
		}
	}
	world->duty_gen = world->gen;
}

const GPtrArray *
duty_policies_of(World *world, const gchar *schedule_id)
{
	/* the keys are borrowed from references that a change may have freed, so the table is made anew rather than mended */
	if (world->duty_gen != world->gen)
		duty_index(world);
	return g_hash_table_lookup(world->duty, schedule_id);
}

static gboolean
duty_schedule_has(const Schedule *schedule, const gchar *user_id)
{
	for (guint i = 0; i < schedule->layers->len; i++) {
		const Layer *layer = g_ptr_array_index(schedule->layers, i);
		if (duty_has_ref(layer->users, REF_USER, user_id))
			return TRUE;
	}
	return FALSE;
}

gboolean
duty_targets_ref(const GPtrArray *rules, RefKind kind, const gchar *id)
{
	for (guint i = 0; i < rules->len; i++) {
		const Rule *rule = g_ptr_array_index(rules, i);
		if (duty_has_ref(rule->targets, kind, id))
			return TRUE;
	}
	return FALSE;
}

guint
duty_count_policies(const World *world, const gchar *user_id)
{
	guint count = 0;

	for (guint i = 0; i < world->policies.sorted->len; i++) {
		const Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		if (duty_targets_ref(policy->rules, REF_USER, user_id))
			count++;
	}
	return count;
}

guint
duty_count_schedules(const World *world, const gchar *user_id)
{
	const Shelf *const shelves[] = {&world->schedules, &world->schedules_v3};
	guint count = 0;

	for (guint i = 0; i < G_N_ELEMENTS(shelves); i++) {
		for (guint j = 0; j < shelves[i]->sorted->len; j++) {
			if (duty_schedule_has(g_ptr_array_index(shelves[i]->sorted, j), user_id))
				count++;
		}
	}
	return count;
}

gboolean
duty_pages(const World *world, const Policy *policy, const gchar *user_id)
{
	if (duty_targets_ref(policy->rules, REF_USER, user_id))
		return TRUE;
	for (guint i = 0; i < policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy->rules, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Schedule *schedule = duty_schedule(world, g_ptr_array_index(rule->targets, j));
			if (schedule != NULL && duty_schedule_has(schedule, user_id))
				return TRUE;
		}
	}
	return FALSE;
}
