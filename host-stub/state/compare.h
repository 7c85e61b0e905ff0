/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The old snapshot against the stage: what is new, changed, gone, stale. */
#pragma once
#include "state/merging.h"

/* Fills the temporary tables gone, gone_grant, diff, diff_grant and the counts of the result. The snapshot is only read. A list that
 * contradicts itself (a grant under something that it says is gone) is IDC_PROTOCOL. */
gboolean compare_run(Merging *merging, GError **error);
