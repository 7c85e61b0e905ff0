/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/query.h"
#include "base/error.h"
#include "fuzz.h"
#include <string.h>

/* What a browser brings back: bounded, good text without control characters, and the same when it is written down and read again. */

static void
query_check(const char *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p != '\0'; p++)
		g_assert_false(g_ascii_iscntrl(*p));
}

static char *
query_write(const idc_pair *pairs, gsize n)
{
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < n; i++) {
		g_autofree char *key = g_uri_escape_string(pairs[i].key, NULL, FALSE);
		g_autofree char *value = g_uri_escape_string(pairs[i].value, NULL, FALSE);

		g_string_append_printf(text, "%s%s=%s", i > 0 ? "&" : "", key, value);
	}
	return g_string_free(text, FALSE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	g_autofree char *text = g_strndup((const char *)bytes, length);
	g_autofree char *written = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Query) query = query_parse(text, &error);
	g_autoptr(Query) again = NULL;
	const idc_pair *pairs, *repeated;
	gsize n = 0, n_again = 0;

	g_assert_true((query == NULL) == (error != NULL));
	if (query == NULL) {
		g_assert_error(error, HOST_ERROR, IDC_INVALID);
		return 0;
	}
	g_assert_cmpuint(strlen(text), <=, QUERY_MAX_BYTES);
	pairs = query_pairs(query, &n);
	g_assert_cmpuint(n, <=, QUERY_MAX_PAIRS);
	for (gsize i = 0; i < n; i++) {
		const char *only = query_only(query, pairs[i].key);

		query_check(pairs[i].key);
		query_check(pairs[i].value);
		g_assert_true(only == NULL || only == pairs[i].value);
	}
	written = query_write(pairs, n);
	if (strlen(written) > QUERY_MAX_BYTES)
		return 0;
	again = query_parse(written, NULL);
	g_assert_nonnull(again);
	repeated = query_pairs(again, &n_again);
	g_assert_cmpuint(n_again, ==, n);
	for (gsize i = 0; i < n; i++) {
		g_assert_cmpstr(repeated[i].key, ==, pairs[i].key);
		g_assert_cmpstr(repeated[i].value, ==, pairs[i].value);
	}
	return 0;
}
