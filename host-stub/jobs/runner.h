/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Runs syncs, each as a child process of this program: a connector that crashes is one failed sync. Needs the default main context,
 * iterated by the caller, and is used by that thread only.
 */
#pragma once
#include "base/error.h"
#include "base/paths.h"
#include "state/syncs.h"
#include <glib.h>

/* What the reason of a sync whose process was killed by a signal begins with. */
#define RUNNER_CRASHED "the process of the sync was ended by signal"

typedef struct Runner Runner;

/* How one ended. Borrowed for the call. */
typedef struct {
	const char *identifier;
	HostExit exit_status;
	int signal;              /* that ended the child, or 0 */
	const SyncsEntry *entry; /* as it stands in the book; NULL where the sync did not get that far */
	const char *reason;      /* why it is no good one, or NULL */
} RunnerResult;

typedef void (*RunnerEnded)(const RunnerResult *result, gpointer user_data);

/* paths is borrowed. ended is called for each one, from the main context. */
Runner *runner_new(const HostPaths *paths, RunnerEnded ended, gpointer user_data);

/* Nothing may be running. */
void runner_free(Runner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Runner, runner_free)

/* Starts a sync, or queues it while as many run as should at a time. Does nothing where one of this app waits or runs. */
void runner_start(Runner *runner, const char *identifier);

/* Whether one of this app waits or runs. */
gboolean runner_has(const Runner *runner, const char *identifier);

/* How many wait or run. */
guint runner_count(const Runner *runner);

/* Forgets those that wait and asks those that run to end; with hard they are killed. Each still ends with its call of ended. */
void runner_stop(Runner *runner, gboolean hard);
