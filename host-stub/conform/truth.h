/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What is so at the service, as the fixture tells it, and whether what a list told agrees with it. */
#pragma once
#include "conform/fixture.h"
#include "conform/snapshot.h"
#include "load/manifest.h"

typedef struct {
	json_object *root;
	GHashTable *rows[SNAPSHOT_KINDS]; /* key as in a Snapshot -> json_object, borrowed from root */
} Truth;

Truth *truth_read(Fixture *fixture, GError **error);

void truth_free(Truth *truth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Truth, truth_free)

/* Whether what was told agrees with what was so before and after the list, which are one where nothing moved. Told is what is in one of the
 * two, as it is there; all that is in both is told for each kind of want that a COMPLETE seal covers, as a whole or in part. A list that
 * was broken off claims nothing but that. Returns the first difference as a sentence, or NULL; free with g_free. */
char *truth_differs(const Truth *before, const Truth *after, const Manifest *manifest, const Told *told, uint32_t want);

/* The same for all that somebody knows after several lists: snapshot equals truth. */
char *truth_differs_from(const Truth *truth, const Manifest *manifest, const Snapshot *snapshot);

/* Whether the principal holds the entitlement, directly. */
gboolean truth_holds(const Truth *truth, const char *principal, const char *entitlement);

/* The direct grants that are in one and not in the other, as "principal holds entitlement" -> itself. Free with g_hash_table_unref. */
GHashTable *truth_grants_without(const Truth *truth, const Truth *other);

/* The text of a member of a row ("email" of a principal), or NULL. Owned by truth. */
const char *truth_text(const Truth *truth, uint32_t record, const char *id, const char *member);
