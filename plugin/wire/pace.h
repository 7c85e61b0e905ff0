/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* When the next request may go out. Pure: no clock, no I/O; times are the host's monotonic milliseconds. One budget an instance, led by
 * what the server says is left (which counts everybody who uses the same app), so that a 429 is the exception. */

typedef struct {
	guint64 min_interval_ms; /* of the administrator's own bound; 0: none */
	guint64 last_start_ms;
	gboolean started;
	gint64 left;            /* requests that may still start in this window; -1: nobody said */
	guint64 window_ends_ms; /* when left is void, at the latest */
	guint64 window_low_ms;  /* and at the earliest */
	guint64 blocked_until_ms;
} Pace;

/* What one answer says of the limit; -1 where it does not. */
typedef struct {
	gint64 limit;
	gint64 remaining;
	gint64 reset_s;
} PaceHint;

/* requests_per_minute 0: only the server's word counts. */
void pace_init(Pace *pace, guint requests_per_minute);

/* Milliseconds to wait before a request may start; 0: now. */
guint64 pace_delay(const Pace *pace, guint64 now_ms);

void pace_started(Pace *pace, guint64 now_ms);

/* What an answer says that came just now to a request of started_ms. in_flight: others that were sent and may not be counted in it. Answers
 * come in any order: of one window the lowest word holds, and what is of an earlier window counts for nothing. */
void pace_learn(Pace *pace, guint64 started_ms, guint64 now_ms, const PaceHint *hint, guint in_flight);

/* After a 429: nothing starts for wait_ms. */
void pace_block(Pace *pace, guint64 now_ms, guint64 wait_ms);

/* How long to wait after a 429, in ms: what the header says where it is credible, and a little more; else growing with attempt (from 0).
 * random is any number; it spreads those who were refused together. */
guint64 pace_after_limit(const PaceHint *hint, guint attempt, guint32 random);

/* How long to wait before reading again after any other failure. */
guint64 pace_after_failure(guint attempt, guint32 random);
