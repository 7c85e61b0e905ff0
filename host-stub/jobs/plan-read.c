/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "jobs/plan.h"
#include "state/kinds.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define PLAN_MAX_ITEMS 100000
#define PLAN_MAX_EFFECTS 10000

static const JsonLimits plan_limits = {.max_bytes = 128 * 1024 * 1024, .max_depth = 8, .max_values = 4 * 1000 * 1000};

/* ---- its values ---- */

static ItemEffect *
plan_read_effect(JsonWalk *walk)
{
	static const char *const known[] = {"verb", "what", "user_id", "entitlement_id", "side", "attributes", NULL};
	ItemEffect *effect = g_new0(ItemEffect, 1);
	g_autofree char *verb = json_walk_string(walk, "verb", JSON_REQUIRED, 64);
	g_autofree char *what = json_walk_string(walk, "what", JSON_REQUIRED, 64);

	json_walk_known(walk, known, NULL);
	if (verb != NULL && !item_verb_parse(verb, &effect->verb))
		json_walk_reject(walk, "verb", "is \"%s\", which no effect is", verb);
	for (Kind kind = 0; what != NULL && kind < N_KINDS; kind++) {
		if (strcmp(kind_word(kind), what) == 0)
			effect->record = kind_record(kind);
	}
	effect->user_id = json_walk_string(walk, "user_id", JSON_OPTIONAL, IDC_MAX_ID);
	effect->entitlement_id = json_walk_string(walk, "entitlement_id", JSON_OPTIONAL, IDC_MAX_ID);
	effect->attributes = json_walk_string(walk, "attributes", JSON_OPTIONAL, IDC_MAX_VALUE);
	if (json_walk_bool(walk, "side", JSON_REQUIRED, FALSE))
		effect->flags |= IDC_EFFECT_SIDE;
	return effect;
}

static Item *
plan_read_item(JsonWalk *walk)
{
	static const char *const known[] = {"action",         "user_id",   "email",   "entitlement_id",
					    ITEM_EXPECT_RULE, "uncertain", "effects", NULL};
	static const char *const actions[] = {"add", "remove", NULL};
	gint action = json_walk_choice(walk, "action", JSON_REQUIRED, actions, 0);
	g_autofree char *user_id = json_walk_string(walk, "user_id", JSON_REQUIRED, IDC_MAX_ID);
	g_autofree char *entitlement_id = json_walk_string(walk, "entitlement_id", JSON_REQUIRED, IDC_MAX_ID);
	g_autofree char *rule = json_walk_string(walk, ITEM_EXPECT_RULE, JSON_OPTIONAL, IDC_MAX_VALUE);
	gsize n = json_walk_length(walk, "effects", JSON_REQUIRED, 0, PLAN_MAX_EFFECTS);
	Item *item = item_new(action == 0 ? SESSION_ADD : SESSION_REMOVE, user_id, entitlement_id);

	/* for people who read the plan */
	g_free(json_walk_string(walk, "email", JSON_OPTIONAL, IDC_MAX_VALUE));
	json_walk_known(walk, known, NULL);
	item_set(item, ITEM_EXPECT_RULE, rule);
	item->uncertain = json_walk_bool(walk, "uncertain", JSON_REQUIRED, FALSE);
	item->foretold = g_ptr_array_new_with_free_func((GDestroyNotify)item_effect_free);
	for (gsize i = 0; i < n; i++) {
		if (!json_walk_enter_item(walk, "effects", i))
			break;
		g_ptr_array_add(item->foretold, plan_read_effect(walk));
		json_walk_leave(walk);
	}
	return item;
}

static void
plan_read_items(JsonWalk *walk, Plan *plan)
{
	gsize n = json_walk_length(walk, "items", JSON_REQUIRED, 0, PLAN_MAX_ITEMS);

	for (gsize i = 0; i < n; i++) {
		if (!json_walk_enter_item(walk, "items", i))
			break;
		g_ptr_array_add(plan->items, plan_read_item(walk));
		json_walk_leave(walk);
	}
}

/* ---- what it is ---- */

static gboolean
plan_check_digest(json_object *root, const char *path, Vault *vault, const char *digest, const char *seal, GError **error)
{
	char right[PLAN_DIGEST_CHARS + 1];
	g_autofree char *right_seal = NULL;

	json_object_object_del(root, "digest");
	json_object_object_del(root, "seal");
	plan_digest(root, right);
	if (strcmp(right, digest) != 0) {
		host_error_set(error, IDC_REFUSED, "plan_altered",
			       "%s was altered after it was made: its contents do not have its digest. Nothing was sent; make the "
			       "plan anew.",
			       path);
		return FALSE;
	}
	right_seal = plan_seal(vault, right, error);
	if (right_seal == NULL)
		return FALSE;
	if (strlen(seal) == strlen(right_seal) && sodium_memcmp(seal, right_seal, strlen(seal)) == 0)
		return TRUE;
	host_error_set(error, IDC_REFUSED, "plan_foreign",
		       "%s was not made here: its seal is not one of this data folder's key. Nothing was sent; make the plan with "
		       "idc-host plan, and again after idc-host rekey.",
		       path);
	return FALSE;
}

static gboolean
plan_check_app(const char *path, const char *identifier, const App *app, GError **error)
{
	if (g_strcmp0(identifier, app->identifier) == 0)
		return TRUE;
	host_error_set(error, IDC_REFUSED, "other_app", "%s is a plan for %s, not for %s. Nothing was sent.", path, identifier,
		       app->identifier);
	return FALSE;
}

/* By whom it was foretold. */
typedef struct {
	char *id, *version, *sha256;
} PlanModule;

static void
plan_module_clear(PlanModule *module)
{
	g_free(module->id);
	g_free(module->version);
	g_free(module->sha256);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanModule, plan_module_clear)

static void
plan_read_module(JsonWalk *walk, PlanModule *module)
{
	static const char *const known[] = {"id", "version", "sha256", NULL};

	if (!json_walk_enter(walk, "connector", JSON_REQUIRED))
		return;
	module->id = json_walk_string(walk, "id", JSON_REQUIRED, 64);
	module->version = json_walk_string(walk, "version", JSON_REQUIRED, 64);
	module->sha256 = json_walk_string(walk, "sha256", JSON_OPTIONAL, 64);
	json_walk_known(walk, known, NULL);
	json_walk_leave(walk);
}

static gboolean
plan_check_module(const char *path, const PlanModule *module, const Manifest *manifest, GError **error)
{
	if (g_strcmp0(module->id, manifest->id) == 0 && g_strcmp0(module->version, manifest->version) == 0 &&
	    g_strcmp0(module->sha256, manifest->module_sha256) == 0)
		return TRUE;
	host_error_set(
	    error, IDC_REFUSED, "other_module",
	    "%s was foretold by %s %s, and what is installed now is %s %s or another build of it. Nothing was sent; make "
	    "the plan anew.",
	    path, module->id, module->version, manifest->id, manifest->version);
	return FALSE;
}

static GBytes *
plan_read_bytes(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	GBytes *bytes;

	if (fd < 0) {
		host_error_set(error, IDC_INVALID, "file_not_readable", "%s cannot be opened: %s.", path, g_strerror(errno));
		return NULL;
	}
	bytes = files_read_fd(fd, path, plan_limits.max_bytes, error);
	close(fd);
	return bytes;
}

/* The rest of it is for people, and what is wrong with it is found by the digest. */
static Plan *
plan_take(json_object *root, const char *path, const App *app, const Manifest *manifest, Vault *vault, GError **error)
{
	static const char *const known[] = {"schema",   "identifier", "connector", "sync",   "made", "by", "exactly",
					    "removals", "items",      "left_out",  "digest", "seal", NULL};
	static const char *const schemas[] = {PLAN_SCHEMA, NULL};
	g_autoptr(JsonWalk) walk = json_walk_new(root, path);
	g_autoptr(Plan) plan = g_new0(Plan, 1);
	g_auto(PlanModule) module = {0};
	g_autofree char *identifier = NULL;
	g_autofree char *seal = NULL;

	json_walk_known(walk, known, NULL);
	json_walk_choice(walk, "schema", JSON_REQUIRED, schemas, 0);
	identifier = json_walk_string(walk, "identifier", JSON_REQUIRED, 64);
	plan->path = g_strdup(path);
	plan->digest = json_walk_pattern(walk, "digest", JSON_REQUIRED, "^[0-9a-f]{64}$", "64 lower-case hexadecimal digits");
	seal = json_walk_pattern(walk, "seal", JSON_REQUIRED, "^[0-9a-f]{64}$", "64 lower-case hexadecimal digits");
	plan->sync = json_walk_int(walk, "sync", JSON_REQUIRED, 1, G_MAXINT64, 0);
	plan->made = json_walk_string(walk, "made", JSON_REQUIRED, 64);
	plan->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
	plan_read_items(walk, plan);
	plan_read_module(walk, &module);
	if (!json_walk_finish(walk, error) || !plan_check_digest(root, path, vault, plan->digest, seal, error) ||
	    !plan_check_app(path, identifier, app, error) || !plan_check_module(path, &module, manifest, error))
		return NULL;
	return g_steal_pointer(&plan);
}

Plan *
plan_read(const char *path, const App *app, const Manifest *manifest, Vault *vault, GError **error)
{
	g_autoptr(GBytes) bytes = plan_read_bytes(path, error);
	g_autoptr(json_object) root = NULL;
	const char *text;
	gsize length;

	if (bytes == NULL)
		return NULL;
	text = g_bytes_get_data(bytes, &length);
	root = json_read(text != NULL ? text : "", length, path, &plan_limits, error);
	return root != NULL ? plan_take(root, path, app, manifest, vault, error) : NULL;
}
