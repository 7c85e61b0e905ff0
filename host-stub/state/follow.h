/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The snapshot after a change of this host's own: it follows what was told at once, and changes says that it came from here. */
#pragma once
#include "state/store.h"
#include <idc/connector.h>

/* One thing that a change did, as its effect tells it, and what was asked for. */
typedef struct {
	gint64 app;
	gint64 time;       /* ms since 1970 */
	gint64 sync;       /* of the snapshot that is changed */
	const char *actor; /* who ran the command */
	uint32_t verb;     /* IDC_VERB_* */
	uint32_t record;   /* IDC_RECORD_* */
	const char *user_id;
	const char *entitlement_id;
	const idc_pair *attrs; /* of a user that was made */
	gsize n_attrs;
} Follow;

/* Within the transaction of the store that is open. *ret_followed says whether the snapshot now agrees: what it does not know (an
 * entitlement that no list had yet) is left for the next sync, and so is every other kind of effect. */
gboolean follow_effect(Store *store, const Follow *follow, gboolean *ret_followed, GError **error);
