/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wiped.h"

#include <string.h>

#include "../secret.h"

/* The text without what its strings say: where json-c stops half-way, what it has read so far is freed, and nobody can wipe it. */
static gchar *
wiped_shape(const gchar *text, gsize length)
{
	gchar *shape = g_malloc(length + 1);
	gboolean in_string = FALSE;

	for (gsize i = 0; i < length; i++) {
		const gchar c = text[i];

		shape[i] = c;
		if (in_string && c != '"' && c != '\\' && (guchar)c >= 0x20)
			shape[i] = '0';
		if (in_string && c == '\\' && i + 1 < length) {
			i++;
			shape[i] = text[i];
		} else if (c == '"') {
			in_string = !in_string;
		}
	}
	return shape;
}

/* json-c collects each string in one buffer: large enough from the beginning it never moves, and it is overwritten in the end. */
static void
wiped_fill(JsonTokener *tokener, gsize length)
{
	g_autofree gchar *zeros = g_malloc(length + 2);

	memset(zeros, '0', length + 2);
	zeros[0] = zeros[length + 1] = '"';
	json_tokener_reset(tokener);
	json_object_put(json_tokener_parse_ex(tokener, zeros, (int)(length + 2)));
	json_tokener_reset(tokener);
}

json_object *
wiped_read(const gchar *text, gsize length, const gchar *what, GError **error)
{
	gchar *shape = wiped_shape(text, length);
	g_autoptr(json_object) sound = json_read(shape, length, what, error);
	g_autoptr(JsonTokener) tokener = sound != NULL ? json_reader_new(what, error) : NULL;
	json_object *root = NULL;

	explicit_bzero(shape, length);
	g_free(shape);
	if (tokener == NULL)
		return NULL;
	wiped_fill(tokener, length);
	root = json_read_by(tokener, text, length, what, error);
	wiped_fill(tokener, length);
	return root;
}

static void
wiped_add_text(GString *to, const gchar *text, gsize length)
{
	static const gchar digits[] = "0123456789abcdef";

	secret_append(to, "\"", 1);
	for (gsize i = 0; i < length; i++) {
		const guchar c = (guchar)text[i];
		const gchar code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

		if (c < 0x20 || c == '"' || c == '\\')
			secret_append(to, code, sizeof(code));
		else
			secret_append(to, text + i, 1);
	}
	secret_append(to, "\"", 1);
}

static void
wiped_add(GString *to, json_object *value)
{
	const gchar *text;

	if (json_object_is_type(value, json_type_object)) {
		struct json_object_iterator at = json_object_iter_begin(value);
		const struct json_object_iterator end = json_object_iter_end(value);

		secret_append(to, "{", 1);
		for (gsize n = 0; !json_object_iter_equal(&at, &end); n++, json_object_iter_next(&at)) {
			const gchar *key = json_object_iter_peek_name(&at);

			secret_append(to, ",", n == 0 ? 0 : 1);
			wiped_add_text(to, key, strlen(key));
			secret_append(to, ":", 1);
			wiped_add(to, json_object_iter_peek_value(&at));
		}
		secret_append(to, "}", 1);
	} else if (json_object_is_type(value, json_type_array)) {
		secret_append(to, "[", 1);
		for (gsize i = 0; i < json_object_array_length(value); i++) {
			secret_append(to, ",", i == 0 ? 0 : 1);
			wiped_add(to, json_object_array_get_idx(value, i));
		}
		secret_append(to, "]", 1);
	} else if (json_object_is_type(value, json_type_string)) {
		wiped_add_text(to, json_object_get_string(value), (gsize)json_object_get_string_len(value));
	} else {
		text = value != NULL ? json_object_get_string(value) : "null";
		secret_append(to, text, strlen(text));
	}
}

gchar *
wiped_text(json_object *root)
{
	GString *text = g_string_new(NULL);

	wiped_add(text, root);
	return g_string_free(text, FALSE);
}

gboolean
wiped_put(const idc_host *host, const gchar *name, json_object *root, GError **error)
{
	gchar *text = wiped_text(root);
	const gboolean ok = secret_put(host, name, text, error);

	secret_free(text);
	return ok;
}

/* json-c keeps a string as it was given, and hands that very memory out. */
static void
wiped_wipe(json_object *value)
{
	if (json_object_is_type(value, json_type_object)) {
		struct json_object_iterator at = json_object_iter_begin(value);
		const struct json_object_iterator end = json_object_iter_end(value);

		for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
			wiped_wipe(json_object_iter_peek_value(&at));
	} else if (json_object_is_type(value, json_type_array)) {
		for (gsize i = 0; i < json_object_array_length(value); i++)
			wiped_wipe(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_string)) {
		explicit_bzero((gchar *)json_object_get_string(value), (gsize)json_object_get_string_len(value));
	}
}

void
wiped_free(json_object *root)
{
	wiped_wipe(root);
	json_object_put(root);
}
