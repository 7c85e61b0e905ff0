/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/schedule.h"

#define MINUTE_MS G_GINT64_CONSTANT(60000)
#define RETRY_MS (5 * MINUTE_MS)
#define RETRY_DOUBLINGS 10
#define SLACK_MS (5 * MINUTE_MS)
#define RETRY_SLACK_MS (MINUTE_MS / 2)
#define SPREAD_MS (10 * MINUTE_MS)
#define OVERDUE_MS (15 * MINUTE_MS)

static gint64
schedule_interval(const App *app)
{
	return (gint64)app->sync_minutes * MINUTE_MS;
}

gint64
schedule_next(const App *app, const SyncsState *state)
{
	gint64 interval = schedule_interval(app);
	gint64 wait;

	if (app->sync == APP_MANUAL || interval == 0)
		return SCHEDULE_NEVER;
	if (state->last_sync == 0)
		return 0;
	if (state->last_status != SYNCS_FAILED || state->last_exit == HOST_EXIT_REAUTHORIZE)
		return state->last_started + interval;
	wait = RETRY_MS << MIN(MAX(state->failures, 1) - 1, RETRY_DOUBLINGS);
	wait = MAX(MIN(wait, interval), state->last_retry_after_ms);
	return state->last_finished + wait;
}

gboolean
schedule_due_once(const App *app, const SyncsState *state, gint64 now)
{
	gint64 next = schedule_next(app, state);
	gint64 slack = state->last_status == SYNCS_FAILED ? RETRY_SLACK_MS : MIN(SLACK_MS, schedule_interval(app) / 10);

	return next != SCHEDULE_NEVER && next - slack <= now;
}

gint64
schedule_offset(const App *app)
{
	gint64 spread = MIN(SPREAD_MS, schedule_interval(app) / 4);

	return spread > 0 ? (gint64)(g_str_hash(app->identifier) % (guint64)spread) : 0;
}

gboolean
schedule_overdue(const App *app, const SyncsState *state, gint64 now)
{
	gint64 next = schedule_next(app, state);

	return next > 0 && now > next + MAX(OVERDUE_MS, schedule_interval(app) / 2);
}

HostExit
schedule_worse(HostExit a, HostExit b)
{
	static const HostExit order[] = {HOST_EXIT_OK,      HOST_EXIT_LATER,  HOST_EXIT_PARTIAL, HOST_EXIT_HELD,
					 HOST_EXIT_UNKNOWN, HOST_EXIT_FAILED, HOST_EXIT_USAGE,   HOST_EXIT_REAUTHORIZE};
	HostExit worse = HOST_EXIT_OK;

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		if (order[i] == a || order[i] == b)
			worse = order[i];
	}
	return worse;
}
