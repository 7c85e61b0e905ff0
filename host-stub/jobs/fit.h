/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a plan rests on: that the snapshot can be relied on, and that the service would still do what was foretold. */
#pragma once
#include "jobs/running.h"

/* Refuses the run where the snapshot is stale for what its items concern: a list is held, or that part of it was not read. */
gboolean fit_check_fresh(Running *run, GError **error);

/* Gives each item the rule that the snapshot names for its entitlement, so that another one in its place is noticed. */
gboolean fit_expect_rules(Running *run, GError **error);

/* After a dry run: a removal that is refused as things stand, of something that the run also gives to somebody else, may follow once that
 * is done. It becomes ITEM_FORETOLD, with its reason. */
void fit_mark_uncertain(Running *run);

/* Asks for a plan's items as a dry run. Where each would do what was foretold they wait again (in a dry run they keep what was told) and
 * *ret_fits is TRUE. Else nothing may be sent: those that no longer fit say why, the others were not attempted. What an earlier run of
 * this very plan has done of it fits. */
gboolean fit_run(Running *run, gboolean *ret_fits, GError **error);
