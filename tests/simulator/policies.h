/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /escalation_policies */
#pragma once
#include "sim.h"

void policies_list(Request *request, Reply *reply);

void policies_show(Request *request, Reply *reply);

/* The policy as JSON, for lists that include policies. */
void policies_write(const Request *request, GString *out, Policy *policy);

/* 200 with the policy. */
void policies_reply(const Request *request, Reply *reply, Policy *policy);
