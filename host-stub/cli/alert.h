/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* --on-alert CMD: whoever has to know is told by a program of their own. */
#pragma once
#include "cli/output.h"
#include "cli/state.h"

/* The words of CMD, as a shell splits them; none is run. IDC_INVALID where they cannot be split. command NULL: none, an empty result. */
gboolean alert_parse(const char *command, GStrv *ret_argv, GError **error);

/* Runs it once, where argv is not NULL and the app has alerts, with one JSON object on its standard input: schema, time, identifier, exit,
 * state, alerts[{code, message}]. Waits for it, 30 s at most. That it failed is a warning. */
void alert_send(Output *output, GStrv argv, const AppState *state);

/* The same for one app, read anew. */
void alert_send_app(Output *output, GStrv argv, const HostPaths *paths, const char *identifier);
