/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Teams and their roles. */

/* Bytes of a team role's word. */
#define TEAMS_MAX_ROLE 64

/* Whether the account has teams, and team roles: from its abilities. */
gboolean teams_abilities(Listing *listing, GError **error);

/* Lists the teams and their roles as entitlements. */
gboolean teams_list(Listing *listing, GError **error);

/* A team is named that was not listed: what there is of it is not seen. */
void teams_hidden(Listing *listing, const gchar *id);

/* One team role as an entitlement. */
gboolean teams_entitlement(Listing *listing, const ListingTeam *team, const gchar *role, gboolean assignable, GError **error);
