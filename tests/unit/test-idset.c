/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "idset.h"
#include "wire/recent.h"

static void
test_numbers_in_order(void)
{
	g_autoptr(IdSet) set = idset_new();

	for (guint i = 0; i < 20000; i++) {
		g_autofree gchar *id = g_strdup_printf("P%07u", i * 7919 % 20011);
		gboolean is_new = FALSE;

		g_assert_cmpuint(idset_add(set, id, &is_new), ==, i);
		g_assert_true(is_new);
		g_assert_cmpuint(idset_add(set, id, &is_new), ==, i);
		g_assert_false(is_new);
		g_assert_cmpstr(idset_id(set, i), ==, id);
	}
	g_assert_cmpuint(idset_size(set), ==, 20000);
	g_assert_cmpuint(idset_find(set, "PX"), ==, IDSET_NONE);
}

static void
test_recent_is_bounded(void)
{
	Recent *recent = recent_new();

	recent_note(recent, NULL);
	g_assert_false(recent_has(recent, NULL));
	for (guint i = 0; i < 5 * RECENT_KEPT; i++) {
		g_autofree gchar *text = g_strdup_printf("%u", i);
		g_autofree gchar *kept = g_strdup_printf("%u", i < RECENT_KEPT ? 0 : i - RECENT_KEPT);
		g_autofree gchar *gone = g_strdup_printf("%u", i < 2 * RECENT_KEPT ? G_MAXUINT : i - 2 * RECENT_KEPT);

		recent_note(recent, text);
		g_assert_true(recent_has(recent, text));
		g_assert_true(recent_has(recent, kept));
		g_assert_false(recent_has(recent, gone));
	}
	recent_free(recent);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/idset/ids are numbered as they come, each once", test_numbers_in_order);
	g_test_add_func("/recent/the last texts are kept, and not all for ever", test_recent_is_bounded);
	return g_test_run();
}
