/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the service answers is not trusted: each value is looked at for its type and its limits before anything is done with it. */
#include "example.h"
#include <limits.h>
#include <string.h>

#define FIELDS_MAX_DEPTH 8
/* A page has a hundred rows; json-c needs some hundred bytes for an object of two. */
#define FIELDS_MAX_OBJECTS 1000

/* Counts what the parser would build. json-c takes names in single quotes even when it is strict, and they would hide from this count. */
static int
fields_affordable(const char *text, size_t length)
{
	size_t objects = 0;
	int in_string = 0;

	for (size_t i = 0; i < length; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && text[i] == '\'')
			return 0;
		else if (!in_string && (text[i] == '{' || text[i] == '['))
			objects++;
	}
	return objects <= FIELDS_MAX_OBJECTS;
}

json_object *
fields_parse(const char *text, size_t length)
{
	struct json_tokener *tokener;
	json_object *object;

	if (length == 0 || length > INT_MAX || !fields_affordable(text, length))
		return NULL;
	tokener = json_tokener_new_ex(FIELDS_MAX_DEPTH);
	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	json_tokener_free(tokener);
	if (object != NULL && !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static json_object *
fields_member(json_object *object, const char *key, json_type type)
{
	json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, type))
		return NULL;
	return member;
}

const char *
fields_text(json_object *object, const char *key, size_t limit)
{
	json_object *member = fields_member(object, key, json_type_string);
	const char *text;

	if (member == NULL)
		return NULL;
	text = json_object_get_string(member);
	/* Unequal: there is a NUL in it. */
	return strlen(text) == (size_t)json_object_get_string_len(member) && strlen(text) <= limit ? text : NULL;
}

int
fields_is_id(const char *text)
{
	const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return length > 0 && length <= EXAMPLE_MAX_ID && text[length] == '\0';
}

const char *
fields_id(json_object *object, const char *key)
{
	const char *text = fields_text(object, key, EXAMPLE_MAX_ID);

	return text != NULL && fields_is_id(text) ? text : NULL;
}

json_object *
fields_array(json_object *object, const char *key)
{
	return fields_member(object, key, json_type_array);
}

int
fields_flag(json_object *object, const char *key)
{
	json_object *member = fields_member(object, key, json_type_boolean);

	return member == NULL ? -1 : json_object_get_boolean(member) != 0;
}

int64_t
fields_count(json_object *object, const char *key)
{
	json_object *member = fields_member(object, key, json_type_int);
	const int64_t count = member == NULL ? -1 : json_object_get_int64(member);

	return count >= 0 ? count : -1;
}
