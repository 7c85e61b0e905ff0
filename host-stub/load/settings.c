/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/settings.h"
#include "base/error.h"
#include "base/text.h"
#include <idc/connector.h>
#include <string.h>

static gboolean
settings_reject(const ManifestSetting *setting, const char *value, const char *allowed, GError **error)
{
	host_error_set(error, IDC_INVALID, "setting_invalid", "The setting %s is \"%s\", but must be %s (%s: %s).", setting->key,
		       value, allowed, setting->label, setting->help);
	return FALSE;
}

static gboolean
settings_check_integer(const ManifestSetting *setting, const char *value, GError **error)
{
	g_autofree char *allowed = NULL;
	gint64 min = setting->minimum;
	gint64 max = setting->maximum;

	/* The bounds that were not said are those of 64 bits, which is what g_ascii_string_to_signed() takes. */
	if (g_ascii_string_to_signed(value, 10, min, max, NULL, NULL))
		return TRUE;
	if (min == G_MININT64 && max == G_MAXINT64)
		allowed = g_strdup("a whole number");
	else if (max == G_MAXINT64)
		allowed = g_strdup_printf("a whole number from %" G_GINT64_FORMAT, min);
	else if (min == G_MININT64)
		allowed = g_strdup_printf("a whole number up to %" G_GINT64_FORMAT, max);
	else
		allowed = g_strdup_printf("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, min, max);
	return settings_reject(setting, value, allowed, error);
}

static gboolean
settings_check_type(const ManifestSetting *setting, const char *value, GError **error)
{
	g_autofree char *allowed = NULL;

	switch (setting->type) {
	case MANIFEST_CHOICE:
		if (g_strv_contains((const char *const *)setting->values, value))
			return TRUE;
		allowed = text_join((const char *const *)setting->values, "or");
		return settings_reject(setting, value, allowed, error);
	case MANIFEST_BOOLEAN:
		if (g_strcmp0(value, "true") == 0 || g_strcmp0(value, "false") == 0)
			return TRUE;
		return settings_reject(setting, value, "true or false", error);
	case MANIFEST_INTEGER:
		return settings_check_integer(setting, value, error);
	case MANIFEST_EMAIL:
		if (g_regex_match_simple("^[^@\\s,;<>\"]{1,64}@[^@\\s,;<>\"]{1,189}$", value, G_REGEX_DOLLAR_ENDONLY, 0))
			return TRUE;
		return settings_reject(setting, value, "one e-mail address", error);
	case MANIFEST_URL:
		if (strlen(value) <= IDC_MAX_URL &&
		    g_regex_match_simple("^[a-z][a-z0-9+.-]*://[!-~]+$", value, G_REGEX_DOLLAR_ENDONLY, 0))
			return TRUE;
		return settings_reject(setting, value, "an address that begins with its scheme, such as https://", error);
	case MANIFEST_PATH:
		if (g_path_is_absolute(value))
			return TRUE;
		return settings_reject(setting, value, "an absolute path", error);
	case MANIFEST_STRING:
	default:
		return TRUE;
	}
}

/* Whether any character would end a line or change the terminal; no setting needs one. */
static gboolean
settings_has_control(const char *value)
{
	for (const char *p = value; *p != '\0'; p = g_utf8_offset_to_pointer(p, 1)) {
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return TRUE;
	}
	return FALSE;
}

gboolean
settings_check_value(const ManifestSetting *setting, const char *value, GError **error)
{
	if (!g_utf8_validate(value, -1, NULL) || settings_has_control(value))
		return settings_reject(setting, value, "text without control characters", error);
	if (*value == '\0')
		return settings_reject(setting, value, "something; leave it out where it is not wanted", error);
	if (strlen(value) > IDC_MAX_VALUE)
		return settings_reject(setting, "...", "shorter", error);
	if (!settings_check_type(setting, value, error))
		return FALSE;
	if (setting->pattern != NULL && !g_regex_match(setting->pattern, value, 0, NULL)) {
		g_autofree char *allowed = g_strdup_printf("of the form %s", setting->pattern_text);

		return settings_reject(setting, value, allowed, error);
	}
	return TRUE;
}

gboolean
settings_check_key(const Manifest *manifest, const char *key, GError **error)
{
	const ManifestSetting *setting = manifest_setting(manifest, key);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) keys = NULL;
	g_autofree char *allowed = NULL;
	const char *nearest;

	if (setting != NULL && !setting->secret)
		return TRUE;
	if (setting != NULL) {
		host_error_set(
		    error, IDC_INVALID, "setting_is_secret",
		    "%s is a secret and not a setting: give it with --secret %s=@FILE, --secret %s=- or --secret-file %s=PATH.",
		    key, key, key, key);
		return FALSE;
	}
	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *known = g_ptr_array_index(manifest->settings, i);

		if (!known->secret)
			g_strv_builder_add(builder, known->key);
	}
	keys = g_strv_builder_end(builder);
	allowed = text_join((const char *const *)keys, "and");
	nearest = text_nearest(key, (const char *const *)keys);
	if (nearest != NULL)
		host_error_set(error, IDC_INVALID, "setting_unknown", "%s has no setting \"%s\"; did you mean %s?", manifest->name,
			       key, nearest);
	else
		host_error_set(error, IDC_INVALID, "setting_unknown", "%s has no setting \"%s\"; its settings are %s.",
			       manifest->name, key, *allowed != '\0' ? allowed : "none");
	return FALSE;
}

const char *
settings_value(const Manifest *manifest, GHashTable *settings, const char *key)
{
	const char *given = g_hash_table_lookup(settings, key);
	const ManifestSetting *setting;

	if (given != NULL)
		return given;
	setting = manifest_setting(manifest, key);
	return setting != NULL ? setting->default_value : NULL;
}

gboolean
settings_condition(const Manifest *manifest, GHashTable *settings, const ManifestCondition *condition)
{
	if (condition == NULL)
		return FALSE;
	return g_strcmp0(settings_value(manifest, settings, condition->setting), condition->is) == 0;
}

GPtrArray *
settings_missing(const Manifest *manifest, GHashTable *settings, gboolean (*has_secret)(const char *key, gpointer user_data),
		 gpointer user_data)
{
	GPtrArray *missing = g_ptr_array_new();

	for (guint i = 0; i < manifest->settings->len; i++) {
		ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);

		if (!setting->required && !settings_condition(manifest, settings, setting->required_if))
			continue;
		if (setting->secret ? has_secret(setting->key, user_data)
				    : settings_value(manifest, settings, setting->key) != NULL)
			continue;
		g_ptr_array_add(missing, setting);
	}
	return missing;
}

static gint
settings_compare_keys(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

gboolean
settings_check_all(const Manifest *manifest, GHashTable *settings, GError **error)
{
	/* Sorted, so that of several faults always the same is told. */
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(settings), settings_compare_keys);

	for (GList *at = keys; at != NULL; at = at->next) {
		if (!settings_check_key(manifest, at->data, error))
			return FALSE;
		if (!settings_check_value(manifest_setting(manifest, at->data), g_hash_table_lookup(settings, at->data), error))
			return FALSE;
	}
	return TRUE;
}

/* The address without its path, written one way; what is no address is taken as it is. */
static char *
settings_address(const char *value)
{
	g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
	const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
	g_autofree char *lower = host != NULL ? g_ascii_strdown(host, -1) : NULL;

	if (lower == NULL)
		return g_strdup(value);
	return g_strdup_printf("%s://%s:%d", g_uri_get_scheme(uri), lower, g_uri_get_port(uri));
}

char *
settings_origin(const Manifest *manifest, GHashTable *settings)
{
	GString *origin = g_string_new(NULL);

	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);
		const char *value = settings_value(manifest, settings, setting->key);
		g_autofree char *address = NULL;

		if (setting->type != MANIFEST_URL || value == NULL || *value == '\0')
			continue;
		address = settings_address(value);
		g_string_append_printf(origin, "%s%s=%s", origin->len > 0 ? " " : "", setting->key, address);
	}
	return g_string_free(origin, FALSE);
}
