/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Every difference from the last snapshot, written down with whose doing it is. */
#pragma once
#include "state/merging.h"

/* Writes the rows of changes for what compare_run() found, from the old snapshot, which still stands, and the stage. Counts those that
 * did not come from here. */
gboolean changes_write(Merging *merging, GError **error);

/* Whoever gave a grant, where the service told: after the grants were added. */
gboolean changes_credit(Merging *merging, GError **error);
