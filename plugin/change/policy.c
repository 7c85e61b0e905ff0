/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "policy.h"

#include "../errors.h"
#include "../ids.h"
#include "conflict.h"
#include "membership.h"
#include "rules.h"
#include "team.h"

#define POLICY_TRIES 3

/* One item on its way through a policy. */
typedef struct {
	ChangeItem *item;
	GArray *levels;     /* guint: where the target is added or removed */
	gboolean open;      /* has to be written */
	gboolean always;    /* the level paged schedules only */
	Membership *joined; /* the team membership that came before; NULL: none was needed */
} PolicyItem;

/* All items of a batch that touch one policy: one read, one write, one look. */
typedef struct {
	Changes *changes;
	Roster *roster;
	gchar *path;
	gchar *id;
	GPtrArray *items;      /* PolicyItem */
	json_object *policy;   /* as last read; owned */
	gchar *team;           /* of the policy; NULL: none */
	gchar *request_id;     /* of the write */
	guint64 read_sent_ms;  /* the host's clock */
	guint64 elapsed_ms;    /* from sending the read to the answer of the write */
	gboolean *no_strategy; /* shared by the batch: the account's plan refuses the assignment strategies */
	gboolean apart;        /* the write of several items was refused: each has to be tried alone */
} PolicyGroup;

static void
policy_item_free(gpointer data)
{
	PolicyItem *item = data;

	g_array_unref(item->levels);
	if (item->joined != NULL)
		membership_free(item->joined);
	g_free(item);
}

static void
policy_group_clear(PolicyGroup *group)
{
	g_free(group->path);
	g_free(group->id);
	g_free(group->request_id);
	g_free(group->team);
	g_clear_pointer(&group->items, g_ptr_array_unref);
	g_clear_pointer(&group->policy, json_object_put);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyGroup, policy_group_clear)

static guint64
policy_now(const Changes *changes)
{
	return changes->host->monotonic_ms(changes->host->ctx);
}

/* Reads the policy with its assignment strategies, so that they can be sent back; without them where the plan has none. */
static gboolean
policy_read(PolicyGroup *group, GError **error)
{
	g_autofree gchar *path = g_strconcat(group->path, "?include%5B%5D=escalation_rule_assignment_strategies", NULL);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	json_object *policy;
	json_object *teams;

	group->read_sent_ms = policy_now(group->changes);
	answer = api_read(group->changes->api, *group->no_strategy ? group->path : path, &failed);
	if (errors_is(failed, IDC_FORBIDDEN) && !*group->no_strategy) {
		*group->no_strategy = TRUE;
		return policy_read(group, error);
	}
	policy = json_read_object(answer, "escalation_policy");
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (policy == NULL || rules_levels(policy) == 0) {
		g_set_error(error, ERRORS, IDC_PROTOCOL, "The answer to GET %s holds no policy with rules.", group->path);
		return FALSE;
	}
	g_clear_pointer(&group->policy, json_object_put);
	group->policy = rules_copy(policy);
	teams = json_read_array(group->policy, "teams");
	g_clear_pointer(&group->team, g_free);
	if (teams != NULL && json_object_array_length(teams) > 0)
		group->team = g_strdup(json_read_text(json_object_array_get_idx(teams, 0), "id"));
	return TRUE;
}

/* The result attributes that every item of a policy has in common: the team membership that stays. */
static void
policy_stays(const PolicyGroup *group, const PolicyItem *item, EmitAttrs *attrs, gchar **keep)
{
	const gchar *role = NULL;

	if (group->changes->op != CHANGE_REMOVE || group->team == NULL ||
	    !roster_team_role(group->roster, group->team, item->item->asked->principal_id, &role, NULL) || role == NULL)
		return;
	*keep = ids_team(group->team, role);
	emit_attr(attrs, "stays", *keep);
}

/* Whether the rule at that level is still the one that was meant. */
static gboolean
policy_rule_expected(const PolicyGroup *group, const PolicyItem *item)
{
	const gchar *expected = change_attr(item->item, "expect_rule_id");

	return expected == NULL || item->item->level == 0 ||
	       g_strcmp0(expected, json_read_text(rules_level(group->policy, item->item->level), "id")) == 0;
}

/* Puts a target on a level of the copy that will be written, or refuses. */
static gboolean
policy_plan_add(PolicyGroup *group, PolicyItem *item, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	const gchar *base = roster_role(group->roster, user);
	const guint level = item->item->level;
	guint schedules = 0;
	guint targets;

	if (level > rules_levels(group->policy))
		return change_refused(changes, item->item, IDC_NOT_FOUND, NULL, error, "The policy has no level %u, only %u.",
				      level, rules_levels(group->policy));
	if (!policy_rule_expected(group, item))
		return change_refused(changes, item->item, IDC_CONFLICT, NULL, error,
				      "Level %u is another rule by now: list again.", level);
	if (rules_has(group->policy, level, user))
		return change_done(changes, item->item, IDC_ALREADY, NULL, NULL, error);
	if (base == NULL)
		return change_refused(changes, item->item, IDC_NOT_FOUND, NULL, error, "PagerDuty knows no user %s.", user);
	if (g_str_has_prefix(base, "read_only"))
		return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
				      "Stakeholders cannot be paged: give another base role first.");
	targets = rules_targets(group->policy, level, &schedules);
	if (targets >= RULES_MAX_TARGETS)
		return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
				      "Level %u has %u targets already, more are not allowed.", level, targets);
	item->always = schedules > 0 && schedules == targets;
	item->open = TRUE;
	g_array_append_val(item->levels, level);
	rules_add(group->policy, level, user);
	return TRUE;
}

static gboolean
policy_levels_moved(PolicyGroup *group, PolicyItem *item, GError **error)
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
policy_plan_remove(PolicyGroup *group, PolicyItem *item, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	guint schedules = 0;

	if (!policy_rule_expected(group, item))
		return change_refused(changes, item->item, IDC_CONFLICT, NULL, error,
				      "Level %u is another rule by now: list again.", item->item->level);
	for (guint level = 1; level <= rules_levels(group->policy); level++)
		if ((item->item->level == 0 || item->item->level == level) && rules_has(group->policy, level, user))
			g_array_append_val(item->levels, level);
	if (item->levels->len == 0)
		return policy_levels_moved(group, item, error);
	for (guint i = 0; i < item->levels->len; i++)
		if (rules_targets(group->policy, g_array_index(item->levels, guint, i), &schedules) <= 1)
			return change_refused(changes, item->item, IDC_REFUSED, NULL, error,
					      "This would leave level %u with nobody: add somebody else to it first.",
					      g_array_index(item->levels, guint, i));
	for (guint i = 0; i < item->levels->len; i++)
		rules_remove(group->policy, g_array_index(item->levels, guint, i), user);
	item->open = TRUE;
	return TRUE;
}

/* Edits group->policy for every item that is not settled; *ret_open: whether anything has to be written. */
static gboolean
policy_plan(PolicyGroup *group, gboolean *ret_open, GError **error)
{
	gboolean open = FALSE;

	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);

		item->open = FALSE;
		g_array_set_size(item->levels, 0);
		if (item->item->settled)
			continue;
		if (!(group->changes->op == CHANGE_ADD ? policy_plan_add : policy_plan_remove)(group, item, error))
			return FALSE;
		open = open || item->open;
	}
	*ret_open = open;
	return TRUE;
}

/* PagerDuty would put a target on the policy's team, in a role nobody approved: so everybody joins explicitly before. Those who cannot are
 * settled, and *ret_again asks for the plan to be made anew without them. */
static gboolean
policy_join(PolicyGroup *group, gboolean *ret_again, GError **error)
{
	Changes *changes = group->changes;
	g_autoptr(GPtrArray) memberships = g_ptr_array_new();

	*ret_again = FALSE;
	if (changes->op != CHANGE_ADD || group->team == NULL)
		return TRUE;
	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);
		const gchar *user = item->item->asked->principal_id;
		const gchar *held = NULL;
		const gchar *role =
		    ids_role_manages_all(roster_role(group->roster, user)) ? "manager" : changes->settings->join_role;

		if (!item->open || item->joined != NULL)
			continue;
		if (!roster_team_role(group->roster, group->team, user, &held, error))
			return FALSE;
		if (held != NULL)
			continue;
		if (g_strcmp0(changes->settings->join_role, "refuse") == 0) {
			*ret_again = TRUE;
			if (!change_refused(changes, item->item, IDC_REFUSED, NULL, error,
					    "The policy needs team:%s: ask for that as well.", group->team))
				return FALSE;
			continue;
		}
		item->joined = membership_new(item->item, group->team, role, NULL);
		g_ptr_array_add(memberships, item->joined);
	}
	if (!changes->dry_run && memberships->len > 0 && !membership_write(changes, group->roster, memberships, error))
		return FALSE;
	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);

		if (item->joined == NULL || item->joined->failed == NULL || item->item->settled)
			continue;
		*ret_again = TRUE;
		if (!change_failed(changes, item->item, g_steal_pointer(&item->joined->failed), NULL, error))
			return FALSE;
	}
	return TRUE;
}

/* Whether what was read now shows what an item wanted. */
static gboolean
policy_shows(const PolicyGroup *group, const PolicyItem *item)
{
	for (guint i = 0; i < item->levels->len; i++)
		if (rules_has(group->policy, g_array_index(item->levels, guint, i), item->item->asked->principal_id) !=
		    (group->changes->op == CHANGE_ADD))
			return FALSE;
	return TRUE;
}

static gboolean
policy_effects(PolicyGroup *group, const PolicyItem *item, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	const guint32 verb = changes->op == CHANGE_ADD ? IDC_VERB_ADDED : IDC_VERB_REMOVED;

	if (item->joined != NULL && !team_effects(changes, item->joined, IDC_EFFECT_SIDE, error))
		return FALSE;
	for (guint i = 0; i < item->levels->len; i++) {
		const guint level = g_array_index(item->levels, guint, i);
		g_autofree gchar *id = ids_policy(group->id, level);

		if (!change_effect(changes, item->item, verb, 0, user, id, group->request_id, NULL, error))
			return FALSE;
		if (item->always) {
			g_autofree gchar *what = g_strdup_printf("level %u now also pages the user always", level);
			EmitAttrs attrs = {.n = 0};

			emit_attr(&attrs, "what", what);
			if (!change_effect(changes, item->item, IDC_VERB_CHANGED, IDC_EFFECT_SIDE, user, id, group->request_id,
					   &attrs, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Tells how the written items ended. foreign: what somebody else did between our read and our write, NULL: nothing that could be seen. */
static gboolean
policy_tell(PolicyGroup *group, const Conflict *foreign, GError **error)
{
	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);
		EmitAttrs attrs = {.n = 0};
		g_autofree gchar *keep = NULL;
		gboolean ok;

		if (item->item->settled || !item->open)
			continue;
		if (!policy_effects(group, item, error))
			return FALSE;
		policy_stays(group, item, &attrs, &keep);
		if (foreign != NULL) {
			emit_attr(&attrs, "actor", foreign->actor);
			emit_attr(&attrs, "conflicting_request", foreign->request_id);
			ok = change_refused(group->changes, item->item, IDC_CONFLICT, &attrs, error,
					    "It was done, but %s changed the same policy at the same moment, and that change may "
					    "be lost: look at the policy.",
					    foreign->actor);
		} else {
			ok = change_done(group->changes, item->item, IDC_OK, NULL, &attrs, error);
		}
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

/* Ends every item that has no result yet with the same failure. */
static gboolean
policy_fail_all(PolicyGroup *group, const GError *failed, GError **error)
{
	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);

		if (item->item->settled)
			continue;
		if (item->joined != NULL && item->joined->failed == NULL && !group->changes->dry_run &&
		    !team_effects(group->changes, item->joined, IDC_EFFECT_SIDE, error))
			return FALSE;
		if (!change_failed(group->changes, item->item, g_error_copy(failed), NULL, error))
			return FALSE;
	}
	return TRUE;
}

/* One write, and a look: *ret_done: every item's change is to be seen. */
static gboolean
policy_write(PolicyGroup *group, gboolean *ret_done, GError **error)
{
	g_auto(ApiReply) reply = {0};
	g_autoptr(json_object) body = rules_body(group->policy);
	g_autoptr(GError) failed = NULL;
	gboolean done = TRUE;

	if (api_wait_write(group->changes->api, api_send(group->changes->api, "PUT", group->path, body), &reply, &failed)) {
		g_free(group->request_id);
		group->request_id = g_steal_pointer(&reply.request_id);
		group->elapsed_ms = policy_now(group->changes) - group->read_sent_ms + 1;
	} else if (!errors_is(failed, IDC_INDETERMINATE)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!policy_read(group, error)) {
		if (error != NULL && *error != NULL)
			(*error)->code = change_is_fatal(*error) ? (*error)->code : IDC_INDETERMINATE;
		return FALSE;
	}
	for (guint i = 0; i < group->items->len; i++) {
		const PolicyItem *item = g_ptr_array_index(group->items, i);

		done = done && (item->item->settled || !item->open || policy_shows(group, item));
	}
	*ret_done = done;
	return TRUE;
}

/* Whether a refused write was that of several items, of which PagerDuty may mind one only. */
static gboolean
policy_is_divisible(const PolicyGroup *group, const GError *failed)
{
	guint open = 0;

	for (guint i = 0; i < group->items->len; i++) {
		const PolicyItem *item = g_ptr_array_index(group->items, i);

		open += !item->item->settled && item->open ? 1 : 0;
	}
	return open > 1 && (errors_answered(failed, IDC_REFUSED) || errors_answered(failed, IDC_NOT_FOUND));
}

static gboolean
policy_group_run(PolicyGroup *group, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Conflict) foreign = NULL;
	gboolean again = TRUE;
	gboolean open = FALSE;
	gboolean done = FALSE;

	if (!policy_read(group, &failed))
		return policy_fail_all(group, failed, error);
	for (guint attempt = 0; attempt < POLICY_TRIES && !done; attempt++) {
		for (again = TRUE; again;) {
			g_autoptr(json_object) as_read = rules_copy(group->policy);

			if (!policy_plan(group, &open, error))
				return FALSE;
			if (!policy_join(group, &again, &failed))
				return policy_fail_all(group, failed, error);
			if (again) {
				json_object_put(group->policy);
				group->policy = g_steal_pointer(&as_read);
			}
		}
		if (!open)
			return TRUE;
		if (group->changes->dry_run)
			return policy_tell(group, NULL, error);
		if (!policy_write(group, &done, &failed)) {
			group->apart = policy_is_divisible(group, failed);
			return group->apart || policy_fail_all(group, failed, error);
		}
		if (done && !conflict_find(group->changes, group->path, group->elapsed_ms, group->request_id, &foreign, error))
			return FALSE;
	}
	if (done)
		return policy_tell(group, foreign, error);
	g_set_error_literal(&failed, ERRORS, IDC_CONFLICT, "Somebody else keeps changing the same policy: try again later.");
	return policy_fail_all(group, failed, error);
}

/* The items that are still without a result, one write each. */
static gboolean
policy_each_alone(const PolicyGroup *group, GError **error)
{
	for (guint i = 0; i < group->items->len; i++) {
		PolicyItem *item = g_ptr_array_index(group->items, i);
		g_auto(PolicyGroup) alone = {.changes = group->changes, .roster = group->roster, .no_strategy = group->no_strategy};

		if (item->item->settled)
			continue;
		alone.id = g_strdup(group->id);
		alone.path = g_strdup(group->path);
		alone.items = g_ptr_array_new();
		g_ptr_array_add(alone.items, item);
		if (!policy_group_run(&alone, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
policy_each(Changes *changes, GError **error)
{
	g_autoptr(Roster) roster = roster_new(changes);
	gboolean loaded = changes->op == CHANGE_REMOVE;
	gboolean no_strategy = FALSE;

	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *first = g_ptr_array_index(changes->items, i);
		g_autoptr(GPtrArray) same = NULL;
		g_auto(PolicyGroup) group = {.changes = changes, .roster = roster, .no_strategy = &no_strategy};

		if (first->settled || first->kind != CHANGE_POLICY)
			continue;
		if (!loaded && !roster_load_people(roster, error))
			return FALSE;
		loaded = TRUE;
		same = change_same_object(changes, first);
		group.id = g_strdup(first->object);
		group.path = g_strdup_printf("/escalation_policies/%s", first->object);
		group.items = g_ptr_array_new_with_free_func(policy_item_free);
		for (guint j = 0; j < same->len; j++) {
			PolicyItem *item = g_new0(PolicyItem, 1);

			item->item = g_ptr_array_index(same, j);
			item->levels = g_array_new(FALSE, FALSE, sizeof(guint));
			g_ptr_array_add(group.items, item);
		}
		if (!policy_group_run(&group, error) || (group.apart && !policy_each_alone(&group, error)))
			return FALSE;
	}
	return TRUE;
}

gboolean
policy_add(Changes *changes, GError **error)
{
	return policy_each(changes, error);
}

gboolean
policy_remove(Changes *changes, GError **error)
{
	return policy_each(changes, error);
}
