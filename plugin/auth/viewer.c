/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "viewer.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"

#define VIEWER_DOMAIN ".pagerduty.com"

void
viewer_clear(Viewer *viewer)
{
	g_clear_pointer(&viewer->email, g_free);
	g_clear_pointer(&viewer->role, g_free);
}

/* The address of a person's page begins with the account's subdomain. */
static gboolean
viewer_account_is(const Settings *settings, const gchar *page, GError **error)
{
	g_autoptr(GUri) uri = page != NULL ? g_uri_parse(page, G_URI_FLAGS_NONE, NULL) : NULL;
	const gchar *host = uri != NULL ? g_uri_get_host(uri) : NULL;
	g_autofree gchar *subdomain =
	    host != NULL && g_str_has_suffix(host, VIEWER_DOMAIN) ? g_strndup(host, strcspn(host, ".")) : NULL;

	return settings_is_account(settings, subdomain, error);
}

gboolean
viewer_read(Api *api, const Settings *settings, Viewer *ret_viewer, GError **error)
{
	g_autoptr(json_object) answer = api_read(api, "/users/me", error);
	json_object *user;
	const gchar *email;
	const gchar *role;

	if (answer == NULL)
		return FALSE;
	user = json_read_object(answer, "user");
	email = json_read_plain(user, "email", IDC_MAX_NAME);
	role = json_read_plain(user, "role", IDC_MAX_ID);
	if (email == NULL || email[0] == '\0') {
		errors_set_protocol(error, "The answer to GET /users/me does not say who has authorized this app.");
		return FALSE;
	}
	if (!viewer_account_is(settings, json_read_text(user, "html_url"), error))
		return FALSE;
	*ret_viewer = (Viewer){.email = g_strdup(email), .role = g_strdup(role != NULL ? role : "")};
	return TRUE;
}

guint32
viewer_hidden(const Viewer *viewer, gchar **ret_reason)
{
	static const gchar *const know_everybody[] = {"user", "limited_user", "observer", NULL};
	const IdsRole *role = ids_role_find(viewer->role);

	/* account owners and Global Admins see everything */
	if (ids_role_manages_all(viewer->role))
		return 0;
	*ret_reason =
	    g_strdup_printf("This app was authorized by %s, whose base role is %s: private teams, and what hangs on them, may be "
			    "hidden without a word. Authorize it again as a Global Admin.",
			    viewer->email, role != NULL ? role->name : "not a known one");
	return IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT |
	       (g_strv_contains(know_everybody, viewer->role) ? 0 : IDC_RECORD_PRINCIPAL);
}
