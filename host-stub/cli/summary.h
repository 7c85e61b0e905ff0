/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a sync did, told: plain words, or the keys of --json. */
#pragma once
#include "cli/output.h"
#include "jobs/sync.h"

/* Says it and fills the envelope's keys for a sync; what is partial or held goes out as a warning. Returns the exit status, which the
 * caller hands to output_finish(). */
HostExit summary_tell(Output *output, const SyncReport *report);
