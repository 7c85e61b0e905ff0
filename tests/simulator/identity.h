/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The identity host: POST /oauth/token */
#pragma once
#include "sim.h"

void identity_token(Request *request, Reply *reply);
