/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/plan.h"
#include "base/error.h"
#include "base/files.h"
#include <string.h>

#define PLAN_VERSION 1
#define PLAN_MAX_TEXT 4096

static const JsonLimits plan_limits = {.max_bytes = 1 << 20, .max_depth = 32, .max_values = 100000};

static void
plan_grant_free(gpointer data)
{
	PlanGrant *grant = data;

	g_free(grant->principal);
	g_free(grant->entitlement);
	g_free(grant);
}

void
plan_free(Plan *plan)
{
	if (plan == NULL)
		return;
	g_free(plan->path);
	g_free(plan->folder);
	json_object_put(plan->root);
	g_strfreev(plan->command);
	g_strfreev(plan->can);
	g_clear_pointer(&plan->settings, g_hash_table_unref);
	g_clear_pointer(&plan->secrets, g_hash_table_unref);
	g_free(plan->sized_world);
	g_free(plan->sized_parameter);
	g_free(plan->changes_world);
	g_clear_pointer(&plan->cases, g_ptr_array_unref);
	g_clear_pointer(&plan->held, g_ptr_array_unref);
	g_clear_pointer(&plan->refused, g_ptr_array_unref);
	g_clear_pointer(&plan->indirect, g_ptr_array_unref);
	g_clear_pointer(&plan->other, g_ptr_array_unref);
	g_strfreev(plan->not_assignable);
	g_free(plan->unknown_principal);
	g_free(plan->unknown_entitlement);
	g_free(plan->provision_world);
	g_free(plan);
}

gboolean
plan_can(const Plan *plan, const char *word)
{
	return g_strv_contains((const char *const *)plan->can, word);
}

json_object *
plan_at(const Plan *plan, ...)
{
	json_object *value = plan->root;
	const char *key;
	va_list keys;

	va_start(keys, plan);
	while (value != NULL && (key = va_arg(keys, const char *)) != NULL) {
		if (!json_object_is_type(value, json_type_object) || !json_object_object_get_ex(value, key, &value))
			value = NULL;
	}
	va_end(keys);
	return value;
}

json_object *
plan_world(const Plan *plan, const char *name)
{
	return name != NULL ? plan_at(plan, "worlds", name, NULL) : NULL;
}

void
plan_take_strings(json_object *object, GHashTable *table)
{
	if (!json_object_is_type(object, json_type_object))
		return;
	json_object_object_foreach(object, key, value)
	    g_hash_table_insert(table, g_strdup(key), g_strdup(json_object_get_string(value)));
}

static GHashTable *
plan_strings(JsonWalk *walk, json_object *root, const char *key)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	if (json_walk_enter(walk, key, JSON_OPTIONAL)) {
		json_walk_leave(walk);
		plan_take_strings(json_object_object_get(root, key), table);
	}
	return table;
}

static GPtrArray *
plan_grants(JsonWalk *walk, const char *key)
{
	static const char *const known[] = {"principal", "entitlement", NULL};
	GPtrArray *grants = g_ptr_array_new_with_free_func(plan_grant_free);
	gsize n = json_walk_length(walk, key, JSON_OPTIONAL, 0, 64);

	for (gsize i = 0; i < n; i++) {
		PlanGrant *grant;

		if (!json_walk_enter_item(walk, key, i))
			break;
		grant = g_new0(PlanGrant, 1);
		grant->principal = json_walk_string(walk, "principal", JSON_REQUIRED, IDC_MAX_ID);
		grant->entitlement = json_walk_string(walk, "entitlement", JSON_REQUIRED, IDC_MAX_ID);
		json_walk_known(walk, known, NULL);
		g_ptr_array_add(grants, grant);
		json_walk_leave(walk);
	}
	return grants;
}

static void
plan_read_changes(Plan *plan, JsonWalk *walk)
{
	static const char *const known[] = {"world",
					    "cases",
					    "held",
					    "refused",
					    "indirect",
					    "other",
					    "together",
					    "crossing",
					    "not_assignable",
					    "unknown_principal",
					    "unknown_entitlement",
					    NULL};
	gboolean there = json_walk_enter(walk, "changes", JSON_OPTIONAL);

	if (there) {
		plan->changes_world = json_walk_string(walk, "world", JSON_REQUIRED, 64);
		plan->unknown_principal = json_walk_string(walk, "unknown_principal", JSON_OPTIONAL, IDC_MAX_ID);
		plan->unknown_entitlement = json_walk_string(walk, "unknown_entitlement", JSON_OPTIONAL, IDC_MAX_ID);
		json_walk_known(walk, known, NULL);
	}
	plan->cases = there ? plan_grants(walk, "cases") : g_ptr_array_new();
	plan->held = there ? plan_grants(walk, "held") : g_ptr_array_new();
	plan->refused = there ? plan_grants(walk, "refused") : g_ptr_array_new();
	plan->indirect = there ? plan_grants(walk, "indirect") : g_ptr_array_new();
	plan->other = there ? plan_grants(walk, "other") : g_ptr_array_new();
	plan->not_assignable = there ? json_walk_strings(walk, "not_assignable", JSON_OPTIONAL, 64, IDC_MAX_ID) : g_new0(char *, 1);
	if (there)
		json_walk_leave(walk);
}

static void
plan_read_fixture(Plan *plan, JsonWalk *walk)
{
	static const char *const known[] = {"command", "can", NULL};

	if (!json_walk_enter(walk, "fixture", JSON_REQUIRED))
		return;
	plan->command = json_walk_strings(walk, "command", JSON_REQUIRED, 64, PLAN_MAX_TEXT);
	plan->can = json_walk_strings(walk, "can", JSON_OPTIONAL, 64, 64);
	if (plan->command[0] == NULL)
		json_walk_reject(walk, "command", "must name a program");
	json_walk_known(walk, known, NULL);
	json_walk_leave(walk);
}

static void
plan_read_sized(Plan *plan, JsonWalk *walk)
{
	static const char *const known[] = {"world", "parameter", "least", NULL};

	if (!json_walk_enter(walk, "sized", JSON_OPTIONAL))
		return;
	plan->sized_world = json_walk_string(walk, "world", JSON_REQUIRED, 64);
	plan->sized_parameter = json_walk_string(walk, "parameter", JSON_REQUIRED, 64);
	plan->sized_least = json_walk_int(walk, "least", JSON_OPTIONAL, 0, 1000000, 0);
	json_walk_known(walk, known, NULL);
	json_walk_leave(walk);
}

/* The worlds that are named have to be there. */
static void
plan_check_worlds(const Plan *plan, JsonWalk *walk)
{
	const char *const names[] = {"default", plan->sized_world, plan->changes_world, plan->provision_world};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (names[i] != NULL && !json_object_is_type(plan_world(plan, names[i]), json_type_object))
			json_walk_reject(walk, "worlds", "must have the world \"%s\"", names[i]);
	}
}

static void
plan_read_all(Plan *plan, JsonWalk *walk)
{
	static const char *const known[] = {"conformance", "fixture",   "settings", "secrets", "worlds",  "sized", "mutations",
					    "changes",     "provision", "errors",   "waits",   "consent", "tls",   NULL};

	if (json_walk_int(walk, "conformance", JSON_REQUIRED, 1, G_MAXINT, 0) != PLAN_VERSION)
		json_walk_reject(walk, "conformance", "must be %d, the version that this harness knows", PLAN_VERSION);
	plan_read_fixture(plan, walk);
	plan->settings = plan_strings(walk, plan->root, "settings");
	plan->secrets = plan_strings(walk, plan->root, "secrets");
	plan_read_sized(plan, walk);
	plan_read_changes(plan, walk);
	if (json_walk_enter(walk, "provision", JSON_OPTIONAL)) {
		plan->provision_world = json_walk_string(walk, "world", JSON_REQUIRED, 64);
		json_walk_leave(walk);
	}
	if (json_walk_enter(walk, "consent", JSON_OPTIONAL)) {
		g_free(json_walk_string(walk, "redirect_uri", JSON_REQUIRED, PLAN_MAX_TEXT));
		json_walk_leave(walk);
	}
	json_walk_length(walk, "mutations", JSON_OPTIONAL, 0, 64);
	json_walk_length(walk, "errors", JSON_OPTIONAL, 0, 256);
	json_walk_known(walk, known, NULL);
	plan_check_worlds(plan, walk);
}

Plan *
plan_read(const char *path, GError **error)
{
	g_autoptr(Plan) plan = g_new0(Plan, 1);
	g_autoptr(GBytes) bytes = files_read_trusted(path, "The conformance file", plan_limits.max_bytes, FALSE, error);
	g_autoptr(JsonWalk) walk = NULL;

	if (bytes == NULL)
		return NULL;
	plan->path = g_strdup(path);
	plan->folder = g_path_get_dirname(path);
	plan->root = json_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), path, &plan_limits, error);
	if (plan->root == NULL)
		return NULL;
	walk = json_walk_new(plan->root, path);
	plan_read_all(plan, walk);
	if (!json_walk_finish(walk, error))
		return NULL;
	if (plan->command != NULL && strchr(plan->command[0], '/') != NULL) {
		char *absolute = g_canonicalize_filename(plan->command[0], plan->folder);

		g_free(plan->command[0]);
		plan->command[0] = absolute;
	}
	return g_steal_pointer(&plan);
}
