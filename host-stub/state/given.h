/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the journal says that this host did before. */
#pragma once
#include "state/store.h"

/* Whether this host invited a user (by id, or by the address of an invitation of which the answer was lost) and the entitlement was never
 * given to them since: then an earlier run owes it. */
gboolean given_owes(Store *store, gint64 app, const char *user_id, const char *email, const char *entitlement_id,
		    gboolean *ret_owes, GError **error);

/* Whether something of the plan with this digest was sent before. */
gboolean given_plan_begun(Store *store, gint64 app, const char *digest, gboolean *ret_begun, GError **error);
