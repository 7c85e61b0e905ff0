/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A conformance file: how the fixture is started, and what the checks may assume. README.md says what stands in it. Read once, then
 * unchanged; may be used from any thread.
 */
#pragma once
#include "base/json.h"
#include <glib.h>

/* Who and what: one grant to give, to take, or to leave alone. */
typedef struct {
	char *principal, *entitlement;
} PlanGrant;

typedef struct {
	char *path, *folder;
	json_object *root; /* the whole file; what is handed to the fixture is taken from it as it stands */
	GStrv command;     /* argv, argv[0] made absolute where it has a "/" */
	GStrv can;
	GHashTable *settings, *secrets; /* key -> value */
	char *sized_world, *sized_parameter;
	gint64 sized_least;
	char *changes_world;                                  /* NULL: no cases */
	GPtrArray *cases, *held, *refused, *indirect, *other; /* of PlanGrant */
	GStrv not_assignable;
	char *unknown_principal, *unknown_entitlement; /* NULL: none named */
	char *provision_world;                         /* NULL: no case */
} Plan;

/* Opens, checks owner and mode of the file and all above it, and reads it. Errors say where in it. */
Plan *plan_read(const char *path, GError **error);

void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Whether the fixture has what this word stands for. */
gboolean plan_can(const Plan *plan, const char *word);

/* worlds.NAME, or NULL. Owned by the plan. */
json_object *plan_world(const Plan *plan, const char *name);

/* What stands at a path of keys that ends with NULL, or NULL. Owned by the plan. */
json_object *plan_at(const Plan *plan, ...) G_GNUC_NULL_TERMINATED;

/* The settings and secrets in object as strings, added to table. */
void plan_take_strings(json_object *object, GHashTable *table);
