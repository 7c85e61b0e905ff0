/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One sync with all that people see of it: what the connector logs, the progress line, and what came of it. */
#pragma once
#include "cli/options.h"
#include "load/app.h"
#include "state/vault.h"

/* Runs it, tells it, and returns the exit status for output_finish(); an error is told as well. */
HostExit syncing_run(CliContext *ctx, const App *app, Manifest *manifest, Vault *vault, gboolean full, const char *accept);
