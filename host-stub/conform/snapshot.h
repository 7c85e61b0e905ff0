/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What somebody knows who believes what lists told: the rows of each kind by what names them. Borrows from the Tolds that were applied. */
#pragma once
#include "conform/told.h"

#define SNAPSHOT_KINDS 4

typedef struct {
	GHashTable *rows[SNAPSHOT_KINDS]; /* key -> const idc_record *; see snapshot_index() */
} Snapshot;

/* The place of a kind, or -1. */
gint snapshot_index(uint32_t record);

/* The kind at that place, and what it is called ("principals"). */
uint32_t snapshot_kind(gint index);
const char *snapshot_name(gint index);

/* What names a row: its id; for a grant principal, entitlement and what it is held through. Free with g_free. */
char *snapshot_key(const idc_record *record);

/* The same from parts; via: sorted, may be empty. */
char *snapshot_grant_key(const char *principal, const char *entitlement, GPtrArray *via);

Snapshot *snapshot_new(void);

void snapshot_free(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_free)

/* Records are put in, those flagged REMOVED take out themselves and what hangs on them. A kind whose seal of scope ALL says COMPLETE
 * begins anew. Returns a sentence where something was told twice, else NULL; free with g_free. */
char *snapshot_apply(Snapshot *snapshot, const Told *told);
