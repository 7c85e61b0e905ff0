/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Runs checks, each in a process of its own: in a process group that is killed with it, with limits of time and memory, its output caught,
 * its verdict on a descriptor of its own. Main thread only.
 */
#pragma once
#include "conform/checks.h"

/* How one check ended. Strings are owned, never NULL. */
typedef struct {
	const Check *check;
	Verdict verdict;
	char *tried, *expected, *seen;
	char *output; /* what was printed in its process */
	gint64 took_ms;
} RunResult;

void run_result_free(RunResult *result);

typedef struct {
	const HostPaths *paths;
	const Manifest *manifest;
	const Plan *plan;
	guint64 seed;
	guint jobs;
	guint patience;      /* how many times longer than usual a check may take; 1: as usual */
	guint limit;         /* seconds that each check may take at most; 0: as its line says */
	gboolean in_process; /* for a debugger: one after the other, here, without limits */
	GStrv command;       /* this program and its arguments, without the last, the check's id */
	void (*done)(const RunResult *result, gpointer user_data); /* called in the order of the checks */
	gpointer user_data;
} RunOptions;

/* Runs them; the results, in the order of checks (of const Check *). Free with g_ptr_array_unref. */
GPtrArray *run_checks(const RunOptions *options, GPtrArray *checks, GError **error);

/* What the child does: runs the check and leaves its verdict on the descriptor. Does not return. */
void run_child(const RunOptions *options, const Check *check, int descriptor) G_GNUC_NORETURN;
