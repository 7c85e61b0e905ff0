/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "json.h"

#include <string.h>

#include "../errors.h"

#define JSON_MAX_DEPTH 32
/* A page of 100 users on a hundred teams each has 10,000 objects and 60,000 values. An object costs json-c nearly 1 KB. */
#define JSON_MAX_CONTAINERS 100000
#define JSON_MAX_VALUES 1000000
#define JSON_MAX_ID 128

/* Counts what the parser would build, so that a small text cannot ask for gigabytes. json-c takes names in single quotes even when it is
 * strict; JSON does not, and they would hide what stands between them from this count. */
static gboolean
json_affordable(const gchar *text, gsize length)
{
	gsize containers = 0;
	gsize values = 0;
	gboolean in_string = FALSE;

	for (gsize i = 0; i < length; i++) {
		const gchar c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = FALSE;
		} else if (c == '"') {
			in_string = TRUE;
		} else if (c == '{' || c == '[') {
			containers++;
		} else if (c == ',') {
			values++;
		} else if (c == '\'') {
			return FALSE;
		}
	}
	return containers <= JSON_MAX_CONTAINERS && values <= JSON_MAX_VALUES;
}

JsonTokener *
json_reader_new(const gchar *what, GError **error)
{
	JsonTokener *tokener = json_tokener_new_ex(JSON_MAX_DEPTH);

	if (tokener == NULL)
		g_set_error(error, ERRORS, IDC_NOMEM, "Out of memory while reading the answer to %s.", what);
	else
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	return tokener;
}

json_object *
json_read_by(JsonTokener *tokener, const gchar *text, gsize length, const gchar *what, GError **error)
{
	g_autoptr(json_object) root = NULL;

	if (length > G_MAXINT || !json_affordable(text, length)) {
		errors_set_protocol(error, "The answer to %s holds more than any of PagerDuty's, or is no JSON.", what);
		return NULL;
	}
	root = json_tokener_parse_ex(tokener, text, (int)length);
	if (root == NULL || !json_object_is_type(root, json_type_object)) {
		const enum json_tokener_error problem = json_tokener_get_error(tokener);

		errors_set_protocol(error, "The answer to %s is not what PagerDuty sends: %s.", what,
				    problem == json_tokener_continue  ? "the JSON ends too early"
				    : problem == json_tokener_success ? "no JSON object"
								      : json_tokener_error_desc(problem));
		return NULL;
	}
	for (gsize i = json_tokener_get_parse_end(tokener); i < length; i++)
		if (!g_ascii_isspace(text[i])) {
			errors_set_protocol(error, "The answer to %s goes on after its JSON object.", what);
			return NULL;
		}
	return g_steal_pointer(&root);
}

json_object *
json_read(const gchar *text, gsize length, const gchar *what, GError **error)
{
	g_autoptr(JsonTokener) tokener = json_reader_new(what, error);

	return tokener != NULL ? json_read_by(tokener, text, length, what, error) : NULL;
}

static json_object *
json_member(json_object *object, const gchar *key, json_type type)
{
	json_object *member = NULL;

	if (object == NULL || !json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, type))
		return NULL;
	return member;
}

json_object *
json_read_object(json_object *object, const gchar *key)
{
	return json_member(object, key, json_type_object);
}

json_object *
json_read_array(json_object *object, const gchar *key)
{
	return json_member(object, key, json_type_array);
}

const gchar *
json_read_text(json_object *object, const gchar *key)
{
	json_object *member = json_member(object, key, json_type_string);
	const gchar *text;

	if (member == NULL)
		return NULL;
	text = json_object_get_string(member);
	return strlen(text) == (gsize)json_object_get_string_len(member) ? text : NULL;
}

const gchar *
json_read_plain(json_object *object, const gchar *key, gsize limit)
{
	const gchar *text = json_read_text(object, key);

	return text != NULL && strlen(text) <= limit && g_utf8_validate(text, -1, NULL) ? text : NULL;
}

const gchar *
json_read_word(json_object *object, const gchar *key, gsize limit)
{
	const gchar *text = json_read_text(object, key);
	gsize length = 0;

	while (text != NULL && (g_ascii_isalnum(text[length]) || text[length] == '_' || text[length] == '-'))
		length++;
	return text != NULL && text[length] == '\0' && length > 0 && length <= limit ? text : NULL;
}

gboolean
json_need_array(json_object *object, const gchar *key, const gchar *what, json_object **ret_array, GError **error)
{
	json_object *member = NULL;

	if (object == NULL || !json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &member) ||
	    (member != NULL && !json_object_is_type(member, json_type_array))) {
		errors_set_protocol(error, "The answer to %s has an entry without its \"%s\".", what, key);
		return FALSE;
	}
	*ret_array = member;
	return TRUE;
}

gint64
json_read_number(json_object *object, const gchar *key, gint64 fallback)
{
	json_object *member = json_member(object, key, json_type_int);
	const gint64 number = member != NULL ? json_object_get_int64(member) : -1;

	return number >= 0 ? number : fallback;
}

gboolean
json_read_flag(json_object *object, const gchar *key, gboolean *ret_known)
{
	json_object *member = json_member(object, key, json_type_boolean);
	const gchar *text = json_read_text(object, key);

	*ret_known = member != NULL || g_strcmp0(text, "true") == 0 || g_strcmp0(text, "false") == 0;
	return member != NULL ? json_object_get_boolean(member) != 0 : g_strcmp0(text, "true") == 0;
}

const gchar *
json_read_id(json_object *object, const gchar *key, const gchar *what, GError **error)
{
	const gchar *id = json_read_word(object, key, JSON_MAX_ID);

	if (id == NULL)
		errors_set_protocol(error, "The answer to %s has an entry whose %s is missing or is no id of PagerDuty's.", what,
				    key);
	return id;
}

gchar *
json_read_name(json_object *object, const gchar *key, gsize limit, gboolean *sanitized)
{
	json_object *member = json_member(object, key, json_type_string);
	g_autofree gchar *name = NULL;
	gsize length;

	if (member == NULL)
		return NULL;
	length = (gsize)json_object_get_string_len(member);
	/* json-c itself puts U+FFFD where a lone surrogate stood */
	if (!g_utf8_validate_len(json_object_get_string(member), length, NULL) ||
	    strstr(json_object_get_string(member), "\357\277\275") != NULL)
		*sanitized = TRUE;
	name = g_utf8_make_valid(json_object_get_string(member), (gssize)length);
	if (strlen(name) > limit) {
		gchar *end = g_utf8_find_prev_char(name, name + limit + 1);

		*end = '\0';
		*sanitized = TRUE;
	}
	return g_steal_pointer(&name);
}
