/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The levels of a policy as a request wants them: read and judged, before anything is written. */
#pragma once
#include "input.h"
#include "sim.h"

/* New rules (of Rule*, owned by the array) in place of the policy's. A rule that keeps its place in the account has its id, a new one
 * has none yet. NULL: refused, and the reply says why. */
GPtrArray *write_rules_read(const Request *request, Reply *reply, const Policy *policy, json_object *array);

/* Everything about the rules as one text, the same for the same rules: what the audit trail tells. The caller frees it. */
gchar *write_rules_describe(const GPtrArray *rules);
