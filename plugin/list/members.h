/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Lists who holds which team role, after teams and people were listed; nothing where the account has no team roles.
 * Called again it goes on with the teams that were met meanwhile. */
gboolean members_list(Listing *listing, GError **error);
