/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A merge under way, for the files that do its parts: compare, guard, changes, apply. Nobody else includes this. */
#pragma once
#include "state/outcome.h"
#include "state/staging.h"

/* What is to be done with a row, in the temporary tables diff and diff_grant; rows to be removed are in gone and gone_grant. */
typedef enum {
	DIFF_ADDED = 1,
	DIFF_CHANGED,
	DIFF_FRESH, /* the same, but it was stale */
	DIFF_STALE, /* could not be read this time */
} Diff;

typedef struct {
	Stage *stage;
	sqlite3 *db;
	const MergeOptions *options;
	MergeResult *result;
	gboolean baseline;         /* whatever differs is nobody's doing */
	gboolean settings_changed; /* kinds of entitlements that were not listed before are nobody's doing */
	gboolean newly[N_KINDS];   /* was never whole before, and is now */
	uint32_t cursor_stale;     /* kinds that were not whole when the cursor was given */
	guint64 gone[N_KINDS];     /* rows to be removed */
	guint64 before[N_KINDS];   /* rows of the old snapshot */
} Merging;

/* Prepares a statement (text is freed) and binds :app, :sync, :now and, for a kind, :record. */
sqlite3_stmt *merging_prepare(Merging *merging, Kind kind, char *text, GError **error);

/* The same, run to its end. *ret_changes (may be NULL) is how many rows it wrote. */
gboolean merging_run(Merging *merging, Kind kind, char *text, guint64 *ret_changes, GError **error);

/* The same, for its first number. */
gboolean merging_count(Merging *merging, Kind kind, char *text, guint64 *ret_count, GError **error);
