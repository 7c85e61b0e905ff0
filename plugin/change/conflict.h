/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* Somebody else's write between our read and our write: PagerDuty has no versions, its audit records are the only trace. */

typedef struct {
	gchar *actor;      /* whom the record names */
	gchar *request_id; /* NULL: not told */
} Conflict;

void conflict_free(Conflict *conflict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conflict, conflict_free)

/* Asks for the audit records of the object at path ("/escalation_policies/P") around our write, and looks for a foreign one that may lie
 * between our read and it. elapsed_ms: from sending the read to the write's answer. *ret_conflict NULL: none, or it cannot be told. */
gboolean conflict_find(Changes *changes, const gchar *path, guint64 elapsed_ms, const gchar *own_request_id,
		       Conflict **ret_conflict, GError **error);
