/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Whether an app works, found out by its session: as whom, with which scopes, what can be read, and what a full sync costs. */
#pragma once
#include "cli/output.h"
#include "load/budget.h"
#include "load/session.h"

typedef struct {
	SessionIdentity *identity;
	GPtrArray *surveys; /* of SessionSurvey; NULL where the connector has no survey */
	gboolean has_cost;  /* whether the manifest has a budget */
	BudgetCost cost;    /* of a full sync */
	guint n_problems;   /* kinds that cannot be read */
} CheckReport;

void check_report_free(CheckReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CheckReport, check_report_free)

/* Signs in, checks with one read and surveys. known_sizes (may be NULL) are the last snapshot's, as in budget_cost(); the survey's win. */
CheckReport *check_run(Session *session, const App *app, GHashTable *known_sizes, GError **error);

/* Tells it to people, and adds it to the envelope. */
void check_show(Output *out, const CheckReport *report, const App *app, const Manifest *manifest);
