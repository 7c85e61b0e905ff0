/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The inside of a Stage, for the files that fill it (things, grants, seals) and for the merge that reads it.
 *
 * Temporary tables: stage_thing (users, resources, entitlements), stage_raw (grants as they came), stage_grant (grants in order),
 * stage_gone (grants said to be gone), stage_event, stage_seal (seals of a smaller scope). A thing has the key that it has or will have
 * in the snapshot: only one sync of an app runs, so that a new one can be given before the merge.
 */
#pragma once
#include "state/sql.h"
#include "state/store-private.h"

/* Public as stage.h has it. */
typedef struct Stage Stage;

/* How a thing stands in stage_thing. */
typedef enum {
	THING_NAMED, /* by a record of a list of changes; it was listed once and is not listed now */
	THING_LISTED,
	THING_REMOVED, /* a record said so */
	THING_UNKNOWN, /* in neither stage nor snapshot; never stored */
} ThingState;

typedef struct {
	char id[IDC_MAX_ID + 1]; /* "": none yet */
	gint64 key;
	ThingState state;
} ThingMemo;

/* How a kind ended. state 0: it has not. */
typedef struct {
	uint32_t state; /* IDC_SEAL_* */
	int32_t status;
	char *reason;
} StageSeal;

typedef enum {
	STAGE_FIND_THING,
	STAGE_ADD_THING,
	STAGE_SET_THING,
	STAGE_ADD_GRANT,
	STAGE_ADD_GONE,
	STAGE_ADD_EVENT,
	STAGE_ADD_SEAL,
	N_STAGE_STATEMENTS,
} StageStatement;

struct Stage {
	Store *store; /* borrowed */
	sqlite3 *db;  /* its own connection; closing it takes everything back */
	gint64 app;
	uint32_t want;
	gboolean with_cursor;
	GHashTable *kinds; /* of entitlements -> StageKind as a number */
	GError *error;     /* why stage_take() refused */
	sqlite3_stmt *stmts[N_STAGE_STATEMENTS];
	sqlite3_stmt *find_old[KIND_GRANT]; /* a thing of the snapshot by its id, over the store's connection */
	gint64 next_key[KIND_GRANT];
	ThingMemo memo[KIND_GRANT]; /* lists come in runs of one entitlement or one user */
	guint64 emitted[N_KINDS];
	guint64 removed[N_KINDS];
	gboolean scoped[N_KINDS]; /* there are seals of a smaller scope */
	StageSeal seals[N_KINDS];
	char *cursor;   /* of the last seal, or NULL */
	gboolean ended; /* the last seal was there */
};

#define STAGE_ASSIGNABLE 1u
#define STAGE_REMOVABLE 2u

/* What breaks the contract: "The connector " and the rest of the sentence, without its full stop. Returns FALSE. */
gboolean staging_break(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
