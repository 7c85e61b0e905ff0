/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Whether the last snapshot can be relied on for one resource or one person: what a plan of changes rests on. */
#pragma once
#include "state/store.h"

/* Why not, of what an entitlement lies under or of the resource itself: the reason that the list gave. *ret_reason is NULL where all that
 * is known of it was read by the last list that was taken. Free with g_free. */
gboolean fresh_thing(Store *store, gint64 app, const char *id, char **ret_reason, GError **error);

/* The same of a user. */
gboolean fresh_user(Store *store, gint64 app, const char *id, char **ret_reason, GError **error);
