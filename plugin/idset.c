/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "idset.h"

struct IdSet {
	GStringChunk *text;
	GPtrArray *ids;      /* into text */
	GHashTable *numbers; /* id to number + 1; GLib keeps such small values in four bytes */
};

IdSet *
idset_new(void)
{
	IdSet *set = g_new0(IdSet, 1);

	set->text = g_string_chunk_new(4096);
	set->ids = g_ptr_array_new();
	set->numbers = g_hash_table_new(g_str_hash, g_str_equal);
	return set;
}

void
idset_free(IdSet *set)
{
	if (set == NULL)
		return;
	g_hash_table_destroy(set->numbers);
	g_ptr_array_free(set->ids, TRUE);
	g_string_chunk_free(set->text);
	g_free(set);
}

guint32
idset_find(const IdSet *set, const gchar *id)
{
	const guint number = GPOINTER_TO_UINT(g_hash_table_lookup(set->numbers, id));

	return number == 0 ? IDSET_NONE : number - 1;
}

guint32
idset_add(IdSet *set, const gchar *id, gboolean *ret_new)
{
	guint32 number = idset_find(set, id);

	if (ret_new != NULL)
		*ret_new = number == IDSET_NONE;
	if (number == IDSET_NONE) {
		gchar *copy = g_string_chunk_insert(set->text, id);

		number = set->ids->len;
		g_ptr_array_add(set->ids, copy);
		g_hash_table_insert(set->numbers, copy, GUINT_TO_POINTER(number + 1));
	}
	return number;
}

const gchar *
idset_id(const IdSet *set, guint32 number)
{
	return g_ptr_array_index(set->ids, number);
}

guint32
idset_size(const IdSet *set)
{
	return set->ids->len;
}
