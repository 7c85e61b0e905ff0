/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /teams and their members */
#pragma once
#include "sim.h"

void teams_list(Request *request, Reply *reply);

void teams_show(Request *request, Reply *reply);

void teams_members(Request *request, Reply *reply);

/* The team as JSON, for lists that include teams. */
void teams_write(const World *world, GString *out, Team *team);

/* The memberships (of Membership*) as the team's list shows them just now. Borrowed until the next call. */
const GPtrArray *teams_members_of(const Request *request, Team *team);
