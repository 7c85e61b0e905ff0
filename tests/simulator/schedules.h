/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /schedules: the layer-based ones */
#pragma once
#include "sim.h"

void schedules_list(Request *request, Reply *reply);

void schedules_show(Request *request, Reply *reply);

/* The schedule without its layers, as JSON, for lists that include schedules. */
void schedules_write_short(const Request *request, GString *out, Schedule *schedule);

/* The parameters since and until, negative where they are not given. FALSE: refused. */
gboolean schedules_times(const Request *request, Reply *reply, gint64 *ret_since, gint64 *ret_until);

/* The parameters since and until as a window: *ret_since is negative where neither is given. Each defaults to two weeks from the other.
 * FALSE: refused. */
gboolean schedules_window(const Request *request, Reply *reply, gint64 *ret_since, gint64 *ret_until);

/* time_zone= is a zone that exists, or is not given. FALSE: refused. */
gboolean schedules_zone(const Request *request, Reply *reply);

/* ,"users":[…],"teams":[…],"escalation_policies":[…]: what both versions of a schedule carry */
void schedules_links(const Request *request, GString *out, Schedule *schedule);

/* Matches query= (data) and team_ids[]. */
gboolean schedules_match(const Request *request, Thing *thing, gpointer data);
