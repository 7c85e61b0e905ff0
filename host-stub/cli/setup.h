/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a person does at the service before an app can be connected. */
#pragma once
#include "cli/form.h"
#include "cli/output.h"
#include "load/manifest.h"

/* Tells the manifest's steps with redirect address and scopes of this app filled in, and adds them to the envelope. */
void setup_tell(Output *out, const Manifest *manifest, const App *app);

/* Prints the manifest's steps with redirect address and scopes filled in for what the form says. Ends the command; returns its exit. */
int setup_print(Output *out, const Manifest *manifest, const Form *form);
