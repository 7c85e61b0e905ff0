/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "pace.h"

/* A window is a minute at PagerDuty; what claims to be longer than an hour is no statement about it. */
#define PACE_CREDIBLE_RESET_S 3600

void
pace_init(Pace *pace, guint requests_per_minute)
{
	*pace = (Pace){.left = -1};
	if (requests_per_minute > 0)
		pace->min_interval_ms = (60000 + requests_per_minute - 1) / requests_per_minute;
}

static gboolean
pace_credible(const PaceHint *hint)
{
	return hint->reset_s >= 0 && hint->reset_s <= PACE_CREDIBLE_RESET_S;
}

guint64
pace_delay(const Pace *pace, guint64 now_ms)
{
	guint64 until = pace->blocked_until_ms;

	if (pace->started && pace->min_interval_ms > 0)
		until = MAX(until, pace->last_start_ms + pace->min_interval_ms);
	if (pace->left == 0)
		until = MAX(until, pace->window_ends_ms);
	return until > now_ms ? until - now_ms : 0;
}

void
pace_started(Pace *pace, guint64 now_ms)
{
	pace->started = TRUE;
	pace->last_start_ms = now_ms;
	if (pace->left == 0) /* its window has ended, or this would not have started */
		pace->left = -1;
	if (pace->left > 0)
		pace->left--;
}

void
pace_learn(Pace *pace, guint64 started_ms, guint64 now_ms, const PaceHint *hint, guint in_flight)
{
	const gint64 left = MAX(hint->remaining - (gint64)in_flight, 0);
	guint64 low;
	guint64 high;

	if (hint->remaining < 0 || !pace_credible(hint))
		return;
	/* It was said somewhere between sending and now, and in whole seconds, up or down. */
	low = started_ms + (guint64)MAX(hint->reset_s - 1, 0) * 1000;
	high = now_ms + (guint64)hint->reset_s * 1000 + 1000;
	if (pace->left >= 0 && now_ms < pace->window_ends_ms) {
		if (high < pace->window_low_ms)
			return;
		if (low <= pace->window_ends_ms) {
			pace->left = MIN(pace->left, left);
			pace->window_low_ms = MAX(pace->window_low_ms, low);
			pace->window_ends_ms = MIN(pace->window_ends_ms, high);
			return;
		}
	}
	pace->left = left;
	pace->window_low_ms = low;
	pace->window_ends_ms = high;
}

void
pace_block(Pace *pace, guint64 now_ms, guint64 wait_ms)
{
	pace->blocked_until_ms = MAX(pace->blocked_until_ms, now_ms + wait_ms);
}

guint64
pace_after_limit(const PaceHint *hint, guint attempt, guint32 random)
{
	guint64 base;

	if (hint->reset_s > 0 && pace_credible(hint))
		base = (guint64)hint->reset_s * 1000 + 500;
	else
		base = MIN((guint64)5000 << MIN(attempt, 4), 60000);
	return base + base * (random % 300) / 1000;
}

guint64
pace_after_failure(guint attempt, guint32 random)
{
	const guint64 base = MIN((guint64)500 << MIN(attempt, 6), 20000);

	return base / 2 + base * (random % 1000) / 1000;
}
