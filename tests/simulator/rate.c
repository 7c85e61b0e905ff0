/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "rate.h"

#include "errors.h"

typedef struct {
	gint64 began_ms;
	gint64 used;
} RateWindow;

GHashTable *
rate_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
rate_header(Reply *reply, const gchar *name, gint64 value)
{
	g_autofree gchar *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

	reply_header(reply, name, text);
}

gboolean
rate_take(const Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	const Switches *switches = sim->spec->switches;
	gint64 limit = switches_number(switches, SWITCH_RATE_LIMIT);
	gint64 length_ms = switches_number(switches, SWITCH_RATE_WINDOW_S) * 1000;
	gint64 now = sim_now_ms(sim);
	RateWindow *window;
	gboolean over;

	if (limit == 0)
		return TRUE;
	window = g_hash_table_lookup(sim->rate, request->credential->owner);
	if (window == NULL) {
		window = g_new0(RateWindow, 1);
		window->began_ms = now;
		g_hash_table_insert(sim->rate, g_strdup(request->credential->owner), window);
	}
	if (now - window->began_ms >= length_ms) {
		window->began_ms = now;
		window->used = 0;
	}
	over = window->used >= limit;
	if (!over)
		window->used++;
	if (!over || (!switches_is(switches, SWITCH_RATE_429, "no_headers") && !switches_is(switches, SWITCH_RATE_429, "bare"))) {
		rate_header(reply, "ratelimit-limit", limit);
		rate_header(reply, "ratelimit-remaining", limit - window->used);
		/* whole seconds, rounded up: after so many the window is really over */
		rate_header(reply, "ratelimit-reset", (window->began_ms + length_ms - now + 999) / 1000);
	}
	if (!over)
		return TRUE;
	errors_rate(request, reply);
	if (switches_is(switches, SWITCH_RATE_429, "no_body") || switches_is(switches, SWITCH_RATE_429, "bare")) {
		g_string_truncate(reply->body, 0);
		g_clear_pointer(&reply->content_type, g_free);
	}
	return FALSE;
}
