/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "duty.h"
#include "mutate.h"
#include "refs.h"

static Shelf *
mutate_shelf(const Mutation *mutation, const Schedule *schedule)
{
	return schedule->v3 ? &mutation->world->schedules_v3 : &mutation->world->schedules;
}

static AuditDraft *
mutate_schedule_draft(Mutation *mutation, Schedule *schedule, const gchar *action)
{
	return audit_begin(mutation->world, &mutation->by, AUDIT_SCHEDULES, schedule->base.id,
			   refs_schedule(mutation->world, schedule), action);
}

/* Users of the change's list, put at the end of the layer. */
static gboolean
mutate_layer_users(const Mutation *mutation, Layer *layer, GError **error)
{
	json_object *users = NULL;

	if (!input_array(mutation->change, mutation->op, "users", &users, error))
		return FALSE;
	for (gsize i = 0; users != NULL && i < json_object_array_length(users); i++) {
		const User *user = mutate_user(mutation, json_object_array_get_idx(users, i), error);
		if (user == NULL)
			return FALSE;
		duty_add_ref(layer->users, REF_USER, user->base.id, user->base.name);
	}
	return layer->users->len > 0 ? TRUE : input_refuse(error, "%s: a layer needs \"users\".", mutation->op);
}

static gboolean
mutate_schedule_teams(const Mutation *mutation, Schedule *schedule, GError **error)
{
	g_autoptr(GPtrArray) teams = NULL;

	if (!input_strings(mutation->change, mutation->op, "teams", &teams, error))
		return FALSE;
	for (guint i = 0; teams != NULL && i < teams->len; i++) {
		if (shelf_find(&mutation->world->teams, g_ptr_array_index(teams, i)) == NULL)
			return input_refuse(error, "%s: there is no team %s.", mutation->op,
					    (const gchar *)g_ptr_array_index(teams, i));
	}
	if (teams != NULL) {
		g_ptr_array_unref(schedule->team_ids);
		schedule->team_ids = g_steal_pointer(&teams);
	}
	return TRUE;
}

static gboolean
mutate_add_schedule(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	const gchar *name = NULL;
	const gchar *id = NULL;
	gboolean v3 = FALSE;
	Schedule *schedule;
	gboolean done;

	if (!mutate_needs(mutation, "name", &name, error) || !mutate_new_id(mutation, &world->schedules, &id, error) ||
	    !mutate_new_id(mutation, &world->schedules_v3, &id, error) ||
	    !input_boolean(mutation->change, mutation->op, "v3", &v3, error))
		return FALSE;
	schedule = duty_add_schedule(world, id, name, v3, TRUE);
	schedule->description = g_strdup("");
	mutation->id = g_strdup(schedule->base.id);
	done = mutate_layer_users(mutation, duty_add_layer(world, schedule, 7 * 86400), error) &&
	       mutate_schedule_teams(mutation, schedule, error);
	if (done)
		audit_end(mutate_schedule_draft(mutation, schedule, "create"));
	else
		duty_delete_schedule(world, schedule, FALSE, 0);
	return done;
}

static gboolean
mutate_delete_schedule(Mutation *mutation, GError **error)
{
	Schedule *schedule = mutate_schedule(mutation, mutate_value(mutation, "schedule"), error);
	gboolean stubs = TRUE;

	if (schedule == NULL || !input_boolean(mutation->change, mutation->op, "stubs", &stubs, error))
		return FALSE;
	mutation->id = g_strdup(schedule->base.id);
	audit_end(mutate_schedule_draft(mutation, schedule, "delete"));
	duty_delete_schedule(mutation->world, schedule, stubs, mutation->by.now_ms);
	return TRUE;
}

static gboolean
mutate_set_schedule(Mutation *mutation, GError **error)
{
	Schedule *schedule = mutate_schedule(mutation, mutate_value(mutation, "schedule"), error);
	const gchar *name = NULL;
	AuditDraft *draft;
	gboolean done;

	if (schedule == NULL || !mutate_text(mutation, "name", &name, error))
		return FALSE;
	mutation->id = g_strdup(schedule->base.id);
	draft = mutate_schedule_draft(mutation, schedule, "update");
	if (name != NULL) {
		audit_field(draft, "name", schedule->base.name, name);
		shelf_rename(mutate_shelf(mutation, schedule), &schedule->base, name);
	}
	done = mutate_set_text(mutation, "description", &schedule->description, draft, error) &&
	       mutate_schedule_teams(mutation, schedule, error);
	audit_finish(draft, done);
	return done;
}

static gboolean
mutate_schedule_user(Mutation *mutation, Schedule **ret_schedule, User **ret_user, GError **error)
{
	Schedule *schedule = mutate_schedule(mutation, mutate_value(mutation, "schedule"), error);
	User *user = schedule == NULL ? NULL : mutate_user(mutation, mutate_value(mutation, "user"), error);

	if (user == NULL)
		return FALSE;
	*ret_schedule = schedule;
	*ret_user = user;
	mutation->id = g_strdup(schedule->base.id);
	return TRUE;
}

static gboolean
mutate_add_schedule_user(Mutation *mutation, GError **error)
{
	Schedule *schedule = NULL;
	User *user = NULL;
	AuditDraft *draft;
	const Layer *layer;

	if (!mutate_schedule_user(mutation, &schedule, &user, error))
		return FALSE;
	layer = g_ptr_array_index(schedule->layers, 0);
	duty_add_ref(layer->users, REF_USER, user->base.id, user->base.name);
	draft = mutate_schedule_draft(mutation, schedule, "update");
	audit_reference(draft, "users", refs_user(mutation->world, user), NULL);
	audit_end(draft);
	return TRUE;
}

/* Whether anybody but the user is on the schedule. */
static gboolean
mutate_others(const Schedule *schedule, const User *user)
{
	g_autoptr(GPtrArray) users = duty_schedule_users(schedule);

	return users->len > 1 || !duty_has_ref(users, REF_USER, user->base.id);
}

static gboolean
mutate_remove_schedule_user(Mutation *mutation, GError **error)
{
	Schedule *schedule = NULL;
	User *user = NULL;
	AuditDraft *draft;

	if (!mutate_schedule_user(mutation, &schedule, &user, error))
		return FALSE;
	if (!mutate_others(schedule, user))
		return input_refuse(error, "remove_schedule_user: nobody would be left on the schedule.");
	for (guint i = schedule->layers->len; i > 0; i--) {
		const Layer *layer = g_ptr_array_index(schedule->layers, i - 1);
		while (duty_drop_ref(layer->users, REF_USER, user->base.id))
			continue;
		if (layer->users->len == 0)
			g_ptr_array_remove_index(schedule->layers, i - 1);
	}
	draft = mutate_schedule_draft(mutation, schedule, "update");
	audit_reference(draft, "users", NULL, refs_user(mutation->world, user));
	audit_end(draft);
	return TRUE;
}

/* From layers to shifts: the id and every reference to it stay, the type flips. */
static gboolean
mutate_upgrade_schedule(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	Schedule *schedule = mutate_schedule(mutation, mutate_value(mutation, "schedule"), error);

	if (schedule == NULL)
		return FALSE;
	if (schedule->v3)
		return input_refuse(error, "upgrade_schedule: %s is shift-based already.", schedule->base.id);
	mutation->id = g_strdup(schedule->base.id);
	shelf_take(&world->schedules, &schedule->base);
	schedule->v3 = TRUE;
	shelf_insert(&world->schedules_v3, &schedule->base);
	world_touch(world);
	audit_end(mutate_schedule_draft(mutation, schedule, "update"));
	return TRUE;
}

const MutateOp mutate_schedules_ops[] = {
    {"add_schedule", {"name", "id", "users", "teams", "v3"}, mutate_add_schedule},
    {"delete_schedule", {"schedule", "stubs"}, mutate_delete_schedule},
    {"set_schedule", {"schedule", "name", "description", "teams"}, mutate_set_schedule},
    {"rename_schedule", {"schedule", "name"}, mutate_set_schedule},
    {"add_schedule_user", {"schedule", "user"}, mutate_add_schedule_user},
    {"remove_schedule_user", {"schedule", "user"}, mutate_remove_schedule_user},
    {"upgrade_schedule", {"schedule"}, mutate_upgrade_schedule},
    {NULL, {NULL}, NULL},
};
