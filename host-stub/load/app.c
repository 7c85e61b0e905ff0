/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/app.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "load/identifier.h"
#include "load/settings.h"
#include <idc/connector.h>
#include <string.h>

#define EMAIL_PATTERN "^[^@\\s,;<>\"]{1,64}@[^@\\s,;<>\"]{1,189}$"

static const JsonLimits app_limits = {.max_bytes = 256 * 1024, .max_depth = 6, .max_values = 20000};
static const char *const trusts[] = {"read", "read-write", NULL};
static const char *const guard_keys[] = {"at_least", "percent", NULL};

void
app_free(App *app)
{
	if (app == NULL)
		return;
	g_free(app->connector);
	g_free(app->name);
	g_free(app->identifier);
	g_free(app->access);
	g_free(app->provisioning);
	g_strfreev(app->owners);
	g_strfreev(app->default_entitlements);
	g_strfreev(app->protected_emails);
	g_strfreev(app->known_partial);
	g_free(app->account);
	g_free(app->connected_as);
	g_free(app->redirect_uri);
	g_clear_pointer(&app->settings, g_hash_table_unref);
	g_free(app);
}

static GHashTable *
app_settings_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

App *
app_new(const Manifest *manifest, const char *identifier)
{
	App *app = g_new0(App, 1);

	app->connector = g_strdup(manifest->id);
	app->name = g_strdup(manifest->name);
	app->identifier = g_strdup(identifier);
	app->access = g_strdup("api");
	app->trust = APP_READ;
	app->sync = APP_HOURLY;
	app->sync_minutes = 60;
	app->provisioning = g_strdup(manifest->provisioning[0]);
	app->owners = g_new0(char *, 1);
	app->default_entitlements = g_new0(char *, 1);
	app->protected_emails = g_new0(char *, 1);
	app->known_partial = g_new0(char *, 1);
	app->guard = (AppGuard){.at_least = 5, .percent = 10};
	app->change_guard = (AppGuard){.at_least = 25, .percent = 10};
	app->settings = app_settings_new();
	return app;
}

const char *
app_trust_text(AppTrust trust)
{
	return trusts[trust];
}

gboolean
app_parse_sync(const char *text, AppSync *ret_sync, guint *ret_minutes, GError **error)
{
	static const struct {
		const char *word;
		AppSync sync;
		guint minutes;
	} words[] = {{"hourly", APP_HOURLY, 60}, {"daily", APP_DAILY, 1440}, {"manual", APP_MANUAL, 0}};
	g_autoptr(GRegex) regex = g_regex_new("^every ([1-9][0-9]{0,4})(m|h)$", G_REGEX_DOLLAR_ENDONLY, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_strcmp0(text, words[i].word) != 0)
			continue;
		*ret_sync = words[i].sync;
		*ret_minutes = words[i].minutes;
		return TRUE;
	}
	if (g_regex_match(regex, text, 0, &match)) {
		g_autofree char *number = g_match_info_fetch(match, 1);
		g_autofree char *unit = g_match_info_fetch(match, 2);
		guint minutes = (guint)g_ascii_strtoull(number, NULL, 10) * (*unit == 'h' ? 60 : 1);

		/* Four weeks: who wants longer means manual. */
		if (minutes <= 40320) {
			*ret_sync = APP_EVERY;
			*ret_minutes = minutes;
			return TRUE;
		}
	}
	host_error_set(
	    error, IDC_INVALID, "sync_invalid",
	    "How often to sync is \"%s\", but must be hourly, daily, manual, or like \"every 15m\" or \"every 6h\" (at most 672h).",
	    text);
	return FALSE;
}

char *
app_sync_text(const App *app)
{
	static const char *const words[] = {"hourly", "daily", "manual"};

	if (app->sync != APP_EVERY)
		return g_strdup(words[app->sync]);
	if (app->sync_minutes % 60 == 0)
		return g_strdup_printf("every %uh", app->sync_minutes / 60);
	return g_strdup_printf("every %um", app->sync_minutes);
}

/* ---- reading ---- */

static void
app_read_guard(JsonWalk *walk, const char *key, AppGuard *guard)
{
	if (!json_walk_enter(walk, key, JSON_OPTIONAL))
		return;
	guard->at_least = (guint)json_walk_int(walk, "at_least", JSON_OPTIONAL, 0, G_MAXINT32, guard->at_least);
	guard->percent = (guint)json_walk_int(walk, "percent", JSON_OPTIONAL, 0, 100, guard->percent);
	json_walk_known(walk, guard_keys, NULL);
	json_walk_leave(walk);
}

static GStrv
app_read_emails(JsonWalk *walk, const char *key)
{
	GStrv emails = json_walk_strings(walk, key, JSON_OPTIONAL, 1000, 254);

	for (gsize i = 0; emails[i] != NULL; i++) {
		if (!g_regex_match_simple(EMAIL_PATTERN, emails[i], G_REGEX_DOLLAR_ENDONLY, 0))
			json_walk_reject(walk, key, "names \"%s\", which is no e-mail address", emails[i]);
	}
	return emails;
}

/* What every write has to say of itself. */
static void
app_read_require(JsonWalk *walk, App *app)
{
	g_auto(GStrv) words = json_walk_strings(walk, "require", JSON_OPTIONAL, 2, 64);

	for (gsize i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], "reason") == 0)
			app->require_reason = TRUE;
		else if (strcmp(words[i], "ticket") == 0)
			app->require_ticket = TRUE;
		else
			json_walk_reject(walk, "require",
					 "names \"%s\", but what a write can be required to say is reason and ticket", words[i]);
	}
}

/* Whoever edits by hand may write true and 4 where the connector gets "true" and "4". */
static void
app_read_settings(JsonWalk *walk, json_object *root, GHashTable *settings)
{
	g_auto(GStrv) keys = NULL;
	json_object *object = NULL;

	if (!json_walk_enter(walk, "settings", JSON_OPTIONAL))
		return;
	keys = json_walk_keys(walk);
	json_object_object_get_ex(root, "settings", &object);
	for (gsize i = 0; keys[i] != NULL; i++) {
		json_object *value = NULL;
		char *text = NULL;

		json_object_object_get_ex(object, keys[i], &value);
		if (json_object_is_type(value, json_type_boolean))
			text = g_strdup(json_object_get_boolean(value) ? "true" : "false");
		else if (json_object_is_type(value, json_type_int))
			text = g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int64(value));
		else
			text = json_walk_string(walk, keys[i], JSON_REQUIRED, IDC_MAX_VALUE);
		g_hash_table_insert(settings, g_strdup(keys[i]), text);
	}
	json_walk_leave(walk);
}

static void
app_read(JsonWalk *walk, json_object *root, App *app)
{
	static const char *const known[] = {"connector",
					    "name",
					    "identifier",
					    "access",
					    "trust",
					    "sync",
					    "provisioning",
					    "owners",
					    "default_entitlements",
					    "deactivate_on_termination",
					    "delete_on_termination",
					    "hr_source",
					    "protected",
					    "guard",
					    "change_guard",
					    "require",
					    "known_partial",
					    "account",
					    "connected_as",
					    "redirect_uri",
					    "settings",
					    NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *sync = NULL;

	json_walk_known(walk, known, NULL);
	app->connector = json_walk_string(walk, "connector", JSON_REQUIRED, 64);
	app->name = json_walk_string(walk, "name", JSON_REQUIRED, 128);
	app->identifier = json_walk_pattern(walk, "identifier", JSON_REQUIRED, "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
					    "1 to 64 letters, digits, _ and -");
	app->access = json_walk_string(walk, "access", JSON_OPTIONAL, 64);
	if (app->access == NULL)
		app->access = g_strdup("api");
	app->trust = (AppTrust)json_walk_choice(walk, "trust", JSON_OPTIONAL, trusts, APP_READ);
	sync = json_walk_string(walk, "sync", JSON_OPTIONAL, 64);
	if (sync != NULL && !app_parse_sync(sync, &app->sync, &app->sync_minutes, &error))
		json_walk_reject(walk, "sync", "is wrong: %s", error->message);
	app->provisioning = json_walk_string(walk, "provisioning", JSON_OPTIONAL, 64);
	app->owners = app_read_emails(walk, "owners");
	app->default_entitlements = json_walk_strings(walk, "default_entitlements", JSON_OPTIONAL, 1000, IDC_MAX_ID);
	app->deactivate_on_termination = json_walk_bool(walk, "deactivate_on_termination", JSON_OPTIONAL, FALSE);
	app->delete_on_termination = json_walk_bool(walk, "delete_on_termination", JSON_OPTIONAL, FALSE);
	app->hr_source = json_walk_bool(walk, "hr_source", JSON_OPTIONAL, FALSE);
	app->protected_emails = app_read_emails(walk, "protected");
	app_read_guard(walk, "guard", &app->guard);
	app_read_guard(walk, "change_guard", &app->change_guard);
	app_read_require(walk, app);
	app->known_partial = json_walk_strings(walk, "known_partial", JSON_OPTIONAL, 1000, 1024);
	app->account = json_walk_string(walk, "account", JSON_OPTIONAL, IDC_MAX_ID);
	app->connected_as = json_walk_string(walk, "connected_as", JSON_OPTIONAL, IDC_MAX_NAME);
	app->redirect_uri = json_walk_pattern(walk, "redirect_uri", JSON_OPTIONAL, "^https?://[!-~]{1,2000}$",
					      "an http or https address without blanks");
	app_read_settings(walk, root, app->settings);
}

App *
app_parse(const char *bytes, gsize length, const char *path, GError **error)
{
	g_autoptr(json_object) root = json_read(bytes, length, path, &app_limits, error);
	g_autoptr(JsonWalk) walk = NULL;
	g_autoptr(App) app = NULL;

	if (root == NULL)
		return NULL;
	walk = json_walk_new(root, path);
	app = g_new0(App, 1);
	app->sync = APP_HOURLY;
	app->sync_minutes = 60;
	app->guard = (AppGuard){.at_least = 5, .percent = 10};
	app->change_guard = (AppGuard){.at_least = 25, .percent = 10};
	app->settings = app_settings_new();
	app_read(walk, root, app);
	return json_walk_finish(walk, error) ? g_steal_pointer(&app) : NULL;
}

gboolean
app_check(const App *app, const Manifest *manifest, const char *path, GError **error)
{
	g_autofree char *access = text_join((const char *const *)manifest->access, "or");
	g_autofree char *provisioning = text_join((const char *const *)manifest->provisioning, "or");

	if (!g_strv_contains((const char *const *)manifest->access, app->access)) {
		host_error_set(error, IDC_INVALID, "access_refused",
			       "%s: access \"%s\" is refused: %s is only reached by its interface for programs (%s); web and "
			       "mobile access need no "
			       "connector.",
			       path, app->access, manifest->name, access);
		return FALSE;
	}
	if (app->provisioning != NULL && !g_strv_contains((const char *const *)manifest->provisioning, app->provisioning)) {
		host_error_set(error, IDC_INVALID, "provisioning_refused", "%s: provisioning \"%s\" is refused: %s knows %s.", path,
			       app->provisioning, manifest->name, *provisioning != '\0' ? provisioning : "none");
		return FALSE;
	}
	if (app->hr_source && !manifest->source_of_truth) {
		host_error_set(error, IDC_INVALID, "hr_source_refused",
			       "%s: hr_source is refused: %s does not know who works here, only who has an account; take people "
			       "from the system "
			       "that does.",
			       path, manifest->name);
		return FALSE;
	}
	if (settings_check_all(manifest, app->settings, error))
		return TRUE;
	g_prefix_error(error, "%s: ", path);
	return FALSE;
}

char *
app_path(const HostPaths *paths, const char *identifier)
{
	g_autofree char *file = g_strconcat(identifier, ".json", NULL);

	return g_build_filename(paths->data, "apps", file, NULL);
}

static gint
app_compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv
app_list(const HostPaths *paths, GError **error)
{
	g_autofree char *folder = paths_in_data(paths, "apps");
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &error_local);
	const char *file;

	if (dir == NULL && !g_error_matches(error_local, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		host_error_set(error, IDC_IO, "file_not_readable", "The apps in %s cannot be listed: %s.", folder,
			       error_local->message);
		return NULL;
	}
	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
		g_autofree char *name = NULL;

		if (!g_str_has_suffix(file, ".json"))
			continue;
		name = g_strndup(file, strlen(file) - strlen(".json"));
		if (identifier_valid(name))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
	g_ptr_array_sort(names, app_compare_names);
	g_ptr_array_add(names, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

char *
app_resolve(const HostPaths *paths, const char *identifier, GError **error)
{
	g_auto(GStrv) names = app_list(paths, error);
	g_autofree char *known = NULL;

	if (names == NULL)
		return NULL;
	for (gsize i = 0; names[i] != NULL; i++) {
		if (g_ascii_strcasecmp(names[i], identifier) == 0)
			return g_strdup(names[i]);
	}
	known = text_join((const char *const *)names, "and");
	if (*known != '\0')
		host_error_set(error, IDC_NOT_FOUND, "no_such_app", "There is no app \"%s\" in %s; there is %s.", identifier,
			       paths->data, known);
	else
		host_error_set(error, IDC_NOT_FOUND, "no_such_app",
			       "There is no app \"%s\": none was connected yet in %s. See idc-host modules for what can be.",
			       identifier, paths->data);
	if (error != NULL)
		host_error_set_exit(*error, HOST_EXIT_USAGE);
	return NULL;
}

App *
app_load(const HostPaths *paths, const char *identifier, Manifest **ret_manifest, GError **error)
{
	g_autofree char *name = app_resolve(paths, identifier, error);
	g_autofree char *path = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(App) app = NULL;
	const char *text;
	gsize length;

	if (name == NULL)
		return NULL;
	path = app_path(paths, name);
	bytes = files_read_trusted(path, "The app's file", app_limits.max_bytes, FALSE, error);
	if (bytes == NULL)
		return NULL;
	text = g_bytes_get_data(bytes, &length);
	app = app_parse(text != NULL ? text : "", length, path, error);
	if (app == NULL)
		return NULL;
	if (g_strcmp0(app->identifier, name) != 0) {
		host_error_set(
		    error, IDC_INVALID, "identifier_mismatch",
		    "%s: identifier is \"%s\", but must be what the file is named after, \"%s\": an identifier never changes.",
		    path, app->identifier, name);
		return NULL;
	}
	manifest = manifest_find(paths, app->connector, error);
	if (manifest == NULL || !app_check(app, manifest, path, error))
		return NULL;
	if (ret_manifest != NULL)
		*ret_manifest = g_steal_pointer(&manifest);
	return g_steal_pointer(&app);
}
