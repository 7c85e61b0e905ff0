/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a merge is told and what comes of it. */
#pragma once
#include "state/kinds.h"
#include "state/syncs.h"
#include <glib.h>

typedef struct {
	guint64 total; /* rows of the snapshot afterwards */
	guint64 added;
	guint64 removed;
	guint64 changed;
	guint64 stale; /* rows that could not be read this time */
} MergeCount;

/* One removal that is held. Grants have both ids, users user_id, entitlements and resources entitlement_id; the other one is "". */
typedef struct {
	Kind kind;
	gboolean indirect;
	char *user_id;
	char *entitlement_id;
} MergeRemoval;

void merge_removal_free(MergeRemoval *removal);

/* How many removals are listed in a result at most. */
#define MERGE_SHOWN 100

typedef struct {
	gboolean first;           /* there was no snapshot before */
	gboolean held;            /* the guard said no: nothing was replaced; the counts are what would have been */
	gboolean accepted;        /* removals that were held before were taken because somebody said so */
	char *digest;             /* of the removals, where held; else NULL */
	GPtrArray *removals;      /* of MergeRemoval, where held: the first MERGE_SHOWN in their order */
	guint64 guarded[N_KINDS]; /* where held: removals that count, the last 24 hours included */
	guint64 allowed[N_KINDS]; /* how many would have been taken without asking */
	gboolean over[N_KINDS];   /* which kinds are the reason */
	MergeCount counts[N_KINDS];
	guint64 indirect;    /* among the grants */
	guint64 outside;     /* changes that did not come from here */
	GPtrArray *partials; /* of StorePartial; empty: complete */
} MergeResult;

typedef struct {
	gint64 sync;               /* its number, from syncs_begin() */
	gint64 now;                /* the wall clock, ms since 1970 */
	const char *module_sha256; /* what listed: another one than last time is the reason of any difference */
	const char *settings_hash; /* with which settings: others than last time may list what was not listed before */
	guint at_least;            /* guard: held is more than max(at_least, percent of the kind's rows) */
	guint percent;
	const char *accept;               /* digest of a held list that may be taken, or NULL */
	const char *const *known_partial; /* reasons, NULL-terminated; may be NULL */
	SyncsCost cost;                   /* written down with it */
} MergeOptions;

void merge_result_free(MergeResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MergeResult, merge_result_free)
