/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "ledger.h"
#include "world.h"

/* One whole list over a model, into a ledger. */

#define LISTED_ALL (IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

/* As list_all(); afterwards no request is left behind. */
gboolean listed_try(World *world, Ledger *ledger, gboolean *ret_partial, GError **error);

/* It has to get to its end, whole or not. */
void listed(World *world, Ledger *ledger);
