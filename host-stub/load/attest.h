/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What the conformance harness found out about a connector: ID.report.json beside its manifest, as `idc-conform --report` writes it. It
 * counts for the very module and manifest whose digests it carries and for no other.
 */
#pragma once
#include "load/manifest.h"

typedef struct {
	char *path;
	char *harness, *harness_sha256, *at; /* of the run: which harness, and when (RFC 3339) */
	gint64 passed, skipped, failed;      /* failed: every other verdict */
	gint64 left_out;                     /* checks that were not chosen */
	gboolean current;                    /* it is about this module and this manifest */
} Attest;

void attest_free(Attest *attest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attest, attest_free)

/* NULL without an error: there is none. A file that others may write to, or that is no report about this connector, is an error. */
Attest *attest_read(const Manifest *manifest, GError **error);

/* A few words for a table: "190 passed, 31 skipped". Free with g_free. */
char *attest_words(const Attest *attest);
