/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "auth.h"

#include <string.h>

#include "emit.h"
#include "errors.h"
#include "secret.h"
#include "wire/answer.h"
#include "wire/refusal.h"

#define AUTH_SECRET "idc.token"
#define AUTH_LOCK "idc.token"
#define AUTH_LOCK_WAIT_MS (60 * 1000)
#define AUTH_TRIES 4
#define AUTH_PATIENCE_MS (30 * 1000) /* others wait for the lock meanwhile */
#define AUTH_MAX_LIFE_S (30 * 24 * 3600)
#define AUTH_UNKNOWN_LIFE_S 3600   /* where PagerDuty does not say; a 401 corrects it */
#define AUTH_MARGIN_MS (60 * 1000) /* a token is replaced so long before its end, or at half its life where that is short */
#define AUTH_READ_SCOPES                                                                                                           \
	"users.read teams.read escalation_policies.read abilities.read schedules.read licenses.read audit_records.read"

/* Without these no list can be made at all, or, where they were asked for, no change. */
static const gchar *const auth_required[] = {"users.read",  "teams.read",  "escalation_policies.read",  "abilities.read",
					     "users.write", "teams.write", "escalation_policies.write", NULL};

typedef struct {
	gchar *access_token;
	gchar *scope; /* granted */
	gchar *asked; /* without the account */
	gint64 expires_unix_ms;
	gint64 renew_unix_ms; /* from when on it is not used any more */
} AuthToken;

struct Auth {
	const idc_host *host;
	const Settings *settings;
	Api *api;
	gchar *account_scope; /* "as_account-us.northwind" */
	gchar *belongs_to;    /* what a stored token has to be for */
	AuthToken *token;     /* NULL: none yet */
};

static void
auth_token_free(AuthToken *token)
{
	if (token == NULL)
		return;
	secret_free(token->access_token);
	g_free(token->scope);
	g_free(token->asked);
	g_free(token);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthToken, auth_token_free)

Auth *
auth_new(const idc_host *host, const Settings *settings)
{
	Auth *auth = g_new0(Auth, 1);

	auth->host = host;
	auth->settings = settings;
	auth->account_scope = g_strdup_printf("as_account-%s", settings->account);
	auth->belongs_to = g_strdup_printf("%s %s %s", settings->identity_url, settings->account, settings->client_id);
	return auth;
}

void
auth_free(Auth *auth)
{
	if (auth == NULL)
		return;
	auth_token_free(auth->token);
	g_free(auth->account_scope);
	g_free(auth->belongs_to);
	g_free(auth);
}

void
auth_attach(Auth *auth, Api *api)
{
	auth->api = api;
}

static gboolean
auth_scope_in(const gchar *scopes, const gchar *scope)
{
	g_auto(GStrv) parts = g_strsplit_set(scopes, " \t", -1);

	return g_strv_contains((const gchar *const *)parts, scope);
}

static gboolean
auth_token_lives(const Auth *auth, const AuthToken *token)
{
	return token != NULL && token->renew_unix_ms > auth->host->unix_ms(auth->host->ctx);
}

/* What an earlier process, or another one right now, has left; NULL without an error where it is no use. */
static AuthToken *
auth_load(const Auth *auth, GError **error)
{
	g_autoptr(AuthToken) token = g_new0(AuthToken, 1);
	gchar *stored = secret_get(auth->host, AUTH_SECRET, error);
	g_autoptr(json_object) root = stored != NULL ? json_read(stored, strlen(stored), "the stored token", NULL) : NULL;

	secret_free(stored);
	if (root == NULL || g_strcmp0(json_read_text(root, "for"), auth->belongs_to) != 0)
		return NULL;
	token->access_token = g_strdup(json_read_text(root, "access_token"));
	token->scope = g_strdup(json_read_text(root, "scope"));
	token->asked = g_strdup(json_read_text(root, "asked"));
	token->expires_unix_ms = json_read_number(root, "expires_unix_ms", 0);
	token->renew_unix_ms = json_read_number(root, "renew_unix_ms", 0);
	if (token->access_token == NULL || token->scope == NULL || token->asked == NULL)
		return NULL;
	return g_steal_pointer(&token);
}

static gboolean
auth_store(const Auth *auth, const AuthToken *token, GError **error)
{
	g_autoptr(json_object) root = json_object_new_object();

	json_object_object_add(root, "for", json_object_new_string(auth->belongs_to));
	json_object_object_add(root, "access_token", json_object_new_string(token->access_token));
	json_object_object_add(root, "scope", json_object_new_string(token->scope));
	json_object_object_add(root, "asked", json_object_new_string(token->asked));
	json_object_object_add(root, "expires_unix_ms", json_object_new_int64(token->expires_unix_ms));
	json_object_object_add(root, "renew_unix_ms", json_object_new_int64(token->renew_unix_ms));
	return secret_put(auth->host, AUTH_SECRET, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN), error);
}

/* Without a copy of the value in between: it may be a secret. form is large enough not to move. */
static void
auth_form_add(GString *form, const gchar *key, const gchar *value)
{
	static const gchar digits[] = "0123456789ABCDEF";

	g_string_append_c(form, '&');
	g_string_append(form, key);
	g_string_append_c(form, '=');
	for (const guchar *p = (const guchar *)value; *p != '\0'; p++) {
		if (g_ascii_isalnum(*p) || strchr("-._~", *p) != NULL) {
			g_string_append_c(form, (gchar)*p);
			continue;
		}
		g_string_append_c(form, '%');
		g_string_append_c(form, digits[*p >> 4]);
		g_string_append_c(form, digits[*p & 15]);
	}
}

/* The message is taken over. */
static void
auth_say(GError *made, gint32 status, gchar *message)
{
	made->code = status;
	g_free(made->message);
	made->message = message;
}

/* Tells apart what a person has to mend from what time mends. */
static void
auth_set_refusal(const Auth *auth, const HttpAnswer *answer, GError **error)
{
	g_autoptr(Refusal) refusal = refusal_new(answer->body->str, answer->body->len);
	g_autoptr(GError) made = NULL;
	const gchar *words = refusal->words != NULL ? refusal->words : "without a reason";

	answer_set_error(&made, "POST /oauth/token", answer);
	errors_detail(made)->answered = FALSE; /* of what the token is wanted for it says nothing */
	if (answer->status == 401 || g_strcmp0(refusal->code, "invalid_client") == 0)
		auth_say(made, IDC_UNAUTHENTICATED,
			 g_strdup("PagerDuty refused the client id or the client secret: check both in the app's registration, a "
				  "lost secret can only be replaced by a new one."));
	else if (strstr(words, "nvalid scope") != NULL || g_strcmp0(refusal->code, "invalid_scope") == 0)
		auth_say(made, IDC_SCOPE,
			 g_strdup_printf("PagerDuty refused the scopes (\"%s\"): check that the subdomain is \"%s\", the region is "
					 "\"%s\", and the scopes are ticked in the app's registration.",
					 words, auth->settings->subdomain, auth->settings->region));
	else if (answer->status == 400)
		auth_say(
		    made, IDC_REFUSED,
		    g_strdup_printf("PagerDuty gave no token (\"%s\"): check that the app's registration is one of Scoped OAuth "
				    "and that client id and client secret are its own.",
				    words));
	else if (answer->status != 0 && (made->code == IDC_NOT_FOUND || made->code == IDC_PROTOCOL))
		auth_say(made, IDC_PROTOCOL,
			 g_strdup_printf("POST /oauth/token was answered as PagerDuty never does (HTTP %d): check identity_url and "
					 "any proxy in between.",
					 answer->status));
	g_propagate_error(error, g_steal_pointer(&made));
}

/* The seconds that a token lives: a number, or a number as text; what is no life at all is taken as not said. */
static gint64
auth_life_s(json_object *root)
{
	const gchar *text = json_read_text(root, "expires_in");
	gint64 life = json_read_number(root, "expires_in", 0);

	if (text != NULL && !g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, &life, NULL))
		life = 0;
	return life > 0 ? MIN(life, AUTH_MAX_LIFE_S) : AUTH_UNKNOWN_LIFE_S;
}

static AuthToken *
auth_token_from(const Auth *auth, const HttpAnswer *answer, const gchar *asked, GError **error)
{
	g_autoptr(AuthToken) token = g_new0(AuthToken, 1);
	g_autoptr(json_object) root = json_read(answer->body->str, answer->body->len, "POST /oauth/token", error);
	json_object *granted = NULL;
	const gchar *text;
	const gchar *scope;
	gint64 now_ms;
	gint64 life_ms;

	if (root == NULL)
		return NULL;
	text = json_read_text(root, "access_token");
	scope = json_read_text(root, "scope");
	if (text == NULL || !g_regex_match_simple("^[!-~]{1,4096}$", text, G_REGEX_DOLLAR_ENDONLY, 0) ||
	    (json_object_object_get_ex(root, "scope", &granted) && granted != NULL && scope == NULL) ||
	    (scope != NULL && !g_regex_match_simple("^[ -~]{0,8192}$", scope, G_REGEX_DOLLAR_ENDONLY, 0))) {
		g_set_error_literal(
		    error, ERRORS, IDC_PROTOCOL,
		    "The answer to POST /oauth/token holds no usable access token or scope: check identity_url and any "
		    "proxy in between.");
		return NULL;
	}
	token->access_token = g_strdup(text);
	/* RFC 6749: no scope in the answer means that all that was asked for was granted. */
	token->scope = scope != NULL ? g_strdup(scope) : g_strdup_printf("%s %s", auth->account_scope, asked);
	token->asked = g_strdup(asked);
	now_ms = auth->host->unix_ms(auth->host->ctx);
	life_ms = auth_life_s(root) * 1000;
	token->expires_unix_ms = now_ms + life_ms;
	token->renew_unix_ms = token->expires_unix_ms - MIN(AUTH_MARGIN_MS, life_ms / 2);
	return g_steal_pointer(&token);
}

static AuthToken *
auth_request_once(Auth *auth, const gchar *form, const gchar *asked, guint attempt, GError **error)
{
	g_autofree gchar *url = g_strdup_printf("%s/oauth/token", auth->settings->identity_url);
	HttpExchange *exchange = api_post_form(auth->api, url, form, attempt, error);
	const HttpAnswer *answer = exchange != NULL ? http_answer(exchange) : NULL;
	AuthToken *token = NULL;

	if (answer == NULL)
		return NULL;
	if (answer->status == 200)
		token = auth_token_from(auth, answer, asked, error);
	else
		auth_set_refusal(auth, answer, error);
	http_finish(exchange);
	return token;
}

/* Waits before the next try; FALSE where there is none, and failed stays what it is, or becomes the host's wish to end. */
static gboolean
auth_rest(Auth *auth, guint attempt, GError **failed)
{
	const ErrorsDetail *detail = errors_detail(*failed);
	g_autoptr(GError) ended = NULL;
	PaceHint hint = {-1, -1, -1};
	guint64 wait_ms;

	if (attempt + 1 == AUTH_TRIES || detail == NULL || (detail->flags & IDC_ERROR_RETRYABLE) == 0)
		return FALSE;
	if (detail->retry_after_ms >= 0)
		hint.reset_s = detail->retry_after_ms / 1000;
	wait_ms = errors_is(*failed, IDC_RATE_LIMITED) ? pace_after_limit(&hint, attempt, g_random_int())
						       : pace_after_failure(attempt, g_random_int());
	if (wait_ms > AUTH_PATIENCE_MS)
		return FALSE;
	if (api_rest(auth->api, wait_ms, &ended)) {
		g_clear_error(failed);
		return TRUE;
	}
	g_error_free(*failed);
	*failed = g_steal_pointer(&ended);
	return FALSE;
}

/* Asks for a token for the app itself. Repeating that is safe: each request gets a token of its own. */
static AuthToken *
auth_request(Auth *auth, const gchar *asked, GError **error)
{
	g_autofree gchar *scope = g_strdup_printf("%s %s", auth->account_scope, asked);
	gchar *client_secret = secret_get(auth->host, "client_secret", error);
	g_autoptr(GError) failed = NULL;
	GString *form;
	AuthToken *token = NULL;

	if (client_secret == NULL) {
		if (error == NULL || *error == NULL)
			g_set_error_literal(error, ERRORS, IDC_STATE,
					    "The secret client_secret is missing: set it, then authorize again.");
		return NULL;
	}
	form = g_string_sized_new(3 * (strlen(auth->settings->client_id) + strlen(client_secret) + strlen(scope)) + 256);
	g_string_append(form, "grant_type=client_credentials");
	auth_form_add(form, "client_id", auth->settings->client_id);
	auth_form_add(form, "client_secret", client_secret);
	auth_form_add(form, "scope", scope);
	for (guint attempt = 0; token == NULL; attempt++) {
		token = auth_request_once(auth, form->str, asked, attempt, &failed);
		if (token == NULL && !auth_rest(auth, attempt, &failed))
			break;
	}
	if (token == NULL)
		g_propagate_error(error, g_steal_pointer(&failed));
	explicit_bzero(form->str, form->len);
	g_string_free(form, TRUE);
	secret_free(client_secret);
	return token;
}

/* Compares what was granted with what is needed, each missing scope by its name. */
static gboolean
auth_granted_enough(const Auth *auth, const AuthToken *token, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);
	g_auto(GStrv) asked = g_strsplit(token->asked, " ", -1);

	if (!auth_scope_in(token->scope, auth->account_scope)) {
		g_set_error(error, ERRORS, IDC_SCOPE,
			    "PagerDuty gave no access to the account %s in region %s (granted: \"%s\"): check subdomain, region "
			    "and the scopes "
			    "ticked in the app's registration.",
			    auth->settings->subdomain, auth->settings->region, token->scope);
		return FALSE;
	}
	for (guint i = 0; asked[i] != NULL; i++) {
		g_autofree gchar *text = NULL;

		if (asked[i][0] == '\0' || auth_scope_in(token->scope, asked[i]))
			continue;
		if (g_strv_contains(auth_required, asked[i])) {
			g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", asked[i]);
			continue;
		}
		text = g_strdup_printf("PagerDuty did not grant the optional scope %s. If it is wanted, tick it in the app's "
				       "registration, then authorize again.",
				       asked[i]);
		auth->host->log(auth->host->ctx, IDC_LOG_WARNING, text);
	}
	if (missing->len > 0) {
		g_set_error(error, ERRORS, IDC_SCOPE,
			    "PagerDuty did not grant the scope that is needed: %s. Tick it in the app's registration, then "
			    "authorize again.",
			    missing->str);
		return FALSE;
	}
	return TRUE;
}

/* Why the lock could not be had. */
static void
auth_set_unlocked(gint32 status, GError **error)
{
	if (status == IDC_TIMEOUT)
		errors_set_transport(error, IDC_TIMEOUT, "%s",
				     "Another process of this app does not finish its authorization. Try again later.");
	else if (status == IDC_CANCELLED)
		g_set_error_literal(error, ERRORS, IDC_CANCELLED, "The operation was cancelled.");
	else
		g_set_error_literal(error, ERRORS, status >= 100 ? status : IDC_INTERNAL,
				    "The host could not lock the secret " AUTH_LOCK ": look for the reason in its log.");
}

/* Makes the token hold. fresh: with a request in any case; else one request serves however many processes need it. refused: the one that
 * no longer works, NULL where any good one will do. */
static gboolean
auth_renew(Auth *auth, const gchar *asked, gboolean fresh, const gchar *refused, GError **error)
{
	g_autoptr(AuthToken) token = NULL;
	g_autoptr(GError) failed = NULL;
	gint32 status = auth->host->secret_lock(auth->host->ctx, AUTH_LOCK, AUTH_LOCK_WAIT_MS);

	if (status != IDC_OK) {
		auth_set_unlocked(status, error);
		return FALSE;
	}
	token = auth_load(auth, &failed);
	if (failed == NULL && (fresh || !auth_token_lives(auth, token) || g_strcmp0(token->asked, asked) != 0 ||
			       g_strcmp0(token->access_token, refused) == 0)) {
		g_clear_pointer(&token, auth_token_free);
		token = auth_request(auth, asked, &failed);
		if (token != NULL && (!auth_granted_enough(auth, token, &failed) || !auth_store(auth, token, &failed)))
			g_clear_pointer(&token, auth_token_free);
	}
	auth->host->secret_unlock(auth->host->ctx, AUTH_LOCK);
	if (token == NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	auth_token_free(auth->token);
	auth->token = g_steal_pointer(&token);
	return TRUE;
}

const gchar *
auth_token(gpointer user, gboolean renew, GError **error)
{
	Auth *auth = user;
	g_autofree gchar *asked = NULL;
	gchar *refused;
	gboolean ok = TRUE;

	if (auth->token == NULL) {
		g_autoptr(GError) failed = NULL;

		auth->token = auth_load(auth, &failed);
		if (failed != NULL) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
	}
	if (!renew && auth_token_lives(auth, auth->token))
		return auth->token->access_token;
	if (!auth->settings->client_credentials) {
		g_set_error_literal(error, ERRORS, IDC_UNAUTHENTICATED, "The authorization no longer holds: authorize again.");
		return NULL;
	}
	asked = g_strdup(auth->token != NULL ? auth->token->asked : AUTH_READ_SCOPES);
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
	*ret_has = auth_scope_in(auth->token->scope, scope);
	return TRUE;
}

static gboolean
auth_tell(Auth *auth, const idc_sink *sink, GError **error)
{
	g_autofree gchar *subject = g_strdup_printf("the app %s", auth->settings->client_id);
	const gint64 left_ms = auth->token->expires_unix_ms - auth->host->unix_ms(auth->host->ctx);
	const idc_auth_session session = {.subject = subject,
					  .account = auth->settings->account,
					  .scope = auth->token->scope,
					  .expires_in_s = MAX(left_ms, 0) / 1000};

	return emit_session(sink, &session, error);
}

gboolean
auth_client(Auth *auth, const gchar *scope, const idc_sink *sink, GError **error)
{
	if (!auth->settings->client_credentials) {
		g_set_error_literal(error, ERRORS, IDC_STATE,
				    "This app's grant is authorization_code: a person has to authorize it.");
		return FALSE;
	}
	/* A token that is still good would do, but would not show whether the client secret is. */
	return auth_renew(auth, scope != NULL && scope[0] != '\0' ? scope : AUTH_READ_SCOPES, TRUE, NULL, error) &&
	       auth_tell(auth, sink, error);
}

gboolean
auth_check(Auth *auth, const idc_sink *sink, GError **error)
{
	g_autoptr(json_object) answer = api_read(auth->api, "/abilities", error);

	return answer != NULL && auth_tell(auth, sink, error);
}
