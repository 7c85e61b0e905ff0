/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include <string.h>

/* Longer paths than any file of ours has are cut by refusing to go deeper; json_read() bounds the depth of what comes here. */
typedef struct {
	json_object *object;
	gsize path_length; /* of the walk's path before this was entered */
} JsonFrame;

struct JsonWalk {
	char *origin;
	GString *path;
	GArray *frames;
	GError *error;
};

JsonWalk *
json_walk_new(json_object *root, const char *origin)
{
	JsonWalk *walk = g_new0(JsonWalk, 1);
	JsonFrame frame = {.object = root};

	walk->origin = g_strdup(origin);
	walk->path = g_string_new(NULL);
	walk->frames = g_array_new(FALSE, FALSE, sizeof(JsonFrame));
	g_array_append_val(walk->frames, frame);
	if (!json_object_is_type(root, json_type_object))
		json_walk_reject(walk, NULL, "must be an object");
	return walk;
}

void
json_walk_free(JsonWalk *walk)
{
	if (walk == NULL)
		return;
	g_free(walk->origin);
	g_string_free(walk->path, TRUE);
	g_array_unref(walk->frames);
	g_clear_error(&walk->error);
	g_free(walk);
}

gboolean
json_walk_finish(JsonWalk *walk, GError **error)
{
	if (walk->error == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&walk->error));
	return FALSE;
}

gboolean
json_walk_failed(const JsonWalk *walk)
{
	return walk->error != NULL;
}

static char *
json_walk_path(const JsonWalk *walk, const char *key)
{
	g_autofree char *path = NULL;

	if (key == NULL)
		path = g_strdup(walk->path->len > 0 ? walk->path->str : "the whole file");
	else
		path = g_strconcat(walk->path->str, walk->path->len > 0 ? "." : "", key, NULL);
	return text_escape(path);
}

void
json_walk_reject(JsonWalk *walk, const char *key, const char *why, ...)
{
	g_autofree char *path = NULL;
	g_autofree char *reason = NULL;
	va_list args;

	if (walk->error != NULL)
		return;
	va_start(args, why);
	reason = g_strdup_vprintf(why, args);
	va_end(args);
	path = json_walk_path(walk, key);
	host_error_set(&walk->error, IDC_INVALID, "json_value", "%s: %s %s%s", walk->origin, path, reason,
		       g_str_has_suffix(reason, ".") || g_str_has_suffix(reason, "?") ? "" : ".");
}

static json_object *
json_walk_here(const JsonWalk *walk)
{
	return g_array_index(walk->frames, JsonFrame, walk->frames->len - 1).object;
}

/* null stands for a missing key. FALSE: it is not there, or something was wrong already. */
static gboolean
json_walk_get(JsonWalk *walk, const char *key, JsonNeed need, json_type type, const char *type_text, json_object **ret_value)
{
	json_object *value = NULL;

	if (walk->error != NULL)
		return FALSE;
	if (!json_object_object_get_ex(json_walk_here(walk), key, &value) || value == NULL) {
		if (need == JSON_REQUIRED)
			json_walk_reject(walk, key, "is missing: it must be %s", type_text);
		return FALSE;
	}
	if (!json_object_is_type(value, type)) {
		json_walk_reject(walk, key, "must be %s, not %s", type_text, json_type_to_name(json_object_get_type(value)));
		return FALSE;
	}
	*ret_value = value;
	return TRUE;
}

gboolean
json_walk_has(const JsonWalk *walk, const char *key)
{
	json_object *value = NULL;

	return walk->error == NULL && json_object_object_get_ex(json_walk_here(walk), key, &value) && value != NULL;
}

static void
json_walk_push(JsonWalk *walk, json_object *object, const char *key, gssize index)
{
	JsonFrame frame = {.object = object, .path_length = walk->path->len};

	g_string_append_printf(walk->path, "%s%s", walk->path->len > 0 ? "." : "", key);
	if (index >= 0)
		g_string_append_printf(walk->path, "[%" G_GSSIZE_FORMAT "]", index);
	g_array_append_val(walk->frames, frame);
}

gboolean
json_walk_enter(JsonWalk *walk, const char *key, JsonNeed need)
{
	json_object *value;

	if (!json_walk_get(walk, key, need, json_type_object, "an object", &value))
		return FALSE;
	json_walk_push(walk, value, key, -1);
	return TRUE;
}

gboolean
json_walk_enter_item(JsonWalk *walk, const char *key, gsize index)
{
	json_object *array;
	json_object *item;

	if (!json_walk_get(walk, key, JSON_REQUIRED, json_type_array, "an array", &array))
		return FALSE;
	item = json_object_array_get_idx(array, index);
	if (!json_object_is_type(item, json_type_object)) {
		g_autofree char *entry = g_strdup_printf("%s[%" G_GSIZE_FORMAT "]", key, index);

		json_walk_reject(walk, entry, "must be an object");
		return FALSE;
	}
	json_walk_push(walk, item, key, (gssize)index);
	return TRUE;
}

void
json_walk_leave(JsonWalk *walk)
{
	gsize last = walk->frames->len - 1;

	g_string_truncate(walk->path, g_array_index(walk->frames, JsonFrame, last).path_length);
	g_array_set_size(walk->frames, last);
}

gsize
json_walk_length(JsonWalk *walk, const char *key, JsonNeed need, gsize min, gsize max)
{
	json_object *array;
	gsize length;

	if (!json_walk_get(walk, key, need, json_type_array, "an array", &array))
		return 0;
	length = json_object_array_length(array);
	if (length >= min && length <= max)
		return length;
	json_walk_reject(walk, key, "has %" G_GSIZE_FORMAT " entries, but must have %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT,
			 length, min, max);
	return 0;
}

/* A string without NUL and of at most max bytes, or NULL after saying what is wrong with it. */
static const char *
json_walk_text(JsonWalk *walk, const char *key, json_object *value, gsize max)
{
	const char *text = json_object_get_string(value);
	gsize length = (gsize)json_object_get_string_len(value);

	if (strlen(text) != length)
		json_walk_reject(walk, key, "contains a NUL character");
	else if (length > max)
		json_walk_reject(walk, key, "is %" G_GSIZE_FORMAT " bytes long, but must not be longer than %" G_GSIZE_FORMAT,
				 length, max);
	else if (!g_utf8_validate(text, -1, NULL))
		/* An escaped lone surrogate gets here; the text as a whole was valid. */
		json_walk_reject(walk, key, "is not valid Unicode");
	else
		return text;
	return NULL;
}

char *
json_walk_string(JsonWalk *walk, const char *key, JsonNeed need, gsize max)
{
	json_object *value;
	const char *text;

	if (!json_walk_get(walk, key, need, json_type_string, "a string", &value))
		return NULL;
	text = json_walk_text(walk, key, value, max);
	if (text != NULL && *text == '\0' && need == JSON_REQUIRED) {
		json_walk_reject(walk, key, "must not be empty");
		return NULL;
	}
	return g_strdup(text);
}

char *
json_walk_pattern(JsonWalk *walk, const char *key, JsonNeed need, const char *pattern, const char *allowed)
{
	g_autofree char *text = json_walk_string(walk, key, need, 1024);

	if (text == NULL)
		return NULL;
	if (g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0))
		return g_steal_pointer(&text);
	json_walk_reject(walk, key, "is \"%s\", but must be %s", text, allowed);
	return NULL;
}

gint
json_walk_choice(JsonWalk *walk, const char *key, JsonNeed need, const char *const *choices, gint otherwise)
{
	g_autofree char *text = json_walk_string(walk, key, need, 1024);
	g_autofree char *shown = NULL;
	g_autofree char *allowed = NULL;

	if (text == NULL)
		return otherwise;
	for (gint i = 0; choices[i] != NULL; i++) {
		if (g_strcmp0(text, choices[i]) == 0)
			return i;
	}
	shown = text_escape(text);
	allowed = text_join(choices, "or");
	json_walk_reject(walk, key, "is \"%s\", but must be %s", shown, allowed);
	return otherwise;
}

gboolean
json_walk_bool(JsonWalk *walk, const char *key, JsonNeed need, gboolean otherwise)
{
	json_object *value;

	if (!json_walk_get(walk, key, need, json_type_boolean, "true or false", &value))
		return otherwise;
	return json_object_get_boolean(value) != 0;
}

gint64
json_walk_int(JsonWalk *walk, const char *key, JsonNeed need, gint64 min, gint64 max, gint64 otherwise)
{
	json_object *value;
	gint64 number;

	if (!json_walk_get(walk, key, need, json_type_int, "a whole number", &value))
		return otherwise;
	/* json-c clamps what does not fit; the bounds here are always narrower than that. */
	number = json_object_get_int64(value);
	if (number >= min && number <= max)
		return number;
	json_walk_reject(walk, key, "must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, min, max);
	return otherwise;
}

GStrv
json_walk_strings(JsonWalk *walk, const char *key, JsonNeed need, gsize max_entries, gsize max_length)
{
	g_autoptr(GStrvBuilder) strings = g_strv_builder_new();
	gsize length = json_walk_length(walk, key, need, 0, max_entries);
	json_object *array = NULL;

	if (length > 0)
		json_object_object_get_ex(json_walk_here(walk), key, &array);
	for (gsize i = 0; i < length; i++) {
		g_autofree char *entry = g_strdup_printf("%s[%" G_GSIZE_FORMAT "]", key, i);
		json_object *value = json_object_array_get_idx(array, i);
		const char *text = NULL;

		if (!json_object_is_type(value, json_type_string))
			json_walk_reject(walk, entry, "must be a string");
		else
			text = json_walk_text(walk, entry, value, max_length);
		if (text != NULL && *text == '\0')
			json_walk_reject(walk, entry, "must not be empty");
		else if (text != NULL)
			g_strv_builder_add(strings, text);
	}
	return g_strv_builder_end(strings);
}

GStrv
json_walk_keys(JsonWalk *walk)
{
	g_autoptr(GStrvBuilder) keys = g_strv_builder_new();

	if (walk->error == NULL) {
		json_object_object_foreach(json_walk_here(walk), key, value)
		{
			(void)value;
			g_strv_builder_add(keys, key);
		}
	}
	return g_strv_builder_end(keys);
}

void
json_walk_known(JsonWalk *walk, const char *const *known, GPtrArray *unknown)
{
	g_auto(GStrv) keys = json_walk_keys(walk);

	for (gsize i = 0; keys[i] != NULL; i++) {
		const char *nearest;

		if (g_strv_contains(known, keys[i]))
			continue;
		if (unknown != NULL) {
			g_ptr_array_add(unknown, json_walk_path(walk, keys[i]));
			continue;
		}
		nearest = text_nearest(keys[i], known);
		if (nearest != NULL) {
			json_walk_reject(walk, keys[i], "is not a known key; did you mean %s?", nearest);
		} else {
			g_autofree char *allowed = text_join(known, "and");

			json_walk_reject(walk, keys[i], "is not a known key; known are %s", allowed);
		}
	}
}
