/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/json.h"
#include "base/error.h"
#include "base/text.h"
#include <string.h>

/*
 * json-c parses, but keeps the last of two equal keys without a word and counts nothing. So the text is scanned a second time, after
 * json-c has found it well-formed: the scanner only has to find where strings, objects and arrays begin and end.
 */
typedef struct {
	const char *p;
	const char *end;
	const char *origin;
	guint values_left;
	GString *path; /* of the value that is being scanned */
} JsonScan;

static gboolean json_scan_value(JsonScan *scan, GError **error);

static void
json_scan_blank(JsonScan *scan)
{
	while (scan->p < scan->end && strchr(" \t\r\n", *scan->p) != NULL)
		scan->p++;
}

/* Stands on a quote; ends after the closing one. */
static void
json_scan_string(JsonScan *scan)
{
	for (scan->p++; scan->p < scan->end && *scan->p != '"'; scan->p++) {
		if (*scan->p == '\\')
			scan->p++;
	}
	if (scan->p < scan->end)
		scan->p++;
}

/* Keys are compared as they are meant ("a" and "\u0061" are one), so json-c decodes them. NULL: it contains a NUL. */
static char *
json_scan_decode(const char *quoted, gsize length)
{
	struct json_tokener *tokener = json_tokener_new();
	g_autoptr(json_object) object = json_tokener_parse_ex(tokener, quoted, (int)length);
	char *text = NULL;

	json_tokener_free(tokener);
	if (object != NULL && strlen(json_object_get_string(object)) == (gsize)json_object_get_string_len(object))
		text = g_strdup(json_object_get_string(object));
	return text;
}

static gboolean
json_scan_object(JsonScan *scan, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gsize path_length = scan->path->len;

	scan->p++;
	for (;;) {
		g_autofree char *key = NULL;
		const char *begin;

		json_scan_blank(scan);
		if (scan->p >= scan->end || *scan->p == '}')
			break;
		if (*scan->p == ',') {
			scan->p++;
			continue;
		}
		if (*scan->p != '"') {
			/* json-c takes keys in single quotes even in strict mode. */
			host_error_set(error, IDC_INVALID, "json_syntax",
				       "%s is no valid JSON: a key under %s has no double quotes.", scan->origin,
				       scan->path->len > 0 ? scan->path->str : "the top");
			return FALSE;
		}
		begin = scan->p;
		json_scan_string(scan);
		key = json_scan_decode(begin, (gsize)(scan->p - begin));
		if (key == NULL) {
			host_error_set(error, IDC_INVALID, "json_nul", "%s: a key under %s contains a NUL character.", scan->origin,
				       scan->path->len > 0 ? scan->path->str : "the top");
			return FALSE;
		}
		g_string_append_printf(scan->path, "%s%s", path_length > 0 ? "." : "", key);
		if (!g_hash_table_add(seen, g_strdup(key))) {
			g_autofree char *shown = text_escape(scan->path->str);

			host_error_set(error, IDC_INVALID, "json_duplicate_key",
				       "%s: the key %s stands there twice; which one is meant cannot be told. Remove one.",
				       scan->origin, shown);
			return FALSE;
		}
		json_scan_blank(scan);
		scan->p++; /* the colon */
		if (!json_scan_value(scan, error))
			return FALSE;
		g_string_truncate(scan->path, path_length);
	}
	scan->p++;
	return TRUE;
}

static gboolean
json_scan_array(JsonScan *scan, GError **error)
{
	gsize path_length = scan->path->len;
	gsize index = 0;

	scan->p++;
	for (;;) {
		json_scan_blank(scan);
		if (scan->p >= scan->end || *scan->p == ']')
			break;
		if (*scan->p == ',') {
			scan->p++;
			continue;
		}
		g_string_append_printf(scan->path, "[%" G_GSIZE_FORMAT "]", index++);
		if (!json_scan_value(scan, error))
			return FALSE;
		g_string_truncate(scan->path, path_length);
	}
	scan->p++;
	return TRUE;
}

static gboolean
json_scan_value(JsonScan *scan, GError **error)
{
	json_scan_blank(scan);
	if (scan->values_left-- == 0) {
		host_error_set(error, IDC_OVERFLOW, "json_too_many", "%s holds too many values to be what it should be.",
			       scan->origin);
		return FALSE;
	}
	if (scan->p >= scan->end)
		return TRUE;
	if (*scan->p == '{')
		return json_scan_object(scan, error);
	if (*scan->p == '[')
		return json_scan_array(scan, error);
	if (*scan->p == '"') {
		json_scan_string(scan);
		return TRUE;
	}
	/* json-c takes NaN and Infinity even in strict mode; JSON knows neither. */
	if (strchr("-0123456789tfn", *scan->p) == NULL || (scan->p + 1 < scan->end && scan->p[0] == '-' && scan->p[1] == 'I')) {
		host_error_set(error, IDC_INVALID, "json_syntax",
			       "%s is no valid JSON: %s is neither a string, number, true, false nor null.", scan->origin,
			       scan->path->len > 0 ? scan->path->str : "it");
		return FALSE;
	}
	while (scan->p < scan->end && strchr(" \t\r\n,]}", *scan->p) == NULL)
		scan->p++;
	return TRUE;
}

/* Line and column say more than an offset where a person wrote the file. */
static void
json_set_syntax_error(GError **error, const char *origin, const char *bytes, gsize at, const char *why)
{
	guint line = 1;
	guint column = 1;

	for (gsize i = 0; i < at; i++) {
		column = bytes[i] == '\n' ? 1 : column + 1;
		line += bytes[i] == '\n' ? 1 : 0;
	}
	host_error_set(error, IDC_INVALID, "json_syntax", "%s is no valid JSON: line %u, column %u: %s.", origin, line, column,
		       why);
}

json_object *
json_read(const char *bytes, gsize length, const char *origin, const JsonLimits *limits, GError **error)
{
	g_autoptr(json_object) root = NULL;
	g_autoptr(GString) path = NULL;
	struct json_tokener *tokener;
	enum json_tokener_error problem;
	gsize end;
	JsonScan scan;

	if (length > limits->max_bytes || length > G_MAXINT) {
		host_error_set(error, IDC_OVERFLOW, "json_too_large", "%s is larger than the %" G_GSIZE_FORMAT " bytes allowed.",
			       origin, limits->max_bytes);
		return NULL;
	}
	if (memchr(bytes, '\0', length) != NULL || !g_utf8_validate_len(bytes, length, NULL)) {
		host_error_set(error, IDC_INVALID, "json_text", "%s is not UTF-8 text.", origin);
		return NULL;
	}
	tokener = json_tokener_new_ex((int)limits->max_depth);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, bytes, (int)length);
	problem = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (problem == json_tokener_error_depth) {
		host_error_set(error, IDC_OVERFLOW, "json_too_deep", "%s is nested deeper than the %u levels allowed.", origin,
			       limits->max_depth);
		return NULL;
	}
	if (problem != json_tokener_success) {
		json_set_syntax_error(error, origin, bytes, MIN(end, length),
				      problem == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(problem));
		return NULL;
	}
	if (root == NULL) {
		/* json-c has no object for null. */
		host_error_set(error, IDC_INVALID, "json_value", "%s: the whole file must be an object, not null.", origin);
		return NULL;
	}
	path = g_string_new(NULL);
	scan = (JsonScan){.p = bytes, .end = bytes + length, .origin = origin, .values_left = limits->max_values, .path = path};
	if (!json_scan_value(&scan, error))
		return NULL;
	return g_steal_pointer(&root);
}
