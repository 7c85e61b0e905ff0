/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The table of checks. A check is a function of a Bench; one function may stand in several lines with different parameters. It runs in a
 * process of its own.
 */
#pragma once
#include "conform/bench.h"

/* What a check needs of the connector; where it is not declared, the check is skipped and names it. */
typedef enum {
	CHECK_LIST = 1 << 0,
	CHECK_PROVISION = 1 << 1,
	CHECK_ADD = 1 << 2,
	CHECK_REMOVE = 1 << 3,
	CHECK_CLIENT = 1 << 4, /* authorize CLIENT */
	CHECK_TOKEN = 1 << 5,  /* signs in by a request to an identity host */
	CHECK_SECRET = 1 << 6, /* a secret among the settings */
	CHECK_DELTA = 1 << 7,
	CHECK_DRY_RUN = 1 << 8,
	CHECK_THREADS = 1 << 9, /* more than one call at a time */
	CHECK_SIZED = 1 << 10,  /* worlds of any size */
	CHECK_PAGES = 1 << 11,  /* a page size in the manifest */
	CHECK_CEILING = 1 << 12,
	CHECK_BUDGET = 1 << 13,
	CHECK_USAGE = 1 << 14,
	CHECK_SURVEY = 1 << 15,
	CHECK_CHECK = 1 << 16, /* authorize CHECK */
	CHECK_URLS = 1 << 17,  /* an address among the fixture's settings */
	CHECK_REVOKE = 1 << 18,
	CHECK_HEAP = 1 << 19,    /* a harness without a sanitizer */
	CHECK_PERSON = 1 << 20,  /* authorize BEGIN and COMPLETE */
	CHECK_REFRESH = 1 << 21, /* authorize REFRESH */
} CheckNeed;

typedef struct {
	const char *id;       /* "list.equal"; NULL ends a table */
	const char *sentence; /* for people */
	void (*run)(Bench *bench, gint parameter);
	guint needs;     /* of CheckNeed */
	const char *can; /* words of the fixture, separated by blanks, or NULL */
	const char *at;  /* what of the conformance file it needs beyond that, as "changes.indirect", or NULL */
	gint parameter;
	guint seconds; /* how long it may take; 0: 60 */
} Check;

/* All of them, in the order of --list: of const Check *. */
GPtrArray *checks_all(void);

/* Runs one: skips it where something that it needs is not declared. */
void check_run(const Check *check, Bench *bench);

/* The tables, one a file. */
extern const Check checks_load[];
extern const Check checks_abi[];
extern const Check checks_lifecycle[];
extern const Check checks_authorize[];
extern const Check checks_consent[];
extern const Check checks_refresh[];
extern const Check checks_list[];
extern const Check checks_size[];
extern const Check checks_fault[];
extern const Check checks_hostile[];
extern const Check checks_moving[];
extern const Check checks_wait[];
extern const Check checks_stop[];
extern const Check checks_traffic[];
extern const Check checks_secret[];
extern const Check checks_change[];
extern const Check checks_crossing[];
extern const Check checks_refuse[];
extern const Check checks_retry[];
extern const Check checks_provision[];
extern const Check checks_thread[];
extern const Check checks_killed[];
extern const Check checks_tls[];
