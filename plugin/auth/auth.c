/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "auth.h"

#include "../emit.h"
#include "../errors.h"
#include "../secret.h"
#include "grant.h"
#include "login.h"
#include "scope.h"
#include "viewer.h"

#define AUTH_LOCK "idc.token"
#define AUTH_LOCK_WAIT_MS (60 * 1000)

struct Auth {
	const idc_host *host;
	const Settings *settings;
	Grant grant;
	Token *token; /* NULL: none yet */
};

Auth *
auth_new(const idc_host *host, const Settings *settings)
{
	Auth *auth = g_new0(Auth, 1);
	const gchar *kind = settings->client_credentials ? "" : settings->classic ? " classic person" : " person";

	auth->host = host;
	auth->settings = settings;
	auth->grant.purpose = g_strdup_printf("%s %s %s%s", settings->identity_url, settings->account, settings->client_id, kind);
	return auth;
}

void
auth_free(Auth *auth)
{
	if (auth == NULL)
		return;
	token_free(auth->token);
	g_free(auth->grant.purpose);
	g_free(auth);
}

void
auth_attach(Auth *auth, Api *api)
{
	auth->grant.endpoint = (Endpoint){.host = auth->host, .settings = auth->settings, .api = api};
}

static gboolean
auth_lock(const Auth *auth, GError **error)
{
	const gint32 status = auth->host->secret_lock(auth->host->ctx, AUTH_LOCK, AUTH_LOCK_WAIT_MS);

	if (status == IDC_OK)
		return TRUE;
	if (status == IDC_TIMEOUT)
		errors_set_transport(error, IDC_TIMEOUT, "%s",
				     "Another process of this app does not finish its authorization. Try again later.");
	else if (status == IDC_CANCELLED)
		g_set_error_literal(error, ERRORS, IDC_CANCELLED, "The operation was cancelled.");
	else
		g_set_error_literal(error, ERRORS, status >= 100 ? status : IDC_INTERNAL,
				    "The host could not lock the secret " AUTH_LOCK ": look for the reason in its log.");
	return FALSE;
}

static void
auth_unlock(const Auth *auth)
{
	auth->host->secret_unlock(auth->host->ctx, AUTH_LOCK);
}

static gint64
auth_now(const Auth *auth)
{
	return auth->host->unix_ms(auth->host->ctx);
}

/* ---- tokens for everybody else ---- */

static gboolean
auth_take(Auth *auth, Token *token)
{
	if (token == NULL)
		return FALSE;
	token_free(auth->token);
	auth->token = token;
	return TRUE;
}

/* What was stored, NULL for none. One that the host cannot read is as good as none where another can be had without anybody. */
static Token *
auth_stored(const Auth *auth, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Token) token = token_load(auth->host, auth->grant.purpose, &failed);

	if (failed == NULL)
		return g_steal_pointer(&token);
	if (auth->settings->client_credentials && !errors_is(failed, IDC_CANCELLED) && !errors_is(failed, IDC_NOMEM)) {
		g_autofree gchar *line = g_strdup_printf("%s Another token is asked for.", failed->message);

		auth->host->log(auth->host->ctx, IDC_LOG_WARNING, line);
		return NULL;
	}
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* Makes the token hold. fresh: with a request in any case; else one request serves however many processes need it. refused: the one that
 * no longer works, NULL where any good one will do. asked: NULL: what was asked for before. */
static gboolean
auth_renew(Auth *auth, const gchar *asked, gboolean fresh, const gchar *refused, GError **error)
{
	g_autoptr(Token) token = NULL;
	g_autoptr(GError) failed = NULL;

	if (!auth_lock(auth, error))
		return FALSE;
	token = auth_stored(auth, &failed);
	if (failed == NULL && (fresh || !token_lives(auth->host, token) || (asked != NULL && g_strcmp0(token->asked, asked) != 0) ||
			       g_strcmp0(token->access_token, refused) == 0)) {
		g_autoptr(Token) before = g_steal_pointer(&token);

		if (auth->settings->client_credentials)
			token = grant_for_app(&auth->grant, asked != NULL ? asked : scope_reading, &failed);
		else if (before != NULL)
			token = grant_next(&auth->grant, before, &failed);
		else
			g_set_error_literal(&failed, ERRORS, IDC_UNAUTHENTICATED,
					    "Nobody has authorized this app, or its settings have changed since: authorize it.");
		/* what is in memory may still look as if it lived */
		if (before != NULL && before->ended)
			g_clear_pointer(&auth->token, token_free);
	}
	auth_unlock(auth);
	if (failed != NULL)
		g_propagate_error(error, g_steal_pointer(&failed));
	return auth_take(auth, g_steal_pointer(&token));
}

/* What an earlier process has left, where there is nothing in memory yet. */
static gboolean
auth_remember(Auth *auth, GError **error)
{
	g_autoptr(GError) failed = NULL;

	if (auth->token == NULL)
		auth->token = auth_stored(auth, &failed);
	if (failed == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

const gchar *
auth_token(gpointer user, gboolean renew, GError **error)
{
	Auth *auth = user;
	g_autofree gchar *asked = NULL;
	gchar *refused;
	gboolean ok = TRUE;

	if (!auth_remember(auth, error))
		return NULL;
	if (!renew && token_lives(auth->host, auth->token))
		return auth->token->access_token;
	if (auth->settings->client_credentials)
		asked = g_strdup(auth->token != NULL ? auth->token->asked : scope_reading);
	refused = renew && auth->token != NULL ? g_strdup(auth->token->access_token) : NULL;
	ok = auth_renew(auth, asked, FALSE, refused, error);
	secret_free(refused);
	return ok ? auth->token->access_token : NULL;
}

gboolean
auth_has_scope(Auth *auth, const gchar *scope, gboolean *ret_has, GError **error)
{
	if (auth_token(auth, FALSE, error) == NULL)
		return FALSE;
	*ret_has = scope_allows(auth->settings, auth->token->scope, scope);
	return TRUE;
}

gboolean
auth_hidden(Auth *auth, guint32 *ret_kinds, gchar **ret_reason, GError **error)
{
	g_auto(Viewer) viewer = {0};

	*ret_kinds = 0;
	if (auth->settings->client_credentials)
		return TRUE;
	if (!viewer_read(auth->grant.endpoint.api, auth->settings, &viewer, error))
		return FALSE;
	*ret_kinds = viewer_hidden(&viewer, ret_reason);
	return TRUE;
}

/* ---- the steps ---- */

static gboolean
auth_tell(Auth *auth, const gchar *subject, const idc_sink *sink, GError **error)
{
	g_autofree gchar *scope = scope_told(auth->settings, auth->token->scope, auth->token->asked);
	const gint64 left_ms = auth->token->expires_unix_ms - auth_now(auth);
	const idc_auth_session session = {
	    .subject = subject, .account = auth->settings->account, .scope = scope, .expires_in_s = MAX(left_ms, 0) / 1000};

	return emit_session(sink, &session, error);
}

static gboolean
auth_tell_app(Auth *auth, const idc_sink *sink, GError **error)
{
	g_autofree gchar *subject = g_strdup_printf("the app %s", auth->settings->client_id);

	return auth_tell(auth, subject, sink, error);
}

/* Asks PagerDuty who consented: that shows that the token works, too. */
static gboolean
auth_tell_person(Auth *auth, const idc_sink *sink, GError **error)
{
	g_auto(Viewer) viewer = {0};
	g_autofree gchar *reason = NULL;

	if (!viewer_read(auth->grant.endpoint.api, auth->settings, &viewer, error))
		return FALSE;
	if (viewer_hidden(&viewer, &reason) != 0)
		auth->host->log(auth->host->ctx, IDC_LOG_WARNING, reason);
	return auth_tell(auth, viewer.email, sink, error);
}

static gboolean
auth_begin(Auth *auth, const idc_auth_request *request, const gchar *asked, const idc_sink *sink, GError **error)
{
	gboolean ok;

	if (!auth_lock(auth, error))
		return FALSE;
	ok = login_begin(auth->host, auth->settings, auth->grant.purpose, request->redirect_uri, asked, sink, error);
	auth_unlock(auth);
	return ok;
}

static gboolean
auth_complete(Auth *auth, const idc_auth_request *request, const idc_sink *sink, GError **error)
{
	Token *token;

	if (!auth_lock(auth, error))
		return FALSE;
	token = grant_first(&auth->grant, request, error);
	auth_unlock(auth);
	return auth_take(auth, token) && auth_tell_person(auth, sink, error);
}

/* Not where another process did it meanwhile: one refresh token must not be sent twice. */
static gboolean
auth_refresh(Auth *auth, const idc_sink *sink, GError **error)
{
	gchar *known;
	gboolean ok;

	if (!auth_remember(auth, error))
		return FALSE;
	known = auth->token != NULL ? g_strdup(auth->token->access_token) : NULL;
	ok = auth_renew(auth, NULL, FALSE, known, error);
	secret_free(known);
	return ok && auth_tell_person(auth, sink, error);
}

static gboolean
auth_check(Auth *auth, const gchar *asked, const idc_sink *sink, GError **error)
{
	g_autoptr(json_object) answer = NULL;

	if (auth->settings->client_credentials) {
		answer = api_read(auth->grant.endpoint.api, "/abilities", error);
		return answer != NULL && auth_tell_app(auth, sink, error);
	}
	/* an app that is to do more than was consented to needs another consent */
	return auth_token(auth, FALSE, error) != NULL &&
	       scope_enough(auth->host, auth->settings, auth->token->scope, asked != NULL ? asked : auth->token->asked, error) &&
	       auth_tell_person(auth, sink, error);
}

static gboolean
auth_revoke(Auth *auth, GError **error)
{
	gboolean ok;

	if (!auth_lock(auth, error))
		return FALSE;
	ok = grant_forget(&auth->grant, error);
	auth_unlock(auth);
	if (ok)
		g_clear_pointer(&auth->token, token_free);
	return ok;
}

/* Whether the step is one of the app's grant; UNSUPPORTED otherwise. */
static gboolean
auth_may(const Auth *auth, guint32 step, GError **error)
{
	const guint32 for_app = 1u << IDC_AUTH_CLIENT | 1u << IDC_AUTH_CHECK | 1u << IDC_AUTH_REVOKE;
	const guint32 for_person =
	    1u << IDC_AUTH_BEGIN | 1u << IDC_AUTH_COMPLETE | 1u << IDC_AUTH_REFRESH | 1u << IDC_AUTH_CHECK | 1u << IDC_AUTH_REVOKE;
	const gboolean app = auth->settings->client_credentials;

	if (step <= IDC_AUTH_CHECK && (((app ? for_app : for_person) >> step) & 1) != 0)
		return TRUE;
	g_set_error_literal(error, ERRORS, IDC_UNSUPPORTED,
			    app ? "This app's grant is client_credentials: it authorizes by itself, nobody has to log in."
				: "This app's grant is authorization_code: a person has to authorize it.");
	return FALSE;
}

gboolean
auth_step(Auth *auth, const idc_auth_request *request, const idc_sink *sink, gint32 *ret_status, GError **error)
{
	const gchar *asked = request->scope != NULL && request->scope[0] != '\0' ? request->scope : NULL;
	gboolean ok = FALSE;

	if (!auth_may(auth, request->step, error))
		return FALSE;
	if (request->step == IDC_AUTH_BEGIN)
		ok = auth_begin(auth, request, asked != NULL ? asked : scope_reading, sink, error);
	else if (request->step == IDC_AUTH_COMPLETE)
		ok = auth_complete(auth, request, sink, error);
	else if (request->step == IDC_AUTH_REFRESH)
		ok = auth_refresh(auth, sink, error);
	else if (request->step == IDC_AUTH_CHECK)
		ok = auth_check(auth, asked, sink, error);
	else if (request->step == IDC_AUTH_REVOKE)
		ok = auth_revoke(auth, error);
	/* A token that is still good would do, but would not show whether the client secret is. */
	else if (request->step == IDC_AUTH_CLIENT)
		ok = auth_renew(auth, asked != NULL ? asked : scope_reading, TRUE, NULL, error) && auth_tell_app(auth, sink, error);
	if (ok)
		*ret_status = request->step == IDC_AUTH_BEGIN ? IDC_PENDING : IDC_OK;
	return ok;
}
