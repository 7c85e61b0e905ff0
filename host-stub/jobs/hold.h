/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The change guard: a run that would take much is held before its first write. */
#pragma once
#include "jobs/running.h"

/* Counts the grants that the run would take, and holds it where that is more than the app's change_guard allows: more than at_least in
 * all, or more than percent of the grants of a kind (and more than a handful). The report then has held, held_why and digest, unless
 * options->accept is that digest. A digest that is given and is not this run's is refused. */
gboolean hold_run(Running *run, GError **error);
