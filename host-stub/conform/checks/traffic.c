/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What is asked of the service is what the manifest says, and no more. */
#include "conform/traffic.h"
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "load/budget.h"

/* The requests of sign-in and of a whole list of the world default. NULL: a verdict is there. */
static GPtrArray *
traffic_whole(Bench *bench)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return NULL;
	bench_try(bench, "sign-in and a whole list, and looking at each request");
	told = subject_list(subject, subject_records(subject), NULL);
	if (!bench_expect(bench, told->status == IDC_OK, "a list is OK", "%s", told->error.message))
		return NULL;
	return bench_traffic(bench);
}

static void
traffic_declared(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = traffic_whole(bench);

	(void)parameter;
	for (guint i = 0; traffic != NULL && i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);
		const ManifestWire *wire = traffic_wire(bench->manifest, entry);
		const char *const *operations = wire != NULL ? (const char *const *)wire->operations : NULL;
		g_autofree char *text = traffic_text(entry);

		bench_expect(bench,
			     operations != NULL &&
				 (g_strv_contains(operations, "authorize") || g_strv_contains(operations, "list_entitlements")),
			     "each request of a list stands in the manifest's wire, for authorize or list_entitlements", "%s",
			     text);
	}
}

static void
traffic_reads(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = traffic_whole(bench);

	(void)parameter;
	for (guint i = 0; traffic != NULL && i < traffic->len; i++) {
		g_autofree char *text = traffic_text(g_ptr_array_index(traffic, i));

		bench_expect(bench, !traffic_is_write(bench->manifest, g_ptr_array_index(traffic, i)), "a list makes no write",
			     "%s", text);
	}
}

static void
traffic_clean(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = traffic_whole(bench);

	(void)parameter;
	for (guint i = 0; traffic != NULL && i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);
		g_autofree char *text = traffic_text(entry);

		bench_expect(bench, entry->violation == NULL, "each request is as the service documents it", "%s: %s", text,
			     entry->violation != NULL ? entry->violation : "");
	}
}

static gboolean
traffic_asked(const Manifest *manifest, const char *scope)
{
	g_autofree char *asked = manifest_scope_text(manifest, FALSE);
	g_auto(GStrv) scopes = g_strsplit(asked, " ", -1);

	return g_strv_contains((const char *const *)scopes, scope);
}

static void
traffic_scopes(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = traffic_whole(bench);

	(void)parameter;
	for (guint i = 0; traffic != NULL && i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);
		const ManifestWire *wire = traffic_wire(bench->manifest, entry);
		g_autofree char *text = traffic_text(entry);

		if (wire == NULL || entry->scope == NULL)
			continue;
		bench_expect(bench, g_strcmp0(wire->scope, entry->scope) == 0,
			     "the scope that wire names is the one that is needed", "%s needs %s, wire says %s", text, entry->scope,
			     wire->scope != NULL ? wire->scope : "none");
		bench_expect(bench, traffic_asked(bench->manifest, entry->scope), "a list needs no scope but those for reading",
			     "%s needs %s", text, entry->scope);
	}
}

static void
traffic_add(GHashTable *sizes, const char *key, guint64 n)
{
	guint64 *size = g_hash_table_lookup(sizes, key);

	if (size == NULL) {
		size = g_new0(guint64, 1);
		g_hash_table_insert(sizes, g_strdup(key), size);
	}
	*size += n;
}

/* As many as the manifest's budget says for what there is. */
static GHashTable *
traffic_sizes(const Truth *truth)
{
	GHashTable *sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) with_grants = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer row;

	traffic_add(sizes, "principal", g_hash_table_size(truth->rows[snapshot_index(IDC_RECORD_PRINCIPAL)]));
	g_hash_table_iter_init(&iter, truth->rows[snapshot_index(IDC_RECORD_RESOURCE)]);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		traffic_add(sizes, json_object_get_string(json_object_object_get(row, "type")), 1);
	g_hash_table_iter_init(&iter, truth->rows[snapshot_index(IDC_RECORD_GRANT)]);
	while (g_hash_table_iter_next(&iter, NULL, &row)) {
		const char *entitlement = json_object_get_string(json_object_object_get(row, "entitlement_id"));
		const char *resource = truth_text(truth, IDC_RECORD_ENTITLEMENT, entitlement, "resource");
		const char *type = truth_text(truth, IDC_RECORD_RESOURCE, resource, "type");
		g_autofree char *grants = g_strdup_printf("%s.grants", type);
		g_autofree char *members = g_strdup_printf("%s.members", type);

		if (type == NULL)
			continue;
		traffic_add(sizes, grants, 1);
		if (g_hash_table_add(with_grants, (gpointer)resource))
			traffic_add(sizes, members, 1);
	}
	return sizes;
}

static void
traffic_budget(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Truth) truth = subject != NULL ? bench_truth(bench) : NULL;
	g_autoptr(GHashTable) sizes = truth != NULL ? traffic_sizes(truth) : NULL;
	g_autoptr(Told) told = NULL;
	BudgetCost cost = {0};
	guint before;
	guint requests;

	(void)parameter;
	if (sizes == NULL ||
	    !bench_expect(bench, budget_cost(bench->manifest, "list_entitlements", subject->settings, sizes, &cost),
			  "a budget for list_entitlements", "there is none"))
		return;
	bench_try(bench, "a whole list, and counting its requests");
	before = bench_requests(bench);
	told = subject_list(subject, subject_records(subject), NULL);
	requests = bench_requests(bench) - before;
	bench_expect(bench, told->status == IDC_OK, "a list is OK", "%s", told->error.message);
	bench_expect(bench, requests <= cost.requests, "no more requests than the manifest's budget", "%u of %" G_GUINT64_FORMAT,
		     requests, cost.requests);
}

static void
traffic_usage(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	const idc_usage_extension *extension;
	idc_usage usage = {.struct_size = sizeof(usage)};
	guint requests;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a whole list, and comparing what it says that it cost with the service's journal");
	told_free(subject_list(subject, subject_records(subject), NULL));
	extension = subject->connector->extension(IDC_EXT_USAGE);
	requests = bench_requests(bench);
	bench_expect(bench, extension->usage(subject->instance, &usage) == IDC_OK, "OK", "something else");
	bench_expect(bench, usage.requests == requests, "as many requests as came", "it says %" G_GUINT64_FORMAT ", there were %u",
		     usage.requests, requests);
	bench_expect(bench, usage.retries == 0, "no repeated request", "it says %" G_GUINT64_FORMAT, usage.retries);
}

const Check checks_traffic[] = {
    {"traffic.declared", "Each request of a list stands in the manifest's wire", traffic_declared, CHECK_LIST, NULL, NULL, 0, 0},
    {"traffic.reads", "A list makes no write at the service", traffic_reads, CHECK_LIST, NULL, NULL, 0, 0},
    {"traffic.clean", "Each request is as the service documents it", traffic_clean, CHECK_LIST, NULL, NULL, 0, 0},
    {"traffic.scopes", "A list needs no scope but those that the manifest names for reading", traffic_scopes, CHECK_LIST, NULL,
     NULL, 0, 0},
    {"traffic.budget", "A list makes no more requests than the manifest's budget", traffic_budget, CHECK_LIST | CHECK_BUDGET, NULL,
     NULL, 0, 0},
    {"traffic.usage", "What the connector says that it cost is what came", traffic_usage, CHECK_LIST | CHECK_USAGE, NULL, NULL, 0,
     0},
    {.id = NULL},
};
