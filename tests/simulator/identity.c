/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "identity.h"

#include <string.h>

#include "grants.h"
#include "id-token.h"
#include "jtext.h"
#include "redeem.h"
#include "scopes.h"

void
identity_error(const Request *request, Reply *reply, guint status, const gchar *error, const gchar *description)
{
	const Switches *switches = request->sim->spec->switches;

	if (switches_is(switches, SWITCH_TOKEN_ERRORS, "empty") || switches_is(switches, SWITCH_TOKEN_ERRORS, "html")) {
		gboolean html = switches_is(switches, SWITCH_TOKEN_ERRORS, "html");
		reply_json(reply, status, html ? "<html><body><h1>Error</h1></body></html>" : "");
		g_free(reply->content_type);
		reply->content_type = html ? g_strdup("text/html") : NULL;
		return;
	}
	reply_json(reply, status, "{");
	if (switches_is(switches, SWITCH_TOKEN_ERRORS, "object")) {
		g_string_append(reply->body, "\"error\":{");
		jtext_pair(reply->body, "message", error);
		g_string_append(reply->body, "}}");
		return;
	}
	/* here error is a string; on the REST host it is an object */
	jtext_pair(reply->body, "error", error);
	if (description == NULL && switches_is(switches, SWITCH_TOKEN_ERRORS, "described"))
		description = "The request cannot be fulfilled.";
	if (description != NULL) {
		g_string_append_c(reply->body, ',');
		jtext_pair(reply->body, "error_description", description);
	}
	g_string_append_c(reply->body, '}');
}

/* One grant type: what the documentation shows of its request, and nothing else. */
typedef struct {
	const gchar *type;
	GrantsKind kind;
	const gchar *fields[8];
	gboolean (*give)(const Request *request, Reply *reply, const Query *form);
} IdentityGrant;

static const IdentityGrant identity_grants[] = {
    {"client_credentials", GRANTS_CLIENT, {"grant_type", "client_id", "client_secret", "scope", NULL}, redeem_client_credentials},
    {"authorization_code",
     GRANTS_CODE,
     {"grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", NULL},
     redeem_authorization_code},
    {"refresh_token", GRANTS_REFRESH, {"grant_type", "client_id", "client_secret", "refresh_token", NULL}, redeem_refresh},
};

static const IdentityGrant *
identity_grant(const gchar *type)
{
	for (guint i = 0; i < G_N_ELEMENTS(identity_grants); i++) {
		if (g_strcmp0(identity_grants[i].type, type) == 0)
			return &identity_grants[i];
	}
	return NULL;
}

static void
identity_check(Request *request, const Query *form, const gchar *const *fields)
{
	const gchar *type = request_header(request, "content-type");
	g_autofree gchar *wrong = query_check(form, fields);

	if (type == NULL || !g_str_has_prefix(type, "application/x-www-form-urlencoded"))
		request_violation(request, "The token endpoint takes application/x-www-form-urlencoded, not %s.",
				  type == NULL ? "nothing" : type);
	if (request_header(request, "authorization") != NULL)
		request_violation(request, "The token endpoint takes the client's credentials in the form, not in Authorization.");
	if (wrong != NULL)
		request_violation(request, "In the form: %s", wrong);
	for (guint i = 0; fields[i] != NULL && wrong == NULL; i++) {
		/* a hint may be left out */
		if (strchr(fields[i], '=') == NULL && query_get(form, fields[i]) == NULL && !scopes_classic(request->sim->spec))
			request_violation(request, "In the form: %s is missing.", fields[i]);
	}
}

/* Public clients exist among classic apps only: a verifier stands in for the secret. */
static gboolean
identity_knows_client(const Spec *spec, const Query *form)
{
	const gchar *secret = query_get(form, "client_secret");

	if (g_strcmp0(query_get(form, "client_id"), spec->client_id) != 0)
		return FALSE;
	return g_strcmp0(secret, spec->client_secret) == 0 ||
	       (secret == NULL && scopes_classic(spec) && query_get(form, "code_verifier") != NULL);
}

/* FALSE: it is answered. */
static gboolean
identity_admit(Request *request, Reply *reply, const Query *form, const gchar *const *fields)
{
	identity_check(request, form, fields);
	if (request->violations->len > 0 && switches_on(request->sim->spec->switches, SWITCH_STRICT)) {
		identity_error(request, reply, 400, "invalid_request", g_ptr_array_index(request->violations, 0));
		return FALSE;
	}
	if (identity_knows_client(request->sim->spec, form))
		return TRUE;
	identity_error(request, reply, 401, "invalid_client", NULL);
	return FALSE;
}

void
identity_token(Request *request, Reply *reply)
{
	static const gchar *const unknown[] = {"grant_type=client_credentials|authorization_code|refresh_token", NULL};
	g_autoptr(Query) form = query_parse(request->body->str);
	const IdentityGrant *grant = identity_grant(query_get(form, "grant_type"));
	gboolean given = FALSE;

	if (identity_admit(request, reply, form, grant != NULL ? grant->fields : unknown)) {
		if (grant != NULL)
			given = grant->give(request, reply, form);
		else
			identity_error(request, reply, 400, "unsupported_grant_type", NULL);
	}
	grants_count(request->sim->grants, grant != NULL ? grant->kind : GRANTS_OTHER, given);
}

void
identity_revoke(Request *request, Reply *reply)
{
	static const gchar *const fields[] = {"client_id", "client_secret", "token", "token_type_hint=access_token|refresh_token",
					      NULL};
	Sim *sim = request->sim;
	g_autoptr(Query) form = query_parse(request->body->str);
	const gchar *token = query_get(form, "token");
	Refresh *refresh = grants_find_refresh(sim->grants, token);

	if (switches_is(sim->spec->switches, SWITCH_REVOCATION, "absent")) {
		identity_error(request, reply, 404, "not_found", NULL);
		return;
	}
	if (!identity_admit(request, reply, form, fields)) {
		grants_count(sim->grants, GRANTS_REVOKE, FALSE);
		return;
	}
	if (refresh != NULL)
		redeem_withdraw(sim, refresh->consent);
	else if (token != NULL)
		credentials_revoke(sim->credentials, token);
	/* RFC 7009: a token that is not known is revoked as well */
	reply_json(reply, 200, "{}");
	grants_count(sim->grants, GRANTS_REVOKE, TRUE);
}

void
identity_keys(Request *request, Reply *reply)
{
	(void)request;
	reply_json(reply, 200, "{\"keys\":[");
	id_token_key(reply->body);
	g_string_append(reply->body, "]}");
}

gboolean
identity_expire(Sim *sim, json_object *object, const gchar *where, GError **error)
{
	const gchar *which = "all";

	if (!input_string(object, where, "which", &which, error))
		return FALSE;
	if (!g_strv_contains((const gchar *const[]){"access", "refresh", "all", NULL}, which))
		return input_refuse(error, "\"which\" of %s is access, refresh or all, not \"%s\".", where, which);
	if (!g_str_equal(which, "refresh"))
		credentials_expire(sim->credentials);
	if (!g_str_equal(which, "access"))
		grants_expire(sim->grants);
	return TRUE;
}
