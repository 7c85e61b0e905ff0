/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What was asked, by whom, and what it was answered: every request but the control's own. */
#pragma once
#include "sim.h"

Journal *journal_new(void);

void journal_free(Journal *journal);

/* Writes the request down and numbers it. */
void journal_begin(Journal *journal, Request *request);

/* What became of it; status 0: the connection was cut. fault is what was done to it, or NULL. */
void journal_end(Journal *journal, const Request *request, guint status, gsize bytes, const gchar *fault);

/* The request is over, answered or not; once it has ended this does nothing. */
void journal_land(Journal *journal, const Request *request);

/* {"requests":[…]}, from the entry after number `after` on. */
void journal_write(const Journal *journal, GString *out, gint64 after);

/* {"total":…,"violations":…,"most_in_flight":…,"by_route":{"GET /users":…},"by_status":{"200":…}} */
void journal_summary(const Journal *journal, GString *out);
