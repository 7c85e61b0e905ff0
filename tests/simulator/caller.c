/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "caller.h"

#include <string.h>

#include "jtext.h"
#include "refs.h"

static gboolean
caller_is(const User *viewer, const gchar *const *roles)
{
	return viewer == NULL || g_strv_contains(roles, viewer->role);
}

gboolean
caller_may_users(const Request *request)
{
	return caller_is(request_viewer(request), (const gchar *const[]){"owner", "admin", NULL});
}

gboolean
caller_may_team(const Request *request, const Team *team)
{
	const User *viewer = request_viewer(request);
	const Membership *membership = viewer == NULL ? NULL : world_membership(viewer, team);

	return caller_may_users(request) || (membership != NULL && g_str_equal(membership->role, "manager"));
}

gboolean
caller_may_policy(const Request *request, const Policy *policy)
{
	const Team *team = shelf_find(&request->sim->world->teams, policy->team_id);

	return caller_is(request_viewer(request), (const gchar *const[]){"owner", "admin", "user", NULL}) ||
	       (team != NULL && caller_may_team(request, team));
}

/* A reference to something that is no resource of the account. */
static gchar *
caller_reference(const gchar *type, const gchar *id)
{
	GString *out = g_string_new("{");

	jtext_pair(out, "id", id);
	g_string_append_c(out, ',');
	jtext_pair(out, "type", type);
	g_string_append_c(out, ',');
	jtext_pair(out, "summary", id);
	g_string_append(out, ",\"self\":null,\"html_url\":null}");
	return g_string_free(out, FALSE);
}

AuditDraft *
caller_begin(const Request *request, AuditRoot root, const gchar *id, const gchar *reference, const gchar *action)
{
	World *world = request->sim->world;
	const Credential *credential = request->credential;
	gboolean app = credential->kind == CREDENTIAL_APP;
	User *viewer = request_viewer(request);
	const gchar *authorization = request_header(request, "authorization");
	gsize length = authorization == NULL ? 0 : strlen(authorization);
	g_autofree gchar *own = NULL;
	AuditBy by = {
	    .type = app ? "app_reference" : "api_key_reference",
	    .id = app ? request->sim->spec->client_id : credential->owner,
	    .method = app || credential->kind == CREDENTIAL_PERSON ? "oauth" : "api_token",
	    .truncated_token = length < 4 ? NULL : authorization + length - 4,
	    .request_id = request->id,
	    .now_ms = sim_now_ms(request->sim),
	};

	if (viewer != NULL) {
		by.type = "user_reference";
		by.id = viewer->base.id;
		by.reference = refs_user(world, viewer);
	} else {
		own = caller_reference(by.type, by.id);
		by.reference = own;
	}
	return audit_begin(world, &by, root, id, reference, action);
}

gboolean
caller_field(AuditDraft *draft, const gchar *name, const gchar *before, const gchar *after)
{
	if (g_strcmp0(before, after) == 0)
		return FALSE;
	audit_field(draft, name, before, after);
	return TRUE;
}
