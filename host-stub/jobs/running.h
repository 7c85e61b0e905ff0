/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A run of changes under way, for the files that do its parts: resolve, check, settle, send. Nobody else includes this. */
#pragma once
#include "jobs/change.h"
#include "state/journal.h"
#include "state/lookup.h"
#include "state/syncs.h"

typedef struct {
	const HostPaths *paths;
	const App *app;
	Manifest *manifest;
	Vault *vault;
	const ChangeOptions *options;
	ChangeReport *report;
	GPtrArray *items;
	Store *store;
	gint64 app_key;
	gint64 sync; /* of the snapshot */
	Lookup *lookup;
	Session *session;
	Journal *journal;
	char *run_id;       /* the same in all rows of this run */
	const char *by;     /* the operating system's user */
	gboolean dry_run;   /* what is asked for now is asked as a dry run: all of it, or the first part of carrying out a plan */
	GPtrArray *leavers; /* of Leaver (leave.h); NULL: nobody leaves */
	LookupUser *successor;
	GPtrArray *waiting; /* of JournalOpen: intents that an earlier run left open */
} Running;
