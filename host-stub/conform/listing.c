/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/listing.h"
#include "conform/contract.h"
#include "conform/traffic.h"
#include <string.h>

void
listing_judge(Subject *subject, const Told *told, uint32_t want, const Truth *before, const Truth *after)
{
	Bench *bench = subject->bench;

	if (!bench_good(bench) || before == NULL || after == NULL)
		return;
	if (!bench_expect_none(bench, "a list in the order of the contract", contract_order(told, want)) ||
	    !bench_expect_none(bench, "seals that say what was told", contract_seals(told, want)) ||
	    !bench_expect_none(bench, "what the manifest declares", contract_declared(told, bench->manifest)))
		return;
	bench_expect_none(bench, "a list that is as the service is, or says where it is not",
			  truth_differs(before, after, bench->manifest, told, want));
}

Told *
listing_judged(Subject *subject, uint32_t want, gboolean whole)
{
	Bench *bench = subject->bench;
	g_autoptr(Truth) truth = bench_truth(bench);
	g_autoptr(Told) told = subject_list(subject, want, NULL);
	g_autofree char *status = told_status(told);

	bench_expect(bench, !whole || told->status == IDC_OK, "a whole list is OK", "%s", status);
	listing_judge(subject, told, want, truth, truth);
	return g_steal_pointer(&told);
}

void
listing_expect(Subject *subject, uint32_t want, gboolean whole)
{
	told_free(listing_judged(subject, want, whole));
}

void
listing_expect_elsewhere(Subject *subject)
{
	g_autoptr(Subject) twin = bench_good(subject->bench) ? subject_twin(subject) : NULL;
	g_autoptr(Told) told = twin != NULL ? subject_init(twin) : NULL;

	if (told != NULL && bench_expect(subject->bench, told->status == IDC_OK, "init() is OK", "%s", told->error.message))
		listing_expect(twin, subject_records(twin), TRUE);
}

GPtrArray *
listing_traffic(Bench *bench, const char *world)
{
	g_autoptr(Subject) subject = subject_open(bench, world, FALSE);
	g_autoptr(GPtrArray) traffic = NULL;
	guint before;

	if (subject == NULL)
		return NULL;
	before = bench_requests(bench);
	listing_expect(subject, subject_records(subject), FALSE);
	traffic = bench_traffic(bench);
	if (!bench_good(bench) || traffic == NULL)
		return NULL;
	g_ptr_array_remove_range(traffic, 0, MIN(before, traffic->len));
	return g_steal_pointer(&traffic);
}

Told *
listing_faulty(Bench *bench, const char *match, const char *action, gboolean honest)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Truth) truth = subject != NULL ? bench_truth(bench) : NULL;
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	if (truth == NULL)
		return NULL;
	fixture_fault(subject->fixture, match, action, &error);
	if (!bench_sound(bench, error))
		return NULL;
	told = subject_list(subject, subject_records(subject), NULL);
	if (bench_struck(bench) && honest)
		listing_judge(subject, told, subject_records(subject), truth, truth);
	else if (bench_good(bench))
		bench_expect_none(bench, "a list in the order of the contract", contract_order(told, subject_records(subject)));
	g_clear_pointer(&subject, subject_close);
	return bench_good(bench) ? g_steal_pointer(&told) : NULL;
}

void
listing_fault_at_each(Bench *bench, const char *action, guint places, gboolean honest)
{
	g_autoptr(GPtrArray) traffic = listing_traffic(bench, "default");
	g_autoptr(GArray) picked = traffic != NULL ? bench_pick(bench, traffic->len, places) : NULL;
	/* Who says that one thing is gone, and still holds it, lies. */
	gboolean gone = strstr(action, "404") != NULL;

	for (guint i = 0; picked != NULL && i < picked->len && bench_good(bench); i++) {
		guint place = g_array_index(picked, guint, i);
		g_autofree char *match = g_strdup_printf("{\"nth\":%u}", place);
		g_autofree char *request = traffic_text(g_ptr_array_index(traffic, place - 1));

		bench_try(bench, "a list in which the %u. request of %u, as a rule %s, meets %s", place, traffic->len, request,
			  action);
		told_free(listing_faulty(bench, match, action,
					 honest && !(gone && traffic_names_one(g_ptr_array_index(traffic, place - 1)))));
	}
}
