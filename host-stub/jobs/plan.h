/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A plan: changes that were foretold, in a file that somebody looks at before they are made. It carries a digest of its contents, by which
 * people name it, and a seal under DATA's key, so that nothing but what a dry run of this host wrote is ever carried out.
 */
#pragma once
#include "base/paths.h"
#include "jobs/item.h"
#include "load/app.h"
#include "load/manifest.h"
#include "state/vault.h"
#include <json-c/json.h>

#define PLAN_SCHEMA "idc-host/plan/1"
#define PLAN_DIGEST_CHARS 64

typedef struct {
	char *path;
	char *digest;     /* PLAN_DIGEST_CHARS hexadecimal digits, over everything but digest and seal */
	gint64 sync;      /* of the snapshot that it was made from */
	char *made;       /* when, RFC 3339 */
	GPtrArray *items; /* of Item, waiting, each with what was foretold */
} Plan;

void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* What a plan is about, beside its items. */
typedef struct {
	const App *app;
	const Manifest *manifest;
	const char *exactly; /* what was to be held exactly so, or NULL */
	gint64 sync;
	guint removals; /* grants that it takes */
} PlanHead;

/* Writes the items that a dry run ended well and that would do something, and by name and reason those that it left out. Writes whole or
 * not at all; *ret_digest is what it goes by. */
gboolean plan_write(const char *path, const PlanHead *head, const GPtrArray *items, Vault *vault, char **ret_digest,
		    GError **error);

/* Reads one: bounded, nothing unknown in it, its digest and seal right, of this app and of the module that is installed now. */
Plan *plan_read(const char *path, const App *app, const Manifest *manifest, Vault *vault, GError **error);

/* ---- for the two of them ---- */

/* The digest over contents without digest and seal, PLAN_DIGEST_CHARS and a NUL. */
void plan_digest(json_object *contents, char ret_digest[PLAN_DIGEST_CHARS + 1]);

/* The seal of a digest, as hexadecimal digits. Free with g_free. */
char *plan_seal(Vault *vault, const char *digest, GError **error);

/* Whether an item belongs into a plan: it would do something. */
gboolean plan_takes(const Item *item);
