/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The one bounded reader of JSON that comes from outside: world files, control requests, request bodies. Every error says where. */
#pragma once
#include <glib.h>
#include <json-c/json.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

#define INPUT_MAX_BYTES (16 * 1024 * 1024)
#define INPUT_MAX_DEPTH 32

typedef enum {
	INPUT_ERROR_INVALID,
} InputError;

#define INPUT_ERROR (input_error_quark())

GQuark input_error_quark(void);

/* The only value in the text, which must be an object. where names the text in errors. NULL and error otherwise. */
json_object *input_parse(const gchar *text, gsize length, const gchar *where, GError **error);

/* FALSE and error where the object has a key that is not in the NULL-terminated list. */
gboolean input_only_keys(json_object *object, const gchar *where, const gchar *const *keys, GError **error);

/* The getters leave *ret_value alone where the key is absent (or null), and return FALSE where it has the wrong type or value. */
gboolean input_string(json_object *object, const gchar *where, const gchar *key, const gchar **ret_value, GError **error);

gboolean input_boolean(json_object *object, const gchar *where, const gchar *key, gboolean *ret_value, GError **error);

gboolean input_integer(json_object *object, const gchar *where, const gchar *key, gint64 minimum, gint64 maximum, gint64 *ret_value,
		       GError **error);

gboolean input_array(json_object *object, const gchar *where, const gchar *key, json_object **ret_value, GError **error);

gboolean input_object(json_object *object, const gchar *where, const gchar *key, json_object **ret_value, GError **error);

/* An array of strings as a new array of copies. */
gboolean input_strings(json_object *object, const gchar *where, const gchar *key, GPtrArray **ret_value, GError **error);

/* FALSE and error with the message, for what a caller finds wrong itself. */
gboolean input_refuse(GError **error, const gchar *format, ...) G_GNUC_PRINTF(2, 3);
