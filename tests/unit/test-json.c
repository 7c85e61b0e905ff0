/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/json.h"

#include <string.h>

#include "errors.h"

static json_object *
parse(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	json_object *root = json_read(text, strlen(text), "GET /x", &error);

	g_assert_no_error(error);
	return root;
}

static void
refused(const gchar *text, gsize length)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(json_read(text, length, "GET /x", &error));
	g_assert_error(error, ERRORS, IDC_PROTOCOL);
	g_assert_nonnull(strstr(error->message, "GET /x"));
}

static void
test_what_is_no_object_is_refused(void)
{
	const gchar *const bad[] = {"", "null", "[]", "\"x\"", "{\"a\":", "<html></html>", "{} {}", "{\"a\":1}x", "{'a':1}"};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		refused(bad[i], strlen(bad[i]));
}

static void
test_depth_is_bounded(void)
{
	g_autoptr(GString) deep = g_string_new("{\"a\":");

	for (guint i = 0; i < 10000; i++)
		g_string_append_c(deep, '[');
	refused(deep->str, deep->len);
}

static void
test_a_small_text_cannot_ask_for_much_memory(void)
{
	g_autoptr(GString) wide = g_string_new("{\"a\":[{}");

	for (guint i = 0; i < 200000; i++)
		g_string_append(wide, ",{}");
	g_string_append(wide, "]}");
	refused(wide->str, wide->len);
}

static void
test_brackets_in_text_are_text(void)
{
	g_autoptr(GString) text = g_string_new("{\"a\":\"");
	g_autoptr(json_object) root = NULL;

	for (guint i = 0; i < 200000; i++)
		g_string_append(text, "[{,\\\"");
	g_string_append(text, "\"}");
	root = parse(text->str);
	g_assert_nonnull(json_read_text(root, "a"));
}

static void
test_getters_check_types(void)
{
	g_autoptr(json_object) root =
	    parse("{\"s\":\"x\",\"n\":7,\"neg\":-1,\"z\":null,\"t\":true,\"ts\":\"true\",\"nul\":\"a\\u0000b\",\"d\":1.5}");
	gboolean known;

	g_assert_cmpstr(json_read_text(root, "s"), ==, "x");
	g_assert_null(json_read_text(root, "n"));
	g_assert_null(json_read_text(root, "z"));
	g_assert_null(json_read_text(root, "nul"));
	g_assert_null(json_read_text(NULL, "s"));
	g_assert_cmpint(json_read_number(root, "n", 3), ==, 7);
	g_assert_cmpint(json_read_number(root, "s", 3), ==, 3);
	g_assert_cmpint(json_read_number(root, "neg", 3), ==, 3);
	g_assert_cmpint(json_read_number(root, "d", 3), ==, 3);
	g_assert_true(json_read_flag(root, "t", &known) && known);
	g_assert_true(json_read_flag(root, "ts", &known) && known);
	g_assert_false(json_read_flag(root, "n", &known) || known);
	g_assert_null(json_read_array(root, "s"));
	g_assert_null(json_read_object(root, "s"));
}

static void
test_ids_are_fit_for_urls(void)
{
	const gchar *const bad[] = {"{\"id\":\"\"}",         "{\"id\":\"a/b\"}",   "{\"id\":\"..\"}",
				    "{\"id\":\"a b\"}",      "{\"id\":\"a\\nb\"}", "{\"id\":\"\\ud800\"}",
				    "{\"id\":\"\303\251\"}", "{\"id\":5}",         "{}",
				    "{\"id\":\"a\\u0000\"}"};
	g_autoptr(json_object) good = parse("{\"id\":\"PA_-9\"}");

	g_assert_cmpstr(json_read_id(good, "id", "GET /x", NULL), ==, "PA_-9");
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(json_object) root = parse(bad[i]);
		g_autoptr(GError) error = NULL;

		g_assert_null(json_read_id(root, "id", "GET /x", &error));
		g_assert_error(error, ERRORS, IDC_PROTOCOL);
	}
}

static void
test_names_are_kept_or_mended(void)
{
	g_autoptr(json_object) root = parse(
	    "{\"ok\":\"\330\271 e\314\201 \360\237\232\222\",\"bad\":\"a\377b\",\"nul\":\"a\\u0000b\",\"lone\":\"a\\ud800b\"}");
	gboolean sanitized = FALSE;
	g_autofree gchar *ok = json_read_name(root, "ok", 100, &sanitized);
	g_autofree gchar *bad = NULL;
	g_autofree gchar *cut = NULL;
	g_autofree gchar *nul = NULL;

	g_assert_cmpstr(ok, ==, "\330\271 e\314\201 \360\237\232\222");
	g_assert_false(sanitized);
	bad = json_read_name(root, "bad", 100, &sanitized);
	g_assert_cmpstr(bad, ==, "a\357\277\275b");
	g_assert_true(sanitized);
	sanitized = FALSE;
	nul = json_read_name(root, "nul", 100, &sanitized);
	g_assert_cmpstr(nul, ==, "a\357\277\275b");
	g_assert_true(sanitized);
	sanitized = FALSE;
	g_free(json_read_name(root, "lone", 100, &sanitized));
	g_assert_true(sanitized);
	sanitized = FALSE;
	cut = json_read_name(root, "ok", 8, &sanitized); /* in the middle of the emoji */
	g_assert_cmpstr(cut, ==, "\330\271 e\314\201 ");
	g_assert_true(sanitized);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/what is no JSON object is refused, and the error says which answer it was",
			test_what_is_no_object_is_refused);
	g_test_add_func("/json/depth is bounded", test_depth_is_bounded);
	g_test_add_func("/json/a small text cannot ask for much memory", test_a_small_text_cannot_ask_for_much_memory);
	g_test_add_func("/json/brackets inside text do not count", test_brackets_in_text_are_text);
	g_test_add_func("/json/getters give nothing where the type is another", test_getters_check_types);
	g_test_add_func("/json/ids that could change a URL are refused", test_ids_are_fit_for_urls);
	g_test_add_func("/json/names are kept byte for byte, or mended and marked", test_names_are_kept_or_mended);
	return g_test_run();
}
