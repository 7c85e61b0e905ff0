/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One line on a terminal that is written over as a sync goes on; nothing where stderr is no terminal, with --json or with --quiet. */
#pragma once
#include "cli/output.h"
#include "jobs/sync.h"

typedef struct Progress Progress;

Progress *progress_new(const Output *output);

/* A SyncProgressFunc; user_data is the Progress. */
void progress_show(const SyncProgress *now, gpointer user_data);

/* Clears the line. To be called before anything else is printed. */
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)
