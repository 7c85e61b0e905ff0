/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "endpoint.h"

#include <string.h>

#include "../errors.h"
#include "../secret.h"
#include "../wire/answer.h"
#include "../wire/refusal.h"
#include "../wire/wiped.h"

#define ENDPOINT_TRIES 4
#define ENDPOINT_PATIENCE_MS (30 * 1000)     /* others wait for the lock meanwhile */
#define ENDPOINT_CODE_PATIENCE_MS (5 * 1000) /* a code lives 30 s */
#define ENDPOINT_LINGER_MS 1500              /* what is on its way when the host wants to end may be the only token there is */

void
endpoint_add(GString *form, const gchar *key, const gchar *value)
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

static const gchar *
endpoint_path(EndpointKind kind)
{
	return kind == ENDPOINT_REVOKE ? "/oauth/revoke" : "/oauth/token";
}

static gboolean
endpoint_works_once(EndpointKind kind)
{
	return kind == ENDPOINT_CODE || kind == ENDPOINT_REFRESH;
}

gboolean
endpoint_ended(const GError *error)
{
	return errors_is(error, IDC_EXPIRED) && strcmp(errors_detail(error)->code, "invalid_grant") == 0;
}

/* The message is taken over. */
static void
endpoint_say(GError *made, gint32 status, gchar *message)
{
	made->code = status;
	g_free(made->message);
	made->message = message;
}

/* What a code or refresh token that is no good means for people. */
static gchar *
endpoint_expired(EndpointKind kind)
{
	if (kind == ENDPOINT_CODE)
		return g_strdup(
		    "PagerDuty did not take the code: it lives 30 seconds and works once. Authorize again, and go back to "
		    "the app at once after you allowed it.");
	return g_strdup(
	    "PagerDuty does not renew the authorization: the consent was withdrawn or has run out, or another copy of this "
	    "connection has renewed it. Authorize again.");
}

/* Tells apart what a person has to mend from what time mends. */
static void
endpoint_set_refusal(const Endpoint *endpoint, EndpointKind kind, const HttpAnswer *answer, GError **error)
{
	g_autoptr(Refusal) refusal = refusal_new(answer->body->str, answer->body->len);
	g_autoptr(GError) made = NULL;
	g_autofree gchar *what = g_strdup_printf("POST %s", endpoint_path(kind));
	const gchar *words = refusal->words != NULL ? refusal->words : "without a reason";
	const gboolean asked_wrong = answer->status == 400 || answer->status == 401;

	answer_set_error(&made, what, answer);
	errors_detail(made)->answered = FALSE; /* of what the token is wanted for it says nothing */
	if (endpoint_works_once(kind) && asked_wrong &&
	    (strstr(words, "invalid_grant") != NULL || (answer->status == 400 && refusal->words == NULL)))
		endpoint_say(made, IDC_EXPIRED, endpoint_expired(kind));
	else if (answer->status == 401 || g_strcmp0(refusal->code, "invalid_client") == 0)
		endpoint_say(
		    made, IDC_UNAUTHENTICATED,
		    g_strdup("PagerDuty refused the client id or the client secret: check both in the app's registration, a "
			     "lost secret can only be replaced by a new one."));
	else if (strstr(words, "nvalid scope") != NULL || g_strcmp0(refusal->code, "invalid_scope") == 0)
		endpoint_say(
		    made, IDC_SCOPE,
		    g_strdup_printf("PagerDuty refused the scopes (\"%s\"): check that the subdomain is \"%s\", the region is "
				    "\"%s\", and the scopes are ticked in the app's registration.",
				    words, endpoint->settings->subdomain, endpoint->settings->region));
	else if (answer->status == 400)
		endpoint_say(
		    made, IDC_REFUSED,
		    g_strdup_printf("PagerDuty gave no token (\"%s\"): check that the app's registration is one of %s OAuth "
				    "and that client id and client secret are its own.",
				    words, endpoint->settings->classic ? "classic" : "Scoped"));
	else if (answer->status != 0 && (made->code == IDC_NOT_FOUND || made->code == IDC_PROTOCOL))
		endpoint_say(made, kind == ENDPOINT_REVOKE && made->code == IDC_NOT_FOUND ? IDC_NOT_FOUND : IDC_PROTOCOL,
			     g_strdup_printf("%s was answered as PagerDuty never does (HTTP %d): check identity_url and "
					     "any proxy in between.",
					     what, answer->status));
	g_propagate_error(error, g_steal_pointer(&made));
}

/* One request of a form, and whether it may go out again. */
typedef struct {
	const Endpoint *endpoint;
	EndpointKind kind;
	const EndpointField *fields;
	const gchar *client_secret;
	gchar *url;
	GString *form;
	guint attempt;
	gboolean may_repeat;
	const gchar *secrets[6]; /* that go with it; NULL ends them */
} EndpointTry;

static void
endpoint_note_secrets(EndpointTry *try)
{
	static const gchar *const secret[] = {"code", "code_verifier", "refresh_token", "token", NULL};
	gsize n = 0;

	try->secrets[n++] = try->client_secret;
	for (const EndpointField *field = try->fields; field->key != NULL && n + 1 < G_N_ELEMENTS(try->secrets); field++)
		if (g_strv_contains(secret, field->key))
			try->secrets[n++] = field->value;
}

/* The scopes are stored and shown, and of the id_token the account may be: they hold no secret. */
static json_object *
endpoint_read(const EndpointTry *try, const HttpAnswer *answer, GError **error)
{
	g_autoptr(WipedJson) root = wiped_read(answer->body->str, answer->body->len, "POST /oauth/token", error);

	for (gsize i = 0; root != NULL && try->secrets[i] != NULL; i++) {
		if (secret_in(json_read_text(root, "scope"), try->secrets[i]) ||
		    secret_in(json_read_text(root, "id_token"), try->secrets[i])) {
			errors_set_protocol(error, "The answer to POST /oauth/token repeats a secret that was sent.");
			return NULL;
		}
	}
	return g_steal_pointer(&root);
}

static json_object *
endpoint_try(EndpointTry *try, GError **error)
{
	HttpExchange *exchange = api_post_form(try->endpoint->api, try->url, try->form->str, try->attempt,
					       endpoint_works_once(try->kind) ? ENDPOINT_LINGER_MS : 0, error);
	HttpAnswer *answer = exchange != NULL ? http_answer(exchange) : NULL;
	json_object *root = NULL;

	if (answer == NULL) {
		try->may_repeat = FALSE;
		return NULL;
	}
	try->may_repeat = answer->status != 0 || !answer->sent || !endpoint_works_once(try->kind);
	if (answer->status == 200 && try->kind == ENDPOINT_REVOKE) {
		root = json_object_new_object();
	} else if (answer->status == 200) {
		root = endpoint_read(try, answer, error);
	} else {
		/* a refusal that repeats what was sent is told without its words */
		answer_guard(answer, try->secrets);
		endpoint_set_refusal(try->endpoint, try->kind, answer, error);
	}
	http_finish(exchange);
	return root;
}

/* Waits before the next try; FALSE where there is none, and failed stays what it is, or becomes the host's wish to end. */
static gboolean
endpoint_rest(const EndpointTry *try, GError **failed)
{
	const ErrorsDetail *detail = errors_detail(*failed);
	const guint64 patience_ms = try->kind == ENDPOINT_CODE ? ENDPOINT_CODE_PATIENCE_MS : ENDPOINT_PATIENCE_MS;
	g_autoptr(GError) ended = NULL;
	PaceHint hint = {-1, -1, -1};
	guint64 wait_ms;

	if (!try->may_repeat || try->attempt + 1 == ENDPOINT_TRIES || detail == NULL || (detail->flags & IDC_ERROR_RETRYABLE) == 0)
		return FALSE;
	if (detail->retry_after_ms >= 0)
		hint.reset_s = detail->retry_after_ms / 1000;
	wait_ms = errors_is(*failed, IDC_RATE_LIMITED) ? pace_after_limit(&hint, try->attempt, g_random_int())
						       : pace_after_failure(try->attempt, g_random_int());
	if (wait_ms > patience_ms)
		return FALSE;
	if (api_rest(try->endpoint->api, wait_ms, &ended)) {
		g_clear_error(failed);
		return TRUE;
	}
	g_error_free(*failed);
	*failed = g_steal_pointer(&ended);
	return FALSE;
}

static json_object *
endpoint_send(EndpointTry *try, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gsize length = 256 + 3 * (strlen(try->endpoint->settings->client_id) + strlen(try->client_secret));
	json_object *root = NULL;

	endpoint_note_secrets(try);
	for (const EndpointField *field = try->fields; field->key != NULL; field++)
		length += strlen(field->key) + 3 * strlen(field->value) + 2;
	/* large enough not to move: what it moved from would stay in memory */
	try->form = g_string_sized_new(length);
	try->url = g_strconcat(try->endpoint->settings->identity_url, endpoint_path(try->kind), NULL);
	for (const EndpointField *field = try->fields; field->key != NULL; field++) {
		endpoint_add(try->form, field->key, field->value);
		if (field == try->fields) {
			endpoint_add(try->form, "client_id", try->endpoint->settings->client_id);
			endpoint_add(try->form, "client_secret", try->client_secret);
		}
	}
	g_string_erase(try->form, 0, 1);
	for (try->attempt = 0; root == NULL; try->attempt++) {
		root = endpoint_try(try, &failed);
		if (root == NULL && !endpoint_rest(try, &failed))
			break;
	}
	secret_string_free(try->form);
	g_free(try->url);
	if (root == NULL)
		g_propagate_error(error, g_steal_pointer(&failed));
	return root;
}

json_object *
endpoint_post(const Endpoint *endpoint, EndpointKind kind, const EndpointField *fields, GError **error)
{
	gchar *client_secret = secret_get(endpoint->host, "client_secret", error);
	EndpointTry try = {.endpoint = endpoint, .kind = kind, .fields = fields, .client_secret = client_secret};
	json_object *root = NULL;

	if (client_secret != NULL)
		root = endpoint_send(&try, error);
	else if (error == NULL || *error == NULL)
		g_set_error_literal(error, ERRORS, IDC_STATE, "The secret client_secret is missing: set it, then authorize again.");
	secret_free(client_secret);
	return root;
}
