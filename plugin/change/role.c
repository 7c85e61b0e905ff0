/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "role.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "roster.h"

#define ROLE_TRIES 3

/* The base role that somebody holds now, read for this change; in a dry run, what they would hold by now. */
static gchar *
role_read(Changes *changes, const gchar *user, GError **error)
{
	const gchar *foretold = NULL;
	g_autofree gchar *path = g_strdup_printf("/users/%s", user);
	g_autoptr(json_object) answer = NULL;
	const gchar *role;

	if (changes->dry_run && roster_role(changes->roster, user, &foretold, NULL) && foretold != NULL && foretold[0] != '\0')
		return g_strdup(foretold);
	answer = api_read(changes->api, path, error);
	role = json_read_word(json_read_object(answer, "user"), "role", IDS_MAX_ROLE);
	if (answer != NULL && role == NULL)
		g_set_error(error, ERRORS, IDC_PROTOCOL, "The answer to GET %s holds no user with a base role.", path);
	return g_strdup(role);
}

/* PagerDuty answered that it did something: did it do this? */
static gboolean
role_took(const ApiReply *reply, const gchar *user, const gchar *role, GError **error)
{
	json_object *shown = json_read_object(reply->root, "user");
	const gchar *held = json_read_text(shown, "role");
	const gchar *named = json_read_word(shown, "role", IDS_MAX_ROLE);

	if (held == NULL || strcmp(held, role) == 0)
		return TRUE;
	g_set_error(error, ERRORS, IDC_REFUSED,
		    "PagerDuty took the change but left the user %s with %s%s: look at the user in PagerDuty.", user,
		    named != NULL ? "the base role " : "what is no base role", named != NULL ? named : "");
	return FALSE;
}

/* Writes the role and nothing else of the user; where the answer is lost, looks. before: the role held until then. */
static gboolean
role_write(Changes *changes, const gchar *user, const gchar *before, const gchar *role, gchar **ret_request_id, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("/users/%s", user);
	g_autoptr(json_object) body = json_object_new_object();
	json_object *inner = json_object_new_object();

	json_object_object_add(inner, "role", json_object_new_string(role));
	json_object_object_add(body, "user", inner);
	for (guint attempt = 0;; attempt++) {
		g_auto(ApiReply) reply = {0};
		g_autoptr(GError) failed = NULL;
		g_autofree gchar *held = NULL;

		if (api_wait_write(changes->api, api_send(changes->api, "PUT", path, body), &reply, &failed)) {
			if (!role_took(&reply, user, role, error))
				return FALSE;
			*ret_request_id = g_steal_pointer(&reply.request_id);
			return TRUE;
		}
		if (!errors_is(failed, IDC_INDETERMINATE)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		held = role_read(changes, user, NULL);
		if (g_strcmp0(held, role) == 0)
			return TRUE;
		/* A third role was given by somebody else: putting ours over it might raise what they lowered. */
		if (g_strcmp0(held, before) != 0 || attempt + 1 == ROLE_TRIES) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
	}
}

/* The licence goes with the role where that changes between those who work and those who look on. */
static gboolean
role_licence(Changes *changes, const ChangeItem *item, const gchar *held, const gchar *role, const gchar *request_id,
	     GError **error)
{
	const IdsRole *old = ids_role_find(held);
	const IdsRole *now = ids_role_find(role);
	EmitAttrs attrs = {.n = 0};

	if (old == NULL || now == NULL || strcmp(old->chain, now->chain) == 0)
		return TRUE;
	emit_attr(&attrs, "what", "the licence changes with the base role");
	return change_effect(changes, item, IDC_VERB_CHANGED, IDC_EFFECT_SIDE | IDC_EFFECT_EXPECTED, item->asked->principal_id,
			     NULL, request_id, &attrs, error);
}

/* Puts one role in the place of another and tells both; the operation says which of the two came along. */
static gboolean
role_replace(Changes *changes, ChangeItem *item, const gchar *held, const gchar *role, GError **error)
{
	const gchar *user = item->asked->principal_id;
	const gboolean adding = changes->op == CHANGE_ADD;
	g_autofree gchar *old_id = ids_role(held);
	g_autofree gchar *new_id = ids_role(role);
	g_autofree gchar *request_id = NULL;
	g_autoptr(GError) failed = NULL;

	if (!changes->dry_run && !role_write(changes, user, held, role, &request_id, &failed))
		return change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
	roster_note_role(changes->roster, user, role);
	return change_effect(changes, item, IDC_VERB_REMOVED, adding ? IDC_EFFECT_SIDE : 0, user, old_id, request_id, NULL,
			     error) &&
	       change_effect(changes, item, IDC_VERB_ADDED, adding ? 0 : IDC_EFFECT_SIDE, user, new_id, request_id, NULL, error) &&
	       role_licence(changes, item, held, role, request_id, error) && change_done(changes, item, IDC_OK, NULL, NULL, error);
}

static gboolean
role_add_one(Changes *changes, ChangeItem *item, const gchar *held, GError **error)
{
	if (g_strcmp0(held, item->object) == 0)
		return change_done(changes, item, IDC_ALREADY, NULL, NULL, error);
	if (g_strcmp0(held, "owner") == 0)
		return change_refused(
		    changes, item, IDC_REFUSED, NULL, error,
		    "The account owner's role cannot be changed: make somebody else the owner in PagerDuty first.");
	return role_replace(changes, item, held, item->object, error);
}

/* Whether there is nothing below a role that it could be put down to. */
static gboolean
role_is_lowest(const IdsRole *role)
{
	for (const IdsRole *other = ids_roles; other->value != NULL; other++)
		if (strcmp(other->chain, role->chain) == 0 && other->rank < role->rank)
			return FALSE;
	return TRUE;
}

static gboolean
role_remove_one(Changes *changes, ChangeItem *item, const gchar *held, GError **error)
{
	const IdsRole *asked = ids_role_find(item->object);
	const IdsRole *now = ids_role_find(held);
	const IdsRole *fallback = ids_role_find(changes->settings->fallback_role);
	g_autofree gchar *held_id = ids_role(held);
	EmitAttrs attrs = {.n = 0};

	emit_attr(&attrs, "holds", held_id);
	if (g_strcmp0(held, item->object) != 0) {
		/* Across chains nothing is lower. */
		if (asked != NULL && now != NULL && g_strcmp0(asked->chain, now->chain) == 0 && now->rank < asked->rank)
			return change_done(changes, item, IDC_ALREADY, NULL, &attrs, error);
		emit_attr(&attrs, "holds_more", held_id);
		return change_refused(changes, item, IDC_CONFLICT, &attrs, error,
				      "The user holds %s, which is not less than role:%s: ask for the removal of what is held.",
				      held_id, item->object);
	}
	if (g_strcmp0(held, "owner") == 0)
		return change_refused(
		    changes, item, IDC_REFUSED, NULL, error,
		    "The account owner's role cannot be removed: make somebody else the owner in PagerDuty first.");
	/* A host that takes all it can knows by this that there is nothing more to take. */
	if (now != NULL && fallback != NULL &&
	    (role_is_lowest(now) || (strcmp(now->chain, fallback->chain) == 0 && now->rank <= fallback->rank)))
		emit_attr(&attrs, "floor", held_id);
	if (now == NULL || fallback == NULL || g_strcmp0(now->chain, fallback->chain) != 0)
		return change_refused(
		    changes, item, IDC_REFUSED, &attrs, error,
		    "Removing role:%s would put role:%s in its place, which is not less: set fallback_role to a role below it, "
		    "or delete the user in PagerDuty.",
		    held, changes->settings->fallback_role);
	if (now->rank <= fallback->rank)
		return change_refused(changes, item, IDC_REFUSED, &attrs, error,
				      "This is the floor: every user has a base role, only deletion in PagerDuty takes it away.");
	return role_replace(changes, item, held, fallback->value, error);
}

static gboolean
role_each(Changes *changes, gboolean (*one)(Changes *changes, ChangeItem *item, const gchar *held, GError **error), GError **error)
{
	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);
		g_autofree gchar *held = NULL;
		g_autoptr(GError) failed = NULL;
		gboolean ok;

		if (item->settled || item->kind != CHANGE_ROLE)
			continue;
		if (changes->op == CHANGE_ADD && g_strcmp0(item->object, "owner") == 0) {
			if (!change_refused(changes, item, IDC_REFUSED, NULL, error,
					    "Nobody can be made the account owner but in PagerDuty itself."))
				return FALSE;
			continue;
		}
		if (changes->op == CHANGE_ADD && ids_role_find(item->object) == NULL) {
			if (!change_refused(changes, item, IDC_INVALID, NULL, error, "role:%s is no base role that can be given.",
					    item->object))
				return FALSE;
			continue;
		}
		held = role_read(changes, item->asked->principal_id, &failed);
		ok = held != NULL ? one(changes, item, held, error)
				  : change_failed(changes, item, g_steal_pointer(&failed), NULL, error);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

gboolean
role_add(Changes *changes, GError **error)
{
	return role_each(changes, role_add_one, error);
}

gboolean
role_remove(Changes *changes, GError **error)
{
	return role_each(changes, role_remove_one, error);
}
