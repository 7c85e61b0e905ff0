/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* The account and its base roles. */

/* Lists the account as a resource and all eight base roles as entitlements, held or not. */
gboolean roles_list(Listing *listing, GError **error);

/* What depends on knowing everybody's role: an unknown one is listed when it is met. */
#define ROLES_KINDS (IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

/* The base role that a user object tells, borrowed; NULL where it tells none. */
gboolean roles_read(json_object *user, const gchar **ret_role, GError **error);

/* The grant of a base role; one that nobody knows yet is listed first, as not assignable. role NULL: a gap. */
gboolean roles_grant(Listing *listing, const gchar *principal_id, const gchar *role, GError **error);
