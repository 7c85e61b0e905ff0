/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a run is told as: for people, as TAP, as JSON bound to the digests of module, manifest and harness. */
#pragma once
#include "conform/run.h"

typedef enum {
	REPORT_READABLE,
	REPORT_TAP,
	REPORT_JSON,
} ReportForm;

typedef struct {
	ReportForm form;
	const Manifest *manifest;
	guint64 seed;
	guint number;        /* of results told so far */
	const char *program; /* how to call it again, and where it looks for modules then */
	const char *modules;
	guint left_out; /* checks that were not chosen */
} Report;

/* Before the first result; n: how many there will be. */
void report_begin(const Report *report, guint n);

/* One result, as soon as it is known. */
void report_result(Report *report, const RunResult *result);

/* After the last one: the sums. Returns whether no verdict is anything but PASS or SKIP, and at least one is PASS. */
gboolean report_end(const Report *report, GPtrArray *results);

/* The whole run as JSON. All but "at" and "took_ms" is equal for equal seeds. Free with json_object_put. */
json_object *report_json(const Report *report, GPtrArray *results, GError **error);
