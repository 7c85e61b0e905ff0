/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "login.h"

#include <string.h>

#include "../emit.h"
#include "../errors.h"
#include "../secret.h"
#include "../wire/wiped.h"
#include "endpoint.h"
#include "pkce.h"
#include "scope.h"

#define LOGIN_SECRET "idc.logins"
#define LOGIN_LIFE_S 600 /* to log in, with a second factor, and to allow it */
#define LOGIN_MAX 8
#define LOGIN_MAX_PARAMS 32
#define LOGIN_MAX_CODE 4096

void
login_clear(Login *login)
{
	secret_free(login->code);
	secret_free(login->verifier);
	g_free(login->redirect_uri);
	g_free(login->asked);
	*login = (Login){0};
}

/* Takes one out of what is open; free with wiped_free(). */
static json_object *
login_pick(json_object *open, gsize index)
{
	json_object *one = json_object_get(json_object_array_get_idx(open, index));

	json_object_array_del_idx(open, index, 1);
	return one;
}

/* What is open, to be freed with wiped_free(); whatever is malformed is left out. */
static json_object *
login_load(const idc_host *host, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gchar *stored = secret_get(host, LOGIN_SECRET, &failed);
	g_autoptr(WipedJson) root = stored != NULL ? wiped_read(stored, strlen(stored), "what was begun", NULL) : NULL;
	json_object *open = json_read_array(root, "open");

	secret_free(stored);
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	if (open == NULL)
		return json_object_new_array();
	for (gsize i = json_object_array_length(open); i-- > 0;) {
		json_object *one = json_object_array_get_idx(open, i);

		if (json_read_text(one, "state") == NULL || json_read_text(one, "verifier") == NULL ||
		    json_read_text(one, "redirect_uri") == NULL || json_read_text(one, "asked") == NULL)
			wiped_free(login_pick(open, i));
	}
	/* it is all there is of it: what is wiped is nobody else's */
	json_object_get(open);
	json_object_object_del(root, "open");
	return open;
}

static gboolean
login_store(const idc_host *host, json_object *open, GError **error)
{
	g_autoptr(json_object) root = json_object_new_object();

	if (json_object_array_length(open) == 0)
		return login_forget(host, error);
	json_object_object_add(root, "open", json_object_get(open));
	return wiped_put(host, LOGIN_SECRET, root, error);
}

gboolean
login_forget(const idc_host *host, GError **error)
{
	return secret_put(host, LOGIN_SECRET, NULL, error);
}

static gboolean
login_redirect_usable(const gchar *redirect_uri, GError **error)
{
	if (redirect_uri != NULL && strlen(redirect_uri) <= 2048 &&
	    g_regex_match_simple("^https?://[!-~]+$", redirect_uri, G_REGEX_DOLLAR_ENDONLY, 0) && strchr(redirect_uri, '#') == NULL)
		return TRUE;
	g_set_error_literal(error, ERRORS, IDC_INVALID,
			    "The redirect URI must be the http or https address that the app is registered with, without a #.");
	return FALSE;
}

static gboolean
login_emit(const Settings *settings, const gchar *redirect_uri, const gchar *asked, const gchar *state, const gchar *verifier,
	   const idc_sink *sink, GError **error)
{
	g_autofree gchar *challenge = pkce_challenge(verifier);
	g_autofree gchar *scope = scope_request(settings, asked);
	g_autoptr(GString) url = g_string_new(settings->identity_url);
	idc_auth_challenge message = {.state = state, .expires_in_s = LOGIN_LIFE_S};

	g_string_append(url, "/oauth/authorize?response_type=code");
	endpoint_add(url, "client_id", settings->client_id);
	endpoint_add(url, "redirect_uri", redirect_uri);
	endpoint_add(url, "scope", scope);
	endpoint_add(url, "state", state);
	endpoint_add(url, "code_challenge", challenge);
	endpoint_add(url, "code_challenge_method", "S256");
	if (url->len > IDC_MAX_URL) {
		g_set_error_literal(error, ERRORS, IDC_INVALID, "The scopes or the redirect URI are too long for an address.");
		return FALSE;
	}
	message.url = url->str;
	return emit_challenge(sink, &message, error);
}

gboolean
login_begin(const idc_host *host, const Settings *settings, const gchar *purpose, const gchar *redirect_uri, const gchar *asked,
	    const idc_sink *sink, GError **error)
{
	g_autoptr(WipedJson) open = NULL;
	json_object *one;
	gchar *state = NULL;
	gchar *verifier = NULL;
	gboolean ok = FALSE;

	if (!login_redirect_usable(redirect_uri, error))
		return FALSE;
	open = login_load(host, error);
	if (open == NULL)
		return FALSE;
	while (json_object_array_length(open) >= LOGIN_MAX)
		wiped_free(login_pick(open, 0));
	state = pkce_random(error);
	verifier = state != NULL ? pkce_random(error) : NULL;
	if (verifier != NULL) {
		one = json_object_new_object();
		json_object_object_add(one, "for", json_object_new_string(purpose));
		json_object_object_add(one, "state", json_object_new_string(state));
		json_object_object_add(one, "verifier", json_object_new_string(verifier));
		json_object_object_add(one, "redirect_uri", json_object_new_string(redirect_uri));
		json_object_object_add(one, "asked", json_object_new_string(asked));
		json_object_object_add(one, "until_unix_ms", json_object_new_int64(host->unix_ms(host->ctx) + LOGIN_LIFE_S * 1000));
		json_object_array_add(open, one);
		ok = login_store(host, open, error) && login_emit(settings, redirect_uri, asked, state, verifier, sink, error);
	}
	secret_free(state);
	secret_free(verifier);
	return ok;
}

/* The one value of a parameter; NULL where it is absent. FALSE: it is there twice. */
static gboolean
login_param(const idc_auth_request *request, const gchar *key, const gchar **ret_value, GError **error)
{
	const gchar *found = NULL;

	for (gsize i = 0; i < request->n_params; i++) {
		if (g_strcmp0(request->params[i].key, key) != 0)
			continue;
		if (found != NULL) {
			g_set_error(error, ERRORS, IDC_INVALID,
				    "The callback brings %s twice, which PagerDuty never does: begin the authorization again.",
				    key);
			return FALSE;
		}
		found = request->params[i].value != NULL ? request->params[i].value : "";
	}
	*ret_value = found;
	return TRUE;
}

/* Takes what has this state out of what is open; NULL: there is none. */
static json_object *
login_take(json_object *open, const gchar *purpose, const gchar *state)
{
	json_object *found = NULL;

	for (gsize i = json_object_array_length(open); i-- > 0;) {
		json_object *one = json_object_array_get_idx(open, i);

		if (!pkce_same(json_read_text(one, "state"), state) || g_strcmp0(json_read_text(one, "for"), purpose) != 0)
			continue;
		found = login_pick(open, i);
		break;
	}
	return found;
}

/* PagerDuty sent the person back without a code. */
static void
login_set_denied(const gchar *word, GError **error)
{
	const gboolean plain = g_regex_match_simple("^[a-z_]{1,40}$", word, G_REGEX_DOLLAR_ENDONLY, 0);

	if (strcmp(word, "access_denied") == 0)
		g_set_error_literal(error, ERRORS, IDC_CONSENT,
				    "Access was denied in PagerDuty. If that was a mistake, authorize again and allow it.");
	else if (strcmp(word, "invalid_scope") == 0)
		g_set_error_literal(error, ERRORS, IDC_SCOPE,
				    "PagerDuty refused the scopes: check subdomain, region and the scopes ticked in the app's "
				    "registration, then authorize again.");
	else if (strcmp(word, "server_error") == 0 || strcmp(word, "temporarily_unavailable") == 0)
		errors_set_transport(error, IDC_UNAVAILABLE, "%s", "PagerDuty cannot authorize right now. Authorize again later.");
	else
		g_set_error(error, ERRORS, IDC_REFUSED,
			    "PagerDuty refused to authorize (%s): check client id, redirect URL and the kind of OAuth in the app's "
			    "registration, then authorize again.",
			    plain ? word : "without a reason that can be shown");
}

/* begun: what the callback belongs to. It is not open any more. */
static gboolean
login_judge(const idc_host *host, json_object *begun, const gchar *code, const gchar *refused, Login *ret_login, GError **error)
{
	if (refused != NULL) {
		login_set_denied(refused, error);
		return FALSE;
	}
	if (code[0] == '\0' || strlen(code) > LOGIN_MAX_CODE) {
		g_set_error_literal(error, ERRORS, IDC_INVALID,
				    "The callback brings a code that cannot be one: begin the authorization again.");
		return FALSE;
	}
	if (json_read_number(begun, "until_unix_ms", 0) <= host->unix_ms(host->ctx)) {
		g_set_error(error, ERRORS, IDC_EXPIRED, "The authorization was begun more than %d minutes ago. Begin it again.",
			    LOGIN_LIFE_S / 60);
		return FALSE;
	}
	*ret_login = (Login){.code = g_strdup(code),
			     .verifier = g_strdup(json_read_text(begun, "verifier")),
			     .redirect_uri = g_strdup(json_read_text(begun, "redirect_uri")),
			     .asked = g_strdup(json_read_text(begun, "asked"))};
	return TRUE;
}

gboolean
login_complete(const idc_host *host, const gchar *purpose, const idc_auth_request *request, Login *ret_login, GError **error)
{
	g_autoptr(WipedJson) open = NULL;
	g_autoptr(WipedJson) begun = NULL;
	const gchar *state = NULL;
	const gchar *code = NULL;
	const gchar *refused = NULL;

	if (request->n_params > LOGIN_MAX_PARAMS || (request->n_params > 0 && request->params == NULL)) {
		g_set_error_literal(error, ERRORS, IDC_INVALID, "The callback brings more than any of PagerDuty's.");
		return FALSE;
	}
	if (!login_param(request, "state", &state, error) || !login_param(request, "code", &code, error) ||
	    !login_param(request, "error", &refused, error))
		return FALSE;
	if (state == NULL || (code == NULL) == (refused == NULL)) {
		g_set_error_literal(error, ERRORS, IDC_INVALID,
				    "The callback is none of PagerDuty's: it has to bring a state, and either a code or an error.");
		return FALSE;
	}
	open = login_load(host, error);
	if (open == NULL)
		return FALSE;
	begun = login_take(open, purpose, state);
	if (begun == NULL) {
		g_set_error_literal(error, ERRORS, IDC_INVALID,
				    "The callback's state belongs to nothing that was begun here and is still open: begin the "
				    "authorization again, in this browser.");
		return FALSE;
	}
	if (request->redirect_uri != NULL && strcmp(request->redirect_uri, json_read_text(begun, "redirect_uri")) != 0) {
		g_set_error_literal(error, ERRORS, IDC_INVALID,
				    "The callback came to another address than the one that the authorization was begun with.");
		return FALSE;
	}
	/* before the code is redeemed: whatever happens then, it cannot be tried twice */
	return login_store(host, open, error) && login_judge(host, begun, code, refused, ret_login, error);
}
