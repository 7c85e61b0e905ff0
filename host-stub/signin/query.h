/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a browser brings back behind the "?": the one reader of it, bounded. */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#define QUERY_MAX_BYTES 8192
#define QUERY_MAX_PAIRS 32

typedef struct Query Query;

/* Pairs in order, decoded once, "+" being a blank, duplicates kept. Refused (IDC_INVALID, "callback_garbage"): too long, too many, a
 * broken %-sequence, control characters, what is no UTF-8. The copy is wiped when it is freed: a code stands in it. */
Query *query_parse(const char *text, GError **error);

void query_free(Query *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Query, query_free)

/* Owned by the query. */
const idc_pair *query_pairs(const Query *query, gsize *ret_n);

/* The value of a key that stands there exactly once, else NULL. */
const char *query_only(const Query *query, const char *key);
