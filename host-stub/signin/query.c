/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/query.h"
#include "base/error.h"
#include <sodium.h>
#include <string.h>

struct Query {
	idc_pair pairs[QUERY_MAX_PAIRS];
	gsize n;
	gsize size;
	char bytes[]; /* where the pairs' texts lie, decoded in place */
};

void
query_free(Query *query)
{
	if (query == NULL)
		return;
	sodium_memzero(query->bytes, query->size);
	g_free(query);
}

/* Decodes in place; FALSE where it cannot be what a browser sends. */
static gboolean
query_decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		int high = 0;
		int low = 0;

		if (*from == '%') {
			high = g_ascii_xdigit_value(from[1]);
			low = high >= 0 ? g_ascii_xdigit_value(from[2]) : -1;
			if (high < 0 || low < 0)
				return FALSE;
			*to = (char)(high * 16 + low);
			from += 2;
		} else if (*from == '+') {
			*to = ' ';
		} else {
			*to = *from;
		}
		if (g_ascii_iscntrl(*to))
			return FALSE;
		to++;
	}
	*to = '\0';
	return g_utf8_validate(text, -1, NULL);
}

/* What stands between two "&"; an empty one is none. */
static gboolean
query_take(Query *query, char *part)
{
	char *equals = strchr(part, '=');
	idc_pair *pair = &query->pairs[query->n];

	if (*part == '\0')
		return TRUE;
	if (query->n == QUERY_MAX_PAIRS)
		return FALSE;
	if (equals != NULL)
		*equals = '\0';
	if (!query_decode(part) || (equals != NULL && !query_decode(equals + 1)))
		return FALSE;
	pair->key = part;
	pair->value = equals != NULL ? equals + 1 : part + strlen(part);
	query->n++;
	return TRUE;
}

Query *
query_parse(const char *text, GError **error)
{
	gsize length = strlen(text);
	g_autoptr(Query) query = NULL;
	gboolean good = length <= QUERY_MAX_BYTES;

	if (good) {
		char *rest;
		char *part;

		query = g_malloc0(sizeof(Query) + length + 1);
		query->size = length + 1;
		memcpy(query->bytes, text, length);
		rest = query->bytes;
		while (good && (part = strsep(&rest, "&")) != NULL)
			good = query_take(query, part);
	}
	if (!good) {
		host_error_set(
		    error, IDC_INVALID, "callback_garbage",
		    "What stands behind the ? is nothing that a service sends: it is too long, or its characters are broken.");
		return NULL;
	}
	return g_steal_pointer(&query);
}

const idc_pair *
query_pairs(const Query *query, gsize *ret_n)
{
	*ret_n = query->n;
	return query->pairs;
}

const char *
query_only(const Query *query, const char *key)
{
	const char *found = NULL;

	for (gsize i = 0; i < query->n; i++) {
		if (strcmp(query->pairs[i].key, key) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = query->pairs[i].value;
	}
	return found;
}
