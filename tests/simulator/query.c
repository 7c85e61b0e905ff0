/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "query.h"

#include <string.h>

static void
query_item_free(gpointer data)
{
	QueryItem *item = data;

	g_free(item->key);
	g_free(item->value);
	g_free(item);
}

gchar *
query_decode(const gchar *text, gsize length, gboolean plus)
{
	g_autoptr(GString) out = g_string_sized_new(length);

	for (gsize i = 0; i < length; i++) {
		if (text[i] == '%') {
			if (i + 2 >= length || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2]))
				return NULL;
			g_string_append_c(out, (gchar)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2])));
			i += 2;
		} else {
			g_string_append_c(out, plus && text[i] == '+' ? ' ' : text[i]);
		}
	}
	if (!g_utf8_validate_len(out->str, out->len, NULL))
		return NULL;
	return g_strdup(out->str);
}

Query *
query_parse(const gchar *text)
{
	Query *query = g_new0(Query, 1);
	g_auto(GStrv) pairs = NULL;

	query->items = g_ptr_array_new_with_free_func(query_item_free);
	if (text == NULL || text[0] == '\0')
		return query;
	for (const gchar *p = text; *p != '\0'; p++) {
		if ((guchar)*p <= 0x20 || (guchar)*p >= 0x7f || strchr("[]\"<>\\^`{|}#", *p) != NULL)
			query->bare = TRUE;
	}
	pairs = g_strsplit(text, "&", -1);
	for (guint i = 0; pairs[i] != NULL; i++) {
		const gchar *equals = strchr(pairs[i], '=');
		gsize key_length = equals == NULL ? strlen(pairs[i]) : (gsize)(equals - pairs[i]);
		QueryItem *item = g_new0(QueryItem, 1);
		item->key = query_decode(pairs[i], key_length, TRUE);
		item->value = query_decode(equals == NULL ? "" : equals + 1, equals == NULL ? 0 : strlen(equals + 1), TRUE);
		if (item->key == NULL || item->value == NULL) {
			query->bad_escape = TRUE;
			query_item_free(item);
			continue;
		}
		g_ptr_array_add(query->items, item);
	}
	return query;
}

void
query_free(Query *query)
{
	g_ptr_array_unref(query->items);
	g_free(query);
}

const gchar *
query_get(const Query *query, const gchar *key)
{
	for (guint i = 0; i < query->items->len; i++) {
		const QueryItem *item = g_ptr_array_index(query->items, i);
		if (g_str_equal(item->key, key))
			return item->value;
	}
	return NULL;
}

GPtrArray *
query_all(const Query *query, const gchar *key)
{
	GPtrArray *values = g_ptr_array_new();

	for (guint i = 0; i < query->items->len; i++) {
		QueryItem *item = g_ptr_array_index(query->items, i);
		if (g_str_equal(item->key, key))
			g_ptr_array_add(values, item->value);
	}
	return values;
}

gboolean
query_has(const Query *query, const gchar *key, const gchar *value)
{
	for (guint i = 0; i < query->items->len; i++) {
		const QueryItem *item = g_ptr_array_index(query->items, i);
		if (g_str_equal(item->key, key) && g_str_equal(item->value, value))
			return TRUE;
	}
	return FALSE;
}

static void
query_check_value(GString *out, const QueryItem *item, const gchar *kind)
{
	g_auto(GStrv) words = NULL;

	switch (kind[0]) {
	case '#':
		if (!g_ascii_string_to_unsigned(item->value, 10, 0, G_MAXINT32, NULL, NULL))
			g_string_append_printf(out, "%s is not a whole number. ", item->key);
		return;
	case '?':
		if (!g_strv_contains((const gchar *const[]){"true", "false", "1", "0", NULL}, item->value))
			g_string_append_printf(out, "%s is neither true nor false (lower case). ", item->key);
		return;
	case '@': {
		g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(item->value, NULL);
		if (when == NULL)
			g_string_append_printf(out, "%s is not an ISO 8601 time with an offset. ", item->key);
		return;
	}
	case '=':
		words = g_strsplit(kind + 1, "|", -1);
		if (!g_strv_contains((const gchar *const *)words, item->value))
			g_string_append_printf(out, "%s may only be %s. ", item->key, kind + 1);
		return;
	default:
		return;
	}
}

gchar *
query_check(const Query *query, const gchar *const *parameters)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (query->bad_escape)
		g_string_append(out, "The query has a malformed escape. ");
	if (query->bare)
		g_string_append(out, "The query has characters that must be percent-encoded, brackets for instance. ");
	for (guint i = 0; i < query->items->len; i++) {
		const QueryItem *item = g_ptr_array_index(query->items, i);
		gboolean known = FALSE;
		for (guint j = 0; parameters != NULL && parameters[j] != NULL && !known; j++) {
			gsize length = strcspn(parameters[j], "#?@=");
			if (strlen(item->key) != length || strncmp(item->key, parameters[j], length) != 0)
				continue;
			known = TRUE;
			query_check_value(out, item, parameters[j] + length);
		}
		if (!known)
			g_string_append_printf(out, "There is no query parameter %s here. ", item->key);
		for (guint j = 0; j < i; j++) {
			const QueryItem *other = g_ptr_array_index(query->items, j);
			if (!g_str_equal(other->key, item->key))
				continue;
			if (!g_str_has_suffix(item->key, "[]") || g_str_equal(other->value, item->value))
				g_string_append_printf(out, "%s is given twice. ", item->key);
		}
	}
	if (out->len == 0)
		return NULL;
	g_string_truncate(out, out->len - 1);
	return g_strdup(out->str);
}
