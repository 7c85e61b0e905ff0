/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What a check works at: the connector's files, the module, a fixture, and the verdict. A check is a function of a Bench; the first thing
 * that is not as expected is its verdict, what comes after is not looked at. A check's own thread only.
 */
#pragma once
#include "base/paths.h"
#include "conform/fixture.h"
#include "conform/plan.h"
#include "conform/truth.h"
#include "load/manifest.h"
#include "load/module.h"

typedef enum {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_CRASH,
	VERDICT_TIMEOUT,
	VERDICT_SKIP,
	VERDICT_ERROR, /* fixture or harness broken */
} Verdict;

typedef struct {
	const HostPaths *paths;
	const Manifest *manifest;
	const Plan *plan;
	guint64 seed;
	GRand *rand;                    /* the check's own: its draws follow from seed and id, whatever else is in the table */
	Fixture *fixture;               /* NULL before bench_fixture() */
	const Module *module;           /* NULL before bench_connector() */
	const idc_connector *connector; /* likewise */
	const char *const *secret_keys; /* of the manifest */
	char *const *secret_values;     /* masked, see secrecy.h; NULL-terminated */
	Verdict verdict;
	char *tried, *expected, *seen; /* of the verdict; tried is also what goes on just now */
} Bench;

/* check: its id. */
Bench *bench_new(const HostPaths *paths, const Manifest *manifest, const Plan *plan, guint64 seed, const char *check);

void bench_free(Bench *bench);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bench, bench_free)

const char *verdict_name(Verdict verdict);

/* What is tried from here on, for the report. */
void bench_try(Bench *bench, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether nothing went wrong so far: loops go on while it does. */
gboolean bench_good(const Bench *bench);

/* FAIL unless good: what was expected, and what was seen instead. Returns good. */
gboolean bench_expect(Bench *bench, gboolean good, const char *expected, const char *seen, ...) G_GNUC_PRINTF(4, 5);

/* FAIL unless difference is NULL; takes it. Returns whether it was. */
gboolean bench_expect_none(Bench *bench, const char *expected, char *difference);

/* ERROR: the fixture or the harness is broken. Takes error, which may be NULL for none. Returns whether there was none. */
gboolean bench_sound(Bench *bench, GError *error);

/* SKIP, with what is not declared. */
void bench_skip(Bench *bench, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The fixture in that world, started where it was not yet; size -1: as the world says. NULL: the verdict is ERROR. */
Fixture *bench_fixture(Bench *bench, const char *world, gint64 size);

/* From here on the fixture is another process that is started with more arguments: an array of the plan's. ERROR where it cannot be. */
gboolean bench_restart(Bench *bench, json_object *arguments);

/* Takes all faults away; ERROR where none of them struck. */
gboolean bench_struck(Bench *bench);

/* The module, loaded. NULL: the verdict is FAIL. */
const idc_connector *bench_connector(Bench *bench);

/* What is so at the service now, or NULL with ERROR. */
Truth *bench_truth(Bench *bench);

/* The requests since the last reset, as in traffic.h, or NULL with ERROR. */
GPtrArray *bench_traffic(Bench *bench);

/* How many there were; 0 with ERROR. */
guint bench_requests(Bench *bench);

/* Those of them that went to that host, "api" or "identity". */
guint bench_requests_to(Bench *bench, const char *host);

/* At most most numbers of 1..n, ascending: all of them, or the first, the last and others as the seed decides. Free with g_array_unref (of guint). */
GArray *bench_pick(Bench *bench, guint n, guint most);
