/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Which requests a fault or a mutation waits for. */
#pragma once
#include "input.h"
#include "sim.h"

typedef struct {
	gchar *method; /* NULL: any, likewise below */
	gchar *route;  /* a template of route.h */
	gchar *path;   /* as sent */
	gchar *query;  /* a part of it, as sent */
	gint64 nth;    /* the first matching request that counts, from 1 */
	gint64 every;  /* then each so-manyth */
	gint64 times;  /* so often; 0: for ever */
	gint64 seen;
	gint64 fired;
} Match;

/* The keys that match_read() takes; other keys of the same object are the caller's. */
extern const gchar *const match_keys[];

/* object may be NULL: every request, once. The match is to be cleared also on failure. */
gboolean match_read(json_object *object, const gchar *where, Match *ret_match, GError **error);

void match_clear(Match *match);

/* Counts the request if it matches, and says whether it is one that the match is for. match_fire() follows if it is acted upon. */
gboolean match_wants(Match *match, const Request *request);

void match_fire(Match *match);
