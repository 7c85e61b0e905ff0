/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* How a run of changes is told: a table of its items for people, items[] in the envelope. */
#pragma once
#include "cli/output.h"
#include "jobs/change.h"

/* Tells it and returns the exit status for output_finish(). */
HostExit outcome_tell(Output *output, const ChangeReport *report, const char *identifier);
