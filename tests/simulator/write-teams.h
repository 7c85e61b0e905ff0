/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who and what is on a team. */
#pragma once
#include "sim.h"

void write_teams_put_user(Request *request, Reply *reply);

void write_teams_remove_user(Request *request, Reply *reply);

void write_teams_put_policy(Request *request, Reply *reply);

void write_teams_remove_policy(Request *request, Reply *reply);
