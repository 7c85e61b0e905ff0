/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* When an app is to be synced. Times are milliseconds since 1970. */
#pragma once
#include "base/error.h"
#include "load/app.h"
#include "state/syncs.h"

#define SCHEDULE_NEVER (-1)

/* When the next sync of an app is due: 0 at once, SCHEDULE_NEVER where it is synced by hand. After a failure it is tried again sooner than
 * usual, then less and less often, never before the service said and never more seldom than usual; where a person has to act first, as
 * seldom as usual. */
gint64 schedule_next(const App *app, const SyncsState *state);

/* Whether one that is started at certain times (by cron, a timer) should do it now: a little before it is due counts as due, or an hourly
 * timer that comes a second early would sync every second hour. */
gboolean schedule_due_once(const App *app, const SyncsState *state, gint64 now);

/* How long after everything became due at once (the host was off) this app has to wait: a number of its own, the same each time. */
gint64 schedule_offset(const App *app);

/* Whether it should have been synced long ago: nothing seems to run that does. */
gboolean schedule_overdue(const App *app, const SyncsState *state, gint64 now);

/* How bad an exit status is, for telling the worst of several: a person has to act, before what may come right by itself. */
HostExit schedule_worse(HostExit a, HostExit b);
