/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/refusal.h"

#include <string.h>

static void
expect(const gchar *body, const gchar *code, const gchar *words)
{
	g_autoptr(Refusal) refusal = refusal_new(body, strlen(body));

	g_assert_cmpstr(refusal->code, ==, code);
	g_assert_cmpstr(refusal->words, ==, words);
}

static void
test_shapes(void)
{
	expect("{\"error\":{\"message\":\"Invalid Input Provided\",\"code\":2001,\"errors\":[\"Email has already been taken\"]}}",
	       "2001", "Invalid Input Provided: Email has already been taken");
	expect("{\"error\":{\"message\":\"Not Found\",\"code\":2100}}", "2100", "Not Found");
	expect("{\"error\":{\"message\":\"m\",\"errors\":null}}", NULL, "m");
	expect("{\"error\":{\"message\":\"m\",\"errors\":\"one\"}}", NULL, "m: one");
	expect("{\"error\":{\"message\":\"m\",\"errors\":{\"event.x\":[\"a\",\"b\"],\"y\":3}}}", NULL, "m: a: b");
	expect("{\"error\":[\"a\",\"b\"]}", NULL, "a: b");
	expect("{\"error\":[{\"message\":\"m\",\"code\":5}]}", "5", "m");
	expect("{\"error\":\"Because this\"}", "Because this", "Because this");
	expect("{\"error\":\"invalid_client\",\"error_description\":\"d\"}", "invalid_client", "invalid_client: d");
	expect("{\"error\":{\"errors\":[\"The user cannot be deleted\"]}}", NULL, "The user cannot be deleted");
	expect("{\"error\":{\"message\":\"Token missing required scopes\",\"required_scopes\":\"teams.write\"}}", NULL,
	       "Token missing required scopes: teams.write");
}

static void
test_nothing_to_read(void)
{
	expect("", NULL, NULL);
	expect("<html><body>502</body></html>", NULL, NULL);
	expect("{\"error\":7}", NULL, NULL);
	expect("{}", NULL, NULL);
}

static void
test_words_are_safe_to_show(void)
{
	g_autoptr(GString) body = g_string_new("{\"error\":{\"message\":\"");
	g_autoptr(Refusal) refusal = NULL;

	expect("{\"error\":{\"message\":\"a\\u001b[31m<b>\"}}", NULL, "a [31m b ");
	for (guint i = 0; i < 1000; i++)
		g_string_append(body, "\303\251");
	g_string_append(body, "\"}}");
	refusal = refusal_new(body->str, body->len);
	g_assert_cmpuint(strlen(refusal->words), <, 200);
	g_assert_true(g_utf8_validate(refusal->words, -1, NULL));
}

/* Whatever PagerDuty's words are made of, they are UTF-8 without control characters afterwards. */
static void
test_words_can_be_shown(void)
{
	const gchar *const words[] = {"a\\u0085b", "a\302\23331mb", "a\\u001b[31mb", "a\377\302\205\342\200", "<b>a\\u0000b</b>"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree gchar *body = g_strdup_printf("{\"error\":{\"message\":\"%s\",\"code\":1}}", words[i]);
		g_autoptr(Refusal) refusal = refusal_new(body, strlen(body));

		g_assert_nonnull(refusal->words);
		g_assert_true(g_utf8_validate(refusal->words, -1, NULL));
		for (const gchar *p = refusal->words; *p != '\0'; p = g_utf8_next_char(p))
			g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)) || *p == '<');
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/refusal/every shape of PagerDuty's errors is read", test_shapes);
	g_test_add_func("/refusal/what is none of the shapes has neither code nor words", test_nothing_to_read);
	g_test_add_func("/refusal/words are bounded and hold no control characters or markup", test_words_are_safe_to_show);
	g_test_add_func("/refusal/words are UTF-8 without control characters or markup", test_words_can_be_shown);
	return g_test_run();
}
