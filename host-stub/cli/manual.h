/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a run leaves to a person. */
#pragma once
#include "cli/output.h"
#include "jobs/change.h"

/* The array "manual" of the envelope. */
json_object *manual_json(const ChangeReport *report);

/* The same as a table, or nothing where nothing is left. */
void manual_tell(Output *output, const ChangeReport *report, const char *identifier);
