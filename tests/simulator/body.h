/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a write brings along. Whatever is wrong with it is told by the reply at once. */
#pragma once
#include "input.h"
#include "sim.h"

typedef enum {
	BODY_ABSENT,
	BODY_NULL,
	BODY_TEXT,
	BODY_WRONG, /* neither a string nor null, or with a NUL inside */
} BodyText;

/* The object under the key, borrowed from *ret_body, which the caller drops. NULL: there is none, and the request is refused. */
json_object *body_wrapped(Request *request, Reply *reply, const gchar *key, json_object **ret_body);

/* The body of an operation that takes none or a bare object: *ret_body is NULL where there is none. FALSE: refused. */
gboolean body_bare(Request *request, Reply *reply, json_object **ret_body);

/* FALSE: there is a body where there must be none, and strict mode refuses it. */
gboolean body_none(Request *request, Reply *reply);

/* Writes down each key that is not in the NULL-terminated list. The service takes no notice of them, and so does strict mode. */
void body_ignored(Request *request, json_object *object, const gchar *where, const gchar *const *known);

/* *ret_text is set for BODY_TEXT only, and borrowed from the object. */
BodyText body_text(json_object *object, const gchar *key, const gchar **ret_text);

/* The "id" of a reference, borrowed, NULL where it has none. *ret_type: its "type", or "". */
const gchar *body_reference(json_object *reference, const gchar **ret_type);
