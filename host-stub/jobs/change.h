/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A run of changes of one app: who is meant is found in the last snapshot, what may not be done is refused before anybody is asked, what
 * is done is journalled before it is sent and after, and the snapshot follows at once.
 *
 * Killed at any point, the journal has an intent for whatever may have been sent; the same run again finds out what holds and sends the
 * rest. Another run finds out by a dry run what became of it, tells it, and sends nothing of it.
 */
#pragma once
#include "base/error.h"
#include "base/paths.h"
#include "jobs/item.h"
#include "jobs/plan.h"
#include "load/app.h"
#include "state/tasks.h"

/* By how many digits of its digest people name what they accept. */
#define CHANGE_DIGEST_CHARS 16

/* What a run says of itself in the journal. Strings may be NULL. */
typedef struct {
	gboolean dry_run;
	gboolean apply_defaults; /* default entitlements also for whom this host did not invite */
	const char *accept;      /* digest of held removals */
	gboolean foretell;       /* a dry run that becomes a plan: refused where the snapshot is stale for what it concerns */
	const char *exactly;     /* the items name who shall hold this; they become what that takes, see exactly.h */
	const Plan *plan; /* the items are this plan's: what no longer fits is refused before the first write; NULL: no plan */
	const char *reason;
	const char *ticket;
	GPtrArray
	    *leavers; /* of char *, ids or e-mails: all is taken from these, the run makes the items itself; NULL: nobody leaves */
	const char
	    *successor; /* id or e-mail of who takes a leaver's place where nobody else has it; NULL: a person finds somebody */
	void (*opened)(Session *session, gpointer user_data); /* NULL: nobody listens; before the first request */
	gpointer user_data;
} ChangeOptions;

/* What became of an intent that an earlier run left open. */
typedef enum {
	OPEN_HOLDS,    /* what was intended holds */
	OPEN_NOT_DONE, /* it does not; nothing was sent now */
	OPEN_UNKNOWN,  /* the service could not say; it stays told */
} OpenOutcome;

typedef struct {
	gint64 action; /* its row in the journal */
	gint64 time;
	SessionChange change;
	char *user; /* the id, or the e-mail of somebody to be invited */
	char *entitlement_id;
	OpenOutcome outcome;
} ChangeOpen;

void change_open_free(ChangeOpen *open);

typedef struct {
	GPtrArray *items; /* of Item, in the order in which they were given */
	gboolean dry_run;
	gint64 sync;       /* of the snapshot that it began with */
	gint64 as_of;      /* when that list began */
	gboolean held;     /* by the guard: nothing was sent */
	char *held_why;    /* a sentence; also of a dry run whose removals the guard would hold */
	char *digest;      /* of the removals, where there is held_why */
	gboolean misfits;  /* the plan no longer fits: nothing was sent */
	guint removals;    /* grants that the run would take */
	GPtrArray *opens;  /* of ChangeOpen that are no part of this run */
	GPtrArray *tasks;  /* of Task: what is left to a person where somebody leaves; empty where held or broken off */
	gboolean leaving;  /* somebody was to leave */
	GPtrArray *beyond; /* of char *: sentences, each why somebody who leaves may hold more than was taken */
	char *audit_head;  /* NULL where nothing was written */
	guint64 requests;  /* 0 where the connector does not tell */
	GError *ended;     /* why the run ended before its last item, or NULL */
} ChangeReport;

void change_report_free(ChangeReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeReport, change_report_free)

/* Runs items (of Item, referenced); each then says how it ended. NULL and an error where the run could not begin. */
ChangeReport *change_run(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, GPtrArray *items,
			 const ChangeOptions *options, GError **error);

/* How many items ended well, were so already, failed, and were not attempted; unknown ones count as failed. */
typedef struct {
	guint ok, already, failed, not_attempted, unknown;
} ChangeCounts;

void change_count(const ChangeReport *report, ChangeCounts *ret_counts);

HostExit change_report_exit(const ChangeReport *report);
