/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /v3/schedules: the shift-based ones */
#pragma once
#include "sim.h"

void shifts_list(Request *request, Reply *reply);

void shifts_show(Request *request, Reply *reply);

void shifts_rotations(Request *request, Reply *reply);

void shifts_events(Request *request, Reply *reply);

void shifts_event(Request *request, Reply *reply);
