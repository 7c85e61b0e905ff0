/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/changing.h"
#include "base/error.h"
#include "conform/contract.h"
#include "conform/traffic.h"

Subject *
changing_open(Bench *bench)
{
	return subject_open(bench, bench->plan->changes_world, TRUE);
}

Subject *
changing_open_provision(Bench *bench)
{
	return subject_open(bench, bench->plan->provision_world, TRUE);
}

idc_change
changing_item(const PlanGrant *grant)
{
	return (idc_change){.principal_id = grant->principal, .entitlement_id = grant->entitlement};
}

gboolean
changing_offers(const Bench *bench, SubjectChange change)
{
	static const char *const keys[] = {"provision_user", "add_user", "remove_user"};
	const ManifestCapability *capability = manifest_capability(bench->manifest, keys[change]);

	return capability != NULL && capability->supported;
}

guint
changing_writes(Bench *bench)
{
	g_autoptr(GPtrArray) traffic = bench_traffic(bench);

	return traffic != NULL ? traffic_writes(bench->manifest, traffic) : 0;
}

/* The grants that effects of that verb tell: key -> whether only as EXPECTED. */
static GHashTable *
changing_effects(const Told *told, uint32_t verb)
{
	GHashTable *effects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_effect *effect = &message->of.effect;

		if (message->kind == IDC_MSG_EFFECT && effect->record == IDC_RECORD_GRANT && effect->verb == verb &&
		    effect->principal_id != NULL && effect->entitlement_id != NULL)
			g_hash_table_insert(effects, g_strdup_printf("%s holds %s", effect->principal_id, effect->entitlement_id),
					    GINT_TO_POINTER((effect->flags & IDC_EFFECT_EXPECTED) != 0));
	}
	return effects;
}

/* What happened and was not told, or was told as done and did not happen. */
static char *
changing_untold(GHashTable *happened, GHashTable *effects, const char *verb)
{
	GHashTableIter iter;
	gpointer key;
	gpointer expected;

	g_hash_table_iter_init(&iter, happened);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		if (!g_hash_table_contains(effects, key))
			return g_strdup_printf("\"%s\" was %s and no effect tells it", (char *)key, verb);
	}
	g_hash_table_iter_init(&iter, effects);
	while (g_hash_table_iter_next(&iter, &key, &expected)) {
		if (!g_hash_table_contains(happened, key) && !GPOINTER_TO_INT(expected))
			return g_strdup_printf("an effect tells that \"%s\" was %s, which did not happen", (char *)key, verb);
	}
	return NULL;
}

static char *
changing_people(const Told *told, const Truth *before, const Truth *after)
{
	gint kind = snapshot_index(IDC_RECORD_PRINCIPAL);
	GHashTableIter iter;
	gpointer id;

	g_hash_table_iter_init(&iter, after->rows[kind]);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		gboolean there = g_hash_table_contains(before->rows[kind], id);

		for (guint i = 0; !there && i < told->messages->len; i++) {
			const ToldMessage *message = g_ptr_array_index(told->messages, i);
			const idc_effect *effect = &message->of.effect;

			there = message->kind == IDC_MSG_EFFECT && effect->record == IDC_RECORD_PRINCIPAL &&
				(effect->verb == IDC_VERB_CREATED || effect->verb == IDC_VERB_INVITED);
		}
		if (!there)
			return g_strdup_printf("the principal %s is new and no effect tells it", (char *)id);
	}
	return NULL;
}

static char *
changing_results(SubjectChange change, const idc_change *items, gsize n, const Told *told, const Truth *after)
{
	for (gsize i = 0; i < n && change != SUBJECT_PROVISION; i++) {
		const idc_result *result = told_result(told, (uint32_t)i);
		gboolean holds;

		if (result == NULL || (result->status != IDC_OK && result->status != IDC_ALREADY))
			continue;
		holds = truth_holds(after, items[i].principal_id, items[i].entitlement_id);
		if (holds != (change == SUBJECT_ADD))
			return g_strdup_printf("the item %zu is %s, and %s %s %s", i, host_status_name(result->status),
					       items[i].principal_id, holds ? "still holds" : "does not hold",
					       items[i].entitlement_id);
	}
	return NULL;
}

void
changing_judge(Subject *subject, SubjectChange change, const idc_change *items, gsize n, uint32_t flags, const Told *told,
	       const Truth *before, const Truth *after)
{
	Bench *bench = subject->bench;
	g_autoptr(GHashTable) came = NULL;
	g_autoptr(GHashTable) went = NULL;
	g_autoptr(GHashTable) added = NULL;
	g_autoptr(GHashTable) removed = NULL;

	if (!bench_good(bench) || before == NULL || after == NULL ||
	    !bench_expect_none(bench, "a change as the contract says", contract_change(told, n, flags)))
		return;
	came = truth_grants_without(after, before);
	went = truth_grants_without(before, after);
	if ((flags & IDC_CHANGE_DRY_RUN) != 0) {
		bench_expect(bench, g_hash_table_size(came) == 0 && g_hash_table_size(went) == 0, "a dry run changes nothing",
			     "%u grants came and %u went", g_hash_table_size(came), g_hash_table_size(went));
		return;
	}
	bench_expect_none(bench, "results that are so at the service", changing_results(change, items, n, told, after));
	/* Who does not know what became of a write cannot tell its effects. */
	for (gsize i = 0; i < n; i++) {
		const idc_result *result = told_result(told, (uint32_t)i);

		if (result == NULL || result->status == IDC_INDETERMINATE)
			return;
	}
	added = changing_effects(told, IDC_VERB_ADDED);
	removed = changing_effects(told, IDC_VERB_REMOVED);
	bench_expect_none(bench, "effects that tell exactly what happened", changing_untold(came, added, "added"));
	bench_expect_none(bench, "effects that tell exactly what happened", changing_untold(went, removed, "removed"));
	bench_expect_none(bench, "effects that tell exactly what happened", changing_people(told, before, after));
}

int32_t
changing_one(Subject *subject, SubjectChange change, const PlanGrant *grant)
{
	const idc_change item = changing_item(grant);
	g_autoptr(Truth) before = bench_truth(subject->bench);
	g_autoptr(Told) told = subject_change(subject, change, &item, 1, 0);
	g_autoptr(Truth) after = bench_truth(subject->bench);
	const idc_result *result = told_result(told, 0);

	changing_judge(subject, change, &item, 1, 0, told, before, after);
	return result != NULL ? result->status : told->status;
}
