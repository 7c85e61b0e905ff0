/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Users, resources and entitlements of a list. */
#pragma once
#include "state/staging.h"

/* Prepares the statements; the temporary tables are there. */
gboolean things_prepare(Stage *stage, GError **error);

/* A record of one of these kinds, its order and its seal already judged. */
gboolean things_take(Stage *stage, Kind kind, const idc_record *record, GError **error);

/* Where a thing stands that a record names. In a list of changes one that was listed earlier is good; it becomes THING_NAMED. */
gboolean things_find(Stage *stage, Kind kind, const char *id, gint64 *ret_key, ThingState *ret_state, GError **error);

/* The key of a thing in the stage or the snapshot; 0 where it is in neither. Nothing is noted. */
gboolean things_key(Stage *stage, Kind kind, const char *id, gint64 *ret_key, GError **error);

/* After the last record: what hangs on a removed resource goes with it. */
gboolean things_finish(Stage *stage, GError **error);
