/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Users: who there is, which base role they hold, and which teams their user objects name. */

/* Starts reading ahead; the first page is on its way while others are read. Owned by the caller until people_list(). */
Pager *people_open(Listing *listing);

/* Lists everybody with their base role; notes who is said to be on which team. Takes opened. */
gboolean people_list(Listing *listing, Pager *opened, GError **error);

/* Someone who is named by a membership, a policy or a schedule: the number in listing->people, or IDSET_NONE where there is no such user
 * (any more), or where *ret_unlisted: there may be one, but the users could not be listed, or this one must not be read. reference:
 * PagerDuty's, may carry deleted_at.
 * Asks PagerDuty where somebody was not listed, once each. */
gboolean people_resolve(Listing *listing, json_object *reference, const gchar *what, guint32 *ret_number, gboolean *ret_unlisted,
			GError **error);

/* Adds to a team grant what holds whatever the membership says, where that user's base role manages every team. */
void people_attr_manages(const Listing *listing, guint32 number, EmitAttrs *attrs);

/* Whether PagerDuty's user object, asked for now, still names the team. */
gboolean people_is_on_team(Listing *listing, guint32 number, const gchar *team, gboolean *ret_is, GError **error);

/* Which licence each user has, into listing->licenses. */
gboolean people_licenses(Listing *listing, GError **error);
