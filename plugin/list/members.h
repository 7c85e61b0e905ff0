/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Lists who holds which team role, after teams and people were listed; nothing where the account has no team roles. */
gboolean members_list(Listing *listing, GError **error);
