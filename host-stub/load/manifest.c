/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/manifest.h"
#include "base/error.h"
#include "base/text.h"
#include "load/manifest-private.h"
#include <string.h>

void
manifest_condition_free(ManifestCondition *condition)
{
	if (condition == NULL)
		return;
	g_free(condition->setting);
	g_free(condition->is);
	g_free(condition);
}

void
manifest_capability_free(gpointer data)
{
	ManifestCapability *capability = data;

	g_free(capability->key);
	g_free(capability->label);
	g_free(capability->note);
	g_free(capability);
}

void
manifest_rank_free(gpointer data)
{
	ManifestRank *rank = data;

	g_free(rank->chain);
	g_free(rank->id);
	g_free(rank);
}

void
manifest_kind_free(gpointer data)
{
	ManifestKind *kind = data;

	g_free(kind->kind);
	g_free(kind->label);
	g_free(kind->resource);
	g_free(kind->id_pattern);
	g_free(kind->exclusive);
	g_strfreev(kind->removed_after);
	g_ptr_array_unref(kind->ranks);
	g_free(kind);
}

void
manifest_attribute_free(gpointer data)
{
	ManifestAttribute *attribute = data;

	g_free(attribute->key);
	g_free(attribute->label);
	g_free(attribute->type);
	g_free(attribute);
}

void
manifest_setting_free(gpointer data)
{
	ManifestSetting *setting = data;

	g_free(setting->key);
	g_free(setting->default_value);
	g_free(setting->label);
	g_free(setting->help);
	g_strfreev(setting->values);
	g_free(setting->pattern_text);
	g_clear_pointer(&setting->pattern, g_regex_unref);
	manifest_condition_free(setting->required_if);
	g_free(setting);
}

void
manifest_scope_free(gpointer data)
{
	ManifestScope *scope = data;

	g_free(scope->scope);
	g_free(scope->without);
	g_strfreev(scope->operations);
	g_free(scope);
}

void
manifest_step_free(gpointer data)
{
	ManifestStep *step = data;

	g_free(step->title);
	g_free(step->text);
	g_free(step);
}

void
manifest_wire_free(gpointer data)
{
	ManifestWire *wire = data;

	g_free(wire->method);
	g_free(wire->host);
	g_free(wire->template_text);
	g_free(wire->scope);
	g_strfreev(wire->operations);
	g_free(wire);
}

void
manifest_term_free(gpointer data)
{
	ManifestTerm *term = data;

	g_free(term->what);
	g_free(term->pages_of);
	g_free(term->each_of);
	manifest_condition_free(term->only_if);
	manifest_condition_free(term->unless);
	g_free(term);
}

static void
budget_free(gpointer terms)
{
	g_ptr_array_unref(terms);
}

Manifest *
manifest_new(const char *path)
{
	Manifest *manifest = g_atomic_rc_box_new0(Manifest);

	manifest->path = g_strdup(path);
	manifest->folder = g_path_get_dirname(path);
	manifest->unknown = g_ptr_array_new_with_free_func(g_free);
	manifest->budget = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, budget_free);
	return manifest;
}

static void
manifest_clear(gpointer data)
{
	Manifest *manifest = data;

	g_free(manifest->path);
	g_free(manifest->folder);
	g_free(manifest->id);
	g_free(manifest->name);
	g_free(manifest->version);
	g_free(manifest->abi);
	g_free(manifest->service_name);
	g_free(manifest->default_identifier);
	g_free(manifest->module_file);
	g_free(manifest->module_sha256);
	g_strfreev(manifest->access);
	g_strfreev(manifest->provisioning);
	g_strfreev(manifest->steps);
	g_free(manifest->redirect_path);
	g_clear_pointer(&manifest->capabilities, g_ptr_array_unref);
	g_clear_pointer(&manifest->kinds, g_ptr_array_unref);
	g_clear_pointer(&manifest->attributes, g_ptr_array_unref);
	g_clear_pointer(&manifest->settings, g_ptr_array_unref);
	g_clear_pointer(&manifest->scopes, g_ptr_array_unref);
	g_clear_pointer(&manifest->setup, g_ptr_array_unref);
	g_clear_pointer(&manifest->wire, g_ptr_array_unref);
	g_clear_pointer(&manifest->unknown, g_ptr_array_unref);
	g_hash_table_unref(manifest->budget);
}

Manifest *
manifest_ref(Manifest *manifest)
{
	return g_atomic_rc_box_acquire(manifest);
}

void
manifest_unref(Manifest *manifest)
{
	if (manifest != NULL)
		g_atomic_rc_box_release_full(manifest, manifest_clear);
}

const char *
manifest_type_name(ManifestType type)
{
	static const char *const names[] = {"string", "choice", "boolean", "integer", "email", "url", "path"};

	return names[type];
}

const ManifestSetting *
manifest_setting(const Manifest *manifest, const char *key)
{
	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);

		if (g_strcmp0(setting->key, key) == 0)
			return setting;
	}
	return NULL;
}

const ManifestKind *
manifest_kind(const Manifest *manifest, const char *kind)
{
	for (guint i = 0; i < manifest->kinds->len; i++) {
		const ManifestKind *found = g_ptr_array_index(manifest->kinds, i);

		if (g_strcmp0(found->kind, kind) == 0)
			return found;
	}
	return NULL;
}

const ManifestCapability *
manifest_capability(const Manifest *manifest, const char *key)
{
	for (guint i = 0; i < manifest->capabilities->len; i++) {
		const ManifestCapability *capability = g_ptr_array_index(manifest->capabilities, i);

		if (g_strcmp0(capability->key, key) == 0)
			return capability;
	}
	return NULL;
}

/* left is how many kinds may still be gone through: a manifest that goes in circles ends. */
static guint
manifest_turn(const Manifest *manifest, const char *word, guint left)
{
	const ManifestKind *kind = manifest_kind(manifest, word);
	guint turn = 0;

	for (gsize i = 0; kind != NULL && left > 0 && kind->removed_after[i] != NULL; i++)
		turn = MAX(turn, manifest_turn(manifest, kind->removed_after[i], left - 1) + 1);
	return turn;
}

guint
manifest_removal_turn(const Manifest *manifest, const char *kind)
{
	/* Longer chains than this nobody has, and each step may branch. */
	return manifest_turn(manifest, kind, MIN(manifest->kinds->len, 4));
}

gboolean
manifest_has_step(const Manifest *manifest, const char *step)
{
	return g_strv_contains((const char *const *)manifest->steps, step);
}

static gboolean
manifest_scope_wanted(const ManifestScope *scope, gboolean writes)
{
	const char *const *operations = (const char *const *)scope->operations;

	return writes || g_strv_contains(operations, "authorize") || g_strv_contains(operations, "list_entitlements");
}

char *
manifest_scope_text(const Manifest *manifest, gboolean writes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < manifest->scopes->len; i++) {
		const ManifestScope *scope = g_ptr_array_index(manifest->scopes, i);

		if (manifest_scope_wanted(scope, writes))
			g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", scope->scope);
	}
	return g_string_free(text, FALSE);
}

static gint
manifest_compare(gconstpointer a, gconstpointer b)
{
	return strcmp((*(Manifest *const *)a)->id, (*(Manifest *const *)b)->id);
}

static void
manifest_scan_folder(const char *folder, GHashTable *by_id, GPtrArray *problems, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autoptr(GError) error_local = NULL;
		g_autoptr(Manifest) manifest = NULL;

		if (!g_str_has_suffix(name, ".json") || g_str_has_suffix(name, ".schema.json") ||
		    g_str_has_suffix(name, ".conformance.json") || g_str_has_suffix(name, ".report.json"))
			continue;
		manifest = manifest_read(path, &error_local);
		if (manifest == NULL)
			g_ptr_array_add(problems, g_steal_pointer(&error_local));
		else if (!g_hash_table_contains(by_id, manifest->id))
			g_hash_table_insert(by_id, manifest->id, manifest_ref(manifest));
	}
}

static void
manifest_unref_any(gpointer data)
{
	manifest_unref(data);
}

static void
manifest_problem_free(gpointer data)
{
	g_error_free(data);
}

GPtrArray *
manifest_scan(const HostPaths *paths, GPtrArray **ret_problems, GError **error)
{
	g_autoptr(GHashTable) by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, manifest_unref_any);
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(manifest_problem_free);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(manifest_unref_any);
	g_autoptr(GError) error_modules = NULL;
	g_autoptr(GError) error_manifests = NULL;
	GHashTableIter iter;
	gpointer manifest;

	manifest_scan_folder(paths->modules, by_id, problems, &error_modules);
	manifest_scan_folder(paths->manifests, by_id, problems, &error_manifests);
	if (error_modules != NULL && error_manifests != NULL) {
		host_error_set(error, IDC_NOT_FOUND, "no_modules",
			       "There are no connectors: neither %s nor %s can be read (%s). Say where they are with --modules.",
			       paths->modules, paths->manifests, error_modules->message);
		return NULL;
	}
	g_hash_table_iter_init(&iter, by_id);
	while (g_hash_table_iter_next(&iter, NULL, &manifest))
		g_ptr_array_add(found, manifest_ref(manifest));
	g_ptr_array_sort(found, manifest_compare);
	*ret_problems = g_steal_pointer(&problems);
	return g_steal_pointer(&found);
}

/* A manifest that could not be read has no id; its file is named after it. */
static const GError *
manifest_problem_of(GPtrArray *problems, const char *connector)
{
	g_autofree char *file = g_strdup_printf("/%s.json", connector);

	for (guint i = 0; i < problems->len; i++) {
		const GError *problem = g_ptr_array_index(problems, i);

		if (strstr(problem->message, file) != NULL)
			return problem;
	}
	return NULL;
}

Manifest *
manifest_find(const HostPaths *paths, const char *connector, GError **error)
{
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(GPtrArray) found = manifest_scan(paths, &problems, error);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) ids = NULL;
	g_autofree char *known = NULL;
	const GError *problem;
	const char *nearest;

	if (found == NULL)
		return NULL;
	for (guint i = 0; i < found->len; i++) {
		Manifest *manifest = g_ptr_array_index(found, i);

		if (g_ascii_strcasecmp(manifest->id, connector) == 0)
			return manifest_ref(manifest);
		g_strv_builder_add(builder, manifest->id);
	}
	problem = manifest_problem_of(problems, connector);
	if (problem != NULL) {
		g_propagate_error(error, g_error_copy(problem));
		return NULL;
	}
	ids = g_strv_builder_end(builder);
	nearest = text_nearest(connector, (const char *const *)ids);
	known = text_join((const char *const *)ids, "and");
	if (nearest != NULL)
		host_error_set(error, IDC_NOT_FOUND, "no_such_connector", "There is no connector \"%s\"; did you mean %s?",
			       connector, nearest);
	else
		host_error_set(error, IDC_NOT_FOUND, "no_such_connector", "There is no connector \"%s\" in %s; there is %s.",
			       connector, paths->modules, *known != '\0' ? known : "none");
	if (error != NULL)
		host_error_set_exit(*error, HOST_EXIT_USAGE);
	return NULL;
}
