/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Somebody else changes things while a list is read: what is there before and after is found, or the kind says that it is not whole. */
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"

#define MOVING_PLACES 3
#define MOVING_PAGES 5

/* A mutation of the conformance file when a request comes. */
static void
moving_once(Bench *bench, json_object *changes, const TrafficEntry *request, const char *when)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
	g_autoptr(Truth) after = NULL;
	g_autoptr(Told) told = NULL;
	g_autoptr(json_object) at = json_object_new_object();
	GError *error = NULL;
	gint64 fired;

	if (before == NULL)
		return;
	/* By its address: which one comes nth is left to chance where several are under way. */
	json_object_object_add(at, "method", json_object_new_string(request->method));
	json_object_object_add(at, "path", json_object_new_string(request->path));
	if (request->query != NULL && *request->query != '\0')
		json_object_object_add(at, "query", json_object_new_string(request->query));
	json_object_object_add(at, "when", json_object_new_string(when));
	fixture_mutate(subject->fixture, changes, at, &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_list(subject, subject_records(subject), NULL);
	fired = fixture_triggered(subject->fixture, &error);
	if (!bench_sound(bench, error))
		return;
	if (fired == 0) {
		bench_sound(bench,
			    g_error_new(G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "The change that was scheduled did not happen."));
		return;
	}
	after = bench_truth(bench);
	listing_judge(subject, told, subject_records(subject), before, after);
}

/* Whether something else of the same address was read before: a page that is not the first. */
static gboolean
moving_is_page(GPtrArray *traffic, guint place)
{
	const TrafficEntry *entry = g_ptr_array_index(traffic, place - 1);
	gboolean page = FALSE;

	for (guint i = 0; i + 1 < place && !page; i++) {
		const TrafficEntry *other = g_ptr_array_index(traffic, i);

		page = g_strcmp0(other->path, entry->path) == 0 && g_strcmp0(other->query, entry->query) != 0;
	}
	return page;
}

/* Places, counted from 1: the first, the last, one at random, and before all the pages between which rows move. */
static GArray *
moving_places(Bench *bench, GPtrArray *traffic)
{
	GArray *places = bench_pick(bench, traffic->len, MOVING_PLACES);
	guint picked = places->len;
	guint pages = 0;

	for (guint place = 1; place <= traffic->len && pages < MOVING_PAGES; place++) {
		gboolean there = FALSE;

		if (!moving_is_page(traffic, place))
			continue;
		pages++;
		for (guint i = 0; i < picked && !there; i++)
			there = g_array_index(places, guint, i) == place;
		if (!there)
			g_array_append_val(places, place);
	}
	return places;
}

static void
moving_each(Bench *bench, gint parameter)
{
	json_object *mutations = plan_at(bench->plan, "mutations", NULL);
	g_autoptr(GPtrArray) traffic = listing_traffic(bench, "default");

	for (gsize i = 0; traffic != NULL && i < json_object_array_length(mutations) && bench_good(bench); i++) {
		json_object *mutation = json_object_array_get_idx(mutations, i);
		g_autoptr(GArray) places = moving_places(bench, traffic);

		for (guint j = 0; j < places->len && bench_good(bench); j++) {
			guint place = g_array_index(places, guint, j);
			const char *when = parameter == 0 ? "before" : "after";

			const TrafficEntry *request = g_ptr_array_index(traffic, place - 1);
			g_autofree char *text = traffic_text(request);

			bench_try(bench, "a list during which, %s %s, the %u. request of %u, this happens: %s", when, text, place,
				  traffic->len, json_object_get_string(json_object_object_get(mutation, "title")));
			moving_once(bench, json_object_object_get(mutation, "changes"), request, when);
		}
	}
}

/* Between two lists everything that changed is seen. */
static void
moving_between(Bench *bench, gint parameter)
{
	json_object *mutations = plan_at(bench->plan, "mutations", NULL);
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);

	(void)parameter;
	for (gsize i = 0; subject != NULL && i < json_object_array_length(mutations) && bench_good(bench); i++) {
		json_object *mutation = json_object_array_get_idx(mutations, i);
		GError *error = NULL;

		bench_try(bench, "a list after this happened: %s",
			  json_object_get_string(json_object_object_get(mutation, "title")));
		fixture_mutate(subject->fixture, json_object_object_get(mutation, "changes"), NULL, &error);
		if (bench_sound(bench, error))
			listing_expect(subject, subject_records(subject), TRUE);
	}
}

const Check checks_moving[] = {
    {"moving.before", "What changes before a request of a list is found, or the list says that it is not whole", moving_each,
     CHECK_LIST, "triggers", "mutations", 0, 180},
    {"moving.after", "What changes after a request of a list is found, or the list says that it is not whole", moving_each,
     CHECK_LIST, "triggers", "mutations", 1, 180},
    {"moving.between", "What changed between two lists is in the second one", moving_between, CHECK_LIST, NULL, "mutations", 0, 0},
    {.id = NULL},
};
