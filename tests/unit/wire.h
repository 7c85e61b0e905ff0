/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "wire/http.h"

/* Stands in for wire/http and for a host at once: a clock that only moves while somebody waits, a server that answers after a while, with
 * or without a rate limit, and a host that may want to end. It looks on: how much is under way, how often the host is asked. */

typedef struct Wire Wire;

/* What the server says: fills status, body, problem. token: NULL where none was sent. */
typedef void (*WireServer)(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer);

struct Wire {
	idc_host host;
	GRand *rand;
	guint64 now_ms;
	gint64 unix_offset_ms;
	WireServer server;
	gpointer user;
	guint latency_ms; /* at most, there and back */
	guint limit;      /* requests a window; 0: none and no headers */
	guint window_ms;
	gboolean round_up;    /* ratelimit-reset, else down */
	guint64 cancel_at_ms; /* 0: never */
	GHashTable *secrets;  /* name to text */
	const gchar *damaged; /* the name of a secret that cannot be read; NULL: none */
	gint32 lock_fails;    /* what secret_lock() answers */

	GPtrArray *exchanges; /* open */
	guint64 window_began_ms;
	guint counted;
	guint n_requests;
	guint n_posts;
	gchar *posted; /* the last form */
	guint n_limited;
	guint most_under_way;
	guint64 asked_ms; /* when the host was last asked whether to end */
	guint64 longest_unasked_ms;
	gboolean said_cancelled;
	gboolean locked;
	GString *log;
};

Wire *wire_new(guint32 seed);
void wire_free(Wire *wire);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wire, wire_free)

/* As the connector sees it. */
Http *wire_http(Wire *wire);

void wire_body(HttpAnswer *answer, gint status, const gchar *body);
