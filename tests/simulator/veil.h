/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Lists that lag behind (switch read_lag_ms): the list of users and the members of a team are told as they were that long ago. Whoever
 * changes a user or a membership by a request tells so here beforehand. */
#pragma once
#include "sim.h"

Veil *veil_new(void);

void veil_free(Veil *veil);

/* The user is about to change or to go. */
void veil_before_user(Sim *sim, const User *user);

/* The user has just come. */
void veil_new_user(Sim *sim, const User *user);

/* The membership of that user in that team is about to begin, to change or to end. */
void veil_before_member(Sim *sim, const Team *team, const User *user);

/* --- what the lists show. NULL: nothing lags, things are as they are. Borrowed until the next call. -------------------------------- */

/* Users as they were: of User*, in the order of the list. */
const GPtrArray *veil_users(Sim *sim);

/* Memberships as they were: of Membership*, in the order of the list. */
const GPtrArray *veil_members(Sim *sim, Team *team);

/* The user as it was, NULL: there was none. Where nothing lags, the user as it is. */
User *veil_user(Sim *sim, const gchar *id);
