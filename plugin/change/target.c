/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "target.h"

#include "../errors.h"
#include "../ids.h"

static void
target_item_free(gpointer data)
{
	TargetItem *item = data;

	g_array_unref(item->levels);
	if (item->joined != NULL)
		membership_free(item->joined);
	g_free(item);
}

void
target_group_init(TargetGroup *group, Changes *changes, const ChangeItem *first, gboolean *no_strategy)
{
	g_autoptr(GPtrArray) same = change_same_object(changes, first);

	*group = (TargetGroup){.changes = changes,
			       .id = g_strdup(first->object),
			       .path = g_strdup_printf("/escalation_policies/%s", first->object),
			       .items = g_ptr_array_new_with_free_func(target_item_free)};
	group->no_strategy = no_strategy;
	for (guint i = 0; i < same->len; i++) {
		TargetItem *item = g_new0(TargetItem, 1);

		item->item = g_ptr_array_index(same, i);
		item->levels = g_array_new(FALSE, FALSE, sizeof(guint));
		g_ptr_array_add(group->items, item);
	}
}

void
target_group_alone(TargetGroup *group, const TargetGroup *of, TargetItem *item)
{
	*group = (TargetGroup){.changes = of->changes,
			       .id = g_strdup(of->id),
			       .path = g_strdup(of->path),
			       .items = g_ptr_array_new(),
			       .no_strategy = of->no_strategy};
	g_ptr_array_add(group->items, item);
}

void
target_group_clear(TargetGroup *group)
{
	g_free(group->path);
	g_free(group->id);
	g_free(group->request_id);
	g_free(group->team);
	g_clear_pointer(&group->items, g_ptr_array_unref);
	g_clear_pointer(&group->policy, json_object_put);
	g_clear_pointer(&group->as_read, json_object_put);
	g_clear_error(&group->lost);
}

void
target_take(TargetGroup *group, json_object *policy)
{
	json_object *teams = json_read_array(policy, "teams");

	g_clear_pointer(&group->policy, json_object_put);
	g_clear_pointer(&group->as_read, json_object_put);
	group->policy = json_object_get(policy);
	group->as_read = json_object_get(policy);
	g_clear_pointer(&group->team, g_free);
	if (teams != NULL && json_object_array_length(teams) > 0)
		group->team = g_strdup(json_read_text(json_object_array_get_idx(teams, 0), "id"));
}

/* Whether the rule at that level is still the one that was meant. */
static gboolean
target_rule_expected(const TargetGroup *group, const TargetItem *item)
{
	const gchar *expected = change_attr(item->item, "expect_rule_id");

	return expected == NULL || item->item->level == 0 ||
	       g_strcmp0(expected, json_read_text(rules_level(group->policy, item->item->level), "id")) == 0;
}

/* Puts a target on a level of the copy that will be written, or refuses. */
static gboolean
target_plan_add(TargetGroup *group, TargetItem *item, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	const gchar *base = NULL;
	const guint level = item->item->level;
	guint schedules = 0;
	guint targets;
	g_autoptr(GError) failed = NULL;

	if (level > rules_levels(group->policy))
		return change_refused(changes, item->item, IDC_NOT_FOUND, NULL, error,
				      "The policy has no level %u, only %u: list again.", level, rules_levels(group->policy));
	if (!target_rule_expected(group, item))
		return change_refused(changes, item->item, IDC_CONFLICT, NULL, error,
				      "Level %u is another rule by now: list again.", level);
	if (rules_has(group->policy, level, user))
		return change_done(changes, item->item, IDC_ALREADY, NULL, NULL, error);
	if (!roster_role(changes->roster, user, &base, &failed))
		return change_failed(changes, item->item, g_steal_pointer(&failed), NULL, error);
	if (base == NULL)
		return change_refused(changes, item->item, IDC_NOT_FOUND, NULL, error, "PagerDuty knows no user %s: list again.",
				      user);
	if (g_str_has_prefix(base, "read_only"))
		return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
				      "Stakeholders cannot be paged: give another base role first.");
	targets = rules_targets(group->policy, level, &schedules);
	if (targets >= RULES_MAX_TARGETS)
		return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
				      "Level %u has %u targets already, more are not allowed: take somebody off it first.", level,
				      targets);
	targets = rules_targets(group->as_read, level, &schedules);
	item->always = schedules > 0 && schedules == targets;
	item->open = TRUE;
	g_array_append_val(item->levels, level);
	rules_add(group->policy, level, user);
	return TRUE;
}

/* An item that comes before and takes the same person off the levels that this one is about. */
static ChangeItem *
target_covering(const TargetGroup *group, const TargetItem *item)
{
	for (guint i = 0; i < group->items->len; i++) {
		const TargetItem *other = g_ptr_array_index(group->items, i);

		if (other == item)
			break;
		if (other->open && g_strcmp0(other->item->asked->principal_id, item->item->asked->principal_id) == 0 &&
		    (item->item->level == 0 || rules_has(group->as_read, item->item->level, item->item->asked->principal_id)))
			return other->item;
	}
	return NULL;
}

/* The person is not on the level: on another one? */
static gboolean
target_levels_moved(TargetGroup *group, TargetItem *item, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);

	for (guint level = 1; level <= rules_levels(group->policy); level++)
		if (rules_has(group->policy, level, item->item->asked->principal_id)) {
			gchar *id = ids_policy(group->id, level);

			g_ptr_array_add(keep, id);
			emit_attr(&attrs, "levels_moved", id);
		}
	if (attrs.n == 0)
		return change_done(group->changes, item->item, IDC_ALREADY, NULL, NULL, error);
	return change_refused(group->changes, item->item, IDC_CONFLICT, &attrs, error,
			      "The user is not on level %u but on %s of that policy: levels may have moved, list again.",
			      item->item->level, attrs.pairs[0].value);
}

static gboolean
target_plan_remove(TargetGroup *group, TargetItem *item, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	ChangeItem *covering;

	if (!target_rule_expected(group, item))
		return change_refused(changes, item->item, IDC_CONFLICT, NULL, error,
				      "Level %u is another rule by now: list again.", item->item->level);
	for (guint level = 1; level <= rules_levels(group->policy); level++)
		if ((item->item->level == 0 || item->item->level == level) && rules_has(group->policy, level, user))
			g_array_append_val(item->levels, level);
	covering = item->levels->len == 0 ? target_covering(group, item) : NULL;
	if (covering != NULL) {
		change_pair(item->item, covering);
		return TRUE;
	}
	if (item->levels->len == 0)
		return target_levels_moved(group, item, error);
	for (guint i = 0; i < item->levels->len; i++)
		if (rules_others(group->policy, g_array_index(item->levels, guint, i), user) == 0)
			return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
					      "This would leave level %u with nobody: add somebody else to it first.",
					      g_array_index(item->levels, guint, i));
	for (guint i = 0; i < item->levels->len; i++)
		rules_remove(group->policy, g_array_index(item->levels, guint, i), user);
	item->open = TRUE;
	return TRUE;
}

gboolean
target_plan(TargetGroup *group, gboolean *ret_open, GError **error)
{
	gboolean open = FALSE;

	g_clear_pointer(&group->policy, json_object_put);
	group->policy = rules_copy(group->as_read);
	if (group->policy == NULL) {
		g_set_error_literal(error, ERRORS, IDC_NOMEM, "Out of memory while a policy was edited.");
		return FALSE;
	}
	for (guint i = 0; i < group->items->len; i++) {
		TargetItem *item = g_ptr_array_index(group->items, i);

		item->open = FALSE;
		g_array_set_size(item->levels, 0);
		if (item->item->settled)
			continue;
		if (!(group->changes->op == CHANGE_ADD ? target_plan_add : target_plan_remove)(group, item, error))
			return FALSE;
		open = open || item->open;
	}
	*ret_open = open;
	return TRUE;
}

gboolean
target_shows(const TargetGroup *group, const TargetItem *item)
{
	for (guint i = 0; i < item->levels->len; i++)
		if (rules_has(group->as_read, g_array_index(item->levels, guint, i), item->item->asked->principal_id) !=
		    (group->changes->op == CHANGE_ADD))
			return FALSE;
	return TRUE;
}
