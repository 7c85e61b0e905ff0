/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Changing escalation policies. */
#pragma once
#include "sim.h"

void write_policies_update(Request *request, Reply *reply);
