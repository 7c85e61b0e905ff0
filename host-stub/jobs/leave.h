/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Somebody leaves: what a run has to take from them, in an order that works, and who takes their place. */
#pragma once
#include "jobs/running.h"

typedef struct {
	LookupUser *user;
	char *name;          /* may be NULL */
	char *url;           /* their page at the service; may be NULL */
	GPtrArray *holdings; /* of Holding */
} Leaver;

/* Makes the items of a run for whom its options name: all that the connector can take, in the order of the manifest's kinds. Who is not
 * known, protected or named twice is an item that is refused, and no Leaver. A successor who is not known, or leaves too: FALSE. */
gboolean leave_collect(Running *run, GError **error);

/* Whether somebody of that id is among the leavers. */
gboolean leave_has(const Running *run, const char *user_id);
