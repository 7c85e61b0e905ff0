/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "load/app.h"
#include <string.h>

static void
app_add_string(json_object *object, const char *key, const char *value)
{
	if (value != NULL)
		json_object_object_add(object, key, json_object_new_string(value));
}

static void
app_add_strings(json_object *object, const char *key, GStrv values)
{
	json_object *array = json_object_new_array();

	for (gsize i = 0; values[i] != NULL; i++)
		json_object_array_add(array, json_object_new_string(values[i]));
	json_object_object_add(object, key, array);
}

static void
app_add_require(json_object *object, const App *app)
{
	const char *const words[] = {app->require_reason ? "reason" : NULL, app->require_ticket ? "ticket" : NULL};
	json_object *array = json_object_new_array();

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (words[i] != NULL)
			json_object_array_add(array, json_object_new_string(words[i]));
	}
	json_object_object_add(object, "require", array);
}

static void
app_add_bool(json_object *object, const char *key, gboolean value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static void
app_add_guard(json_object *object, const char *key, const AppGuard *guard)
{
	json_object *value = json_object_new_object();

	json_object_object_add(value, "at_least", json_object_new_int64(guard->at_least));
	json_object_object_add(value, "percent", json_object_new_int64(guard->percent));
	json_object_object_add(object, key, value);
}

static gint
app_compare_keys(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static void
app_add_settings(json_object *object, GHashTable *settings)
{
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(settings), app_compare_keys);
	json_object *value = json_object_new_object();

	for (GList *at = keys; at != NULL; at = at->next)
		app_add_string(value, at->data, g_hash_table_lookup(settings, at->data));
	json_object_object_add(object, "settings", value);
}

json_object *
app_json(const App *app)
{
	json_object *object = json_object_new_object();
	g_autofree char *sync = app_sync_text(app);

	app_add_string(object, "connector", app->connector);
	app_add_string(object, "name", app->name);
	app_add_string(object, "identifier", app->identifier);
	app_add_string(object, "access", app->access);
	app_add_string(object, "trust", app_trust_text(app->trust));
	app_add_string(object, "sync", sync);
	app_add_string(object, "provisioning", app->provisioning);
	app_add_strings(object, "owners", app->owners);
	app_add_strings(object, "default_entitlements", app->default_entitlements);
	app_add_bool(object, "deactivate_on_termination", app->deactivate_on_termination);
	app_add_bool(object, "delete_on_termination", app->delete_on_termination);
	app_add_bool(object, "hr_source", app->hr_source);
	app_add_strings(object, "protected", app->protected_emails);
	app_add_guard(object, "guard", &app->guard);
	app_add_guard(object, "change_guard", &app->change_guard);
	app_add_require(object, app);
	app_add_strings(object, "known_partial", app->known_partial);
	app_add_string(object, "account", app->account);
	app_add_string(object, "connected_as", app->connected_as);
	app_add_string(object, "redirect_uri", app->redirect_uri);
	app_add_settings(object, app->settings);
	return object;
}

gboolean
app_save(const HostPaths *paths, const App *app, GError **error)
{
	g_autoptr(json_object) object = app_json(app);
	g_autofree char *path = app_path(paths, app->identifier);
	g_autofree char *text = NULL;

	text = g_strconcat(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE), "\n",
			   NULL);
	return files_write_atomically(path, text, strlen(text), error);
}
