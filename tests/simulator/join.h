/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Memberships that come about by the way: whoever a team's policy pages becomes a member of the team (switch auto_join). Nobody leaves a
 * team by the way. */
#pragma once
#include "sim.h"

/* A row of users that have joined a team within one request. */
typedef struct Join Join;

Join *join_new(Request *request, Team *team);

void join_free(Join *join);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Join, join_free)

/* Whom and what the policy pages joins the team, but for what stood in the rules before, too; before is NULL where the policy is
 * new on the team. */
void join_policy(Join *join, const Policy *policy, const GPtrArray *before);

/* Enters into the audit trail who has joined, if anybody has. After world_touch(). */
void join_end(const Join *join);
