/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* "These shall hold it, and nobody else": what that takes, from the last snapshot. */
#pragma once
#include "jobs/running.h"

/* The items of the run name who shall hold thing, an entitlement or a resource; they become the additions and removals that lead there.
 * Refused as a whole: somebody whom the snapshot does not know, as a typing error would take access from whoever was meant; an
 * entitlement that does not lie under the resource; a resource whose kinds rank everybody of the account. Whoever holds it through
 * something else holds it; where they are not to, that is an item which is refused and says through what. */
gboolean exactly_run(Running *run, const char *thing, GError **error);
