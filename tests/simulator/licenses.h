/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /licenses and who holds which */
#pragma once
#include "sim.h"

void licenses_list(Request *request, Reply *reply);

void licenses_allocations(Request *request, Reply *reply);

void licenses_of_user(Request *request, Reply *reply);
