/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Changes while things go wrong: whatever is said afterwards is so, nothing is done twice, and the same change once more ends right. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include "conform/traffic.h"

#define RETRY_PLACES 6

static const char *const retry_actions[] = {
    "{\"cut\":\"after\"}",
    "{\"cut\":\"before\"}",
    "{\"cut\":\"middle\"}",
    "{\"status\":500,\"body\":{}}",
    "{\"status\":503,\"body\":{}}",
    "{\"status\":429,\"body\":{},\"headers\":{\"Retry-After\":\"2\"}}",
    "{\"status\":403,\"body\":{}}",
    "{\"status\":401,\"body\":{}}",
    "{\"status\":200,\"body\":\"\",\"handle\":true}",
    "{\"status\":500,\"body\":{},\"handle\":true}",
};

typedef enum {
	RETRY_LOST,
	RETRY_CUT,
	RETRY_MIDDLE,
	RETRY_500,
	RETRY_503,
	RETRY_429,
	RETRY_403,
	RETRY_401,
	RETRY_EMPTY,
	RETRY_DONE_500
} RetryAction;

/* How many requests the change makes where nothing goes wrong. */
static guint
retry_requests(Bench *bench, SubjectChange change, const PlanGrant *grant)
{
	g_autoptr(Subject) subject = changing_open(bench);
	guint before;

	if (subject == NULL)
		return 0;
	before = bench_requests(bench);
	changing_one(subject, change, grant);
	return bench_requests(bench) - before;
}

/* After all that went wrong: the same change once more. */
static void
retry_once_more(Subject *subject, SubjectChange change, const PlanGrant *grant)
{
	Bench *bench = subject->bench;
	int32_t status = changing_one(subject, change, grant);

	bench_expect(bench, status == IDC_OK || status == IDC_ALREADY,
		     "the same change once more, where nothing goes wrong, is OK or ALREADY", "%s", host_status_name(status));
}

static void
retry_one(Bench *bench, SubjectChange change, const PlanGrant *grant, guint place, const char *action)
{
	g_autoptr(Subject) subject = changing_open(bench);
	g_autofree char *match = g_strdup_printf("{\"nth\":%u}", place);
	GError *error = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "%s %s %s, the %u. request of which meets %s", subject_change_name(change), grant->principal,
		  grant->entitlement, place, action);
	fixture_fault(subject->fixture, match, action, &error);
	if (!bench_sound(bench, error))
		return;
	changing_one(subject, change, grant);
	if (bench_good(bench) && bench_struck(bench))
		retry_once_more(subject, change, grant);
}

static void
retry_each(Bench *bench, SubjectChange change, RetryAction action)
{
	GPtrArray *grants = change == SUBJECT_ADD ? bench->plan->cases : bench->plan->held;

	for (guint i = 0; i < grants->len && bench_good(bench); i++) {
		const PlanGrant *grant = g_ptr_array_index(grants, i);
		guint n = retry_requests(bench, change, grant);
		g_autoptr(GArray) places = bench_pick(bench, n, RETRY_PLACES);

		for (guint j = 0; j < places->len && bench_good(bench); j++)
			retry_one(bench, change, grant, g_array_index(places, guint, j), retry_actions[action]);
	}
}

/* From one request on nothing is answered any more: nobody can look what became of it. */
static void
retry_dark(Bench *bench, gint parameter)
{
	const PlanGrant *grant = g_ptr_array_index(bench->plan->cases, 0);
	guint n = retry_requests(bench, SUBJECT_ADD, grant);

	(void)parameter;
	for (guint place = 1; place <= n && bench_good(bench); place++) {
		g_autoptr(Subject) subject = changing_open(bench);
		g_autofree char *match = g_strdup_printf("{\"nth\":%u,\"times\":0}", place);
		GError *error = NULL;

		if (subject == NULL)
			return;
		bench_try(bench, "add %s %s, from the %u. request of which on nothing is done and nothing answered",
			  grant->principal, grant->entitlement, place);
		fixture_fault(subject->fixture, match, retry_actions[RETRY_CUT], &error);
		if (bench_sound(bench, error))
			changing_one(subject, SUBJECT_ADD, grant);
	}
}

static void
retry_add(Bench *bench, gint parameter)
{
	retry_each(bench, SUBJECT_ADD, (RetryAction)parameter);
}

static void
retry_remove(Bench *bench, gint parameter)
{
	retry_each(bench, SUBJECT_REMOVE, (RetryAction)parameter);
}

/* A lost answer, and how many writes of that kind were really made: those that are not safe to repeat once. */
static void
retry_written_once(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		const PlanGrant *grant = g_ptr_array_index(bench->plan->cases, i);
		g_autoptr(GPtrArray) traffic = NULL;
		GError *error = NULL;
		guint posts = 0;

		if (subject == NULL)
			return;
		bench_try(bench, "add %s %s, while the answer to each write is lost once", grant->principal, grant->entitlement);
		for (gsize j = 0; j < 4; j++) {
			static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
			g_autofree char *match = g_strdup_printf("{\"method\":\"%s\"}", methods[j]);

			fixture_fault(subject->fixture, match, "{\"cut\":\"after\"}", &error);
			if (!bench_sound(bench, error))
				return;
		}
		changing_one(subject, SUBJECT_ADD, grant);
		traffic = bench_traffic(bench);
		for (guint j = 0; traffic != NULL && j < traffic->len; j++) {
			const TrafficEntry *entry = g_ptr_array_index(traffic, j);

			posts += traffic_is_write(bench->manifest, entry) && g_strcmp0(entry->method, "POST") == 0 ? 1 : 0;
		}
		bench_expect(bench, posts <= 1, "a POST whose answer was lost is not sent again without a look", "%u were sent",
			     posts);
	}
}

/* ---- stopped ---- */

static guint
retry_messages(Bench *bench, GArray *items)
{
	g_autoptr(Subject) subject = changing_open(bench);
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return 0;
	told = subject_change(subject, SUBJECT_ADD, (const idc_change *)(const void *)items->data, items->len, 0);
	return told->messages->len;
}

static GArray *
retry_all(Bench *bench)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(idc_change));

	for (guint i = 0; i < bench->plan->cases->len; i++) {
		const idc_change item = changing_item(g_ptr_array_index(bench->plan->cases, i));

		g_array_append_val(items, item);
	}
	return items;
}

/* A batch that is ended at each of its messages: what has a result is so, what has none was not attempted; then all of it once more. */
static void
retry_stopped(Bench *bench, gint parameter)
{
	g_autoptr(GArray) items = retry_all(bench);
	const idc_change *changes = (const idc_change *)(const void *)items->data;
	guint n = retry_messages(bench, items);
	g_autoptr(GArray) places = bench_pick(bench, n, RETRY_PLACES);

	for (guint i = 0; i < places->len && bench_good(bench); i++) {
		guint place = g_array_index(places, guint, i);
		g_autoptr(Subject) subject = changing_open(bench);
		g_autoptr(Told) told = NULL;
		g_autoptr(Told) again = NULL;
		g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
		g_autoptr(Truth) after = NULL;

		if (before == NULL)
			return;
		bench_try(bench, "a batch of %u that is %s at its %u. message", items->len,
			  parameter == 0 ? "to end" : "refused by emit", place);
		if (parameter == 0)
			subject->cancel_at = place;
		else
			subject->refuse_at = place;
		subject->refuse_with = IDC_NOMEM;
		told = subject_change(subject, SUBJECT_ADD, changes, items->len, 0);
		after = bench_truth(bench);
		bench_expect(bench, told->took_ms < 9000, "back within 2 s, or 5 s more for a write", "%" G_GINT64_FORMAT " ms",
			     told->took_ms);
		for (guint j = 0; parameter == 0 && j < items->len && after != NULL; j++) {
			const idc_result *result = told_result(told, j);
			gboolean holds = truth_holds(after, changes[j].principal_id, changes[j].entitlement_id);

			if (result == NULL)
				bench_expect(bench, !holds, "what has no result was not attempted", "%s holds %s",
					     changes[j].principal_id, changes[j].entitlement_id);
			else if (result->status == IDC_OK)
				bench_expect(bench, holds, "what is OK is held", "%s does not hold %s", changes[j].principal_id,
					     changes[j].entitlement_id);
		}
		subject->instrument->cancelled = FALSE;
		again = subject_change(subject, SUBJECT_ADD, changes, items->len, 0);
		bench_expect(bench, again->status == IDC_OK, "all of it once more is OK", "%s (%s)",
			     host_status_name(again->status), again->error.message);
	}
}

/* The host says stop while the answer to a write does not come. */
static void
retry_stuck(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);
	const PlanGrant *grant = g_ptr_array_index(bench->plan->cases, 0);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "add %s %s, which is to end while nothing is answered", grant->principal, grant->entitlement);
	fixture_fault(subject->fixture, "{\"times\":0}", "{\"delay_ms\":30000}", &error);
	if (!bench_sound(bench, error))
		return;
	subject->instrument->cancel_at_us = g_get_monotonic_time() + 400000;
	told = subject_grant(subject, SUBJECT_ADD, grant->principal, grant->entitlement, 0);
	bench_expect(bench, told->status >= IDC_INVALID, "CANCELLED", "%s", host_status_name(told->status));
	bench_expect(bench, told->took_ms < 8000, "back within 2 s, or 5 s more for a write", "%" G_GINT64_FORMAT " ms",
		     told->took_ms);
}

const Check checks_retry[] = {
    {"retry.lost-add", "An answer that is lost while something is given: what is said is so", retry_add, CHECK_ADD, NULL, NULL,
     RETRY_LOST, 120},
    {"retry.lost-remove", "An answer that is lost while something is taken: what is said is so", retry_remove, CHECK_REMOVE, NULL,
     NULL, RETRY_LOST, 120},
    {"retry.cut-add", "A connection that ends before anything is done: what is said is so", retry_add, CHECK_ADD, NULL, NULL,
     RETRY_CUT, 120},
    {"retry.cut-remove", "A connection that ends before anything is taken: what is said is so", retry_remove, CHECK_REMOVE, NULL,
     NULL, RETRY_CUT, 120},
    {"retry.middle-add", "An answer that ends in the middle while something is given: what is said is so", retry_add, CHECK_ADD,
     NULL, NULL, RETRY_MIDDLE, 120},
    {"retry.500-add", "500 while something is given: what is said is so", retry_add, CHECK_ADD, NULL, NULL, RETRY_500, 120},
    {"retry.500-remove", "500 while something is taken: what is said is so", retry_remove, CHECK_REMOVE, NULL, NULL, RETRY_500,
     120},
    {"retry.503-add", "503 while something is given: what is said is so", retry_add, CHECK_ADD, NULL, NULL, RETRY_503, 120},
    {"retry.done-500-add", "500 although it was given: what is said is so", retry_add, CHECK_ADD, NULL, NULL, RETRY_DONE_500, 120},
    {"retry.done-500-remove", "500 although it was taken: what is said is so", retry_remove, CHECK_REMOVE, NULL, NULL,
     RETRY_DONE_500, 120},
    {"retry.empty-add", "An empty answer to what was done: what is said is so", retry_add, CHECK_ADD, NULL, NULL, RETRY_EMPTY, 120},
    {"retry.429-add", "A rate limit while something is given: what is said is so", retry_add, CHECK_ADD, NULL, NULL, RETRY_429,
     120},
    {"retry.429-remove", "A rate limit while something is taken: what is said is so", retry_remove, CHECK_REMOVE, NULL, NULL,
     RETRY_429, 120},
    {"retry.403-add", "What may not be done is not done, and said so", retry_add, CHECK_ADD, NULL, NULL, RETRY_403, 120},
    {"retry.401-remove", "A credential that is not taken any more while something is taken: what is said is so", retry_remove,
     CHECK_REMOVE, NULL, NULL, RETRY_401, 120},
    {"retry.dark", "A service that is gone from any request of a change on: what is said is so", retry_dark, CHECK_ADD, NULL, NULL,
     0, 120},
    {"retry.once", "A POST whose answer was lost is not sent again without a look", retry_written_once, CHECK_ADD, NULL, NULL, 0,
     0},
    {"retry.cancelled", "A batch that is to end tells what was done, and goes on from there when it is sent again", retry_stopped,
     CHECK_ADD, NULL, NULL, 0, 120},
    {"retry.refused", "A batch that emit refuses goes on from there when it is sent again", retry_stopped, CHECK_ADD, NULL, NULL, 1,
     120},
    {"retry.stuck", "A change that is to end while nothing is answered ends in time", retry_stuck, CHECK_ADD, NULL, NULL, 0, 0},
    {.id = NULL},
};
