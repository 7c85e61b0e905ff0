/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "shelf.h"

#include <string.h>

#include "rng.h"

void
shelf_thing_clear(Thing *thing)
{
	g_free(thing->id);
	g_free(thing->name);
	g_free(thing->text);
	g_free(thing->ref);
	g_free(thing->folded);
}

void
shelf_init(Shelf *shelf, GDestroyNotify free_thing)
{
	shelf->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	shelf->sorted = g_ptr_array_new();
	shelf->order = SHELF_ORDER_NAME;
	shelf->free_thing = free_thing;
}

void
shelf_clear(Shelf *shelf)
{
	g_clear_pointer(&shelf->by_id, g_hash_table_unref);
	for (guint i = 0; shelf->sorted != NULL && i < shelf->sorted->len; i++)
		shelf->free_thing(g_ptr_array_index(shelf->sorted, i));
	g_clear_pointer(&shelf->sorted, g_ptr_array_unref);
}

gint
shelf_compare(ShelfOrder order, const Thing *a, const Thing *b)
{
	gint by_name;

	switch (order) {
	case SHELF_ORDER_ID:
		return strcmp(a->id, b->id);
	case SHELF_ORDER_CREATED:
		return a->serial < b->serial ? -1 : a->serial > b->serial ? 1 : 0;
	case SHELF_ORDER_MIXED: {
		guint64 first = rng_mix(a->serial);
		guint64 second = rng_mix(b->serial);
		return first < second ? -1 : first > second ? 1 : 0;
	}
	case SHELF_ORDER_NAME:
	default:
		by_name = strcmp(a->name, b->name);
		return by_name != 0 ? by_name : strcmp(a->id, b->id);
	}
}

static gint
shelf_compare_slots(gconstpointer a, gconstpointer b, gpointer user_data)
{
	const Shelf *shelf = user_data;

	return shelf_compare(shelf->order, *(Thing *const *)a, *(Thing *const *)b);
}

void
shelf_append(Shelf *shelf, Thing *thing)
{
	g_hash_table_insert(shelf->by_id, thing->id, thing);
	g_ptr_array_add(shelf->sorted, thing);
}

void
shelf_sort(Shelf *shelf, ShelfOrder order)
{
	shelf->order = order;
	g_ptr_array_sort_with_data(shelf->sorted, shelf_compare_slots, shelf);
}

/* Where the thing stands or would stand. */
static guint
shelf_position(const Shelf *shelf, const Thing *thing)
{
	guint low = 0;
	guint high = shelf->sorted->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (shelf_compare(shelf->order, g_ptr_array_index(shelf->sorted, middle), thing) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
shelf_insert(Shelf *shelf, Thing *thing)
{
	g_ptr_array_insert(shelf->sorted, (gint)shelf_position(shelf, thing), thing);
	g_hash_table_insert(shelf->by_id, thing->id, thing);
}

void
shelf_take(Shelf *shelf, Thing *thing)
{
	g_ptr_array_remove_index(shelf->sorted, shelf_position(shelf, thing));
	g_hash_table_remove(shelf->by_id, thing->id);
}

void
shelf_remove(Shelf *shelf, Thing *thing)
{
	shelf_take(shelf, thing);
	shelf->free_thing(thing);
}

void
shelf_rename(Shelf *shelf, Thing *thing, const gchar *name)
{
	g_ptr_array_remove_index(shelf->sorted, shelf_position(shelf, thing));
	g_free(thing->name);
	thing->name = g_strdup(name);
	g_clear_pointer(&thing->folded, g_free);
	g_ptr_array_insert(shelf->sorted, (gint)shelf_position(shelf, thing), thing);
}

gpointer
shelf_find(const Shelf *shelf, const gchar *id)
{
	return id == NULL ? NULL : g_hash_table_lookup(shelf->by_id, id);
}
