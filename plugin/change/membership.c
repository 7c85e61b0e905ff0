/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "membership.h"

#include "../errors.h"
#include "../ids.h"

/* PagerDuty's member lists lag their writes, and its teams do not know its own new users at once: looks after these waits, ten seconds in
 * all. */
static const guint32 membership_looks_ms[] = {0, 0, 500, 1500, 3000, 5000};

Membership *
membership_new(ChangeItem *item, const gchar *team, const gchar *role, const gchar *before)
{
	Membership *membership = g_new0(Membership, 1);

	membership->item = item;
	membership->team = g_strdup(team);
	membership->user = item->asked->principal_id;
	membership->role = g_strdup(role);
	membership->before = g_strdup(before);
	return membership;
}

void
membership_free(gpointer data)
{
	Membership *membership = data;

	g_free(membership->team);
	g_free(membership->role);
	g_free(membership->before);
	g_free(membership->request_id);
	g_clear_error(&membership->failed);
	g_free(membership);
}

static void
membership_send(Changes *changes, Membership *membership)
{
	g_autofree gchar *path = g_strdup_printf("/teams/%s/users/%s", membership->team, membership->user);
	g_autoptr(json_object) body = NULL;

	if (membership->role != NULL) {
		/* Always sent: without it PagerDuty gives the most powerful role. Without team roles there is nothing to choose. */
		body = json_object_new_object();
		if (g_strcmp0(membership->role, IDS_TEAM_MEMBER) != 0)
			json_object_object_add(body, "role", json_object_new_string(membership->role));
	}
	g_clear_error(&membership->failed);
	membership->call = api_send(changes->api, membership->role != NULL ? "PUT" : "DELETE", path, body);
}

/* Takes the answer. 404 on a removal: it is gone already. */
static void
membership_take(Changes *changes, Membership *membership)
{
	g_auto(ApiReply) reply = {0};
	ApiCall *call = g_steal_pointer(&membership->call);

	if (api_wait_write(changes->api, call, &reply, &membership->failed))
		membership->request_id = g_steal_pointer(&reply.request_id);
	else if (membership->role == NULL && errors_is(membership->failed, IDC_NOT_FOUND))
		g_clear_error(&membership->failed);
}

static gboolean
membership_holds(const Membership *membership, const gchar *role)
{
	return g_strcmp0(role, membership->role) == 0;
}

/* Whether it may have happened, or may yet: nobody can say, or PagerDuty does not know a team or user that it has just shown. */
static gboolean
membership_is_open(const Membership *membership)
{
	return errors_is(membership->failed, IDC_INDETERMINATE) ||
	       (membership->role != NULL && errors_answered(membership->failed, IDC_NOT_FOUND));
}

/* Whether there is still something to be seen of it. */
static gboolean
membership_is_unseen(const Membership *membership)
{
	return !membership->seen && (membership->failed == NULL || membership_is_open(membership));
}

/* One look at what the teams say of those that were written and not seen. *ret_open: some are still not to be seen. */
static gboolean
membership_look(Changes *changes, GPtrArray *memberships, gboolean *ret_open, GError **error)
{
	gboolean open = FALSE;

	for (guint i = 0; i < memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(memberships, i);

		if (membership_is_unseen(membership))
			roster_forget_team(changes->roster, membership->team);
	}
	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);
		const gchar *role = NULL;
		g_autoptr(GError) failed = NULL;

		if (!membership_is_unseen(membership))
			continue;
		membership->blind = !roster_team_role(changes->roster, membership->team, membership->user, &role, &failed);
		if (membership->blind && change_is_fatal(failed)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		membership->seen = !membership->blind && membership_holds(membership, role);
		if (membership->seen)
			g_clear_error(&membership->failed);
		open = open || !membership->seen;
	}
	*ret_open = open;
	return TRUE;
}

/* Sends again those whose fate is open: a membership that was not made can be made without harm, if nobody is seen to have changed it. */
static void
membership_repeat(Changes *changes, GPtrArray *memberships)
{
	for (guint i = 0; i < memberships->len; i++) {
		Membership *membership = g_ptr_array_index(memberships, i);
		const gchar *role = NULL;

		if (!membership_is_open(membership) || membership->blind ||
		    !roster_team_role(changes->roster, membership->team, membership->user, &role, NULL) ||
		    g_strcmp0(role, membership->before) != 0)
			continue;
		membership_send(changes, membership);
		membership_take(changes, membership);
	}
}

gboolean
membership_write(Changes *changes, GPtrArray *memberships, GError **error)
{
	gboolean open = memberships->len > 0;

	for (guint i = 0; i < memberships->len; i++)
		membership_send(changes, g_ptr_array_index(memberships, i));
	for (guint i = 0; i < memberships->len; i++)
		membership_take(changes, g_ptr_array_index(memberships, i));
	for (guint i = 0; i < G_N_ELEMENTS(membership_looks_ms) && open; i++) {
		if (membership_looks_ms[i] > 0 && !change_pause(changes, membership_looks_ms[i], error))
			return FALSE;
		if (i > 0)
			membership_repeat(changes, memberships);
		if (!membership_look(changes, memberships, &open, error))
			return FALSE;
	}
	for (guint i = 0; i < memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(memberships, i);

		if (membership->failed == NULL)
			roster_note(changes->roster, membership->team, membership->user, membership->role);
	}
	return TRUE;
}
