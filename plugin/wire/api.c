/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "api.h"

#include <string.h>

#include "../errors.h"
#include "answer.h"
#include "recent.h"

#define API_ACCEPT "application/vnd.pagerduty+json;version=2"
#define API_MAX_FAILURES 5  /* tries of one read */
#define API_MAX_MALFORMED 2 /* answers with 200 that cannot be read: a proxy's hiccup, once */
#define API_MAX_LIMITED 8   /* 429s for one read */
#define API_PATIENCE_MS (120 * 1000)
/* How often a token may be renewed because it was refused: a server that refuses without reason must not make a storm of it. */
#define API_RENEWAL_MS (300 * 1000)
#define API_MAX_RENEWALS 4
#define API_POLL_MS 100
#define API_LINGER_MS 5000
/* Answers that came, or are about to come, ahead of their turn; more are not asked for until these are read. */
#define API_MAX_AHEAD (6 * 1024 * 1024)

struct Api {
	ApiOptions options;
	gchar *url;
	gchar *bearer;
	guint token_generation;
	gboolean token_worked; /* something was answered since it was renewed */
	guint64 renewals_ms;   /* since when these are counted */
	guint renewals;
	gboolean scope_renewed; /* one of them was for the sake of a scope */
	Pace pace;
	GQueue calls; /* of ApiCall, in the order of asking */
	guint in_flight;
	gsize usual;         /* bytes of the last good answer: what those under way are expected to have */
	gint64 service_time; /* of the first answer since api_begin() */
	gint64 service_now;  /* of the last answer */
	Recent *own;         /* request ids of the writes that were answered */
	idc_usage usage;
};

struct ApiCall {
	Api *api;
	const gchar *method; /* static */
	gchar *path;
	gchar *body; /* NULL: none */
	gchar *what; /* "GET /users", for errors */
	HttpExchange *exchange;
	GError *failed;
	gboolean done;
	gboolean on_line; /* counted in in_flight */
	guint token_generation;
	gboolean renewed;
	guint failures;
	guint malformed;
	guint limited;
	guint64 started_ms;
	guint64 not_before_ms;
};

Api *
api_new(const ApiOptions *options)
{
	Api *api = g_new0(Api, 1);

	api->options = *options;
	api->url = g_strdup(options->url);
	pace_init(&api->pace, options->requests_per_minute);
	g_queue_init(&api->calls);
	api->own = recent_new();
	return api;
}

static void
api_bearer_clear(Api *api)
{
	if (api->bearer != NULL)
		explicit_bzero(api->bearer, strlen(api->bearer));
	g_clear_pointer(&api->bearer, g_free);
}

void
api_free(Api *api)
{
	if (api == NULL)
		return;
	while (!g_queue_is_empty(&api->calls))
		api_drop(api, g_queue_peek_head(&api->calls));
	api_bearer_clear(api);
	recent_free(api->own);
	g_free(api->url);
	g_free(api);
}

/* method: static. */
ApiCall *
api_send(Api *api, const gchar *method, const gchar *path, json_object *body)
{
	ApiCall *call = g_new0(ApiCall, 1);

	call->api = api;
	call->method = method;
	call->path = g_strdup(path);
	if (body != NULL)
		call->body =
		    g_strdup(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	call->what = g_strdup_printf("%s %.*s", method, (gint)strcspn(path, "?"), path);
	g_queue_push_tail(&api->calls, call);
	return call;
}

ApiCall *
api_get(Api *api, const gchar *path)
{
	return api_send(api, "GET", path, NULL);
}

static gboolean
api_is_write(const ApiCall *call)
{
	return strcmp(call->method, "GET") != 0;
}

static void
api_release_exchange(ApiCall *call)
{
	if (call->on_line)
		call->api->in_flight--;
	call->on_line = FALSE;
	g_clear_pointer(&call->exchange, http_finish);
}

void
api_drop(Api *api, ApiCall *call)
{
	if (call == NULL)
		return;
	g_queue_remove(&api->calls, call);
	api_release_exchange(call);
	g_clear_error(&call->failed);
	g_free(call->path);
	g_free(call->body);
	g_free(call->what);
	g_free(call);
}

void
api_begin(Api *api)
{
	api->service_time = 0;
}

gboolean
api_is_own(const Api *api, const gchar *request_id)
{
	return recent_has(api->own, request_id);
}

gint64
api_service_now(const Api *api)
{
	return api->service_now;
}

gint64
api_service_time(const Api *api)
{
	return api->service_time;
}

void
api_usage(const Api *api, idc_usage *ret_usage)
{
	ret_usage->requests = api->usage.requests;
	ret_usage->retries = api->usage.retries;
	ret_usage->waited_ms = api->usage.waited_ms;
}

static guint64
api_now(const Api *api)
{
	return api->options.host->monotonic_ms(api->options.host->ctx);
}

static void
api_log(const Api *api, guint32 level, const gchar *text)
{
	api->options.host->log(api->options.host->ctx, level, text);
}

static gboolean
api_cancelled(Api *api, GError **error)
{
	if (api->options.host->cancelled(api->options.host->ctx) == 0)
		return FALSE;
	g_set_error_literal(error, ERRORS, IDC_CANCELLED, "The operation was cancelled.");
	return TRUE;
}

gboolean
api_rest(Api *api, guint64 ms, GError **error)
{
	const guint64 before = api_now(api);
	gboolean ok = TRUE;

	if (ms > 0 && api->options.host->sleep_ms(api->options.host->ctx, (guint32)MIN(ms, G_MAXINT32)) != IDC_OK) {
		g_set_error_literal(error, ERRORS, IDC_CANCELLED, "The operation was cancelled.");
		ok = FALSE;
	}
	api->usage.waited_ms += api_now(api) - before;
	return ok;
}

/* Waits while something is on the line, or sleeps where nothing is. */
static gboolean
api_pause(Api *api, guint64 ms, GError **error)
{
	return api->in_flight > 0 ? http_poll(api->options.http, (guint)MIN(ms, API_POLL_MS), error) : api_rest(api, ms, error);
}

static gboolean
api_renew(Api *api, gboolean renew, GError **error)
{
	const gchar *token = api->options.token(api->options.token_user, renew, error);

	if (token == NULL)
		return FALSE;
	if (g_strcmp0(token, api->bearer) == 0)
		return TRUE;
	api_bearer_clear(api);
	api->bearer = g_strdup(token);
	api->token_generation++;
	api->token_worked = FALSE;
	return TRUE;
}

static gboolean
api_start(Api *api, ApiCall *call, GError **error)
{
	g_autofree gchar *url = g_strconcat(api->url, call->path, NULL);
	HttpRequest request = {.method = call->method,
			       .url = url,
			       .accept = API_ACCEPT,
			       .body = call->body,
			       .content_type = "application/json",
			       .from = strcmp(call->method, "POST") == 0 ? api->options.from : NULL,
			       .once = api_is_write(call)};

	if (!api_renew(api, FALSE, error))
		return FALSE;
	request.bearer = api->bearer;
	call->exchange = http_start(api->options.http, &request, error);
	if (call->exchange == NULL)
		return FALSE;
	call->token_generation = api->token_generation;
	call->started_ms = api_now(api);
	pace_started(&api->pace, call->started_ms);
	call->on_line = TRUE;
	api->in_flight++;
	api->usage.requests++;
	if (call->failures + call->limited + call->malformed > 0)
		api->usage.retries++;
	return TRUE;
}

/* Puts a call back into the queue, to go out after wait_ms. */
static void
api_again(ApiCall *call, guint64 wait_ms)
{
	api_release_exchange(call);
	call->not_before_ms = api_now(call->api) + wait_ms;
}

static void
api_fail(ApiCall *call, GError *failed)
{
	call->failed = failed;
	call->done = TRUE;
}

/* Whether a new token could help a call that was refused with this one: not if the last renewal did not help either. */
static gboolean
api_token_suspect(const ApiCall *call, const GError *refused)
{
	Api *api = call->api;

	if (call->renewed || !(errors_is(refused, IDC_SCOPE) || errors_is(refused, IDC_UNAUTHENTICATED)))
		return FALSE;
	if (call->token_generation != api->token_generation)
		return TRUE;
	if (api->renewals > 0 && api_now(api) - api->renewals_ms > API_RENEWAL_MS) {
		api->renewals = 0;
		api->scope_renewed = FALSE;
	}
	if (errors_is(refused, IDC_SCOPE) && api->scope_renewed)
		return FALSE;
	return api->renewals == 0 || (api->token_worked && api->renewals < API_MAX_RENEWALS);
}

/* The token was refused: by another call's turn there may be a newer one already. */
static gboolean
api_retry_token(ApiCall *call, gboolean for_scope, GError **error)
{
	if (call->token_generation == call->api->token_generation) {
		Api *api = call->api;

		/* Counted before it is tried: what fails for one call is not tried again for each that is under way. */
		if (api->renewals++ == 0)
			api->renewals_ms = api_now(api);
		api->scope_renewed = api->scope_renewed || for_scope;
		api->token_worked = FALSE;
		call->renewed = TRUE;
		if (!api_renew(api, TRUE, error))
			return FALSE;
	}
	api_again(call, 0);
	return TRUE;
}

/* Whether a write without a proper answer may have been carried out all the same. */
static gboolean
api_maybe_done(const HttpAnswer *answer)
{
	return answer->status == 0 ? answer->sent : answer->status == 408 || answer->status >= 500;
}

/* Decides what becomes of a call whose answer, or failure, is there. */
static void
api_judge(ApiCall *call)
{
	Api *api = call->api;
	HttpAnswer *answer = http_answer(call->exchange);
	g_autoptr(GError) error = NULL;
	guint64 wait_ms;

	if (answer->status != 0)
		pace_learn(&api->pace, call->started_ms, api_now(api), &answer->hint, api->in_flight);
	if (api->service_time == 0)
		api->service_time = answer->date_unix_ms;
	api->service_now = MAX(api->service_now, answer->date_unix_ms);
	if (answer->status == 200 || (api_is_write(call) && (answer->status == 201 || answer->status == 204))) {
		api->token_worked = TRUE;
		if (!api_is_write(call))
			api->usual = answer->body->len;
		call->done = TRUE;
		return;
	}
	answer_guard(answer, (const gchar *const[]){api->bearer, NULL});
	answer_set_error(&error, call->what, answer);
	api_log(api, IDC_LOG_INFO, error->message);
	if (errors_is(error, IDC_RATE_LIMITED)) {
		wait_ms = pace_after_limit(&answer->hint, call->limited, g_random_int());
		errors_detail(error)->retry_after_ms = (gint64)wait_ms;
		if (++call->limited < API_MAX_LIMITED && wait_ms <= API_PATIENCE_MS) {
			pace_block(&api->pace, api_now(api), wait_ms);
			api_again(call, wait_ms);
			return;
		}
	} else if (api_token_suspect(call, error)) {
		g_autoptr(GError) renewal = NULL;

		if (api_retry_token(call, errors_is(error, IDC_SCOPE), &renewal))
			return;
		api_fail(call, g_steal_pointer(&renewal));
		return;
	} else if (api_is_write(call) && api_maybe_done(answer)) {
		error->code = IDC_INDETERMINATE;
	} else if ((errors_detail(error)->flags & IDC_ERROR_RETRYABLE) != 0) {
		if (++call->failures < API_MAX_FAILURES) {
			api_again(call, pace_after_failure(call->failures - 1, g_random_int()));
			return;
		}
	}
	api_fail(call, g_steal_pointer(&error));
}

static void
api_collect(Api *api)
{
	for (GList *link = api->calls.head; link != NULL; link = link->next) {
		ApiCall *call = link->data;

		if (call->done || call->exchange == NULL || !http_done(call->exchange))
			continue;
		api->in_flight--;
		call->on_line = FALSE;
		api_judge(call);
	}
}

/* Bytes that came, or are expected, before their turn. */
static gsize
api_ahead(const Api *api, const ApiCall *first)
{
	gsize ahead = 0;

	for (const GList *link = api->calls.head; link != NULL; link = link->next) {
		const ApiCall *call = link->data;

		if (call->exchange != NULL && call != first)
			ahead += call->done ? http_answer(call->exchange)->body->len : api->usual;
	}
	return ahead;
}

/* Starts a call if it may; else *wait_ms becomes at most the time until it could. */
static gboolean
api_start_due(Api *api, ApiCall *call, guint64 *wait_ms, GError **error)
{
	const guint64 now = api_now(api);
	guint64 delay;

	if (call->done || call->exchange != NULL || api->in_flight >= api->options.concurrency)
		return TRUE;
	delay = MAX(pace_delay(&api->pace, now), call->not_before_ms > now ? call->not_before_ms - now : 0);
	if (delay > 0) {
		*wait_ms = MIN(*wait_ms, delay);
		return TRUE;
	}
	return api_start(api, call, error);
}

/* Starts what may start, first the call that is waited for; *ret_wait_ms: until the next could. */
static gboolean
api_start_all_due(Api *api, ApiCall *first, guint64 *ret_wait_ms, GError **error)
{
	guint64 wait_ms = G_MAXUINT64;
	gsize ahead;

	if (!api_start_due(api, first, &wait_ms, error))
		return FALSE;
	ahead = api_ahead(api, first);
	for (GList *link = api->calls.head; link != NULL && ahead <= API_MAX_AHEAD; link = link->next) {
		const guint before = api->in_flight;

		if (before >= api->options.concurrency)
			break;
		if (!api_start_due(api, link->data, &wait_ms, error))
			return FALSE;
		ahead += (api->in_flight - before) * api->usual;
	}
	*ret_wait_ms = wait_ms;
	return TRUE;
}

static gboolean
api_drive(Api *api, ApiCall *call, GError **error)
{
	while (!call->done) {
		guint64 wait_ms;

		if (api_cancelled(api, error))
			return FALSE;
		if (!api_start_all_due(api, call, &wait_ms, error))
			return FALSE;
		if (api->in_flight == 0 && wait_ms > API_PATIENCE_MS) {
			GError *limited =
			    g_error_new(ERRORS, IDC_RATE_LIMITED,
					"PagerDuty's rate limit lets nothing through for %" G_GUINT64_FORMAT " s. Try again later.",
					wait_ms / 1000);

			errors_detail(limited)->retry_after_ms = (gint64)wait_ms;
			errors_detail(limited)->flags = IDC_ERROR_RETRYABLE;
			g_propagate_error(error, limited);
			return FALSE;
		}
		if (!api_pause(api, wait_ms, error))
			return FALSE;
		api_collect(api);
	}
	return TRUE;
}

json_object *
api_wait(Api *api, ApiCall *call, GError **error)
{
	g_autoptr(json_object) root = NULL;
	g_autoptr(GError) failed = NULL;

	while (root == NULL && failed == NULL) {
		const HttpAnswer *answer;

		if (!api_drive(api, call, &failed))
			break;
		if (call->failed != NULL) {
			failed = g_steal_pointer(&call->failed);
			break;
		}
		answer = http_answer(call->exchange);
		root = json_read(answer->body->str, answer->body->len, call->what, &failed);
		if (root == NULL && ++call->malformed < API_MAX_MALFORMED) {
			api_log(api, IDC_LOG_INFO, failed->message);
			g_clear_error(&failed);
			call->done = FALSE;
			api_again(call, pace_after_failure(0, g_random_int()));
		}
	}
	api_drop(api, call);
	if (failed != NULL)
		g_propagate_error(error, g_steal_pointer(&failed));
	return g_steal_pointer(&root);
}

json_object *
api_read(Api *api, const gchar *path, GError **error)
{
	return api_wait(api, api_get(api, path), error);
}

void
api_reply_clear(ApiReply *reply)
{
	g_clear_pointer(&reply->root, json_object_put);
	g_clear_pointer(&reply->request_id, g_free);
}

/* The host wants to stop, but a write is on its way: what became of it is worth a little time. */
static void
api_linger(Api *api, ApiCall *call)
{
	const guint64 until = api_now(api) + API_LINGER_MS;

	while (call->on_line && api_now(api) < until && http_poll(api->options.http, API_POLL_MS, NULL))
		api_collect(api);
}

gboolean
api_wait_write(Api *api, ApiCall *call, ApiReply *ret_reply, GError **error)
{
	g_auto(ApiReply) reply = {0};
	g_autoptr(GError) failed = NULL;

	if (!api_drive(api, call, &failed) && call->on_line) {
		g_autoptr(GError) ended = g_steal_pointer(&failed);

		api_linger(api, call);
		if (call->on_line)
			g_set_error(&failed, ERRORS, IDC_INDETERMINATE, "%s was sent and its answer was not waited for.",
				    call->what);
		else if (!call->done) /* it was refused, to be sent again, and now it is not */
			failed = g_steal_pointer(&ended);
	}
	if (failed == NULL)
		failed = g_steal_pointer(&call->failed);
	if (failed == NULL) {
		const HttpAnswer *answer = http_answer(call->exchange);

		reply.request_id = g_strdup(answer->request_id);
		recent_note(api->own, reply.request_id);
		/* The status said that it was done; a body that cannot be read changes nothing in that. */
		if (answer->status != 204)
			reply.root = json_read(answer->body->str, answer->body->len, call->what, NULL);
	}
	api_drop(api, call);
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	ret_reply->root = g_steal_pointer(&reply.root);
	ret_reply->request_id = g_steal_pointer(&reply.request_id);
	return TRUE;
}

HttpExchange *
api_post_form(Api *api, const gchar *url, const gchar *form, guint attempt, guint linger_ms, GError **error)
{
	const HttpRequest request = {.method = "POST",
				     .url = url,
				     .body = form,
				     .content_type = "application/x-www-form-urlencoded",
				     .accept = "application/json",
				     .once = TRUE};
	HttpExchange *exchange = api_cancelled(api, error) ? NULL : http_start(api->options.http, &request, error);
	guint64 asked_ms = api_now(api);

	if (exchange == NULL)
		return NULL;
	api->usage.requests++;
	if (attempt > 0)
		api->usage.retries++;
	while (!http_done(exchange)) {
		if (api->options.host->cancelled(api->options.host->ctx) == 0)
			asked_ms = api_now(api);
		else if (api_now(api) - asked_ms >= linger_ms && api_cancelled(api, error))
			break;
		if (!http_poll(api->options.http, API_POLL_MS, error))
			break;
	}
	if (http_done(exchange))
		return exchange;
	http_finish(exchange);
	return NULL;
}
