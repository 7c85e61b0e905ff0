/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* How large the last snapshot of an app is, in the words of a manifest's budget. */
#pragma once
#include "state/store.h"

/* Adds to sizes (char * -> guint64 *, both owned by it): "principal", each type of resource, and for a type with direct grants
 * "<type>.grants" and "<type>.members", how many grants there are under resources of it and how many of these have any. Adds nothing where there is no
 * snapshot. */
gboolean sizes_read(Store *store, const char *identifier, GHashTable *sizes, GError **error);
