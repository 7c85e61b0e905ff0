/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "filter.h"

#include <string.h>

#define FILTER_KEPT 64

gchar *
filter_folded(const Request *request)
{
	const gchar *query = query_get(request->query, "query");

	return query == NULL || query[0] == '\0' ? NULL : g_utf8_casefold(query, -1);
}

gchar *
filter_question(const Request *request, const gchar *list)
{
	GString *question = g_string_new(list);

	for (guint i = 0; i < request->query->items->len; i++) {
		const QueryItem *item = g_ptr_array_index(request->query->items, i);
		if (!g_str_equal(item->key, "limit") && !g_str_equal(item->key, "offset") && !g_str_equal(item->key, "total"))
			g_string_append_printf(question, "\n%s=%s", item->key, item->value);
	}
	return g_string_free(question, FALSE);
}

GPtrArray *
filter_array(const Request *request, const GPtrArray *items, FilterMatch match, gpointer data)
{
	GPtrArray *things = g_ptr_array_new();

	for (guint i = 0; i < items->len; i++) {
		Thing *thing = g_ptr_array_index(items, i);
		if (match(request, thing, data))
			g_ptr_array_add(things, thing);
	}
	return things;
}

const GPtrArray *
filter_things(const Request *request, const Shelf *shelf, const gchar *question, FilterMatch match, gpointer data)
{
	Sim *sim = request->sim;
	g_autofree gchar *key = NULL;
	GPtrArray *things;

	if (sim->filters_gen != sim->world->gen || g_hash_table_size(sim->filters) >= FILTER_KEPT) {
		g_hash_table_remove_all(sim->filters);
		sim->filters_gen = sim->world->gen;
	}
	key = g_strdup_printf("%s\n%s", request->credential->user_id != NULL ? request->credential->user_id : "", question);
	things = g_hash_table_lookup(sim->filters, key);
	if (things != NULL)
		return things;
	things = filter_array(request, shelf->sorted, match, data);
	g_hash_table_insert(sim->filters, g_steal_pointer(&key), things);
	return things;
}

gboolean
filter_query(const Request *request, Thing *thing, const gchar *email, const gchar *folded)
{
	const Switches *switches = request->sim->spec->switches;
	const gchar *found;
	const gchar *name_end;

	if (folded == NULL)
		return TRUE;
	if (thing->folded == NULL) {
		g_autofree gchar *name = g_utf8_casefold(thing->name, -1);
		thing->folded = g_strdup_printf("%s\n%s", name, email != NULL ? email : "");
	}
	found = strstr(thing->folded, folded);
	name_end = strchr(thing->folded, '\n');
	if (found == NULL)
		return FALSE;
	if (found < name_end)
		return TRUE;
	if (switches_is(switches, SWITCH_QUERY_FIELDS, "name"))
		return FALSE;
	return switches_on(switches, SWITCH_QUERY_AT) || strchr(folded, '@') == NULL;
}
