/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "identity.h"

#include <string.h>

#include "jtext.h"

static void
identity_error(Reply *reply, guint status, const gchar *error, const gchar *description)
{
	/* here error is a string; on the REST host it is an object */
	reply_json(reply, status, "{");
	jtext_pair(reply->body, "error", error);
	if (description != NULL) {
		g_string_append_c(reply->body, ',');
		jtext_pair(reply->body, "error_description", description);
	}
	g_string_append_c(reply->body, '}');
}

/* The region of as_account-{region}.{subdomain}, NULL if the scope is not that or names another account. Static. */
static const gchar *
identity_account(const Spec *spec, const gchar *scope)
{
	static const gchar *const regions[] = {"us", "eu"};

	for (guint i = 0; i < G_N_ELEMENTS(regions); i++) {
		g_autofree gchar *wanted = g_strdup_printf("as_account-%s.%s", regions[i], spec->subdomain);
		if (!g_str_equal(scope, wanted))
			continue;
		if (g_str_equal(regions[i], spec->region) || switches_is(spec->switches, SWITCH_REGION_CHECK, "rest"))
			return regions[i];
	}
	return NULL;
}

/* What can be granted of what was asked for. Resource scopes need the account's. *ret_refused: something could not. */
static gchar *
identity_grant(const Spec *spec, const gchar *asked, const gchar **ret_region, gboolean *ret_refused)
{
	g_auto(GStrv) scopes = g_strsplit(asked, " ", -1);
	g_autoptr(GString) granted = g_string_new(NULL);
	const gchar *region = NULL;
	gboolean refused = FALSE;

	for (guint i = 0; scopes[i] != NULL; i++) {
		const gchar *account = identity_account(spec, scopes[i]);
		gboolean registered = g_ptr_array_find_with_equal_func(spec->scopes, scopes[i], g_str_equal, NULL);
		if (account != NULL)
			region = account;
		if (account != NULL || registered || g_str_equal(scopes[i], "openid"))
			g_string_append_printf(granted, "%s%s", granted->len > 0 ? " " : "", scopes[i]);
		else
			refused = TRUE;
	}
	*ret_region = region != NULL ? region : spec->region;
	*ret_refused = refused || region == NULL;
	return region != NULL ? g_strdup(granted->str) : g_strdup("openid");
}

static void
identity_client_credentials(Request *request, Reply *reply, const Query *form)
{
	Sim *sim = request->sim;
	const gchar *asked = query_get(form, "scope");
	gint64 lifetime = switches_number(sim->spec->switches, SWITCH_TOKEN_LIFETIME_S);
	const gchar *region = NULL;
	gboolean refused = FALSE;
	g_autofree gchar *granted = identity_grant(sim->spec, asked != NULL ? asked : "", &region, &refused);

	if (refused && switches_is(sim->spec->switches, SWITCH_INVALID_SCOPE, "error")) {
		identity_error(reply, 400, "invalid_request", "Invalid scope");
		return;
	}
	reply_json(reply, 200, "{");
	jtext_pair(reply->body, "access_token",
		   credentials_issue(sim->credentials, granted, region, sim_now_ms(sim) + lifetime * 1000));
	g_string_append_c(reply->body, ',');
	jtext_pair(reply->body, "scope", granted);
	g_string_append_printf(reply->body, ",\"token_type\":\"bearer\",\"expires_in\":%" G_GINT64_FORMAT "}", lifetime);
	reply_header(reply, "Cache-Control", "no-store");
}

/* What the documentation shows of this request, and nothing else. */
static void
identity_check(Request *request, const Query *form)
{
	static const gchar *const fields[] = {"grant_type=client_credentials", "client_id", "client_secret", "scope", NULL};
	const gchar *type = request_header(request, "content-type");
	g_autofree gchar *wrong = query_check(form, fields);

	if (type == NULL || !g_str_has_prefix(type, "application/x-www-form-urlencoded"))
		request_violation(request, "The token endpoint takes application/x-www-form-urlencoded, not %s.",
				  type == NULL ? "nothing" : type);
	if (request_header(request, "authorization") != NULL)
		request_violation(request, "The token endpoint takes the client's credentials in the form, not in Authorization.");
	if (wrong != NULL)
		request_violation(request, "In the form: %s", wrong);
}

void
identity_token(Request *request, Reply *reply)
{
	const Spec *spec = request->sim->spec;
	g_autoptr(Query) form = query_parse(request->body->str);
	const gchar *grant = query_get(form, "grant_type");
	const gchar *id = query_get(form, "client_id");
	const gchar *secret = query_get(form, "client_secret");

	identity_check(request, form);
	if (request->violations->len > 0 && switches_on(spec->switches, SWITCH_STRICT)) {
		identity_error(reply, 400, "invalid_request", g_ptr_array_index(request->violations, 0));
		return;
	}
	if (g_strcmp0(id, spec->client_id) != 0 || g_strcmp0(secret, spec->client_secret) != 0) {
		identity_error(reply, 401, "invalid_client", NULL);
		return;
	}
	if (g_strcmp0(grant, "client_credentials") != 0) {
		identity_error(reply, 400, "unsupported_grant_type", NULL);
		return;
	}
	identity_client_credentials(request, reply, form);
}
