/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* The account and its base roles. */

/* Lists the account as a resource and all eight base roles as entitlements, held or not. */
gboolean roles_list(Listing *listing, GError **error);

/* The grant of a base role; one that nobody knows yet is listed first, as not assignable. role NULL: none. */
gboolean roles_grant(Listing *listing, const gchar *principal_id, const gchar *role, GError **error);
