/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What new users get by default: chosen at the terminal from what the service has. */
#pragma once
#include "cli/form.h"
#include "cli/output.h"
#include "load/session.h"

/* Asks whether there are to be any; then reads the entitlements and lets them be looked for and taken. Fills the form's. FALSE with *error
 * where the questions were broken off; a service that cannot list them now is told, and no failure. */
gboolean defaults_ask(Output *output, Form *form, Session *session, GError **error);
