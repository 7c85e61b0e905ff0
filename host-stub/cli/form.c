/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/form.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/secret.h"
#include "load/settings.h"
#include <string.h>

/* How an app's key is given as text. */
typedef enum { FORM_STRING, FORM_BOOLEAN, FORM_LIST, FORM_GUARD } FormType;

static const struct {
	const char *key;
	FormType type;
} form_keys[] = {
    {"name", FORM_STRING},
    {"access", FORM_STRING},
    {"trust", FORM_STRING},
    {"sync", FORM_STRING},
    {"provisioning", FORM_STRING},
    {"owners", FORM_LIST},
    {"default_entitlements", FORM_LIST},
    {"deactivate_on_termination", FORM_BOOLEAN},
    {"delete_on_termination", FORM_BOOLEAN},
    {"hr_source", FORM_BOOLEAN},
    {"protected", FORM_LIST},
    {"guard.at_least", FORM_GUARD},
    {"guard.percent", FORM_GUARD},
    {"change_guard.at_least", FORM_GUARD},
    {"change_guard.percent", FORM_GUARD},
    {"require", FORM_LIST},
    {"known_partial", FORM_LIST},
    {"redirect_uri", FORM_STRING},
};

void
form_clear(Form *form)
{
	g_free(form->identifier);
	g_free(form->name);
	g_free(form->trust);
	g_free(form->sync);
	g_free(form->redirect_uri);
	g_strfreev(form->owners);
	g_strfreev(form->default_entitlements);
	g_strfreev(form->app);
	g_strfreev(form->settings);
	g_strfreev(form->secrets);
	g_strfreev(form->secret_files);
	g_strfreev(form->unset);
}

/* The object or array under key, made where it is not there. */
static json_object *
form_child(json_object *object, const char *key, json_object *(*make)(void))
{
	json_object *child = NULL;

	if (!json_object_object_get_ex(object, key, &child)) {
		child = make();
		json_object_object_add(object, key, child);
	}
	return child;
}

static void
form_add_string(json_object *object, const char *key, const char *value)
{
	if (value != NULL)
		json_object_object_add(object, key, json_object_new_string(value));
}

static void
form_add_strings(json_object *object, const char *key, GStrv values)
{
	for (gsize i = 0; values != NULL && values[i] != NULL; i++)
		json_object_array_add(form_child(object, key, json_object_new_array), json_object_new_string(values[i]));
}

/* "guard.percent" and a number; what is no number stays a string, and the reader of apps says so. */
static void
form_add_guard(json_object *object, const char *key, const char *value)
{
	const char *dot = strchr(key, '.');
	g_autofree char *outer = g_strndup(key, (gsize)(dot - key));
	gint64 number = 0;
	json_object *guard = form_child(object, outer, json_object_new_object);

	if (g_ascii_string_to_signed(value, 10, G_MININT32, G_MAXINT32, &number, NULL))
		json_object_object_add(guard, dot + 1, json_object_new_int64(number));
	else
		json_object_object_add(guard, dot + 1, json_object_new_string(value));
}

static gboolean
form_reject_key(const char *key, GError **error)
{
	const char *keys[G_N_ELEMENTS(form_keys) + 1] = {NULL};
	g_autofree char *known = NULL;
	const char *nearest;

	for (gsize i = 0; i < G_N_ELEMENTS(form_keys); i++)
		keys[i] = form_keys[i].key;
	nearest = text_nearest(key, keys);
	known = text_join(keys, "and");
	if (nearest != NULL)
		host_error_set(error, IDC_INVALID, "app_key_unknown", "An app has no key \"%s\"; did you mean %s?", key, nearest);
	else
		host_error_set(error, IDC_INVALID, "app_key_unknown", "An app has no key \"%s\"; --app takes %s.", key, known);
	return FALSE;
}

static gboolean
form_add_key(json_object *object, const char *key, const char *value, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(form_keys); i++) {
		if (strcmp(form_keys[i].key, key) != 0)
			continue;
		if (form_keys[i].type == FORM_LIST)
			json_object_array_add(form_child(object, key, json_object_new_array), json_object_new_string(value));
		else if (form_keys[i].type == FORM_GUARD)
			form_add_guard(object, key, value);
		else if (form_keys[i].type == FORM_BOOLEAN && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
			json_object_object_add(object, key, json_object_new_boolean(*value == 't'));
		else
			form_add_string(object, key, value);
		return TRUE;
	}
	return form_reject_key(key, error);
}

gboolean
form_is_token(const Manifest *manifest, const char *key, GError **error)
{
	static const char *const names[] = {"token",        "api_token",      "api_key",      "apikey",
					    "access_token", "personal_token", "bearer_token", NULL};
	g_autofree char *folded = g_ascii_strdown(key, -1);

	g_strdelimit(folded, "-.", '_');
	if (manifest_setting(manifest, key) != NULL || !g_strv_contains(names, folded))
		return FALSE;
	host_error_set(error, IDC_INVALID, "permanent_token",
		       "A permanent token is not accepted, register an OAuth app: idc-host connect %s --print-setup says how.",
		       manifest->id);
	return TRUE;
}

static gboolean
form_add_settings(json_object *object, const Form *form, const Manifest *manifest, GError **error)
{
	json_object *settings = form_child(object, "settings", json_object_new_object);

	for (gsize i = 0; form->settings != NULL && form->settings[i] != NULL; i++) {
		g_autofree char *key = NULL;
		g_autofree char *value = NULL;

		if (!cli_split("--set", form->settings[i], &key, &value, error) || form_is_token(manifest, key, error) ||
		    !settings_check_key(manifest, key, error))
			return FALSE;
		/* Later commands run in other folders. */
		if (manifest_setting(manifest, key)->type == MANIFEST_PATH && *value != '\0') {
			char *absolute = g_canonicalize_filename(value, NULL);

			g_free(value);
			value = absolute;
		}
		if (!settings_check_value(manifest_setting(manifest, key), value, error))
			return FALSE;
		json_object_object_add(settings, key, json_object_new_string(value));
	}
	return TRUE;
}

void
form_add(GStrv *vector, char *value)
{
	guint n = *vector != NULL ? g_strv_length(*vector) : 0;

	*vector = g_renew(char *, *vector, n + 2);
	(*vector)[n] = value;
	(*vector)[n + 1] = NULL;
}

/* Takes a key back to its default; guards are objects of two. */
static gboolean
form_drop_key(json_object *object, const Manifest *manifest, const char *key, GError **error)
{
	static const char *const fixed[] = {"connector", "identifier", "name", NULL};
	const char *dot = strchr(key, '.');
	g_autofree char *outer = dot != NULL ? g_strndup(key, (gsize)(dot - key)) : g_strdup(key);
	json_object *inside = NULL;

	if (manifest_setting(manifest, key) != NULL) {
		json_object_object_del(form_child(object, "settings", json_object_new_object), key);
		return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(form_keys); i++) {
		if (strcmp(form_keys[i].key, key) != 0 || g_strv_contains(fixed, key))
			continue;
		if (dot == NULL)
			json_object_object_del(object, key);
		else if (json_object_object_get_ex(object, outer, &inside))
			json_object_object_del(inside, dot + 1);
		return TRUE;
	}
	host_error_set(error, IDC_INVALID, "app_key_unknown",
		       "--unset %s: there is no such setting, or it has no default that it could go back to.", key);
	return FALSE;
}

/* What the form is to be written over. Lists that are given again begin empty. */
static json_object *
form_base(const Form *form, const Manifest *manifest, const App *base, GError **error)
{
	g_autoptr(json_object) object = base != NULL ? app_json(base) : json_object_new_object();

	form_add_string(object, "connector", manifest->id);
	if (base == NULL) {
		form_add_string(object, "identifier", form->identifier != NULL ? form->identifier : manifest->default_identifier);
		form_add_string(object, "name", manifest->name);
		form_add_string(object, "provisioning", manifest->provisioning[0]);
	}
	for (gsize i = 0; form->unset != NULL && form->unset[i] != NULL; i++) {
		if (!form_drop_key(object, manifest, form->unset[i], error))
			return NULL;
	}
	if (form->owners != NULL)
		json_object_object_del(object, "owners");
	if (form->default_entitlements != NULL)
		json_object_object_del(object, "default_entitlements");
	for (gsize i = 0; form->app != NULL && form->app[i] != NULL; i++) {
		for (gsize k = 0; k < G_N_ELEMENTS(form_keys); k++) {
			gsize length = strlen(form_keys[k].key);

			if (form_keys[k].type == FORM_LIST && strncmp(form->app[i], form_keys[k].key, length) == 0 &&
			    form->app[i][length] == '=')
				json_object_object_del(object, form_keys[k].key);
		}
	}
	return g_steal_pointer(&object);
}

App *
form_app(const Form *form, const Manifest *manifest, const App *base, GError **error)
{
	g_autoptr(json_object) object = form_base(form, manifest, base, error);
	g_autofree char *title = base != NULL ? g_strdup_printf("The app %s", base->identifier) : g_strdup("The new app");
	g_autoptr(App) app = NULL;
	const char *text;

	if (object == NULL)
		return NULL;
	for (gsize i = 0; form->app != NULL && form->app[i] != NULL; i++) {
		g_autofree char *key = NULL;
		g_autofree char *value = NULL;

		if (!cli_split("--app", form->app[i], &key, &value, error) || !form_add_key(object, key, value, error))
			return NULL;
	}
	form_add_string(object, "name", form->name);
	form_add_string(object, "trust", form->trust);
	form_add_string(object, "sync", form->sync);
	form_add_string(object, "redirect_uri", form->redirect_uri);
	form_add_strings(object, "owners", form->owners);
	form_add_strings(object, "default_entitlements", form->default_entitlements);
	if (!form_add_settings(object, form, manifest, error))
		return NULL;
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	app = app_parse(text, strlen(text), title, error);
	if (app == NULL || !app_check(app, manifest, title, error))
		return NULL;
	return g_steal_pointer(&app);
}

/* Whether key names a secret of this connector; the sentence for a wrong one proposes what was meant. */
static gboolean
form_check_secret_key(const Manifest *manifest, const char *key, GError **error)
{
	const ManifestSetting *setting = manifest_setting(manifest, key);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) keys = NULL;
	g_autofree char *known = NULL;

	if (setting != NULL && setting->secret)
		return TRUE;
	if (form_is_token(manifest, key, error))
		return FALSE;
	if (setting != NULL) {
		host_error_set(error, IDC_INVALID, "setting_is_no_secret", "%s is no secret: give it with --set %s=VALUE.", key,
			       key);
		return FALSE;
	}
	for (guint i = 0; i < manifest->settings->len; i++) {
		setting = g_ptr_array_index(manifest->settings, i);
		if (setting->secret)
			g_strv_builder_add(builder, setting->key);
	}
	keys = g_strv_builder_end(builder);
	known = text_join((const char *const *)keys, "and");
	host_error_set(error, IDC_INVALID, "setting_unknown", "%s has no secret \"%s\"; its secrets are %s.", manifest->name, key,
		       *known != '\0' ? known : "none");
	return FALSE;
}

/* The value for KEY=@FILE and KEY=-; a value in its place was seen by everybody who can list processes. */
static GBytes *
form_secret_value(const char *key, const char *value, gboolean *stdin_used, GError **error)
{
	GBytes *bytes;

	if (*value == '@') {
		bytes = vault_read_file(value + 1, error);
		if (bytes == NULL && error != NULL)
			host_error_set_exit(*error, HOST_EXIT_USAGE);
		return bytes;
	}
	if (strcmp(value, "-") != 0) {
		host_error_set(error, IDC_INVALID, "secret_on_command_line",
			       "A secret is never given on the command line, where every user of this machine could read it: use "
			       "--secret %s=@FILE or "
			       "--secret %s=- (standard input). Replace the secret that was just shown.",
			       key, key);
		return NULL;
	}
	if (*stdin_used) {
		host_error_set(error, IDC_INVALID, "usage",
			       "Only one secret can come from standard input; give %s with --secret %s=@FILE.", key, key);
		return NULL;
	}
	*stdin_used = TRUE;
	return secret_read_stdin(key, error);
}

gboolean
form_secrets(const Form *form, const Manifest *manifest, const char *identifier, Vault *vault, GError **error)
{
	gboolean stdin_used = FALSE;

	for (gsize i = 0; form->secrets != NULL && form->secrets[i] != NULL; i++) {
		g_autofree char *key = NULL;
		g_autofree char *value = NULL;
		g_autoptr(GBytes) bytes = NULL;

		if (!cli_split("--secret", form->secrets[i], &key, &value, error) || !form_check_secret_key(manifest, key, error))
			return FALSE;
		bytes = form_secret_value(key, value, &stdin_used, error);
		if (bytes == NULL ||
		    !vault_put(vault, identifier, key, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error))
			return FALSE;
	}
	for (gsize i = 0; form->secret_files != NULL && form->secret_files[i] != NULL; i++) {
		g_autofree char *key = NULL;
		g_autofree char *value = NULL;
		g_autofree char *path = NULL;

		if (!cli_split("--secret-file", form->secret_files[i], &key, &value, error) ||
		    !form_check_secret_key(manifest, key, error))
			return FALSE;
		path = g_canonicalize_filename(value, NULL);
		if (!vault_put_reference(vault, identifier, key, path, error))
			return FALSE;
	}
	return TRUE;
}

typedef struct {
	Vault *vault;
	const char *identifier;
} FormSecrets;

static gboolean
form_has_secret(const char *key, gpointer user_data)
{
	const FormSecrets *secrets = user_data;

	return vault_has(secrets->vault, secrets->identifier, key);
}

GError *
form_missing(const App *app, const Manifest *manifest, Vault *vault, json_object *body)
{
	FormSecrets secrets = {vault, app->identifier};
	g_autoptr(GPtrArray) missing = settings_missing(manifest, app->settings, form_has_secret, &secrets);
	g_autoptr(GString) text = g_string_new(NULL);
	json_object *list = json_object_new_array();

	json_object_object_add(body, "missing", list);
	for (guint i = 0; i < missing->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(missing, i);
		json_object *entry = json_object_new_object();

		form_add_string(entry, "key", setting->key);
		json_object_object_add(entry, "secret", json_object_new_boolean(setting->secret));
		form_add_string(entry, "label", setting->label);
		form_add_string(entry, "help", setting->help);
		json_object_array_add(list, entry);
		g_string_append_printf(text, "%s--%s %s=%s (%s: %s)", i > 0 ? "; " : "", setting->secret ? "secret" : "set",
				       setting->key, setting->secret ? "@FILE" : "VALUE", setting->label, setting->help);
	}
	if (missing->len == 0)
		return NULL;
	return host_error_new(IDC_INVALID, "setting_missing", "To connect %s, give also %s.", manifest->name, text->str);
}
