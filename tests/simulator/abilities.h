/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /abilities: what the account's plan can do */
#pragma once
#include "sim.h"

void abilities_list(Request *request, Reply *reply);

void abilities_test(Request *request, Reply *reply);
