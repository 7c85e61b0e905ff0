/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "policy.h"

#include "../errors.h"
#include "../ids.h"
#include "conflict.h"
#include "target.h"
#include "team.h"

#define POLICY_TRIES 3

static guint64
policy_now(const Changes *changes)
{
	return changes->host->monotonic_ms(changes->host->ctx);
}

/* Reads the policy with its assignment strategies, so that they can be sent back; without them where the plan has none. */
static gboolean
policy_read(TargetGroup *group, GError **error)
{
	g_autofree gchar *path = g_strconcat(group->path, "?include%5B%5D=escalation_rule_assignment_strategies", NULL);
	g_autofree gchar *what = g_strconcat("GET ", group->path, NULL);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	json_object *policy;

	group->read_sent_ms = policy_now(group->changes);
	answer = api_read(group->changes->api, *group->no_strategy ? group->path : path, &failed);
	if (errors_is(failed, IDC_FORBIDDEN) && !*group->no_strategy) {
		*group->no_strategy = TRUE;
		return policy_read(group, error);
	}
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	policy = json_read_object(answer, "escalation_policy");
	if (!rules_check(policy, what, error))
		return FALSE;
	target_take(group, policy);
	return TRUE;
}

/* Whether the same batch takes that person off the policy's team as well. */
static gboolean
policy_leaves_team(const TargetGroup *group, const gchar *user)
{
	for (guint i = 0; i < group->changes->items->len; i++) {
		const ChangeItem *item = g_ptr_array_index(group->changes->items, i);

		if (item->kind == CHANGE_TEAM && g_strcmp0(item->object, group->team) == 0 &&
		    g_strcmp0(item->asked->principal_id, user) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The result attributes that every item of a policy has in common: the team membership that stays. */
static void
policy_stays(const TargetGroup *group, const TargetItem *item, EmitAttrs *attrs, gchar **keep)
{
	const gchar *role = NULL;

	if (group->changes->op != CHANGE_REMOVE || group->team == NULL ||
	    policy_leaves_team(group, item->item->asked->principal_id) ||
	    !roster_team_role(group->changes->roster, group->team, item->item->asked->principal_id, &role, NULL) || role == NULL)
		return;
	*keep = ids_team(group->team, role);
	emit_attr(attrs, "stays", *keep);
}

/* The role in which somebody joins a policy's team. */
static const gchar *
policy_join_role(const Changes *changes, const gchar *user, gboolean has_roles)
{
	const gchar *base = NULL;

	if (!has_roles)
		return IDS_TEAM_MEMBER;
	return roster_role(changes->roster, user, &base, NULL) && ids_role_manages_all(base) ? "manager"
											     : changes->settings->join_role;
}

static gboolean
policy_is_joining(const GPtrArray *memberships, const gchar *user)
{
	for (guint i = 0; i < memberships->len; i++)
		if (g_strcmp0(((const Membership *)g_ptr_array_index(memberships, i))->user, user) == 0)
			return TRUE;
	return FALSE;
}

/* Decides who has to join. *ret_refused: some may not, and are settled. */
static gboolean
policy_plan_join(TargetGroup *group, GPtrArray *memberships, gboolean *ret_refused, GError **error)
{
	Changes *changes = group->changes;
	gboolean has_roles = TRUE;

	if (!roster_has_team_roles(changes->roster, &has_roles, error))
		return FALSE;
	for (guint i = 0; i < group->items->len; i++) {
		TargetItem *item = g_ptr_array_index(group->items, i);
		const gchar *user = item->item->asked->principal_id;
		const gchar *held = NULL;

		/* Who is put on two levels joins once. */
		if (!item->open || item->joined != NULL || policy_is_joining(memberships, user))
			continue;
		if (!roster_team_role(changes->roster, group->team, user, &held, error))
			return FALSE;
		if (held != NULL)
			continue;
		if (g_strcmp0(changes->settings->join_role, "refuse") == 0) {
			*ret_refused = TRUE;
			if (!change_refused(changes, item->item, IDC_REFUSED, NULL, error,
					    "The policy needs team:%s: ask for that as well.", group->team))
				return FALSE;
			continue;
		}
		item->joined = membership_new(item->item, group->team, policy_join_role(changes, user, has_roles), NULL);
		g_ptr_array_add(memberships, item->joined);
	}
	return TRUE;
}

/* PagerDuty would put a target on the policy's team, in a role nobody approved: so everybody joins explicitly before, and it is told at
 * once, whatever becomes of the policy. Those who cannot are settled, and *ret_again asks for the plan to be made anew without them. */
static gboolean
policy_join(TargetGroup *group, gboolean *ret_again, GError **error)
{
	Changes *changes = group->changes;
	g_autoptr(GPtrArray) memberships = g_ptr_array_new();
	gboolean ok;

	*ret_again = FALSE;
	if (changes->op != CHANGE_ADD || group->team == NULL)
		return TRUE;
	if (!policy_plan_join(group, memberships, ret_again, error))
		return FALSE;
	ok = changes->dry_run || memberships->len == 0 || membership_write(changes, memberships, error);
	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);

		if (membership->failed == NULL) {
			roster_note(changes->roster, membership->team, membership->user, membership->role);
			if (!team_effects(changes, membership, IDC_EFFECT_SIDE, ok ? error : NULL))
				return FALSE;
		} else if (ok || !change_is_fatal(membership->failed)) {
			*ret_again = TRUE;
			if (!change_failed(changes, membership->item, g_error_copy(membership->failed), NULL, ok ? error : NULL))
				return FALSE;
		}
	}
	return ok;
}

static gboolean
policy_effects(TargetGroup *group, const TargetItem *item, guint32 flags, GError **error)
{
	Changes *changes = group->changes;
	const gchar *user = item->item->asked->principal_id;
	const guint32 verb = changes->op == CHANGE_ADD ? IDC_VERB_ADDED : IDC_VERB_REMOVED;

	for (guint i = 0; i < item->levels->len; i++) {
		const guint level = g_array_index(item->levels, guint, i);
		g_autofree gchar *id = ids_policy(group->id, level);

		if (!change_effect(changes, item->item, verb, flags, user, id, group->request_id, NULL, error))
			return FALSE;
		if (item->always) {
			g_autofree gchar *what = g_strdup_printf("level %u now also pages the user always", level);
			EmitAttrs attrs = {.n = 0};

			emit_attr(&attrs, "what", what);
			if (!change_effect(changes, item->item, IDC_VERB_CHANGED, flags | IDC_EFFECT_SIDE, user, id,
					   group->request_id, &attrs, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Tells how an item that was written ended. foreign: what somebody else did between our read and our write, NULL: nothing that could be
 * seen. */
static gboolean
policy_tell_one(TargetGroup *group, const TargetItem *item, const Conflict *foreign, guint32 flags, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *keep = NULL;

	if (!policy_effects(group, item, flags, error))
		return FALSE;
	policy_stays(group, item, &attrs, &keep);
	if (foreign == NULL)
		return change_done(group->changes, item->item, IDC_OK, NULL, &attrs, error);
	emit_attr(&attrs, "actor", foreign->actor);
	emit_attr(&attrs, "conflicting_request", foreign->request_id);
	return change_refused(
	    group->changes, item->item, IDC_CONFLICT, &attrs, error,
	    "It was done, but %s changed the same policy at the same moment, and that change may be lost: look at "
	    "the policy.",
	    foreign->actor);
}

/* Tells of all that were written; only_shown: of those that are to be seen by now, the others are still to be done. */
static gboolean
policy_tell(TargetGroup *group, const Conflict *foreign, guint32 flags, gboolean only_shown, GError **error)
{
	for (guint i = 0; i < group->items->len; i++) {
		const TargetItem *item = g_ptr_array_index(group->items, i);

		if (!item->item->settled && item->open && (!only_shown || (item->sent && target_shows(group, item))) &&
		    !policy_tell_one(group, item, foreign, flags, error))
			return FALSE;
	}
	return TRUE;
}

/* Ends every item that has no result yet with the same failure. Where that ends the batch, those of which nothing was done get none. */
static gboolean
policy_fail_all(TargetGroup *group, const GError *failed, GError **error)
{
	const gboolean fatal = change_is_fatal(failed);

	if (group->changes->refused) {
		g_propagate_error(error, g_error_copy(failed));
		return FALSE;
	}
	for (guint i = 0; i < group->items->len; i++) {
		const TargetItem *item = g_ptr_array_index(group->items, i);
		const gboolean touched = item->sent || (item->joined != NULL && item->joined->told);

		if (!item->item->settled && (!fatal || touched) && !change_broken(group->changes, item->item, failed, error))
			return FALSE;
	}
	if (fatal)
		g_propagate_error(error, g_error_copy(failed));
	return !fatal;
}

/* The write was sent and the policy cannot be looked at: where PagerDuty acknowledged it, it was done but is not seen; else nobody knows. */
static gboolean
policy_unseen(TargetGroup *group, const GError *lost, const GError *unread, GError **error)
{
	if (!(lost == NULL ? policy_tell(group, NULL, IDC_EFFECT_EXPECTED, FALSE, error) : policy_fail_all(group, lost, error)))
		return FALSE;
	if (!change_is_fatal(unread))
		return TRUE;
	g_propagate_error(error, g_error_copy(unread));
	return FALSE;
}

/* Whether a refused write was that of several items, of which PagerDuty may mind one only. */
static gboolean
policy_is_divisible(const TargetGroup *group, const GError *failed)
{
	guint open = 0;

	for (guint i = 0; i < group->items->len; i++) {
		const TargetItem *item = g_ptr_array_index(group->items, i);

		open += !item->item->settled && item->open ? 1 : 0;
	}
	return open > 1 && (errors_answered(failed, IDC_REFUSED) || errors_answered(failed, IDC_NOT_FOUND));
}

/* One write, and a look. *ret_done: every item's change is to be seen, or all have their results. */
static gboolean
policy_write(TargetGroup *group, gboolean *ret_done, GError **error)
{
	g_auto(ApiReply) reply = {0};
	g_autoptr(json_object) body = rules_body(group->policy);
	g_autoptr(GError) lost = NULL;
	g_autoptr(GError) unread = NULL;
	gboolean done = TRUE;

	g_clear_pointer(&group->request_id, g_free);
	g_clear_error(&group->lost);
	if (api_wait_write(group->changes->api, api_send(group->changes->api, "PUT", group->path, body), &reply, &lost)) {
		group->request_id = g_steal_pointer(&reply.request_id);
		group->elapsed_ms = policy_now(group->changes) - group->read_sent_ms + 1;
	} else if (!errors_is(lost, IDC_INDETERMINATE)) {
		*ret_done = TRUE;
		group->apart = policy_is_divisible(group, lost);
		return group->apart || policy_fail_all(group, lost, error);
	}
	for (guint i = 0; i < group->items->len; i++) {
		TargetItem *item = g_ptr_array_index(group->items, i);

		item->sent = item->sent || item->open;
	}
	if (!policy_read(group, &unread)) {
		*ret_done = TRUE;
		return policy_unseen(group, lost, unread, error);
	}
	for (guint i = 0; i < group->items->len; i++) {
		const TargetItem *item = g_ptr_array_index(group->items, i);

		done = done && (item->item->settled || !item->open || target_shows(group, item));
	}
	if (!done)
		group->lost = g_steal_pointer(&lost);
	*ret_done = done;
	return TRUE;
}

/* Plans and lets people join until the two agree. *ret_open: something has to be written. */
static gboolean
policy_prepare(TargetGroup *group, gboolean *ret_open, GError **error)
{
	gboolean again = TRUE;

	while (again) {
		g_autoptr(GError) failed = NULL;

		if (!target_plan(group, ret_open, error))
			return FALSE;
		if (!policy_join(group, &again, &failed)) {
			*ret_open = FALSE;
			return policy_fail_all(group, failed, error);
		}
	}
	return TRUE;
}

static gboolean
policy_group_run(TargetGroup *group, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Conflict) foreign = NULL;
	gboolean open = FALSE;
	gboolean done = FALSE;

	if (!policy_read(group, &failed))
		return policy_fail_all(group, failed, error);
	for (guint attempt = 0; attempt < POLICY_TRIES && !done; attempt++) {
		/* What an earlier write did is told as done, not as found so. */
		if (!policy_tell(group, NULL, 0, TRUE, error) || !policy_prepare(group, &open, error))
			return FALSE;
		if (!open)
			return TRUE;
		if (group->changes->dry_run)
			return policy_tell(group, NULL, 0, FALSE, error);
		if (!policy_write(group, &done, error))
			return FALSE;
		if (group->apart)
			return TRUE;
	}
	if (done) {
		const gboolean looked =
		    conflict_find(group->changes, group->path, group->elapsed_ms, group->request_id, &foreign, &failed);

		if (!policy_tell(group, foreign, 0, FALSE, error))
			return FALSE;
		if (!looked)
			g_propagate_error(error, g_steal_pointer(&failed));
		return looked;
	}
	/* A service in trouble is nobody's edit: then its own word is told. */
	if (group->lost != NULL)
		failed = g_steal_pointer(&group->lost);
	else
		g_set_error_literal(&failed, ERRORS, IDC_CONFLICT,
				    "Somebody else keeps changing the same policy: try again later.");
	return policy_tell(group, NULL, 0, TRUE, error) && policy_fail_all(group, failed, error);
}

/* The items that are still without a result, one write each. */
static gboolean
policy_each_alone(const TargetGroup *group, GError **error)
{
	for (guint i = 0; i < group->items->len; i++) {
		TargetItem *item = g_ptr_array_index(group->items, i);
		g_auto(TargetGroup) alone = {0};

		if (item->item->settled)
			continue;
		target_group_alone(&alone, group, item);
		if (!policy_group_run(&alone, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
policy_each(Changes *changes, GError **error)
{
	gboolean loaded = changes->op == CHANGE_REMOVE;
	gboolean no_strategy = FALSE;

	for (guint i = 0; i < changes->items->len; i++) {
		const ChangeItem *first = g_ptr_array_index(changes->items, i);
		g_auto(TargetGroup) group = {0};

		if (first->settled || first->kind != CHANGE_POLICY)
			continue;
		if (!loaded && !roster_load_people(changes->roster, error))
			return FALSE;
		loaded = TRUE;
		target_group_init(&group, changes, first, &no_strategy);
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
