/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "input.h"

#include <string.h>

GQuark
input_error_quark(void)
{
	return g_quark_from_static_string("input-error");
}

gboolean
input_refuse(GError **error, const gchar *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error != NULL)
		*error = g_error_new_valist(INPUT_ERROR, INPUT_ERROR_INVALID, format, args);
	va_end(args);
	return FALSE;
}

/* json-c takes single quotes for double ones even when it is strict. */
static gboolean
input_has_single_quotes(const gchar *text, gsize length)
{
	gboolean inside = FALSE;

	for (gsize i = 0; i < length; i++) {
		if (text[i] == '\'' && !inside)
			return TRUE;
		if (text[i] == '"')
			inside = !inside;
		else if (text[i] == '\\')
			i++;
	}
	return FALSE;
}

json_object *
input_parse(const gchar *text, gsize length, const gchar *where, GError **error)
{
	struct json_tokener *tokener;
	g_autoptr(json_object) value = NULL;
	enum json_tokener_error failure;
	gsize end;

	if (length > INPUT_MAX_BYTES) {
		input_refuse(error, "%s has %zu bytes; at most %d are read.", where, length, INPUT_MAX_BYTES);
		return NULL;
	}
	if (!g_utf8_validate_len(text, length, NULL)) {
		input_refuse(error, "%s is not UTF-8, or holds a NUL.", where);
		return NULL;
	}
	if (input_has_single_quotes(text, length)) {
		input_refuse(error, "%s is not JSON: strings stand in double quotes.", where);
		return NULL;
	}
	tokener = json_tokener_new_ex(INPUT_MAX_DEPTH);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, text, (int)length);
	failure = json_tokener_get_error(tokener);
	if (failure == json_tokener_continue) {
		/* the text ended early, or with a bare number; the tokener tells only when it sees the end */
		value = json_tokener_parse_ex(tokener, "", 1);
		failure = json_tokener_get_error(tokener);
		end = length;
	} else {
		end = json_tokener_get_parse_end(tokener);
	}
	json_tokener_free(tokener);
	if (failure != json_tokener_success) {
		input_refuse(error, "%s is not JSON: %s at byte %zu.", where, json_tokener_error_desc(failure), end);
		return NULL;
	}
	for (; end < length; end++) {
		if (strchr(" \t\r\n", text[end]) == NULL) {
			input_refuse(error, "%s goes on after the JSON value, at byte %zu.", where, end);
			return NULL;
		}
	}
	if (!json_object_is_type(value, json_type_object)) {
		input_refuse(error, "%s must be a JSON object.", where);
		return NULL;
	}
	return g_steal_pointer(&value);
}

gboolean
input_only_keys(json_object *object, const gchar *where, const gchar *const *keys, GError **error)
{
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (!g_strv_contains(keys, key)) {
			g_autofree gchar *known = g_strjoinv(", ", (gchar **)(gsize)keys);
			return input_refuse(error, "%s has the unknown key \"%s\"; known are: %s.", where, key, known);
		}
	}
	return TRUE;
}

static gboolean
input_get(json_object *object, const gchar *key, json_object **ret_value)
{
	return json_object_object_get_ex(object, key, ret_value) && *ret_value != NULL;
}

gboolean
input_string(json_object *object, const gchar *where, const gchar *key, const gchar **ret_value, GError **error)
{
	json_object *value = NULL;

	if (!input_get(object, key, &value))
		return TRUE;
	if (!json_object_is_type(value, json_type_string))
		return input_refuse(error, "\"%s\" of %s must be a string.", key, where);
	if (strlen(json_object_get_string(value)) != (gsize)json_object_get_string_len(value))
		return input_refuse(error, "\"%s\" of %s holds a NUL.", key, where);
	*ret_value = json_object_get_string(value);
	return TRUE;
}

gboolean
input_boolean(json_object *object, const gchar *where, const gchar *key, gboolean *ret_value, GError **error)
{
	json_object *value = NULL;

	if (!input_get(object, key, &value))
		return TRUE;
	if (!json_object_is_type(value, json_type_boolean))
		return input_refuse(error, "\"%s\" of %s must be true or false.", key, where);
	*ret_value = json_object_get_boolean(value);
	return TRUE;
}

gboolean
input_integer(json_object *object, const gchar *where, const gchar *key, gint64 minimum, gint64 maximum, gint64 *ret_value,
	      GError **error)
{
	json_object *value = NULL;

	if (!input_get(object, key, &value))
		return TRUE;
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < minimum ||
	    json_object_get_int64(value) > maximum)
		return input_refuse(error, "\"%s\" of %s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".",
				    key, where, minimum, maximum);
	*ret_value = json_object_get_int64(value);
	return TRUE;
}

static gboolean
input_typed(json_object *object, const gchar *where, const gchar *key, json_type type, const gchar *what, json_object **ret_value,
	    GError **error)
{
	json_object *value = NULL;

	if (!input_get(object, key, &value))
		return TRUE;
	if (!json_object_is_type(value, type))
		return input_refuse(error, "\"%s\" of %s must be %s.", key, where, what);
	*ret_value = value;
	return TRUE;
}

gboolean
input_array(json_object *object, const gchar *where, const gchar *key, json_object **ret_value, GError **error)
{
	return input_typed(object, where, key, json_type_array, "an array", ret_value, error);
}

gboolean
input_object(json_object *object, const gchar *where, const gchar *key, json_object **ret_value, GError **error)
{
	return input_typed(object, where, key, json_type_object, "an object", ret_value, error);
}

gboolean
input_strings(json_object *object, const gchar *where, const gchar *key, GPtrArray **ret_value, GError **error)
{
	json_object *array = NULL;
	g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);

	if (!input_array(object, where, key, &array, error))
		return FALSE;
	if (array == NULL)
		return TRUE;
	for (gsize i = 0; i < json_object_array_length(array); i++) {
		json_object *value = json_object_array_get_idx(array, i);
		if (!json_object_is_type(value, json_type_string))
			return input_refuse(error, "\"%s\"[%zu] of %s must be a string.", key, i, where);
		g_ptr_array_add(strings, g_strdup(json_object_get_string(value)));
	}
	g_clear_pointer(ret_value, g_ptr_array_unref);
	*ret_value = g_steal_pointer(&strings);
	return TRUE;
}
