/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "grant.h"

#include "../errors.h"
#include "../secret.h"
#include "../wire/wiped.h"
#include "claims.h"
#include "login.h"
#include "scope.h"

static gint64
grant_now(const Grant *grant)
{
	return grant->endpoint.host->unix_ms(grant->endpoint.host->ctx);
}

/* A token for the app itself. */
Token *
grant_for_app(const Grant *grant, const gchar *asked, GError **error)
{
	g_autofree gchar *scope = scope_request(grant->endpoint.settings, asked);
	const EndpointField fields[] = {{"grant_type", "client_credentials"}, {"scope", scope}, {NULL, NULL}};
	g_autoptr(WipedJson) answer = endpoint_post(&grant->endpoint, ENDPOINT_CLIENT, fields, error);
	/* RFC 6749: no scope in the answer means that all that was asked for was granted. */
	g_autoptr(Token) token = answer != NULL ? token_read(answer, grant_now(grant), asked, scope, NULL, error) : NULL;

	if (token == NULL || !scope_enough(grant->endpoint.host, grant->endpoint.settings, token->scope, asked, error) ||
	    !token_store(grant->endpoint.host, grant->purpose, token, error))
		return NULL;
	return g_steal_pointer(&token);
}

/* The next token of a consent. What it is renewed with may be dead the moment PagerDuty answers, so what came is stored before anything else
 * is looked at; and one that is said to be no good is never sent again. */
Token *
grant_next(const Grant *grant, Token *before, GError **error)
{
	const EndpointField fields[] = {{"grant_type", "refresh_token"}, {"refresh_token", before->refresh_token}, {NULL, NULL}};
	g_autoptr(WipedJson) answer = NULL;
	g_autoptr(Token) token = NULL;
	g_autoptr(GError) failed = NULL;

	if (before->refresh_token == NULL) {
		g_set_error_literal(
		    error, ERRORS, IDC_EXPIRED,
		    before->ended ? "PagerDuty does not renew the authorization any more, as it said before. Authorize again."
				  : "The authorization has run out, and PagerDuty gave nothing to renew it with. Authorize again.");
		return NULL;
	}
	answer = endpoint_post(&grant->endpoint, ENDPOINT_REFRESH, fields, &failed);
	if (answer != NULL)
		token = token_read(answer, grant_now(grant), before->asked, NULL, before, &failed);
	if (endpoint_ended(failed)) {
		before->ended = TRUE;
		before->renew_unix_ms = 0; /* the access token of such a consent neither */
		secret_free(g_steal_pointer(&before->refresh_token));
		/* where that fails it is asked once more the next time */
		(void)token_store(grant->endpoint.host, grant->purpose, before, NULL);
	}
	if (token == NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	if (!token_store(grant->endpoint.host, grant->purpose, token, error) ||
	    !scope_enough(grant->endpoint.host, grant->endpoint.settings, token->scope, token->asked, error))
		return NULL;
	return g_steal_pointer(&token);
}

/* The tokens that a callback stands for. */
Token *
grant_first(const Grant *grant, const idc_auth_request *request, GError **error)
{
	g_auto(Login) login = {0};
	g_autofree gchar *scope = NULL;
	g_autoptr(WipedJson) answer = NULL;
	g_autoptr(Token) token = NULL;
	const gchar *id_token;

	if (!login_complete(grant->endpoint.host, grant->purpose, request, &login, error))
		return NULL;
	scope = scope_request(grant->endpoint.settings, login.asked);
	{
		const EndpointField fields[] = {{"grant_type", "authorization_code"},
						{"code", login.code},
						{"redirect_uri", login.redirect_uri},
						{"code_verifier", login.verifier},
						{NULL, NULL}};

		answer = endpoint_post(&grant->endpoint, ENDPOINT_CODE, fields, error);
	}
	token = answer != NULL ? token_read(answer, grant_now(grant), login.asked, scope, NULL, error) : NULL;
	if (token == NULL)
		return NULL;
	/* An authorization that is no use leaves the one that was there as it is. */
	id_token = json_read_text(answer, "id_token");
	if ((id_token != NULL && !claims_check(grant->endpoint.settings, id_token, error)) ||
	    !scope_enough(grant->endpoint.host, grant->endpoint.settings, token->scope, token->asked, error) ||
	    !token_store(grant->endpoint.host, grant->purpose, token, error))
		return NULL;
	return g_steal_pointer(&token);
}

/* Gives one token back. TRUE where it is no more, or where PagerDuty has no way to give it back. */
static gboolean
grant_give_back(const Grant *grant, const gchar *token, const gchar *hint, GError **error)
{
	const EndpointField fields[] = {{"token", token}, {"token_type_hint", hint}, {NULL, NULL}};
	g_autoptr(GError) failed = NULL;
	g_autoptr(WipedJson) answer = NULL;

	if (token == NULL)
		return TRUE;
	answer = endpoint_post(&grant->endpoint, ENDPOINT_REVOKE, fields, &failed);
	if (answer != NULL)
		return TRUE;
	if ((errors_detail(failed)->flags & IDC_ERROR_RETRYABLE) != 0 || errors_is(failed, IDC_CANCELLED)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	grant->endpoint.host->log(
	    grant->endpoint.host->ctx, IDC_LOG_WARNING,
	    "PagerDuty did not take the tokens back. They are forgotten here; to end them there, revoke the app's tokens in "
	    "PagerDuty.");
	return TRUE;
}

gboolean
grant_forget(const Grant *grant, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Token) token = token_load(grant->endpoint.host, grant->purpose, &failed);

	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (token != NULL && (!grant_give_back(grant, token->refresh_token, "refresh_token", error) ||
			      !grant_give_back(grant, token->access_token, "access_token", error)))
		return FALSE;
	return token_forget(grant->endpoint.host, error) && login_forget(grant->endpoint.host, error);
}
