/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/api.h"

#include <string.h>

#include "errors.h"
#include "wire.h"

/* The queue of requests over a server and a clock of the test's own. */

/* A token of the test's: each renewal makes another one. */
typedef struct {
	guint number;
	guint renewals;
	gchar text[32];
	gint32 fails; /* renewals do, with this status */
} Token;

static const gchar *
token_get(gpointer user, gboolean renew, GError **error)
{
	Token *token = user;

	if (renew) {
		token->renewals++;
		if (token->fails != 0) {
			g_set_error_literal(error, ERRORS, token->fails, "No token.");
			return NULL;
		}
		token->number++;
	}
	g_snprintf(token->text, sizeof(token->text), "token-%u", token->number);
	return token->text;
}

static Api *
api_for(Wire *wire, Token *token, guint concurrency, guint per_minute)
{
	return api_new(&(ApiOptions){.host = &wire->host,
				     .url = "https://api.example",
				     .concurrency = concurrency,
				     .requests_per_minute = per_minute,
				     .http = wire_http(wire),
				     .token = token_get,
				     .token_user = token});
}

static void
serve_url(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	g_autofree gchar *body = g_strdup_printf("{\"url\":\"%s\"}", url);

	(void)wire;
	g_assert_cmpstr(method, ==, "GET");
	g_assert_nonnull(token);
	wire_body(answer, 200, body);
}

static void
read_many(Api *api, guint n, guint ahead)
{
	g_autofree ApiCall **calls = g_new0(ApiCall *, n);
	guint queued = 0;

	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_object) answer = NULL;
		g_autofree gchar *wanted = g_strdup_printf("https://api.example/things/%u", i);

		for (; queued < n && queued <= i + ahead; queued++) {
			g_autofree gchar *path = g_strdup_printf("/things/%u", queued);

			calls[queued] = api_get(api, path);
		}
		answer = api_wait(api, calls[i], &error);
		g_assert_no_error(error);
		g_assert_cmpstr(json_read_text(answer, "url"), ==, wanted);
	}
}

static void
test_answers_come_in_order_and_no_more_at_a_time(void)
{
	for (guint32 seed = 0; seed < 200; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 1 + seed % 16, 0);
		idc_usage usage = {.struct_size = sizeof(usage)};

		wire->server = serve_url;
		wire->latency_ms = 700;
		read_many(api, 60, seed % 40);
		api_usage(api, &usage);
		g_assert_cmpuint(wire->n_requests, ==, 60);
		g_assert_cmpuint(usage.requests, ==, 60);
		g_assert_cmpuint(usage.retries, ==, 0);
		g_assert_cmpuint(wire->most_under_way, <=, 1 + seed % 16);
		g_assert_cmpuint(wire->longest_unasked_ms, <=, 100);
	}
}

/* Whatever the delays and the order of answers, the headers are enough never to be refused. */
static void
test_where_the_limit_is_told_it_is_kept(void)
{
	for (guint32 seed = 0; seed < 400; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 1 + seed % 16, 0);

		wire->server = serve_url;
		wire->latency_ms = 1 + seed % 7 * 400;
		wire->limit = 16 + seed % 30;
		wire->window_ms = 5000 + seed % 5 * 10000;
		wire->round_up = seed % 2 == 0;
		read_many(api, 300, 40);
		g_assert_cmpuint(wire->n_limited, ==, 0);
		/* and no window is left unused: at most what is under way and two seconds of each are given away */
		g_assert_cmpuint(wire->now_ms - 1000000, <,
				 (300 / (wire->limit - 15) + 2) * (wire->window_ms + 2100 + wire->latency_ms) +
				     300 * wire->latency_ms / (1 + seed % 16));
	}
}

static void
test_the_bound_of_the_administrator_is_kept(void)
{
	g_autoptr(Wire) wire = wire_new(1);
	Token token = {.number = 0};
	g_autoptr(Api) api = api_for(wire, &token, 8, 120);

	wire->server = serve_url;
	wire->latency_ms = 2000;
	read_many(api, 60, 20);
	g_assert_cmpuint(wire->now_ms - 1000000, >=, 59 * 500);
}

static void
serve_trouble(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	switch (g_rand_int_range(wire->rand, 0, 9)) {
	case 0:
		wire_body(answer, 502, "<html>");
		return;
	case 1:
		wire_body(answer, 200, "{\"url\":");
		return;
	case 2:
		wire_body(answer, 429, "");
		return;
	case 3:
		answer->problem = IDC_UNAVAILABLE;
		answer->why = g_strdup("Connection reset");
		return;
	case 4:
		wire_body(answer, 404, "");
		return;
	default:
		serve_url(wire, method, url, token, answer);
	}
}

/* Calls that fail, are repeated, are dropped at any time or never waited for: nothing is left, and what is free is used. */
static void
test_troubles_leave_nothing_behind(void)
{
	for (guint32 seed = 0; seed < 1000; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 1 + seed % 4, 0);
		g_autoptr(GQueue) calls = g_queue_new();

		wire->server = serve_trouble;
		wire->latency_ms = 500;
		for (guint i = 0; i < 60; i++) {
			const gint32 dice = g_rand_int_range(wire->rand, 0, 10);

			if (dice < 5 || g_queue_is_empty(calls)) {
				g_queue_push_tail(calls, api_get(api, "/things/1"));
			} else if (dice < 8) {
				json_object_put(api_wait(api, g_queue_pop_head(calls), NULL));
			} else {
				api_drop(api,
					 g_queue_pop_nth(calls, (guint)g_rand_int_range(wire->rand, 0, (gint32)calls->length)));
			}
		}
		while (seed % 2 == 0 && !g_queue_is_empty(calls))
			api_drop(api, g_queue_pop_head(calls));
		g_assert_cmpuint(wire->longest_unasked_ms, <=, 100);
		g_assert_cmpuint(wire->most_under_way, <=, 1 + seed % 4);
		wire->server = serve_url;
		wire->most_under_way = 0;
		read_many(api, 20, 8);
		g_assert_cmpuint(wire->most_under_way, ==, 1 + seed % 4);
	}
}

static void
test_the_host_may_end_it_at_any_time(void)
{
	for (guint32 seed = 0; seed < 1000; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 4, 0);
		g_autoptr(GError) error = NULL;

		wire->server = serve_trouble;
		wire->latency_ms = 3000;
		wire->cancel_at_ms = wire->now_ms + seed * 37;
		while (error == NULL || !errors_is(error, IDC_CANCELLED)) {
			g_autoptr(json_object) answer = NULL;

			g_clear_error(&error);
			(void)api_get(api, "/things/2");
			answer = api_wait(api, api_get(api, "/things/1"), &error);
			g_assert_true(answer != NULL || error != NULL);
		}
		g_assert_cmpuint(wire->now_ms, <=, MAX(wire->cancel_at_ms, 1000000) + 100);
	}
}

static void
serve_no_token(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	(void)wire;
	(void)method;
	(void)url;
	(void)token;
	wire_body(answer, 401, "");
}

/* Where no token is any good, one renewal is enough to know; for a while there is no other. */
static void
test_a_token_that_is_always_refused_is_renewed_once(void)
{
	for (guint fails = 0; fails < 2; fails++) {
		g_autoptr(Wire) wire = wire_new(1);
		Token token = {.fails = fails == 1 ? IDC_UNAVAILABLE : 0};
		g_autoptr(Api) api = api_for(wire, &token, 8, 0);
		guint64 began;

		wire->latency_ms = 20;
		wire->server = serve_url;
		read_many(api, 10, 8);
		wire->server = serve_no_token;
		began = wire->now_ms;
		for (guint i = 0; i < 40; i++) {
			g_autoptr(GError) error = NULL;
			g_autoptr(json_object) answer = NULL;

			for (guint n = 0; n < 8; n++)
				(void)api_get(api, "/things/2");
			answer = api_wait(api, api_get(api, "/things/1"), &error);
			g_assert_null(answer);
		}
		g_assert_cmpuint(wire->now_ms - began, <, 60000);
		g_assert_cmpuint(token.renewals, ==, 1);
		/* but it is not given up for ever */
		wire->now_ms += 3600 * 1000;
		wire->asked_ms = wire->now_ms;
		(void)api_read(api, "/things/1", NULL);
		g_assert_cmpuint(token.renewals, ==, 2);
	}
}

/* Refuses every second request whatever its token. */
static void
serve_every_other(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	if (wire->n_requests % 2 == 0)
		wire_body(answer, 401, "");
	else
		serve_url(wire, method, url, token, answer);
}

static void
test_a_server_that_refuses_now_and_then_makes_no_storm(void)
{
	g_autoptr(Wire) wire = wire_new(1);
	Token token = {.number = 0};
	g_autoptr(Api) api = api_for(wire, &token, 1, 0);

	wire->server = serve_every_other;
	for (guint i = 0; i < 300; i++)
		json_object_put(api_read(api, "/things/1", NULL));
	g_assert_cmpuint(token.renewals, <=, 5);
}

/* Only the token of that number is any good. */
static void
serve_one_token(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	g_autofree gchar *good = g_strdup_printf("token-%u", *(const guint *)wire->user);

	if (strcmp(token, good) == 0)
		serve_url(wire, method, url, token, answer);
	else
		wire_body(answer, 401, "");
}

/* A token that is revoked while eight requests are under way: one renewal for all, and each is answered. */
static void
test_a_revoked_token_is_renewed_once_for_all(void)
{
	for (guint32 seed = 0; seed < 100; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 8, 0);
		guint good = 0;

		wire->server = serve_one_token;
		wire->user = &good;
		wire->latency_ms = 300;
		read_many(api, 20, 10);
		for (good = 1; good < 3; good++) {
			read_many(api, 40, 20);
			g_assert_cmpuint(token.renewals, ==, good);
		}
	}
}

static void
serve_limited(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	(void)wire;
	(void)method;
	(void)url;
	(void)token;
	wire_body(answer, 429, "");
}

static void
serve_no_scope(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	if (strstr(url, "/narrow") == NULL)
		serve_url(wire, method, url, token, answer);
	else
		wire_body(answer, 403,
			  "{\"error\":{\"message\":\"Token missing required scopes\",\"required_scopes\":\"teams.read\"}}");
}

static void
test_a_missing_scope_is_tried_with_one_other_token(void)
{
	g_autoptr(Wire) wire = wire_new(1);
	Token token = {.number = 0};
	g_autoptr(Api) api = api_for(wire, &token, 4, 0);

	wire->server = serve_no_scope;
	wire->latency_ms = 50;
	for (guint i = 0; i < 100; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_object) none = api_read(api, "/narrow", &error);
		g_autoptr(json_object) other = api_read(api, "/things/1", NULL);

		g_assert_null(none);
		g_assert_true(errors_answered(error, IDC_SCOPE));
		g_assert_nonnull(strstr(error->message, "teams.read"));
		g_assert_nonnull(other);
	}
	g_assert_cmpuint(token.renewals, ==, 1);
}

static void
test_a_wait_beyond_patience_is_told(void)
{
	g_autoptr(Wire) wire = wire_new(1);
	Token token = {.number = 0};
	g_autoptr(Api) api = api_for(wire, &token, 4, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(json_object) answer = NULL;

	wire->server = serve_url;
	wire->limit = 4;
	wire->window_ms = 600 * 1000;
	for (guint i = 0; i < 4; i++) {
		g_autoptr(json_object) good = api_read(api, "/things/1", NULL);

		g_assert_nonnull(good);
	}
	answer = api_read(api, "/things/1", &error);
	g_assert_null(answer);
	g_assert_error(error, ERRORS, IDC_RATE_LIMITED);
	g_assert_cmpint(errors_detail(error)->retry_after_ms, >, 500 * 1000);
	g_assert_cmpuint(errors_detail(error)->flags & IDC_ERROR_RETRYABLE, !=, 0);
	g_assert_cmpuint(wire->n_limited, ==, 0);
}

static void
test_a_5xx_that_nobody_knows_is_repeated_too(void)
{
	ErrorsAnswer answer = {.what = "GET /users", .http_status = 520, .retry_after_ms = -1};
	g_autoptr(GError) error = NULL;

	errors_set_answer(&error, &answer);
	g_assert_error(error, ERRORS, IDC_UNAVAILABLE);
	g_assert_cmpuint(errors_detail(error)->flags & IDC_ERROR_RETRYABLE, !=, 0);
}

/* Carries writes out, or not, and says so, or not. user: how often it did. */
static void
serve_writes(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer)
{
	guint *done = wire->user;

	(void)url;
	(void)token;
	g_assert_cmpstr(method, ==, "PUT");
	answer->sent = TRUE;
	switch (g_rand_int_range(wire->rand, 0, 8)) {
	case 0:
		wire_body(answer, 429, "");
		return;
	case 1:
		wire_body(answer, 401, "");
		return;
	case 2:
		answer->sent = FALSE;
		answer->problem = IDC_UNAVAILABLE;
		answer->why = g_strdup("Connection refused");
		return;
	case 3:
		*done += g_rand_boolean(wire->rand) ? 1 : 0;
		answer->problem = IDC_UNAVAILABLE;
		answer->why = g_strdup("Connection reset");
		return;
	case 4:
		*done += g_rand_boolean(wire->rand) ? 1 : 0;
		wire_body(answer, 503, "");
		return;
	case 5:
		wire_body(answer, 400, "");
		return;
	default:
		(*done)++;
		wire_body(answer, g_rand_boolean(wire->rand) ? 204 : 200, "{}");
	}
}

/* What is said of a write is true, whatever happens to it and whenever the host wants to end: done once, perhaps done, or not done. */
static void
test_a_write_is_done_once_or_told_as_what_it_is(void)
{
	guint said[3] = {0};

	for (guint32 seed = 0; seed < 3000; seed++) {
		g_autoptr(Wire) wire = wire_new(seed);
		Token token = {.number = 0};
		g_autoptr(Api) api = api_for(wire, &token, 4, 0);
		g_autoptr(json_object) body = json_object_new_object();
		g_autoptr(GError) error = NULL;
		g_auto(ApiReply) reply = {0};
		guint done = 0;
		guint64 limit_ms;
		gboolean ok;

		wire->server = serve_writes;
		wire->user = &done;
		wire->latency_ms = 12000;
		wire->cancel_at_ms = seed % 3 == 0 ? 0 : wire->now_ms + seed * 7;
		limit_ms = wire->cancel_at_ms > 0 ? wire->cancel_at_ms + 5200 : G_MAXUINT64;
		ok = api_wait_write(api, api_send(api, "PUT", "/things/1", body), &reply, &error);
		if (wire->said_cancelled)
			g_assert_cmpuint(wire->now_ms, <=, limit_ms);
		if (ok)
			g_assert_cmpuint(done, ==, 1);
		else if (errors_is(error, IDC_INDETERMINATE))
			g_assert_cmpuint(done, <=, 1);
		else
			g_assert_cmpuint(done, ==, 0);
		said[ok ? 0 : errors_is(error, IDC_INDETERMINATE) ? 1 : 2]++;
	}
	for (guint i = 0; i < G_N_ELEMENTS(said); i++)
		g_assert_cmpuint(said[i], >, 300);
}

/* Refused, and to be sent again, when the host wants to end: nothing happened, and nobody has to look. */
static void
test_a_write_that_was_refused_when_the_host_ends_did_not_happen(void)
{
	g_autoptr(Wire) wire = wire_new(1);
	Token token = {.number = 0};
	g_autoptr(Api) api = api_for(wire, &token, 4, 0);
	g_autoptr(GError) error = NULL;
	g_auto(ApiReply) reply = {0};

	wire->server = serve_limited;
	wire->latency_ms = 1000;
	wire->cancel_at_ms = wire->now_ms + 50;
	g_assert_false(api_wait_write(api, api_send(api, "PUT", "/things/1", NULL), &reply, &error));
	g_assert_error(error, ERRORS, IDC_CANCELLED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/api/answers come in order, and no more at a time than set",
			test_answers_come_in_order_and_no_more_at_a_time);
	g_test_add_func("/api/where the limit is told it is kept, in whatever order answers come",
			test_where_the_limit_is_told_it_is_kept);
	g_test_add_func("/api/the administrator's bound is kept", test_the_bound_of_the_administrator_is_kept);
	g_test_add_func("/api/troubles and dropped calls leave nothing behind", test_troubles_leave_nothing_behind);
	g_test_add_func("/api/the host may end it at any time", test_the_host_may_end_it_at_any_time);
	g_test_add_func("/api/a token that is always refused is renewed once", test_a_token_that_is_always_refused_is_renewed_once);
	g_test_add_func("/api/a server that refuses now and then makes no storm of renewals",
			test_a_server_that_refuses_now_and_then_makes_no_storm);
	g_test_add_func("/api/a token that is revoked is renewed once for all that need it",
			test_a_revoked_token_is_renewed_once_for_all);
	g_test_add_func("/api/a missing scope is tried with one other token", test_a_missing_scope_is_tried_with_one_other_token);
	g_test_add_func("/api/a wait beyond patience is told, without being refused first", test_a_wait_beyond_patience_is_told);
	g_test_add_func("/api/a write is done once, or told as what it is", test_a_write_is_done_once_or_told_as_what_it_is);
	g_test_add_func("/api/a write that was refused when the host ends did not happen",
			test_a_write_that_was_refused_when_the_host_ends_did_not_happen);
	g_test_add_func("/api/a 5xx that nobody knows is repeated like the others", test_a_5xx_that_nobody_knows_is_repeated_too);
	return g_test_run();
}
