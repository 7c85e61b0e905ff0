/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "numbers.h"

static gint
numbers_compare(gconstpointer a, gconstpointer b)
{
	const guint32 one = *(const guint32 *)a;
	const guint32 other = *(const guint32 *)b;

	return one < other ? -1 : one > other;
}

void
numbers_sort(GArray *numbers)
{
	g_array_sort(numbers, numbers_compare);
}

gboolean
numbers_has(const GArray *sorted, guint32 number)
{
	return g_array_binary_search((GArray *)sorted, &number, numbers_compare, NULL);
}

void
numbers_once(GArray *numbers)
{
	guint kept = 0;

	numbers_sort(numbers);
	for (guint i = 0; i < numbers->len; i++)
		if (kept == 0 || g_array_index(numbers, guint32, i) != g_array_index(numbers, guint32, kept - 1))
			g_array_index(numbers, guint32, kept++) = g_array_index(numbers, guint32, i);
	g_array_set_size(numbers, kept);
}
