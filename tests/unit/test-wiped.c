/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/wiped.h"

#include <string.h>

#include "errors.h"
#include "secret.h"

static json_object *
parse(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	json_object *root = wiped_read(text, strlen(text), "GET /x", &error);

	g_assert_no_error(error);
	return root;
}

static void
test_reads_what_json_reads(void)
{
	const gchar *const good[] = {"{}", "{\"a\":\"\\\"q\\\\ \\u00e9 \\ud83d\\ude00 \\/\",\"b\":[1,-2,true,null,{\"c\":\"\"}]}",
				     "{\"a b\":{\"\303\251\":[[],[\"\\n\"]]},\"d\":\"{[,\"}"};
	const gchar *const bad[] = {"",      "[]",      "{\"a\":",           "{\"a\":\"b", "{\"a\":\"b\\",
				    "{} {}", "{'a':1}", "{\"a\":\"\\u12\"}", "secret"};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(WipedJson) root = parse(good[i]);
		g_autoptr(json_object) same = json_read(good[i], strlen(good[i]), "GET /x", NULL);

		g_assert_true(json_object_equal(root, same) != 0);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(wiped_read(bad[i], strlen(bad[i]), "GET /x", &error));
		g_assert_error(error, ERRORS, IDC_PROTOCOL);
	}
}

static void
test_text_says_the_same(void)
{
	const gchar *const texts[] = {
	    "{}", "{\"a\":\"\\\"\\\\\\u0000\\u001f/ \303\251\",\"b\":[],\"c\":[1,[2,\"x\"],{},null,false],\"\\t\":\"\"}"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(WipedJson) root = parse(texts[i]);
		gchar *text = wiped_text(root);
		g_autoptr(WipedJson) again = parse(text);

		g_assert_true(json_object_equal(root, again) != 0);
		secret_free(text);
	}
}

static gboolean
all_zero(const gchar *bytes, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (bytes[i] != '\0')
			return FALSE;
	return TRUE;
}

static void
test_nothing_is_left_of_it(void)
{
	json_object *root = parse(
	    "{\"a\":[{\"b\":\"a secret\"},\"a longer one, which json-c keeps elsewhere: 0123456789 0123456789 0123456789\"]}");
	g_autoptr(json_object) list = json_object_get(json_read_array(root, "a"));
	const gchar *shorter = json_read_text(json_object_array_get_idx(list, 0), "b");
	const gchar *longer = json_object_get_string(json_object_array_get_idx(list, 1));

	g_assert_cmpstr(shorter, ==, "a secret");
	wiped_free(root);
	g_assert_true(all_zero(shorter, strlen("a secret")));
	g_assert_true(all_zero(longer, (gsize)json_object_get_string_len(json_object_array_get_idx(list, 1))));
}

static void
test_a_text_grows_whole(void)
{
	g_autoptr(SecretString) text = g_string_new(NULL);
	g_autoptr(GString) same = g_string_new(NULL);

	for (guint i = 0; i < 3000; i++) {
		const gchar bytes[] = {(gchar)i, 'x', '\0', 'y'};

		secret_append(text, bytes, i % 4);
		g_string_append_len(same, bytes, i % 4);
	}
	g_assert_true(g_string_equal(text, same));
	g_assert_true(text->str[text->len] == '\0');
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wiped/what is read is what json_read() reads", test_reads_what_json_reads);
	g_test_add_func("/wiped/a text that is made of it says the same", test_text_says_the_same);
	g_test_add_func("/wiped/nothing of its strings is left where it was freed", test_nothing_is_left_of_it);
	g_test_add_func("/wiped/a secret that grows piece by piece is whole", test_a_text_grows_whole);
	return g_test_run();
}
