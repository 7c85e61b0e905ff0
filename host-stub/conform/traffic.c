/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/traffic.h"
#include <string.h>

static void
traffic_entry_free(gpointer data)
{
	TrafficEntry *entry = data;

	g_free(entry->method);
	g_free(entry->path);
	g_free(entry->query);
	g_free(entry->host);
	g_free(entry->route);
	g_free(entry->scope);
	g_free(entry->violation);
	g_free(entry);
}

static char *
traffic_string(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return g_strdup(json_object_get_string(value));
}

static TrafficEntry *
traffic_entry(json_object *object)
{
	TrafficEntry *entry = g_new0(TrafficEntry, 1);
	json_object *violations = NULL;

	entry->method = traffic_string(object, "method");
	entry->path = traffic_string(object, "path");
	entry->query = traffic_string(object, "query");
	entry->host = traffic_string(object, "host");
	entry->route = traffic_string(object, "route");
	entry->scope = traffic_string(object, "scope");
	entry->status = json_object_get_int(json_object_object_get(object, "status"));
	if (json_object_object_get_ex(object, "violations", &violations) && json_object_is_type(violations, json_type_array) &&
	    json_object_array_length(violations) > 0)
		entry->violation = g_strdup(json_object_get_string(json_object_array_get_idx(violations, 0)));
	return entry;
}

static json_object *
traffic_list(Fixture *fixture, json_object **ret_answer, GError **error)
{
	json_object *list = NULL;

	*ret_answer = fixture_ask(fixture, "GET", "journal", NULL, error);
	if (*ret_answer != NULL)
		json_object_object_get_ex(*ret_answer, "requests", &list);
	return json_object_is_type(list, json_type_array) ? list : NULL;
}

GPtrArray *
traffic_read(Fixture *fixture, GError **error)
{
	GPtrArray *traffic;
	g_autoptr(json_object) answer = NULL;
	json_object *list = traffic_list(fixture, &answer, error);

	if (answer == NULL)
		return NULL;
	traffic = g_ptr_array_new_with_free_func(traffic_entry_free);
	for (gsize i = 0; list != NULL && i < json_object_array_length(list); i++)
		g_ptr_array_add(traffic, traffic_entry(json_object_array_get_idx(list, i)));
	return traffic;
}

gint64
traffic_count(Fixture *fixture, GError **error)
{
	g_autoptr(json_object) answer = NULL;
	json_object *list = traffic_list(fixture, &answer, error);

	if (answer == NULL)
		return -1;
	return list != NULL ? (gint64)json_object_array_length(list) : 0;
}

gboolean
traffic_names_one(const TrafficEntry *entry)
{
	return entry->route != NULL && strchr(entry->route, '{') != NULL;
}

const ManifestWire *
traffic_wire(const Manifest *manifest, const TrafficEntry *entry)
{
	for (guint i = 0; i < manifest->wire->len; i++) {
		const ManifestWire *wire = g_ptr_array_index(manifest->wire, i);

		if (g_strcmp0(wire->method, entry->method) == 0 && g_strcmp0(wire->host, entry->host) == 0 &&
		    g_strcmp0(wire->template_text, entry->route) == 0)
			return wire;
	}
	return NULL;
}

gboolean
traffic_is_write(const Manifest *manifest, const TrafficEntry *entry)
{
	const ManifestWire *wire = traffic_wire(manifest, entry);
	const char *const *operations = wire != NULL ? (const char *const *)wire->operations : NULL;

	if (g_strcmp0(entry->method, "GET") == 0 || g_strcmp0(entry->method, "HEAD") == 0)
		return FALSE;
	return operations == NULL ||
	       (!g_strv_contains(operations, "authorize") && !g_strv_contains(operations, "list_entitlements"));
}

guint
traffic_writes(const Manifest *manifest, GPtrArray *traffic)
{
	guint n = 0;

	for (guint i = 0; i < traffic->len; i++)
		n += traffic_is_write(manifest, g_ptr_array_index(traffic, i)) ? 1 : 0;
	return n;
}

char *
traffic_text(const TrafficEntry *entry)
{
	gboolean query = entry->query != NULL && *entry->query != '\0';

	return g_strdup_printf("%s %s%s%s (%d)", entry->method, entry->path, query ? "?" : "", query ? entry->query : "",
			       entry->status);
}
