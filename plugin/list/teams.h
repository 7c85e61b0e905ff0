/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Teams and their roles. */

/* Whether the account has teams, and team roles: from its abilities. */
gboolean teams_abilities(Listing *listing, GError **error);

/* Lists the teams and their roles as entitlements. */
gboolean teams_list(Listing *listing, GError **error);

/* The team of that id, which is named somewhere. One that was not listed is asked for, once: it may have been made meanwhile, and is listed
 * then. *ret_team NULL: it is not to be seen, which is a gap. */
gboolean teams_resolve(Listing *listing, const gchar *id, ListingTeam **ret_team, GError **error);

/* One team role as an entitlement. */
gboolean teams_entitlement(Listing *listing, const ListingTeam *team, const gchar *role, gboolean assignable, GError **error);
