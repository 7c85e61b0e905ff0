/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A host that is killed in the middle of a change, and starts again: the same change once more ends as if nothing had been. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include "conform/killing.h"

#define KILLED_PLACES 20

static const char *const killed_whens[] = {"before it was done", "after it was done"};

typedef struct {
	SubjectChange change;
	const PlanGrant *grant;
} KilledChange;

static void
killed_call(Subject *subject, gconstpointer data)
{
	const KilledChange *killed = data;
	const idc_change item = changing_item(killed->grant);

	told_free(subject_change(subject, killed->change, &item, 1, 0));
}

/* What is so, and how many writes it takes, where nobody is killed. */
static Truth *
killed_wanted(Bench *bench, const KilledChange *killed, guint *ret_writes)
{
	g_autoptr(Subject) subject = changing_open(bench);

	if (subject == NULL)
		return NULL;
	changing_one(subject, killed->change, killed->grant);
	*ret_writes = changing_writes(bench);
	return bench_truth(bench);
}

static void
killed_compare(Bench *bench, const Truth *wanted)
{
	g_autoptr(Truth) truth = bench_truth(bench);
	g_autoptr(GHashTable) more = NULL;
	g_autoptr(GHashTable) fewer = NULL;

	if (truth == NULL)
		return;
	more = truth_grants_without(truth, wanted);
	fewer = truth_grants_without(wanted, truth);
	bench_expect(bench, g_hash_table_size(more) == 0 && g_hash_table_size(fewer) == 0, "all is as where nobody was killed",
		     "%u grants more, %u fewer", g_hash_table_size(more), g_hash_table_size(fewer));
}

static void
killed_again(Bench *bench, const KilledChange *killed, KillingWhen when, const Truth *wanted, guint writes)
{
	g_autoptr(Subject) subject = subject_join(bench, TRUE);
	/* Of a write that was not done there are two. */
	const guint most = writes + (when == KILLING_BEFORE ? 1 : 0);
	int32_t status;

	if (subject == NULL)
		return;
	status = changing_one(subject, killed->change, killed->grant);
	bench_expect(bench, status == IDC_OK || status == IDC_ALREADY, "the same change by a new instance is OK or ALREADY", "%s",
		     host_status_name(status));
	killed_compare(bench, wanted);
	bench_expect(bench, changing_writes(bench) <= most, "no more writes than are needed", "%u, where %u will do",
		     changing_writes(bench), most);
}

static void
killed_each(Bench *bench, SubjectChange change, KillingWhen when)
{
	GPtrArray *grants = change == SUBJECT_ADD ? bench->plan->cases : bench->plan->held;

	for (guint i = 0; i < grants->len && bench_good(bench); i++) {
		const KilledChange killed = {change, g_ptr_array_index(grants, i)};
		guint writes = 0;
		g_autoptr(Truth) wanted = NULL;
		guint place = 1;

		bench_try(bench, "%s %s %s", subject_change_name(change), killed.grant->principal, killed.grant->entitlement);
		wanted = killed_wanted(bench, &killed, &writes);
		for (; wanted != NULL && place <= KILLED_PLACES; place++) {
			bench_try(bench, "%s %s %s, killed at its %u. request, %s, and the same by a new instance",
				  subject_change_name(change), killed.grant->principal, killed.grant->entitlement, place,
				  killed_whens[when]);
			if (!killing_call(bench, bench->plan->changes_world, place, when, killed_call, &killed))
				break;
			killed_again(bench, &killed, when, wanted, writes);
		}
		bench_expect(bench, place > 1, "a change that makes a request", "it made none");
	}
}

static void
killed_add(Bench *bench, gint parameter)
{
	killed_each(bench, SUBJECT_ADD, (KillingWhen)parameter);
}

static void
killed_remove(Bench *bench, gint parameter)
{
	killed_each(bench, SUBJECT_REMOVE, (KillingWhen)parameter);
}

const Check checks_killed[] = {
    {"killed.add", "Killed at any request of giving before it is done, the same once more ends as wanted", killed_add, CHECK_ADD,
     NULL, NULL, KILLING_BEFORE, 120},
    {"killed.done-add", "Killed at any request of giving after it was done, the same once more ends as wanted", killed_add,
     CHECK_ADD, "drip", NULL, KILLING_AFTER, 120},
    {"killed.remove", "Killed at any request of taking before it is done, the same once more ends as wanted", killed_remove,
     CHECK_REMOVE, NULL, NULL, KILLING_BEFORE, 120},
    {"killed.done-remove", "Killed at any request of taking after it was done, the same once more ends as wanted", killed_remove,
     CHECK_REMOVE, "drip", NULL, KILLING_AFTER, 120},
    {.id = NULL},
};
