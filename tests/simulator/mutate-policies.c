/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "duty.h"
#include "mutate.h"
#include "refs.h"

static gboolean
mutate_level_users(const Mutation *mutation, json_object *level, GPtrArray *targets, GError **error)
{
	json_object *users = NULL;

	if (!input_array(level, mutation->op, "users", &users, error))
		return FALSE;
	for (gsize i = 0; users != NULL && i < json_object_array_length(users); i++) {
		const User *user = mutate_user(mutation, json_object_array_get_idx(users, i), error);
		if (user == NULL)
			return FALSE;
		duty_add_ref(targets, REF_USER, user->base.id, user->base.name);
	}
	return TRUE;
}

static gboolean
mutate_level_schedules(const Mutation *mutation, json_object *level, GPtrArray *targets, GError **error)
{
	json_object *schedules = NULL;

	if (!input_array(level, mutation->op, "schedules", &schedules, error))
		return FALSE;
	for (gsize i = 0; schedules != NULL && i < json_object_array_length(schedules); i++) {
		const Schedule *schedule = mutate_schedule(mutation, json_object_array_get_idx(schedules, i), error);
		if (schedule == NULL)
			return FALSE;
		duty_add_ref(targets, REF_SCHEDULE, schedule->base.id, schedule->base.name);
	}
	return TRUE;
}

static gboolean
mutate_level(const Mutation *mutation, Policy *policy, json_object *level, GError **error)
{
	static const gchar *const keys[] = {"delay", "users", "schedules", NULL};
	gint64 delay = 30;
	const Rule *rule;

	if (!json_object_is_type(level, json_type_object))
		return input_refuse(error, "%s: a level must be an object.", mutation->op);
	if (!input_only_keys(level, mutation->op, keys, error) ||
	    !input_integer(level, mutation->op, "delay", 1, G_MAXINT32, &delay, error))
		return FALSE;
	rule = duty_add_rule(mutation->world, policy, (guint)delay);
	if (!mutate_level_users(mutation, level, rule->targets, error) ||
	    !mutate_level_schedules(mutation, level, rule->targets, error))
		return FALSE;
	return rule->targets->len > 0 ? TRUE : input_refuse(error, "%s: a level has at least one target.", mutation->op);
}

/* Replaces all levels by those of the change, if it has any; as it was, if they are wrong. */
static gboolean
mutate_levels(const Mutation *mutation, Policy *policy, GError **error)
{
	json_object *levels = NULL;
	GPtrArray *before = policy->rules;
	gboolean done = TRUE;

	if (!input_array(mutation->change, mutation->op, "levels", &levels, error))
		return FALSE;
	if (levels == NULL)
		return TRUE;
	if (json_object_array_length(levels) == 0)
		return input_refuse(error, "%s: a policy has at least one level.", mutation->op);
	policy->rules = duty_new_rules();
	for (gsize i = 0; i < json_object_array_length(levels) && done; i++)
		done = mutate_level(mutation, policy, json_object_array_get_idx(levels, i), error);
	g_ptr_array_unref(done ? before : policy->rules);
	if (!done)
		policy->rules = before;
	return done;
}

static gboolean
mutate_policy_fields(const Mutation *mutation, Policy *policy, AuditDraft *draft, GError **error)
{
	g_autofree gchar *team_id = g_strdup(policy->team_id);

	if (!mutate_set_text(mutation, "description", &policy->description, draft, error) ||
	    !mutate_set_text(mutation, "team", &team_id, draft, error) || !mutate_levels(mutation, policy, error))
		return FALSE;
	if (team_id != NULL && shelf_find(&mutation->world->teams, team_id) == NULL)
		return input_refuse(error, "%s: there is no team %s.", mutation->op, team_id);
	g_free(policy->team_id);
	policy->team_id = g_steal_pointer(&team_id);
	return TRUE;
}

static AuditDraft *
mutate_policy_draft(Mutation *mutation, Policy *policy, const gchar *action)
{
	return audit_begin(mutation->world, &mutation->by, AUDIT_POLICIES, policy->base.id, refs_policy(mutation->world, policy),
			   action);
}

static gboolean
mutate_add_policy(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	const gchar *name = NULL;
	const gchar *id = NULL;
	AuditDraft *draft;
	Policy *policy;
	gboolean done;

	if (!mutate_needs(mutation, "name", &name, error) || !mutate_new_id(mutation, &world->policies, &id, error))
		return FALSE;
	if (mutate_value(mutation, "levels") == NULL)
		return input_refuse(error, "add_policy needs \"levels\".");
	policy = duty_add_policy(world, id, name, TRUE);
	mutation->id = g_strdup(policy->base.id);
	draft = mutate_policy_draft(mutation, policy, "create");
	done = mutate_policy_fields(mutation, policy, draft, error);
	audit_finish(draft, done);
	if (!done)
		duty_delete_policy(world, policy);
	return done;
}

static gboolean
mutate_delete_policy(Mutation *mutation, GError **error)
{
	Policy *policy = mutate_policy(mutation, error);

	if (policy == NULL)
		return FALSE;
	mutation->id = g_strdup(policy->base.id);
	audit_end(mutate_policy_draft(mutation, policy, "delete"));
	duty_delete_policy(mutation->world, policy);
	return TRUE;
}

static gboolean
mutate_set_policy(Mutation *mutation, GError **error)
{
	Policy *policy = mutate_policy(mutation, error);
	const gchar *name = NULL;
	AuditDraft *draft;
	gboolean done;

	if (policy == NULL || !mutate_text(mutation, "name", &name, error))
		return FALSE;
	mutation->id = g_strdup(policy->base.id);
	draft = mutate_policy_draft(mutation, policy, "update");
	if (name != NULL) {
		audit_field(draft, "name", policy->base.name, name);
		shelf_rename(&mutation->world->policies, &policy->base, name);
	}
	done = mutate_policy_fields(mutation, policy, draft, error);
	audit_finish(draft, done);
	return done;
}

typedef struct {
	Policy *policy;
	Rule *rule;
	RefKind kind;
	const Thing *thing;
	const gchar *reference;
} MutateTarget;

/* The policy, the level and the user or schedule that the change names. */
static gboolean
mutate_target(const Mutation *mutation, MutateTarget *ret_target, GError **error)
{
	Policy *policy = mutate_policy(mutation, error);
	json_object *user_value = mutate_value(mutation, "user");
	gint64 level = 1;

	if (policy == NULL || !input_integer(mutation->change, mutation->op, "level", 1, policy->rules->len, &level, error))
		return FALSE;
	ret_target->policy = policy;
	ret_target->rule = g_ptr_array_index(policy->rules, level - 1);
	if (user_value != NULL) {
		User *user = mutate_user(mutation, user_value, error);
		if (user == NULL)
			return FALSE;
		ret_target->kind = REF_USER;
		ret_target->thing = &user->base;
		ret_target->reference = refs_user(mutation->world, user);
	} else {
		Schedule *schedule = mutate_schedule(mutation, mutate_value(mutation, "schedule"), error);
		if (schedule == NULL)
			return FALSE;
		ret_target->kind = REF_SCHEDULE;
		ret_target->thing = &schedule->base;
		ret_target->reference = refs_schedule(mutation->world, schedule);
	}
	return TRUE;
}

static gboolean
mutate_add_target(Mutation *mutation, GError **error)
{
	MutateTarget target;
	AuditDraft *draft;

	if (!mutate_target(mutation, &target, error))
		return FALSE;
	mutation->id = g_strdup(target.policy->base.id);
	duty_add_ref(target.rule->targets, target.kind, target.thing->id, target.thing->name);
	draft = mutate_policy_draft(mutation, target.policy, "update");
	audit_reference(draft, "targets", target.reference, NULL);
	audit_end(draft);
	return TRUE;
}

static gboolean
mutate_remove_target(Mutation *mutation, GError **error)
{
	MutateTarget target;
	AuditDraft *draft;

	if (!mutate_target(mutation, &target, error))
		return FALSE;
	if (target.rule->targets->len == 1 && target.policy->rules->len == 1)
		return input_refuse(error, "remove_target: it is the only target of the only level.");
	if (!duty_drop_ref(target.rule->targets, target.kind, target.thing->id))
		return input_refuse(error, "remove_target: %s is no target of that level.", target.thing->id);
	if (target.rule->targets->len == 0)
		g_ptr_array_remove(target.policy->rules, target.rule);
	mutation->id = g_strdup(target.policy->base.id);
	draft = mutate_policy_draft(mutation, target.policy, "update");
	audit_reference(draft, "targets", NULL, target.reference);
	audit_end(draft);
	return TRUE;
}

const MutateOp mutate_policies_ops[] = {
    {"add_policy", {"name", "id", "description", "team", "levels"}, mutate_add_policy},
    {"delete_policy", {"policy"}, mutate_delete_policy},
    {"set_policy", {"policy", "name", "description", "team", "levels"}, mutate_set_policy},
    {"rename_policy", {"policy", "name"}, mutate_set_policy},
    {"add_target", {"policy", "level", "user", "schedule"}, mutate_add_target},
    {"remove_target", {"policy", "level", "user", "schedule"}, mutate_remove_target},
    {NULL, {NULL}, NULL},
};
