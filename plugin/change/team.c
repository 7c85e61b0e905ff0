/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "team.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "blockers.h"
#include "roster.h"

/* How many of those who page somebody the message names; all of them are attributes. */
#define TEAM_NAMED 3
#define TEAM_BLOCKED "belong to an escalation policy on this team"

gboolean
team_effects(Changes *changes, Membership *membership, guint32 flags, GError **error)
{
	const guint32 lag = membership->seen || changes->dry_run ? 0 : IDC_EFFECT_EXPECTED;
	g_autofree gchar *before = membership->before != NULL ? ids_team(membership->team, membership->before) : NULL;
	g_autofree gchar *after = membership->role != NULL ? ids_team(membership->team, membership->role) : NULL;
	const guint32 side = after != NULL ? IDC_EFFECT_SIDE : 0;

	if (membership->told)
		return TRUE;
	membership->told = TRUE;
	return (before == NULL || change_effect(changes, membership->item, IDC_VERB_REMOVED, flags | lag | side, membership->user,
						before, membership->request_id, NULL, error)) &&
	       (after == NULL || change_effect(changes, membership->item, IDC_VERB_ADDED, flags | lag, membership->user, after,
					       membership->request_id, NULL, error));
}

static gboolean team_tell_one(Changes *changes, Membership *membership, GError **error);

/* Refuses because of what still pages the person, found by blockers_find(). */
static gboolean
team_refuse(Changes *changes, Membership *membership, const EmitAttrs *attrs, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (gsize i = 0; i < attrs->n && i < TEAM_NAMED; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", attrs->pairs[i].value);
	if (attrs->n > TEAM_NAMED)
		g_string_append_printf(names, " and %" G_GSIZE_FORMAT " more", attrs->n - TEAM_NAMED);
	return change_refused(changes, membership->item, IDC_REFUSED, attrs, error,
			      "PagerDuty lets nobody leave a team while a policy of that team pages them (%s): take them off there "
			      "first.",
			      names->len > 0 ? names->str : "none that this token may see");
}

static gboolean
team_is_blocked(const Membership *membership)
{
	return membership->failed != NULL && strstr(membership->failed->message, TEAM_BLOCKED) != NULL;
}

/* Nobody pages the person, yet PagerDuty says so: for some seconds it goes on to see whoever was just taken off. */
static gboolean
team_try_again(Changes *changes, Membership *membership, GError **error)
{
	static const guint32 pauses_ms[] = {500, 1500, 3000, 5000};
	g_autoptr(GPtrArray) one = g_ptr_array_new();

	g_ptr_array_add(one, membership);
	for (guint i = 0; i < G_N_ELEMENTS(pauses_ms) && team_is_blocked(membership); i++)
		if (!change_pause(changes, pauses_ms[i], error) || !membership_write(changes, one, error))
			return FALSE;
	return TRUE;
}

/* PagerDuty refused, or would: names who still pages the person. In a dry run somebody whom nobody pages is left for the caller. */
static gboolean
team_blocked(Changes *changes, Membership *membership, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;

	if (!blockers_find(changes, membership->team, membership->user, &attrs, keep, &failed))
		return change_failed(changes, membership->item, g_steal_pointer(&failed), NULL, error);
	if (changes->dry_run)
		return attrs.n == 0 || team_refuse(changes, membership, &attrs, error);
	if (attrs.n == 0 && !team_try_again(changes, membership, &failed))
		return change_failed(changes, membership->item, g_steal_pointer(&failed), NULL, error);
	return team_is_blocked(membership) ? team_refuse(changes, membership, &attrs, error)
					   : team_tell_one(changes, membership, error);
}

/* Tells how one write ended. */
static gboolean
team_tell_one(Changes *changes, Membership *membership, GError **error)
{
	if (membership->failed == NULL)
		return team_effects(changes, membership, 0, error) &&
		       change_done(changes, membership->item, IDC_OK, NULL, NULL, error);
	if (team_is_blocked(membership))
		return team_blocked(changes, membership, error);
	return change_failed(changes, membership->item, g_steal_pointer(&membership->failed), NULL, error);
}

/* Tells how each write ended; those that were never sent get no result. FALSE: the first thing that broke the batch off. */
static gboolean
team_tell(Changes *changes, GPtrArray *memberships, GError **error)
{
	g_autoptr(GError) broken = NULL;

	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);
		g_autoptr(GError) failed = NULL;

		if (membership->item->settled || team_tell_one(changes, membership, &failed))
			continue;
		if (broken == NULL)
			broken = g_steal_pointer(&failed);
		if (changes->refused)
			break;
	}
	if (broken == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&broken));
	return FALSE;
}

/* Whether the role is one that can be given on this account. */
static gboolean
team_role_allowed(Changes *changes, ChangeItem *item, gboolean *ret_allows, GError **error)
{
	const gboolean plain = strcmp(item->role, IDS_TEAM_MEMBER) == 0;
	gboolean has_roles = TRUE;
	g_autoptr(GError) failed = NULL;

	*ret_allows = FALSE;
	if (!plain && !g_strv_contains(ids_team_roles, item->role))
		return change_refused(changes, item, IDC_INVALID, NULL, error, "%s is no team role that can be given.", item->role);
	if (!roster_has_team_roles(changes->roster, &has_roles, &failed))
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	/* Sent without a role, PagerDuty would make them manager. */
	if (plain == has_roles)
		return change_refused(changes, item, IDC_CONFLICT, NULL, error, "This account has %s by now: list again.",
				      has_roles ? "team roles" : "no team roles");
	*ret_allows = TRUE;
	return TRUE;
}

/* A role that a person's base role allows on a team. */
static gboolean
team_base_role_allows(Changes *changes, ChangeItem *item, const gchar *base, gboolean *ret_allows, GError **error)
{
	*ret_allows = FALSE;
	if (base == NULL)
		return change_refused(changes, item, IDC_NOT_FOUND, NULL, error, "PagerDuty knows no user %s: list again.",
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
team_add_plan(Changes *changes, ChangeItem *item, GPtrArray *memberships, GError **error)
{
	const gchar *user = item->asked->principal_id;
	const gchar *base = NULL;
	const gchar *held = NULL;
	gboolean allows = FALSE;
	g_autoptr(GError) failed = NULL;

	if (!team_role_allowed(changes, item, &allows, error))
		return FALSE;
	if (!allows)
		return TRUE;
	if (!roster_role(changes->roster, user, &base, &failed))
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	if (!team_base_role_allows(changes, item, base, &allows, error))
		return FALSE;
	if (!allows)
		return TRUE;
	if (!roster_team_role(changes->roster, item->object, user, &held, &failed))
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	if (g_strcmp0(held, item->role) == 0)
		return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
	g_ptr_array_add(memberships, membership_new(item, item->object, item->role, held));
	return TRUE;
}

/* The item of a membership that goes already. */
static ChangeItem *
team_going(const GPtrArray *memberships, const ChangeItem *item)
{
	for (guint i = 0; i < memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(memberships, i);

		if (strcmp(membership->team, item->object) == 0 && strcmp(membership->user, item->asked->principal_id) == 0)
			return membership->item;
	}
	return NULL;
}

static gboolean
team_remove_plan(Changes *changes, ChangeItem *item, GPtrArray *memberships, GError **error)
{
	const gchar *held = NULL;
	g_autoptr(GError) failed = NULL;
	g_autofree gchar *held_id = NULL;
	EmitAttrs attrs = {.n = 0};

	if (!roster_team_role(changes->roster, item->object, item->asked->principal_id, &held, &failed)) {
		/* From a person's token PagerDuty hides teams; to an app a team that is not found is none. */
		if (errors_is(failed, IDC_NOT_FOUND) && changes->settings->client_credentials)
			return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	}
	if (held == NULL)
		return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
	if (item->role == NULL || strcmp(held, item->role) == 0) {
		ChangeItem *going = team_going(memberships, item);

		if (going != NULL)
			change_pair(item, going);
		else
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

		if (membership->role == NULL && !team_blocked(changes, membership, error))
			return FALSE;
		if (!membership->item->settled)
			roster_note(changes->roster, membership->team, membership->user, membership->role);
	}
	return TRUE;
}

typedef gboolean (*TeamPlan)(Changes *changes, ChangeItem *item, GPtrArray *memberships, GError **error);

static gboolean
team_each(Changes *changes, TeamPlan plan, gboolean needs_people, GError **error)
{
	g_autoptr(GPtrArray) memberships = g_ptr_array_new_with_free_func(membership_free);
	gboolean any = FALSE;
	gboolean ok = TRUE;

	for (guint i = 0; i < changes->items->len; i++) {
		const ChangeItem *item = g_ptr_array_index(changes->items, i);

		any = any || (!item->settled && item->kind == CHANGE_TEAM);
	}
	if (!any)
		return TRUE;
	if (needs_people && !roster_load_people(changes->roster, error))
		return FALSE;
	/* Policies come before, and take their time; who is on a team is judged by what is so now. */
	if (!changes->dry_run)
		roster_forget_team(changes->roster, NULL);
	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);

		if (!item->settled && item->kind == CHANGE_TEAM && !plan(changes, item, memberships, error))
			return FALSE;
	}
	if (changes->dry_run)
		return team_foretell(changes, memberships, error) && team_tell(changes, memberships, error);
	ok = membership_write(changes, memberships, error);
	/* What was sent is told in any case. */
	return team_tell(changes, memberships, ok ? error : NULL) && ok;
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
