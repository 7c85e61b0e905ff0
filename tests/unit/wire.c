/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire.h"

#include <string.h>

#define WIRE_DAWN_UNIX_MS G_GINT64_CONSTANT(1700000000000)

struct HttpExchange {
	Wire *wire;
	gchar *method;
	gchar *url;
	gchar *token;
	guint64 counted_ms; /* when the server gets to it */
	guint64 due_ms;
	gboolean counted;
	gboolean done;
	HttpAnswer answer;
};

static Wire *
wire_of(gpointer ctx)
{
	return ctx;
}

static void
wire_log(void *ctx, uint32_t level, const char *text)
{
	(void)level;
	g_string_append_printf(wire_of(ctx)->log, "%s\n", text);
}

static void
wire_asked(Wire *wire)
{
	wire->longest_unasked_ms = MAX(wire->longest_unasked_ms, wire->now_ms - wire->asked_ms);
	wire->asked_ms = wire->now_ms;
}

static int32_t
wire_cancelled(void *ctx)
{
	Wire *wire = ctx;

	wire_asked(wire);
	if (wire->cancel_at_ms == 0 || wire->now_ms < wire->cancel_at_ms)
		return 0;
	wire->said_cancelled = TRUE;
	return 1;
}

static uint64_t
wire_monotonic(void *ctx)
{
	return wire_of(ctx)->now_ms;
}

static int64_t
wire_unix(void *ctx)
{
	return WIRE_DAWN_UNIX_MS + (gint64)wire_of(ctx)->now_ms + wire_of(ctx)->unix_offset_ms;
}

/* The server gets to a request. */
static void
wire_count(Wire *wire, HttpExchange *exchange)
{
	guint64 rest;

	exchange->counted = TRUE;
	if (wire->limit > 0) {
		if (exchange->counted_ms >= wire->window_began_ms + wire->window_ms) {
			wire->window_began_ms += (exchange->counted_ms - wire->window_began_ms) / wire->window_ms * wire->window_ms;
			wire->counted = 0;
		}
		rest = wire->window_began_ms + wire->window_ms - exchange->counted_ms;
		exchange->answer.hint.limit = wire->limit;
		exchange->answer.hint.reset_s = (gint64)(wire->round_up ? (rest + 999) / 1000 : rest / 1000);
		wire->counted++;
		exchange->answer.hint.remaining = wire->counted <= wire->limit ? (gint64)(wire->limit - wire->counted) : 0;
		if (wire->counted > wire->limit) {
			wire->n_limited++;
			wire_body(&exchange->answer, 429, "{\"error\":{\"message\":\"Rate Limit Exceeded\",\"code\":2020}}");
			return;
		}
	}
	exchange->answer.date_unix_ms = WIRE_DAWN_UNIX_MS + (gint64)exchange->counted_ms;
	wire->server(wire, exchange->method, exchange->url, exchange->token, &exchange->answer);
}

/* What happens next, be it at the server or here; NULL: nothing. */
static HttpExchange *
wire_next(const Wire *wire, guint64 *ret_at_ms)
{
	HttpExchange *next = NULL;

	for (guint i = 0; i < wire->exchanges->len; i++) {
		HttpExchange *exchange = g_ptr_array_index(wire->exchanges, i);
		const guint64 at_ms = exchange->counted ? exchange->due_ms : exchange->counted_ms;

		if (exchange->done || (next != NULL && at_ms >= *ret_at_ms))
			continue;
		next = exchange;
		*ret_at_ms = at_ms;
	}
	return next;
}

/* Lets time go by until then; returns early when an answer is there and stop says so. */
static void
wire_pass(Wire *wire, guint64 until_ms, gboolean stop)
{
	guint64 at_ms = 0;
	HttpExchange *next;

	while ((next = wire_next(wire, &at_ms)) != NULL && at_ms <= until_ms) {
		wire->now_ms = MAX(wire->now_ms, at_ms);
		if (!next->counted) {
			wire_count(wire, next);
			continue;
		}
		next->done = TRUE;
		if (stop)
			return;
	}
	wire->now_ms = MAX(wire->now_ms, until_ms);
}

/* As a host has to: it looks itself whether the call is to end. */
static int32_t
wire_sleep(void *ctx, uint32_t ms)
{
	Wire *wire = ctx;
	const guint64 until_ms = wire->now_ms + ms;
	const gboolean cancelled = wire->cancel_at_ms > 0 && wire->cancel_at_ms <= until_ms;

	wire_pass(wire, cancelled ? MAX(wire->now_ms, wire->cancel_at_ms) : until_ms, FALSE);
	wire->asked_ms = wire->now_ms;
	wire->said_cancelled = wire->said_cancelled || cancelled;
	return cancelled ? IDC_CANCELLED : IDC_OK;
}

static int32_t
wire_secret_get(void *ctx, const char *name, void *buffer, size_t capacity, size_t *ret_length)
{
	const gchar *text = g_hash_table_lookup(wire_of(ctx)->secrets, name);

	if (g_strcmp0(wire_of(ctx)->damaged, name) == 0)
		return IDC_IO;
	*ret_length = text != NULL ? strlen(text) : 0;
	if (text == NULL)
		return IDC_NOT_FOUND;
	if (*ret_length > capacity)
		return IDC_OVERFLOW;
	memcpy(buffer, text, *ret_length);
	return IDC_OK;
}

static int32_t
wire_secret_put(void *ctx, const char *name, const void *bytes, size_t length)
{
	g_assert_true(g_str_has_prefix(name, "idc."));
	if (g_strcmp0(wire_of(ctx)->damaged, name) == 0)
		wire_of(ctx)->damaged = NULL;
	g_hash_table_insert(wire_of(ctx)->secrets, g_strdup(name), g_strndup(bytes, length));
	return IDC_OK;
}

static int32_t
wire_secret_lock(void *ctx, const char *name, uint32_t wait_ms)
{
	Wire *wire = ctx;

	g_assert_nonnull(name);
	g_assert_false(wire->locked);
	if (wire->lock_fails != 0) {
		wire->now_ms += wait_ms;
		wire->asked_ms = wire->now_ms;
		return wire->lock_fails;
	}
	wire->locked = TRUE;
	return IDC_OK;
}

static void
wire_secret_unlock(void *ctx, const char *name)
{
	g_assert_nonnull(name);
	g_assert_true(wire_of(ctx)->locked);
	wire_of(ctx)->locked = FALSE;
}

Wire *
wire_new(guint32 seed)
{
	Wire *wire = g_new0(Wire, 1);

	wire->host = (idc_host){.struct_size = sizeof(idc_host),
				.abi_major = IDC_ABI_MAJOR,
				.ctx = wire,
				.log = wire_log,
				.cancelled = wire_cancelled,
				.monotonic_ms = wire_monotonic,
				.unix_ms = wire_unix,
				.sleep_ms = wire_sleep,
				.secret_get = wire_secret_get,
				.secret_put = wire_secret_put,
				.secret_lock = wire_secret_lock,
				.secret_unlock = wire_secret_unlock};
	wire->rand = g_rand_new_with_seed(seed);
	wire->now_ms = wire->asked_ms = wire->window_began_ms = 1000000;
	wire->window_ms = 60000;
	wire->exchanges = g_ptr_array_new();
	wire->secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	wire->log = g_string_new(NULL);
	return wire;
}

void
wire_free(Wire *wire)
{
	if (wire == NULL)
		return;
	g_assert_cmpuint(wire->exchanges->len, ==, 0); /* every exchange was finished */
	g_assert_false(wire->locked);
	g_ptr_array_unref(wire->exchanges);
	g_hash_table_destroy(wire->secrets);
	g_free(wire->posted);
	g_string_free(wire->log, TRUE);
	g_rand_free(wire->rand);
	g_free(wire);
}

Http *
wire_http(Wire *wire)
{
	return (Http *)wire;
}

void
wire_body(HttpAnswer *answer, gint status, const gchar *body)
{
	answer->status = status;
	g_string_assign(answer->body, body);
}

HttpExchange *
http_start(Http *http, const HttpRequest *request, GError **error)
{
	Wire *wire = (Wire *)http;
	HttpExchange *exchange = g_new0(HttpExchange, 1);
	guint under_way = 0;

	(void)error;
	g_assert_false(wire->said_cancelled); /* no new request once the host wants to end */
	exchange->wire = wire;
	exchange->method = g_strdup(request->method);
	exchange->url = g_strdup(request->url);
	exchange->token = g_strdup(request->bearer);
	exchange->answer.hint = (PaceHint){-1, -1, -1};
	exchange->answer.body = g_string_new(NULL);
	exchange->counted_ms = wire->now_ms + (guint64)g_rand_int_range(wire->rand, 0, (gint32)wire->latency_ms / 2 + 1);
	exchange->due_ms = exchange->counted_ms + (guint64)g_rand_int_range(wire->rand, 0, (gint32)wire->latency_ms / 2 + 1);
	g_ptr_array_add(wire->exchanges, exchange);
	wire->n_requests++;
	if (request->body != NULL) {
		wire->n_posts++;
		g_free(wire->posted);
		wire->posted = g_strdup(request->body);
	}
	for (guint i = 0; i < wire->exchanges->len; i++)
		under_way += !((HttpExchange *)g_ptr_array_index(wire->exchanges, i))->done;
	wire->most_under_way = MAX(wire->most_under_way, under_way);
	return exchange;
}

gboolean
http_poll(Http *http, guint timeout_ms, GError **error)
{
	Wire *wire = (Wire *)http;

	(void)error;
	g_assert_cmpuint(timeout_ms, <=, 100);
	wire_pass(wire, wire->now_ms + timeout_ms, TRUE);
	return TRUE;
}

gboolean
http_done(const HttpExchange *exchange)
{
	return exchange->done;
}

HttpAnswer *
http_answer(HttpExchange *exchange)
{
	g_assert_true(exchange->done);
	return &exchange->answer;
}

void
http_finish(HttpExchange *exchange)
{
	if (exchange == NULL)
		return;
	g_ptr_array_remove(exchange->wire->exchanges, exchange);
	g_free(exchange->method);
	g_free(exchange->url);
	g_free(exchange->token);
	g_string_free(exchange->answer.body, TRUE);
	g_free(exchange->answer.why);
	g_free(exchange->answer.request_id);
	g_free(exchange);
}
