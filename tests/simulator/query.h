/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The query of a request or the fields of a form: decoded, and held against what the operation documents. */
#pragma once
#include <glib.h>

typedef struct {
	gchar *key;
	gchar *value;
} QueryItem;

typedef struct {
	GPtrArray *items;    /* of QueryItem* */
	gboolean bad_escape; /* a % that is not followed by two hex digits, or bytes that are no UTF-8 */
	gboolean bare;       /* characters that must be encoded were not */
} Query;

/* Splits and decodes; text may be NULL. + is a blank. */
Query *query_parse(const gchar *text);

void query_free(Query *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Query, query_free)

/* The first value of the key, or NULL. */
const gchar *query_get(const Query *query, const gchar *key);

/* All values of a bracketed key; the caller frees the array, not the strings. */
GPtrArray *query_all(const Query *query, const gchar *key);

gboolean query_has(const Query *query, const gchar *key, const gchar *value);

/* What deviates from the parameters that are documented, one sentence after the other, NULL if nothing. The caller frees it.
 * Each parameter is a name and what it takes: "name" text, "name#" a whole number, "name?" a boolean, "name@" a time,
 * "name=a|b" one of these words; names that end in [] may be repeated. */
gchar *query_check(const Query *query, const gchar *const *parameters);

/* Decodes %XX, and + to a blank where plus is TRUE. NULL: malformed, or not UTF-8, or a NUL. */
gchar *query_decode(const gchar *text, gsize length, gboolean plus);
