/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /oncalls: who is on call, computed */
#pragma once
#include "sim.h"

void oncalls_list(Request *request, Reply *reply);
