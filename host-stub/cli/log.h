/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a connector logs, on stderr: each warning and error once; all of it with --verbose, nothing with --quiet. */
#pragma once
#include "cli/output.h"
#include "load/session.h"

/* Listens until the session is closed; out outlives it. */
void cli_log_watch(Output *out, Session *session);
