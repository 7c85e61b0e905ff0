/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The book of syncs: each one that was tried, how it ended, and where the next one begins. How a good one ends is merge.h's matter. */
#pragma once
#include "state/store.h"

typedef enum {
	SYNCS_RUNNING,
	SYNCS_COMPLETE,
	SYNCS_PARTIAL,
	SYNCS_HELD,
	SYNCS_FAILED,
} SyncsStatus;

/* "running", "complete", ... Static. */
const char *syncs_status_word(SyncsStatus status);

/* What the next sync begins from; all zero or NULL before the first. */
typedef struct {
	gint64 merged_sync; /* number of the last one that was merged, 0: no snapshot yet */
	gint64 merged_started;
	gint64 merged_finished;
	char *module_sha256; /* what listed then */
	char *connector;
	char *version;
	char *settings_hash;
	char *cursor;
	char *held_digest; /* a list that is held, or NULL */
	gint64 held_sync;
	gint64 authorized_until; /* as far as the connector told; 0: it did not, or it is over */
	gint64 last_sync;        /* number of the last one that was tried */
	gint64 last_started;
	gint64 last_finished;       /* 0 while it runs, or where it was killed */
	SyncsStatus last_status;    /* of it */
	char *last_reason;          /* why it failed, is held or is partial; or NULL */
	gint32 last_error_status;   /* IDC_*, 0 where it did not fail */
	gint last_exit;             /* of idc-host, where it failed */
	gint64 last_retry_after_ms; /* what the service asked for then, -1: nothing */
	guint failures;             /* how many have failed since the last that did not */
} SyncsState;

/* The state of an app; of app 0, that of one that never had a sync. */
SyncsState *syncs_state(Store *store, gint64 app, GError **error);

void syncs_state_free(SyncsState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyncsState, syncs_state_free)

/* Writes down that a sync begins, so that one that is killed leaves a trace. The caller holds the app's lock. */
gboolean syncs_begin(Store *store, gint64 app, gint64 started, gint64 *ret_sync, GError **error);

/* What lists, once that is known. */
gboolean syncs_module(Store *store, gint64 app, gint64 sync, gboolean full, const char *connector, const char *version,
		      const char *sha256, GError **error);

/* What a list has cost so far; zeros where the connector does not tell. */
typedef struct {
	guint64 requests;
	guint64 retries;
	guint64 waited_ms;
} SyncsCost;

/* Keeps until when the app is authorized; 0: not known, or not any more. */
gboolean syncs_authorized(Store *store, gint64 app, gint64 until, GError **error);

/* Ends one in which nothing was touched. why is a HOST_ERROR or any other. */
gboolean syncs_failed(Store *store, gint64 app, gint64 sync, gint64 finished, const GError *why, const SyncsCost *cost,
		      GError **error);

/* Ends those that still stand as running as failed. The caller holds the app's lock, so none of them does. */
gboolean syncs_sweep(Store *store, gint64 app, gint64 finished, const char *reason, GError **error);

/* One sync as it stands in the book. Counts are -1 where it has none: it failed, runs, or is held. */
typedef struct {
	gint64 sync;
	gint64 started;
	gint64 finished; /* 0: runs, or was killed */
	SyncsStatus status;
	gboolean full;
	gint64 users;
	gint64 entitlements;
	gint64 grants;
	gint64 added;
	gint64 removed;
	gint64 changed;
	gint64 outside;
	gint64 requests;
	gint64 waited_ms;
	char *reason;
} SyncsEntry;

/* NULL without an error where there is no such sync. */
SyncsEntry *syncs_entry(Store *store, gint64 app, gint64 sync, GError **error);

void syncs_entry_free(SyncsEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyncsEntry, syncs_entry_free)
