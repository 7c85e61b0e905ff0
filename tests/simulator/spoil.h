/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A fault put into effect: what it does to a reply before that goes out. */
#pragma once
#include "faults.h"
#include "wire.h"

/* Whether the operation is not carried out, since the fault answers instead. */
gboolean spoil_replaces(const Fault *fault);

/* Changes status, headers and body as the fault says. */
void spoil_reply(const Fault *fault, Reply *reply);

/* Whether the answer cannot go out in the ordinary way; then how it does. The plan is the caller's, by wire_plan_free(). */
WirePlan *spoil_plan(const Fault *fault, const Reply *reply);
