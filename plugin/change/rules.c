/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "rules.h"

#include "../errors.h"

guint
rules_levels(json_object *policy)
{
	json_object *rules = json_read_array(policy, "escalation_rules");

	return rules != NULL ? (guint)json_object_array_length(rules) : 0;
}

json_object *
rules_level(json_object *policy, guint level)
{
	json_object *rules = json_read_array(policy, "escalation_rules");

	return level >= 1 && level <= rules_levels(policy) ? json_object_array_get_idx(rules, level - 1) : NULL;
}

static json_object *
rules_targets_of(json_object *policy, guint level)
{
	return json_read_array(rules_level(policy, level), "targets");
}

/* Somebody who was deleted is nobody's target. */
static gboolean
rules_is_user(json_object *target, const gchar *user)
{
	const gchar *type = json_read_text(target, "type");

	return type != NULL && g_str_has_prefix(type, "user") && json_read_text(target, "deleted_at") == NULL &&
	       g_strcmp0(json_read_text(target, "id"), user) == 0;
}

/* Where the user stands among the targets, or -1. */
static gssize
rules_find(json_object *targets, const gchar *user)
{
	for (gsize i = 0; targets != NULL && i < json_object_array_length(targets); i++)
		if (rules_is_user(json_object_array_get_idx(targets, i), user))
			return (gssize)i;
	return -1;
}

gboolean
rules_has(json_object *policy, guint level, const gchar *user)
{
	return rules_find(rules_targets_of(policy, level), user) >= 0;
}

guint
rules_targets(json_object *policy, guint level, guint *ret_schedules)
{
	json_object *targets = rules_targets_of(policy, level);
	guint all = 0;
	guint schedules = 0;

	for (gsize i = 0; targets != NULL && i < json_object_array_length(targets); i++) {
		json_object *target = json_object_array_get_idx(targets, i);
		const gchar *type = json_read_text(target, "type");

		if (json_read_text(target, "deleted_at") != NULL)
			continue;
		all++;
		if (type != NULL && g_str_has_prefix(type, "schedule"))
			schedules++;
	}
	*ret_schedules = schedules;
	return all;
}

guint
rules_others(json_object *policy, guint level, const gchar *user)
{
	json_object *targets = rules_targets_of(policy, level);
	guint others = 0;

	for (gsize i = 0; targets != NULL && i < json_object_array_length(targets); i++) {
		json_object *target = json_object_array_get_idx(targets, i);

		if (json_read_text(target, "deleted_at") == NULL && !rules_is_user(target, user))
			others++;
	}
	return others;
}

gboolean
rules_check(json_object *policy, const gchar *what, GError **error)
{
	json_object *teams = json_read_array(policy, "teams");

	if (rules_levels(policy) == 0) {
		errors_set_protocol(error, "The answer to %s holds no policy with rules.", what);
		return FALSE;
	}
	for (guint level = 1; level <= rules_levels(policy); level++)
		if (rules_targets_of(policy, level) == NULL) {
			errors_set_protocol(error, "The answer to %s has a rule without \"targets\".", what);
			return FALSE;
		}
	return teams == NULL || json_object_array_length(teams) == 0 ||
	       json_read_id(json_object_array_get_idx(teams, 0), "id", what, error) != NULL;
}

void
rules_add(json_object *policy, guint level, const gchar *user)
{
	json_object *target = json_object_new_object();

	json_object_object_add(target, "id", json_object_new_string(user));
	json_object_object_add(target, "type", json_object_new_string("user_reference"));
	json_object_array_add(rules_targets_of(policy, level), target);
}

void
rules_remove(json_object *policy, guint level, const gchar *user)
{
	json_object *targets = rules_targets_of(policy, level);
	gssize at;

	while ((at = rules_find(targets, user)) >= 0)
		json_object_array_del_idx(targets, (size_t)at, 1);
}

json_object *
rules_copy(json_object *policy)
{
	json_object *copy = NULL;

	return json_object_deep_copy(policy, &copy, NULL) == 0 ? copy : NULL;
}

json_object *
rules_body(json_object *policy)
{
	const gchar *const keys[] = {"name", "escalation_rules"};
	json_object *body = json_object_new_object();
	json_object *inner = json_object_new_object();

	json_object_object_add(inner, "type", json_object_new_string("escalation_policy"));
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		json_object *member = NULL;

		if (json_object_object_get_ex(policy, keys[i], &member))
			json_object_object_add(inner, keys[i], json_object_get(member));
	}
	json_object_object_add(body, "escalation_policy", inner);
	return body;
}
