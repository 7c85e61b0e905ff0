/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The guard: a list that would take away more than usual is held until somebody has looked at it. */
#pragma once
#include "state/merging.h"

/* Judges what compare_run() found. Held: the result says so, the removals stand in the store under their digest, and nothing else may be
 * written. A held list that options->accept names is taken where it has every removal of this one; else it stays held. */
gboolean guard_run(Merging *merging, GError **error);

/* A list was merged: nothing is held any more. */
gboolean guard_clear(Merging *merging, GError **error);
