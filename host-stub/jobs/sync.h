/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * One sync of one app: its lock, its connector's list, the merge into the store, and what came of it. A sync that fails or is killed at
 * any point leaves the last snapshot as it was.
 */
#pragma once
#include "base/error.h"
#include "base/paths.h"
#include "load/app.h"
#include "load/session.h"
#include "state/merge.h"
#include "state/vault.h"
#include <glib.h>

/* Where a running list stands. */
typedef struct {
	Kind kind;        /* what came last */
	guint64 done;     /* records of that kind */
	guint64 expected; /* IDC_COUNT_UNKNOWN where not known */
	guint64 records;  /* of all kinds so far */
	guint64 requests; /* 0 where the connector does not tell */
	guint64 waited_ms;
	gint64 elapsed_ms;
	gboolean merging; /* the list is in; the store is being brought up to date */
} SyncProgress;

/* Called on the thread of sync_run(), at most ten times a second. */
typedef void (*SyncProgressFunc)(const SyncProgress *progress, gpointer user_data);

typedef struct {
	gboolean full;             /* without the cursor */
	const char *accept;        /* digest of a held list that may be taken, or NULL */
	SyncProgressFunc progress; /* NULL: nobody watches */
	gpointer user_data;
	void (*opened)(Session *session,
		       gpointer opened_data); /* NULL: nobody listens; before the first request of an own session */
	gpointer opened_data;
} SyncOptions;

/* What a sync did. Times are milliseconds since 1970. Merged: see merge.h. */
typedef struct {
	char *identifier;
	gint64 sync; /* its number in this app */
	gboolean full;
	MergeResult *merge;
	SyncsCost cost;
	gint64 started;
	gint64 finished;
	char *connector_id;
	char *connector_version;
	char *module_sha256;
} SyncReport;

/* Runs one. session may be one that is already open and signed in for the same app; NULL: it is opened and signed in here, after the
 * lock is held. app, manifest, vault and session are borrowed.
 *
 * NULL and an error where nothing came of it: the list was broken off or broke the contract, nothing was touched, and the sync stands
 * in the store as failed. Another sync of this app runs: "sync_running", exit HOST_EXIT_LATER, no request made. A list that the guard
 * holds is no error: see merge->held. */
SyncReport *sync_run(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, Session *session,
		     const SyncOptions *options, GError **error);

void sync_report_free(SyncReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyncReport, sync_report_free)

/* OK, PARTIAL (a partial kind whose reason is not among known_partial) or HELD. */
HostExit sync_report_exit(const SyncReport *report);

/* Marks syncs of this app that a killed process left behind as failed, for that reason ("was ended by signal 11"). Does nothing where
 * a sync of it runs. */
gboolean sync_sweep(const HostPaths *paths, const char *identifier, const char *reason, GError **error);
