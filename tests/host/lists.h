/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Lists as a connector would emit them, written down in a few words, for the tests of stage and merge. One thing a line:
 *
 *   resource ID TYPE [KEY=VALUE]...            user ID [KEY=VALUE]...
 *   entitlement ID KIND RESOURCE|- [KEY=VALUE]...
 *   grant USER ENTITLEMENT [KEY=VALUE]...      indirect USER ENTITLEMENT [KEY=VALUE]...
 *   removed user|resource|entitlement ID       removed grant|indirect USER ENTITLEMENT
 *   event VERB USER|- ENTITLEMENT|- [actor=A] [method=M] [at=MS]
 *   seal KIND complete|delta|unchanged|partial [resource=ID|entitlement=ID|user=ID] [status=N] [reason=TEXT] [emitted=N] [removed=N]
 *   cursor TEXT                                goes into the last seal
 *
 * "name" and "parent" are no attributes; "~" in a value stands for a blank. Kinds are named as in kinds.h. A kind that no line seals is
 * sealed as Lists.seal says, resources first and grants last. Counts of seals are right unless they are given.
 */
#pragma once
#include "state/merge.h"
#include "state/stage.h"
#include "state/store.h"

typedef struct {
	char *folder; /* DATA */
	Store *store;
	gint64 app;
	gint64 now;           /* of the next sync; every list goes one hour ahead */
	MergeOptions options; /* of the next merge; sync and now are filled in */
	uint32_t seal;        /* IDC_SEAL_* of kinds without a line */
	uint32_t want;
} Lists;

void lists_set_up(Lists *lists, gconstpointer data);
void lists_tear_down(Lists *lists, gconstpointer data);

/* Stages one; status is what the list ends with. NULL and *error where it is refused. With a cursor where the store has one and
 * lists->seal is no COMPLETE. */
Stage *lists_stage(Lists *lists, const char *script, int32_t status, GError **error);

/* Stages and merges one; the status is PARTIAL where a line says so. */
MergeResult *lists_try(Lists *lists, const char *script, GError **error);

/* The same, which must succeed and must not be held. */
void lists_take(Lists *lists, const char *script);

/* The same, which must be refused as breaking the contract with a sentence that contains part, and must leave the snapshot as it was. */
void lists_refuse(Lists *lists, const char *script, const char *part);

/* The snapshot in the order of ids, one thing a line: "user u1 name=Ann email=a", "grant u1 e1", "indirect u1 e1 via=x"; stale things end
 * in " stale". Free with g_free. */
char *lists_dump(Lists *lists);

/* lists_dump() is exactly this. */
void lists_assert(Lists *lists, const char *dump);

/* The changes of the last sync: "grant_added u1 e1 before after origin actor", absent fields as "-". Free with g_free. */
char *lists_changes(Lists *lists);
void lists_assert_changes(Lists *lists, const char *changes);
