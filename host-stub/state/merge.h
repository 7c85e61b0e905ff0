/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A finished stage becomes the app's snapshot: compared, guarded, applied and written down as changes in one transaction, so that a
 * reader sees the old snapshot or the new one. Removed is only what a COMPLETE seal covers or a record said; what is neither listed
 * nor covered keeps its last good row, marked stale. Rows that are the same are not written.
 */
#pragma once
#include "state/outcome.h"
#include "state/stage.h"
#include <glib.h>

/* Takes the stage, which is of no further use whatever comes out. NULL on error: the snapshot is as it was. */
MergeResult *merge_run(Stage *stage, const MergeOptions *options, GError **error);
