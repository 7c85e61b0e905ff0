/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "recent.h"

struct Recent {
	GHashTable *now;
	GHashTable *before; /* full, and forgotten when now is */
};

static GHashTable *
recent_table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

Recent *
recent_new(void)
{
	Recent *recent = g_new0(Recent, 1);

	recent->now = recent_table();
	recent->before = recent_table();
	return recent;
}

void
recent_free(Recent *recent)
{
	if (recent == NULL)
		return;
	g_hash_table_unref(recent->now);
	g_hash_table_unref(recent->before);
	g_free(recent);
}

void
recent_note(Recent *recent, const gchar *text)
{
	if (text == NULL)
		return;
	if (g_hash_table_size(recent->now) == RECENT_KEPT) {
		g_hash_table_unref(recent->before);
		recent->before = recent->now;
		recent->now = recent_table();
	}
	g_hash_table_add(recent->now, g_strdup(text));
}

gboolean
recent_has(const Recent *recent, const gchar *text)
{
	return text != NULL && (g_hash_table_contains(recent->now, text) || g_hash_table_contains(recent->before, text));
}
