/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a connector logs, on stderr: warnings and errors always, the rest with --verbose, nothing with --quiet. */
#pragma once
#include "cli/output.h"
#include "load/session.h"

/* Listens until the session is closed; out outlives it. */
void cli_log_watch(Output *out, Session *session);
