/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "team.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "blockers.h"

#define TEAM_BLOCKED "belong to an escalation policy on this team"
/* PagerDuty goes on refusing for a while what a policy has just let go: asked again after these waits, ten seconds in all. */
static const guint32 team_waits_ms[] = {500, 1500, 3000, 5000};

/* Tells what a membership write did: the role that went, the role that came. */
gboolean
team_effects(Changes *changes, const Membership *membership, guint32 flags, GError **error)
{
	const guint32 lag = membership->seen || changes->dry_run ? 0 : IDC_EFFECT_EXPECTED;
	g_autofree gchar *before = membership->before != NULL ? ids_team(membership->team, membership->before) : NULL;
	g_autofree gchar *after = membership->role != NULL ? ids_team(membership->team, membership->role) : NULL;
	const guint32 side = after != NULL ? IDC_EFFECT_SIDE : 0;

	return (before == NULL || change_effect(changes, membership->item, IDC_VERB_REMOVED, flags | lag | side, membership->user,
						before, membership->request_id, NULL, error)) &&
	       (after == NULL || change_effect(changes, membership->item, IDC_VERB_ADDED, flags | lag, membership->user, after,
					       membership->request_id, NULL, error));
}

static gboolean
team_is_blocked(const Membership *membership)
{
	return membership->failed != NULL && strstr(membership->failed->message, TEAM_BLOCKED) != NULL;
}

static gboolean
team_refuse_blocked(Changes *changes, const Membership *membership, const EmitAttrs *attrs, GPtrArray *keep, GError **error)
{
	g_autofree gchar *names = NULL;

	g_ptr_array_add(keep, NULL);
	names = g_strjoinv(", ", (gchar **)keep->pdata);
	return change_refused(
	    changes, membership->item, IDC_REFUSED, attrs, error,
	    "PagerDuty lets nobody leave a team while a policy of that team pages them (%s): take them off there first.",
	    names[0] != '\0' ? names : "none is visible to this token");
}

/* PagerDuty refused: names who still pages the person. Where nothing does, it is asked again. */
static gboolean
team_blocked(Changes *changes, Roster *roster, Membership *membership, GError **error)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();

	g_ptr_array_add(alone, membership);
	for (guint i = 0; team_is_blocked(membership); i++) {
		EmitAttrs attrs = {.n = 0};
		g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) failed = NULL;

		if (!blockers_find(changes, membership->team, membership->user, &attrs, keep, &failed))
			return change_failed(changes, membership->item, g_steal_pointer(&failed), NULL, error);
		if (attrs.n > 0 || i == G_N_ELEMENTS(team_waits_ms))
			return team_refuse_blocked(changes, membership, &attrs, keep, error);
		if (!change_pause(changes, team_waits_ms[i], error) || !membership_write(changes, roster, alone, error))
			return FALSE;
	}
	if (membership->failed != NULL)
		return change_failed(changes, membership->item, g_steal_pointer(&membership->failed), NULL, error);
	return team_effects(changes, membership, 0, error) && change_done(changes, membership->item, IDC_OK, NULL, NULL, error);
}

/* Tells how each write ended; those that were never sent get no result. */
static gboolean
team_tell(Changes *changes, Roster *roster, GPtrArray *memberships, GError **error)
{
	gboolean all = TRUE;

	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);
		gboolean ok;

		if (membership->failed != NULL && change_is_fatal(membership->failed)) {
			if (error != NULL && *error == NULL)
				*error = g_steal_pointer(&membership->failed);
			all = FALSE;
			continue;
		}
		if (membership->failed == NULL)
			ok = team_effects(changes, membership, 0, error) &&
			     change_done(changes, membership->item, IDC_OK, NULL, NULL, error);
		else if (team_is_blocked(membership))
			ok = team_blocked(changes, roster, membership, error);
		else
			ok = change_failed(changes, membership->item, g_steal_pointer(&membership->failed), NULL, error);
		if (!ok)
			return FALSE;
	}
	return all;
}

/* A role that a person's base role allows on a team. */
static gboolean
team_base_role_allows(Changes *changes, ChangeItem *item, const gchar *base, gboolean *ret_allows, GError **error)
{
	*ret_allows = FALSE;
	if (base == NULL)
		return change_refused(changes, item, IDC_NOT_FOUND, NULL, error, "PagerDuty knows no user %s.",
				      item->asked->principal_id);
	if (ids_role_manages_all(base) && strcmp(item->role, "manager") != 0)
		return change_refused(changes, item, IDC_REFUSED, NULL, error,
				      "The user is %s and manages every team: any team role but manager would have no effect.",
				      base);
	if (g_str_has_prefix(base, "read_only"))
		return change_refused(changes, item, IDC_REFUSED, NULL, error,
				      "Stakeholders cannot be put on teams: give another base role first.");
	*ret_allows = TRUE;
	return TRUE;
}

/* Decides what has to be written for one addition, if anything. */
static gboolean
team_add_plan(Changes *changes, Roster *roster, ChangeItem *item, GPtrArray *memberships, GError **error)
{
	const gchar *user = item->asked->principal_id;
	const gchar *held = NULL;
	gboolean allows = FALSE;
	g_autoptr(GError) failed = NULL;

	if (!team_base_role_allows(changes, item, roster_role(roster, user), &allows, error))
		return FALSE;
	if (!allows)
		return TRUE;
	if (!roster_team_role(roster, item->object, user, &held, &failed))
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	if (g_strcmp0(held, item->role) == 0)
		return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
	g_ptr_array_add(memberships, membership_new(item, item->object, item->role, held));
	return TRUE;
}

static gboolean
team_remove_plan(Changes *changes, Roster *roster, ChangeItem *item, GPtrArray *memberships, GError **error)
{
	const gchar *held = NULL;
	g_autoptr(GError) failed = NULL;
	g_autofree gchar *held_id = NULL;
	EmitAttrs attrs = {.n = 0};

	if (!roster_team_role(roster, item->object, item->asked->principal_id, &held, &failed)) {
		if (errors_is(failed, IDC_NOT_FOUND))
			return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	}
	if (held == NULL)
		return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
	if (item->role == NULL || strcmp(held, item->role) == 0) {
		g_ptr_array_add(memberships, membership_new(item, item->object, NULL, held));
		return TRUE;
	}
	held_id = ids_team(item->object, held);
	emit_attr(&attrs, "holds", held_id);
	if (roster_rank(held) != 0 && roster_rank(held) < roster_rank(item->role))
		return change_done(changes, item, IDC_ALREADY, NULL, &attrs, error);
	emit_attr(&attrs, "holds_more", held_id);
	return change_refused(changes, item, IDC_CONFLICT, &attrs, error,
			      "The user holds %s, which is not less than what was to be removed: ask for the removal of that.",
			      held_id);
}

/* In a dry run nothing refuses but what is looked for. */
static gboolean
team_foretell(Changes *changes, GPtrArray *memberships, GError **error)
{
	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);
		EmitAttrs attrs = {.n = 0};
		g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);

		if (membership->role != NULL)
			continue;
		if (!blockers_find(changes, membership->team, membership->user, &attrs, keep, error))
			return FALSE;
		if (attrs.n > 0)
			g_set_error_literal(&membership->failed, ERRORS, IDC_REFUSED, TEAM_BLOCKED);
	}
	return TRUE;
}

typedef gboolean (*TeamPlan)(Changes *changes, Roster *roster, ChangeItem *item, GPtrArray *memberships, GError **error);

static gboolean
team_each(Changes *changes, TeamPlan plan, gboolean needs_people, GError **error)
{
	g_autoptr(Roster) roster = roster_new(changes);
	g_autoptr(GPtrArray) memberships = g_ptr_array_new_with_free_func(membership_free);
	gboolean any = FALSE;
	gboolean ok = TRUE;

	for (guint i = 0; i < changes->items->len; i++) {
		const ChangeItem *item = g_ptr_array_index(changes->items, i);

		any = any || (!item->settled && item->kind == CHANGE_TEAM);
	}
	if (!any)
		return TRUE;
	if (needs_people && !roster_load_people(roster, error))
		return FALSE;
	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);

		if (!item->settled && item->kind == CHANGE_TEAM && !plan(changes, roster, item, memberships, error))
			return FALSE;
	}
	if (changes->dry_run)
		return team_foretell(changes, memberships, error) && team_tell(changes, roster, memberships, error);
	ok = membership_write(changes, roster, memberships, error);
	/* What was sent is told in any case. */
	return team_tell(changes, roster, memberships, ok ? error : NULL) && ok;
}

gboolean
team_add(Changes *changes, GError **error)
{
	return team_each(changes, team_add_plan, TRUE, error);
}

gboolean
team_remove(Changes *changes, GError **error)
{
	return team_each(changes, team_remove_plan, FALSE, error);
}
