/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who takes the place of somebody who leaves, and what a dry run of all that cannot see by itself. */
#pragma once
#include "jobs/running.h"

/* Whether nobody but leavers of this run holds it, and others would have to. */
gboolean succeed_is_last(Running *run, const char *entitlement_id, gboolean *ret_last, GError **error);

/* Where a dry run says that the last one cannot go, puts the successor there first. Needs the session, before anything is sent. */
gboolean succeed_run(Running *run, GError **error);

/* After a dry run: what was refused only because something else of this run was not yet done would follow. */
gboolean succeed_foretell(Running *run, GError **error);
