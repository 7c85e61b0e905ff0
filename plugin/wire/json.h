/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <json-c/json.h>

/* The one bounded reader of what PagerDuty sends: size, depth and number of values are limited before anything is built, and every
 * getter checks the type. `what` in errors says which answer it was ("GET /users"). */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

typedef struct json_tokener JsonTokener;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonTokener, json_tokener_free)

/* A JSON object at the top, or NULL with PROTOCOL. Owned by the caller. */
json_object *json_read(const gchar *text, gsize length, const gchar *what, GError **error);

/* The same in two steps, for whoever wants to know what becomes of the parser's buffers. */
JsonTokener *json_reader_new(const gchar *what, GError **error);
json_object *json_read_by(JsonTokener *tokener, const gchar *text, gsize length, const gchar *what, GError **error);

/* Borrowed member of that type, or NULL where it is absent, null or of another type. */
json_object *json_read_object(json_object *object, const gchar *key);
json_object *json_read_array(json_object *object, const gchar *key);

/* Borrowed text, NULL where absent, null, no string or holding a NUL byte. As it came: it may be no UTF-8. */
const gchar *json_read_text(json_object *object, const gchar *key);

/* Likewise, but only good UTF-8 of at most limit bytes, as a host takes it. */
const gchar *json_read_plain(json_object *object, const gchar *key, gsize limit);

/* Likewise, but only a word of letters, digits, _ and - of at most limit bytes, as it may stand in an id that the host sees. */
const gchar *json_read_word(json_object *object, const gchar *key, gsize limit);

/* Borrowed array that has to be there: PROTOCOL where it is absent or of another type; *ret_array NULL where it is null. */
gboolean json_need_array(json_object *object, const gchar *key, const gchar *what, json_object **ret_array, GError **error);

/* A number >= 0, else fallback. */
gint64 json_read_number(json_object *object, const gchar *key, gint64 fallback);

/* true and "true" (both were seen), else FALSE; *ret_known says whether it was there at all. */
gboolean json_read_flag(json_object *object, const gchar *key, gboolean *ret_known);

/* Borrowed id, fit for a URL; PROTOCOL where it is missing or holds anything but letters, digits, _ and -. */
const gchar *json_read_id(json_object *object, const gchar *key, const gchar *what, GError **error);

/* Text for people as a copy: byte for byte where it is good UTF-8 of at most limit bytes; else mended with U+FFFD or cut at a code point,
 * and *sanitized is set (never cleared). NULL where there is none. */
gchar *json_read_name(json_object *object, const gchar *key, gsize limit, gboolean *sanitized);
