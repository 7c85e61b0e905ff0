/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "idset.h"

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

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/idset/ids are numbered as they come, each once", test_numbers_in_order);
	return g_test_run();
}
