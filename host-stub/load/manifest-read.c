/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "load/manifest-private.h"
#include "load/manifest.h"
#include <idc/connector.h>

#define MANIFEST_VERSION 1

#define PATTERN_WORD "^[a-z][a-z0-9_]{0,63}$"
#define ALLOWED_WORD "1 to 64 lower-case letters, digits and _, beginning with a letter"

static const JsonLimits manifest_limits = {.max_bytes = 256 * 1024, .max_depth = 12, .max_values = 20000};

static const char *const operations_known[] = {"authorize", "list_entitlements", "provision", "add", "remove", NULL};
static const char *const types_known[] = {"string", "choice", "boolean", "integer", "email", "url", "path", NULL};

/* ---- reading: each takes the walk standing in its object ---- */

static const char *const condition_keys[] = {"setting", "is", NULL};

static ManifestCondition *
condition_read(JsonWalk *walk, const char *key, GPtrArray *unknown)
{
	ManifestCondition *condition;

	if (!json_walk_enter(walk, key, JSON_OPTIONAL))
		return NULL;
	condition = g_new0(ManifestCondition, 1);
	condition->setting = json_walk_string(walk, "setting", JSON_REQUIRED, 64);
	condition->is = json_walk_string(walk, "is", JSON_REQUIRED, 1024);
	json_walk_known(walk, condition_keys, unknown);
	json_walk_leave(walk);
	return condition;
}

static GStrv
operations_read(JsonWalk *walk)
{
	GStrv operations = json_walk_strings(walk, "for", JSON_REQUIRED, 8, 64);

	for (gsize i = 0; operations[i] != NULL; i++) {
		if (!g_strv_contains(operations_known, operations[i]))
			json_walk_reject(walk, "for", "names the operation \"%s\", which does not exist", operations[i]);
	}
	if (operations[0] == NULL)
		json_walk_reject(walk, "for", "must name at least one operation");
	return operations;
}

static gpointer
capability_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"key", "label", "supported", "note", NULL};
	ManifestCapability *capability = g_new0(ManifestCapability, 1);

	capability->key = json_walk_pattern(walk, "key", JSON_REQUIRED, PATTERN_WORD, ALLOWED_WORD);
	capability->label = json_walk_string(walk, "label", JSON_REQUIRED, 128);
	capability->supported = json_walk_bool(walk, "supported", JSON_REQUIRED, FALSE);
	capability->note = json_walk_string(walk, "note", JSON_OPTIONAL, 256);
	json_walk_known(walk, known, unknown);
	return capability;
}

static gpointer
rank_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"chain", "id", "rank", NULL};
	ManifestRank *rank = g_new0(ManifestRank, 1);

	rank->chain = json_walk_string(walk, "chain", JSON_REQUIRED, 64);
	rank->id = json_walk_string(walk, "id", JSON_REQUIRED, 255);
	rank->rank = (gint)json_walk_int(walk, "rank", JSON_REQUIRED, -1000000, 1000000, 0);
	json_walk_known(walk, known, unknown);
	return rank;
}

/* The array under key, each entry by read(). */
static GPtrArray *
list_read(JsonWalk *walk, const char *key, JsonNeed need, gsize min, gsize max,
	  gpointer (*read)(JsonWalk *walk, GPtrArray *unknown), GDestroyNotify free_entry, GPtrArray *unknown)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(free_entry);
	gsize length = json_walk_length(walk, key, need, min, max);

	for (gsize i = 0; i < length && json_walk_enter_item(walk, key, i); i++) {
		g_ptr_array_add(list, read(walk, unknown));
		json_walk_leave(walk);
	}
	return list;
}

static gpointer
kind_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"kind",      "label",     "resource",      "id_pattern", "assignable",
					    "removable", "exclusive", "removed_after", "ranks",      NULL};
	ManifestKind *kind = g_new0(ManifestKind, 1);

	kind->kind = json_walk_pattern(walk, "kind", JSON_REQUIRED, PATTERN_WORD, ALLOWED_WORD);
	kind->label = json_walk_string(walk, "label", JSON_REQUIRED, 64);
	kind->resource = json_walk_pattern(walk, "resource", JSON_REQUIRED, PATTERN_WORD, ALLOWED_WORD);
	kind->id_pattern = json_walk_string(walk, "id_pattern", JSON_REQUIRED, 256);
	kind->assignable = json_walk_bool(walk, "assignable", JSON_REQUIRED, FALSE);
	kind->removable = json_walk_bool(walk, "removable", JSON_REQUIRED, FALSE);
	kind->exclusive = json_walk_string(walk, "exclusive", JSON_OPTIONAL, 128);
	kind->removed_after = json_walk_strings(walk, "removed_after", JSON_OPTIONAL, 32, 64);
	kind->ranks = list_read(walk, "ranks", JSON_OPTIONAL, 0, 64, rank_read, manifest_rank_free, unknown);
	json_walk_known(walk, known, unknown);
	return kind;
}

static gpointer
attribute_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"key", "label", "type", "personal", NULL};
	static const char *const types[] = {"string", "boolean", "integer", "url", NULL};
	ManifestAttribute *attribute = g_new0(ManifestAttribute, 1);

	attribute->key = json_walk_pattern(walk, "key", JSON_REQUIRED, PATTERN_WORD, ALLOWED_WORD);
	attribute->label = json_walk_string(walk, "label", JSON_REQUIRED, 128);
	attribute->type = g_strdup(types[json_walk_choice(walk, "type", JSON_REQUIRED, types, 0)]);
	attribute->personal = json_walk_bool(walk, "personal", JSON_REQUIRED, FALSE);
	json_walk_known(walk, known, unknown);
	return attribute;
}

static gpointer
setting_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"key",    "type",     "default",     "values", "minimum", "maximum", "pattern",
					    "secret", "required", "required_if", "label",  "help",    NULL};
	g_autoptr(GError) error = NULL;
	ManifestSetting *setting = g_new0(ManifestSetting, 1);

	setting->key = json_walk_pattern(walk, "key", JSON_REQUIRED, PATTERN_WORD, ALLOWED_WORD);
	setting->type = (ManifestType)json_walk_choice(walk, "type", JSON_REQUIRED, types_known, MANIFEST_STRING);
	setting->default_value = json_walk_string(walk, "default", JSON_OPTIONAL, 1024);
	setting->values = json_walk_strings(walk, "values", JSON_OPTIONAL, 64, 128);
	setting->minimum = json_walk_int(walk, "minimum", JSON_OPTIONAL, -G_MAXINT32, G_MAXINT32, G_MININT64);
	setting->maximum = json_walk_int(walk, "maximum", JSON_OPTIONAL, -G_MAXINT32, G_MAXINT32, G_MAXINT64);
	setting->pattern_text = json_walk_string(walk, "pattern", JSON_OPTIONAL, 256);
	setting->secret = json_walk_bool(walk, "secret", JSON_OPTIONAL, FALSE);
	setting->required = json_walk_bool(walk, "required", JSON_OPTIONAL, FALSE);
	setting->required_if = condition_read(walk, "required_if", unknown);
	setting->label = json_walk_string(walk, "label", JSON_REQUIRED, 64);
	setting->help = json_walk_string(walk, "help", JSON_REQUIRED, 256);
	json_walk_known(walk, known, unknown);
	if (setting->type == MANIFEST_CHOICE && setting->values[0] == NULL)
		json_walk_reject(walk, "values", "is missing: a choice needs at least one value");
	if (setting->pattern_text != NULL) {
		setting->pattern = g_regex_new(setting->pattern_text, G_REGEX_DOLLAR_ENDONLY, 0, &error);
		if (setting->pattern == NULL)
			json_walk_reject(walk, "pattern", "is no regular expression: %s", error->message);
	}
	return setting;
}

static gpointer
scope_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"scope", "for", "required", "without", NULL};
	ManifestScope *scope = g_new0(ManifestScope, 1);

	scope->scope = json_walk_pattern(walk, "scope", JSON_REQUIRED, "^[!-~]{1,128}$", "1 to 128 visible ASCII characters");
	scope->operations = operations_read(walk);
	scope->required = json_walk_bool(walk, "required", JSON_REQUIRED, FALSE);
	scope->without = json_walk_string(walk, "without", JSON_REQUIRED, 256);
	json_walk_known(walk, known, unknown);
	return scope;
}

static gpointer
step_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"title", "text", NULL};
	ManifestStep *step = g_new0(ManifestStep, 1);

	step->title = json_walk_string(walk, "title", JSON_REQUIRED, 128);
	step->text = json_walk_string(walk, "text", JSON_REQUIRED, 1024);
	json_walk_known(walk, known, unknown);
	return step;
}

static gpointer
wire_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"method", "host", "template", "scope", "for", NULL};
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
	static const char *const hosts[] = {"api", "identity", NULL};
	ManifestWire *wire = g_new0(ManifestWire, 1);

	wire->method = g_strdup(methods[json_walk_choice(walk, "method", JSON_REQUIRED, methods, 0)]);
	wire->host = g_strdup(hosts[json_walk_choice(walk, "host", JSON_REQUIRED, hosts, 0)]);
	wire->template_text = json_walk_pattern(walk, "template", JSON_REQUIRED, "^/[!-~]{0,255}$", "a path that begins with /");
	wire->scope = json_walk_string(walk, "scope", JSON_OPTIONAL, 128);
	wire->operations = operations_read(walk);
	json_walk_known(walk, known, unknown);
	return wire;
}

static gpointer
term_read(JsonWalk *walk, GPtrArray *unknown)
{
	static const char *const known[] = {"what", "requests", "pages_of", "pages_of_grants_in_each", "only_if", "unless", NULL};
	ManifestTerm *term = g_new0(ManifestTerm, 1);
	guint given = 0;

	term->what = json_walk_string(walk, "what", JSON_REQUIRED, 128);
	term->requests = json_walk_int(walk, "requests", JSON_OPTIONAL, 0, G_MAXINT32, -1);
	term->pages_of = json_walk_string(walk, "pages_of", JSON_OPTIONAL, 64);
	term->each_of = json_walk_string(walk, "pages_of_grants_in_each", JSON_OPTIONAL, 64);
	term->only_if = condition_read(walk, "only_if", unknown);
	term->unless = condition_read(walk, "unless", unknown);
	json_walk_known(walk, known, unknown);
	given = (term->requests >= 0) + (term->pages_of != NULL) + (term->each_of != NULL);
	if (given != 1)
		json_walk_reject(walk, NULL, "must have exactly one of requests, pages_of and pages_of_grants_in_each");
	return term;
}

static void
budget_read(JsonWalk *walk, Manifest *manifest)
{
	g_auto(GStrv) keys = NULL;

	if (!json_walk_enter(walk, "budget", JSON_OPTIONAL))
		return;
	keys = json_walk_keys(walk);
	for (gsize i = 0; keys[i] != NULL; i++)
		g_hash_table_insert(
		    manifest->budget, g_strdup(keys[i]),
		    list_read(walk, keys[i], JSON_REQUIRED, 0, 32, term_read, manifest_term_free, manifest->unknown));
	json_walk_leave(walk);
}

static void
module_read(JsonWalk *walk, Manifest *manifest)
{
	static const char *const known[] = {"file", "sha256", NULL};

	if (!json_walk_enter(walk, "module", JSON_REQUIRED))
		return;
	manifest->module_file = json_walk_pattern(walk, "file", JSON_REQUIRED, "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
						  "a file name without a folder: letters, digits, dot, _ and -");
	manifest->module_sha256 =
	    json_walk_pattern(walk, "sha256", JSON_OPTIONAL, "^[0-9a-f]{64}$", "64 lower-case hexadecimal digits");
	json_walk_known(walk, known, manifest->unknown);
	json_walk_leave(walk);
}

static void
oauth_read(JsonWalk *walk, Manifest *manifest)
{
	static const char *const known[] = {"steps", "redirect_path", "scopes", NULL};
	static const char *const steps[] = {"begin", "complete", "refresh", "client", "revoke", "check", NULL};

	if (!json_walk_enter(walk, "oauth", JSON_OPTIONAL)) {
		manifest->steps = g_new0(char *, 1);
		manifest->scopes = g_ptr_array_new_with_free_func(manifest_scope_free);
		return;
	}
	manifest->steps = json_walk_strings(walk, "steps", JSON_REQUIRED, 8, 16);
	for (gsize i = 0; manifest->steps[i] != NULL; i++) {
		if (!g_strv_contains(steps, manifest->steps[i]))
			json_walk_reject(walk, "steps", "names the step \"%s\", which does not exist", manifest->steps[i]);
	}
	manifest->redirect_path =
	    json_walk_pattern(walk, "redirect_path", JSON_OPTIONAL, "^/[!-~]{0,255}$", "a path that begins with /");
	manifest->scopes = list_read(walk, "scopes", JSON_REQUIRED, 0, 128, scope_read, manifest_scope_free, manifest->unknown);
	json_walk_known(walk, known, manifest->unknown);
	json_walk_leave(walk);
}

static void
limits_read(JsonWalk *walk, Manifest *manifest)
{
	static const char *const known[] = {"max_batch", "page", "overlap", "ceiling", "requests_per_minute", NULL};

	if (!json_walk_enter(walk, "limits", JSON_REQUIRED))
		return;
	manifest->max_batch = (guint)json_walk_int(walk, "max_batch", JSON_REQUIRED, 1, IDC_MAX_BATCH, 1);
	manifest->page = (guint)json_walk_int(walk, "page", JSON_OPTIONAL, 1, G_MAXINT32, 0);
	manifest->overlap = (guint)json_walk_int(walk, "overlap", JSON_OPTIONAL, 0, G_MAXINT32, 0);
	manifest->ceiling = (guint)json_walk_int(walk, "ceiling", JSON_OPTIONAL, 1, G_MAXINT32, 0);
	manifest->requests_per_minute = (guint)json_walk_int(walk, "requests_per_minute", JSON_OPTIONAL, 1, G_MAXINT32, 0);
	if (manifest->page > 0 && manifest->overlap >= manifest->page)
		json_walk_reject(walk, "overlap", "must be smaller than page");
	json_walk_known(walk, known, manifest->unknown);
	json_walk_leave(walk);
}

static GStrv
words_read(JsonWalk *walk, const char *key, const char *only, gsize min)
{
	GStrv words = json_walk_strings(walk, key, JSON_REQUIRED, 8, 64);

	for (gsize i = 0; words[i] != NULL; i++) {
		if (g_strcmp0(words[i], only) != 0)
			json_walk_reject(walk, key, "names \"%s\"; this version knows \"%s\" only", words[i], only);
	}
	if (g_strv_length(words) < min)
		json_walk_reject(walk, key, "must not be empty");
	return words;
}

/* Two entries of one name would make a table that says two things. */
static void
unique_check(JsonWalk *walk, const char *list_key, GPtrArray *list)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list->len && !json_walk_failed(walk); i++) {
		/* The name is the first member of each of these structs. */
		char *const *name = g_ptr_array_index(list, i);

		if (!g_hash_table_add(seen, *name))
			json_walk_reject(walk, list_key, "names %s twice", *name);
	}
}

static void
manifest_fill(JsonWalk *walk, Manifest *manifest)
{
	static const char *const known[] = {
	    "manifest",  "id",       "name",         "version",         "abi",          "service_name", "default_identifier",
	    "module",    "access",   "provisioning", "source_of_truth", "thread_model", "capabilities", "kinds",
	    "principal", "settings", "oauth",        "setup",           "wire",         "budget",       "limits",
	    NULL};
	static const char *const principal_known[] = {"attributes", NULL};

	manifest->id = json_walk_pattern(walk, "id", JSON_REQUIRED, "^[a-z][a-z0-9_-]{0,63}$", "1 to 64 of a-z, 0-9, _ and -");
	manifest->name = json_walk_string(walk, "name", JSON_REQUIRED, 128);
	manifest->version = json_walk_pattern(walk, "version", JSON_REQUIRED, "^[0-9]+\\.[0-9]+\\.[0-9]+$", "like 1.0.0");
	manifest->abi = json_walk_pattern(walk, "abi", JSON_REQUIRED, "^[0-9]+\\.[0-9]+$", "like 1.0");
	manifest->service_name = json_walk_string(walk, "service_name", JSON_OPTIONAL, 255);
	manifest->default_identifier = json_walk_pattern(walk, "default_identifier", JSON_REQUIRED,
							 "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", "1 to 64 letters, digits, _ and -");
	module_read(walk, manifest);
	manifest->access = words_read(walk, "access", "api", 1);
	manifest->provisioning = words_read(walk, "provisioning", "oauth", 0);
	manifest->source_of_truth = json_walk_bool(walk, "source_of_truth", JSON_REQUIRED, FALSE);
	manifest->thread_model = (guint)json_walk_int(walk, "thread_model", JSON_REQUIRED, IDC_THREADS_MODULE, IDC_THREADS_FREE, 0);
	if (manifest->thread_model % 1000 != 0)
		json_walk_reject(walk, "thread_model", "must be 1000, 2000 or 3000");
	manifest->capabilities =
	    list_read(walk, "capabilities", JSON_REQUIRED, 1, 64, capability_read, manifest_capability_free, manifest->unknown);
	manifest->kinds = list_read(walk, "kinds", JSON_REQUIRED, 0, 32, kind_read, manifest_kind_free, manifest->unknown);
	if (json_walk_enter(walk, "principal", JSON_REQUIRED)) {
		manifest->attributes = list_read(walk, "attributes", JSON_REQUIRED, 0, 256, attribute_read, manifest_attribute_free,
						 manifest->unknown);
		json_walk_known(walk, principal_known, manifest->unknown);
		json_walk_leave(walk);
	} else {
		manifest->attributes = g_ptr_array_new();
	}
	manifest->settings =
	    list_read(walk, "settings", JSON_REQUIRED, 0, 128, setting_read, manifest_setting_free, manifest->unknown);
	oauth_read(walk, manifest);
	manifest->setup = list_read(walk, "setup", JSON_OPTIONAL, 0, 32, step_read, manifest_step_free, manifest->unknown);
	manifest->wire = list_read(walk, "wire", JSON_OPTIONAL, 0, 256, wire_read, manifest_wire_free, manifest->unknown);
	budget_read(walk, manifest);
	limits_read(walk, manifest);
	json_walk_known(walk, known, manifest->unknown);
	unique_check(walk, "capabilities", manifest->capabilities);
	unique_check(walk, "kinds", manifest->kinds);
	unique_check(walk, "principal.attributes", manifest->attributes);
	unique_check(walk, "settings", manifest->settings);
}

Manifest *
manifest_parse(const char *bytes, gsize length, const char *path, GError **error)
{
	g_autoptr(json_object) root = json_read(bytes, length, path, &manifest_limits, error);
	g_autoptr(JsonWalk) walk = NULL;
	g_autoptr(Manifest) manifest = NULL;
	gint64 format;

	if (root == NULL)
		return NULL;
	walk = json_walk_new(root, path);
	/* First of all: what a newer format says need not look like this one. */
	format = json_walk_int(walk, "manifest", JSON_REQUIRED, 1, G_MAXINT32, 0);
	if (format > MANIFEST_VERSION) {
		host_error_set(error, IDC_UNSUPPORTED, "manifest_newer",
			       "%s is written in manifest format %" G_GINT64_FORMAT
			       ", this host knows format %d. Install a newer idc-host.",
			       path, format, MANIFEST_VERSION);
		return NULL;
	}
	manifest = manifest_new(path);
	manifest_fill(walk, manifest);
	if (!json_walk_finish(walk, error))
		return NULL;
	return g_steal_pointer(&manifest);
}

Manifest *
manifest_read(const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = files_read_trusted(path, "The manifest", manifest_limits.max_bytes, FALSE, error);
	const char *text;
	gsize length;

	if (bytes == NULL)
		return NULL;
	text = g_bytes_get_data(bytes, &length);
	return manifest_parse(text != NULL ? text : "", length, path, error);
}
