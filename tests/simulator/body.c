/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "body.h"

#include <string.h>

#include "errors.h"

static void
body_missing(Request *request, Reply *reply)
{
	errors_reply(request, reply, 400, 2003, "Missing Arguments", NULL);
}

static json_object *
body_parse(Request *request, Reply *reply)
{
	g_autoptr(GError) error = NULL;
	json_object *body = input_parse(request->body->str, request->body->len, "The body", &error);

	if (body == NULL) {
		request_violation(request, "%s", error->message);
		errors_invalid(request, reply, error->message);
	}
	return body;
}

json_object *
body_wrapped(Request *request, Reply *reply, const gchar *key, json_object **ret_body)
{
	const gchar *const known[] = {key, NULL};
	g_autoptr(json_object) body = NULL;
	json_object *inner = NULL;

	if (request->body->len == 0) {
		request_violation(request, "The body is missing.");
		body_missing(request, reply);
		return NULL;
	}
	body = body_parse(request, reply);
	if (body == NULL)
		return NULL;
	if (!json_object_object_get_ex(body, key, &inner) || !json_object_is_type(inner, json_type_object)) {
		request_violation(request, "The body has no object \"%s\".", key);
		body_missing(request, reply);
		return NULL;
	}
	body_ignored(request, body, "the body", known);
	*ret_body = g_steal_pointer(&body);
	return inner;
}

gboolean
body_bare(Request *request, Reply *reply, json_object **ret_body)
{
	json_object *body;

	if (request->body->len == 0)
		return TRUE;
	body = body_parse(request, reply);
	if (body == NULL)
		return FALSE;
	*ret_body = body;
	return TRUE;
}

gboolean
body_none(Request *request, Reply *reply)
{
	if (request->body->len > 0)
		request_violation(request, "%s has no body here.", request->method);
	return !errors_strict(request, reply);
}

void
body_ignored(Request *request, json_object *object, const gchar *where, const gchar *const *known)
{
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (!g_strv_contains(known, key))
			request_violation(request, "\"%s\" of %s is nothing that can be written.", key, where);
	}
}

BodyText
body_text(json_object *object, const gchar *key, const gchar **ret_text)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		return BODY_ABSENT;
	if (value == NULL)
		return BODY_NULL;
	if (!json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) != (gsize)json_object_get_string_len(value))
		return BODY_WRONG;
	*ret_text = json_object_get_string(value);
	return BODY_TEXT;
}

const gchar *
body_reference(json_object *reference, const gchar **ret_type)
{
	const gchar *id = NULL;
	const gchar *type = "";

	if (!json_object_is_type(reference, json_type_object) || body_text(reference, "id", &id) != BODY_TEXT)
		return NULL;
	if (body_text(reference, "type", &type) != BODY_TEXT)
		type = "";
	if (ret_type != NULL)
		*ret_type = type;
	return id;
}
