/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Waiting: as long as the service says, on the host's clock, never for ever. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"

/* What no rate limit asks for. */
#define WAIT_LONGEST_MS (6u * 3600 * 1000)
#define WAIT_LONGEST_ASKED_MS ((gint64)24 * 3600 * 1000)
#define WAIT_GAP_MS 350

/* A list in the world default with a fault, its instrument still there to be asked. */
static Told *
wait_list(Bench *bench, const char *match, const char *action, Subject **ret_subject)
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
	subject->instrument->slept_ms = subject->instrument->sleeps = 0;
	subject->instrument->longest_gap_us = 0;
	told = subject_list(subject, subject_records(subject), NULL);
	if (!bench_struck(bench))
		return NULL;
	listing_judge(subject, told, subject_records(subject), truth, truth);
	*ret_subject = g_steal_pointer(&subject);
	return g_steal_pointer(&told);
}

static const char *
wait_told_action(const Bench *bench, gint64 *ret_ms)
{
	json_object *told = plan_at(bench->plan, "waits", "told", NULL);
	json_object *ms = plan_at(bench->plan, "waits", "ms", NULL);

	*ret_ms = ms != NULL ? json_object_get_int64(ms) : 7000;
	return told != NULL ? json_object_to_json_string(told) : "{\"status\":429,\"body\":{},\"headers\":{\"Retry-After\":\"7\"}}";
}

static void
wait_told(Bench *bench, gint parameter)
{
	gint64 ms = 0;
	const char *action = wait_told_action(bench, &ms);
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;
	g_autofree char *match = g_strdup_printf("{\"nth\":%d}", parameter);

	bench_try(bench, "a list in which the %d. request is answered by %s", parameter, action);
	told = wait_list(bench, match, action, &subject);
	if (told == NULL)
		return;
	bench_expect(bench, told->status == IDC_OK, "it waits and goes on with the same request, to a whole list", "%s",
		     told->error.message);
	bench_expect(bench, (gint64)subject->instrument->slept_ms >= ms, "it waits as long as it was told",
		     "it waited %" G_GUINT64_FORMAT " ms of %" G_GINT64_FORMAT, subject->instrument->slept_ms, ms);
	bench_expect(bench, (gint64)subject->instrument->slept_ms < ms * 10 + 120000, "and not very much longer",
		     "it waited %" G_GUINT64_FORMAT " ms of %" G_GINT64_FORMAT, subject->instrument->slept_ms, ms);
}

static void
wait_untold(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	bench_try(bench, "a list in which one request is answered by 429 without a word about how long");
	told = wait_list(bench, "{\"nth\":2}", "{\"status\":429,\"body\":{}}", &subject);
	if (told == NULL)
		return;
	bench_expect(bench, told->status == IDC_OK, "it waits a while and goes on", "%s", told->error.message);
	bench_expect(bench, subject->instrument->slept_ms > 0, "it waits", "it asked again at once");
}

/* 429, which asks to wait so long. Free with g_free. */
static char *
wait_action(const Bench *bench, const char *seconds)
{
	json_object *header = plan_at(bench->plan, "waits", "header", NULL);

	return g_strdup_printf("{\"status\":429,\"body\":{},\"headers\":{\"%s\":\"%s\"}}",
			       header != NULL ? json_object_get_string(header) : "Retry-After", seconds);
}

static const char *const wait_absurd_values[] = {"-1",   "99999999999999999999",         "soon", "", "NaN", "1e300", "2592000",
						 "0x10", "Thu, 01 Jan 1970 00:00:00 GMT"};

static void
wait_absurd(Bench *bench, gint parameter)
{
	(void)parameter;
	for (gsize i = 0; i < G_N_ELEMENTS(wait_absurd_values) && bench_good(bench); i++) {
		g_autofree char *action = wait_action(bench, wait_absurd_values[i]);
		g_autoptr(Subject) subject = NULL;
		g_autoptr(Told) told = NULL;

		bench_try(bench, "a list in which one request is answered by %s", action);
		told = wait_list(bench, "{\"nth\":2}", action, &subject);
		if (told == NULL)
			return;
		bench_expect(bench, told->status == IDC_OK || told->status == IDC_RATE_LIMITED, "a whole list, or RATE_LIMITED",
			     "%s", told->error.message);
		bench_expect(bench, subject->instrument->slept_ms < WAIT_LONGEST_MS, "no wait without reason",
			     "it waited %" G_GUINT64_FORMAT " s", subject->instrument->slept_ms / 1000);
		/* A host that is told to come back in a month would not look for a month. */
		bench_expect(bench, told->error.retry_after_ms <= WAIT_LONGEST_ASKED_MS, "no host is told to wait without reason",
			     "it is to wait %" G_GINT64_FORMAT " s", told->error.retry_after_ms / 1000);
	}
}

static void
wait_for_ever(Bench *bench, gint parameter)
{
	static const char *const actions[] = {"{\"status\":429,\"body\":{}}", "{\"status\":503,\"body\":{}}"};
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;
	guint requests;

	bench_try(bench, "a list in which everything is answered by %s for ever", actions[parameter]);
	told = wait_list(bench, "{\"times\":0}", actions[parameter], &subject);
	if (told == NULL)
		return;
	requests = bench_requests(bench);
	bench_expect(bench, told->status / 100 == 3, "RATE_LIMITED or UNAVAILABLE", "%s", told->error.message);
	bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) != 0, "RETRYABLE", "%s without that flag",
		     told->error.message);
	bench_expect(bench, requests < 200, "it gives up after a few tries", "%u requests", requests);
	bench_expect(bench, subject->instrument->slept_ms < WAIT_LONGEST_MS, "it gives up in time", "after %" G_GUINT64_FORMAT " s",
		     subject->instrument->slept_ms / 1000);
}

/* Nobody's patience lasts so long: then it is told how long it would be. */
static void
wait_long(Bench *bench, gint parameter)
{
	g_autofree char *seconds = g_strdup_printf("%d", parameter);
	g_autofree char *action = wait_action(bench, seconds);
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;

	bench_try(bench, "a list in which everything is answered by %s", action);
	told = wait_list(bench, "{\"times\":0}", action, &subject);
	if (told == NULL)
		return;
	bench_expect(bench, told->status == IDC_RATE_LIMITED && (told->error.flags & IDC_ERROR_RETRYABLE) != 0,
		     "RATE_LIMITED, and RETRYABLE", "%s (%s)", host_status_name(told->status), told->error.message);
	bench_expect(bench, told->error.retry_after_ms >= parameter * 1000 && told->error.retry_after_ms <= parameter * 1500,
		     "in retry_after_ms the time that the service asked for, or somewhat more", "%" G_GINT64_FORMAT,
		     told->error.retry_after_ms);
}

/* Nothing sleeps by itself: on a clock that jumps a list with many waits takes no time. */
static void
wait_clock(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	bench_try(bench, "a list in which every third request fails once with 503, on a clock that jumps over each wait");
	told = wait_list(bench, "{\"every\":3,\"times\":6}", "{\"status\":503,\"body\":{}}", &subject);
	if (told == NULL)
		return;
	bench_expect(bench, told->status == IDC_OK, "what can be read again is read again", "%s", told->error.message);
	bench_expect(bench, subject->instrument->slept_ms >= 100, "it waits before it reads again",
		     "it waited %" G_GUINT64_FORMAT " ms", subject->instrument->slept_ms);
	bench_expect(bench, told->took_ms < 2500 + (gint64)subject->instrument->slept_ms / 4, "it waits on the host's clock",
		     "%" G_GINT64_FORMAT " ms passed by the real one", told->took_ms);
}

static void
wait_stuck(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	bench_try(bench, "a list in which nothing is answered any more");
	told = wait_list(bench, "{\"nth\":2,\"times\":0}", "{\"delay_ms\":600000}", &subject);
	if (told == NULL)
		return;
	bench_expect(bench, told->status >= IDC_INVALID || told->status == IDC_PARTIAL, "an end, with an error or a gap", "%s",
		     host_status_name(told->status));
}

static void
wait_polls(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	bench_try(bench, "a list in which an answer takes 1500 ms, and how often cancelled() is asked");
	told = wait_list(bench, "{\"nth\":2,\"times\":2,\"every\":3}", "{\"delay_ms\":1500}", &subject);
	if (told != NULL)
		bench_expect(bench, subject->instrument->longest_gap_us < WAIT_GAP_MS * 1000 && subject->instrument->polls > 10,
			     "cancelled() is asked every 100 ms while waiting",
			     "%" G_GUINT64_FORMAT " times, once not for %" G_GINT64_FORMAT " ms", subject->instrument->polls,
			     subject->instrument->longest_gap_us / 1000);
}

/* A service that says how many requests are left is never asked one too many. */
static void
wait_paced(Bench *bench, gint parameter)
{
	const char *world = json_object_get_string(plan_at(bench->plan, "waits", "paced", NULL));
	g_autoptr(Subject) subject = subject_open(bench, world, FALSE);
	g_autoptr(Truth) truth = subject != NULL ? bench_truth(bench) : NULL;
	g_autoptr(GPtrArray) traffic = NULL;
	g_autoptr(Told) told = NULL;
	guint limited = 0;

	(void)parameter;
	if (truth == NULL)
		return;
	bench_try(bench,
		  "a list in the world %s, which takes more requests than the service allows at a time, as it says of itself",
		  world);
	subject->instrument->slept_ms = 0;
	told = subject_list(subject, subject_records(subject), NULL);
	bench_expect(bench, told->status == IDC_OK, "a whole list", "%s", told->error.message);
	listing_judge(subject, told, subject_records(subject), truth, truth);
	traffic = bench_traffic(bench);
	for (guint i = 0; traffic != NULL && i < traffic->len; i++)
		limited += ((const TrafficEntry *)g_ptr_array_index(traffic, i))->status == 429 ? 1 : 0;
	bench_expect(bench, limited == 0, "it waits before it is told to: no 429", "%u of %u requests met one", limited,
		     traffic != NULL ? traffic->len : 0);
	if (bench_good(bench) && subject->instrument->slept_ms == 0)
		bench_sound(bench,
			    g_error_new(HOST_ERROR, IDC_INVALID,
					"In the world %s a list takes no more requests than the service allows at a time.", world));
}

const Check checks_wait[] = {
    {"wait.told", "A rate limit is waited for as long as the service says, and the same request goes on", wait_told, CHECK_LIST,
     NULL, NULL, 3, 0},
    {"wait.told-first", "A rate limit at the first request is waited for, too", wait_told, CHECK_LIST, NULL, NULL, 1, 0},
    {"wait.untold", "A rate limit without a word about how long is waited for", wait_untold, CHECK_LIST, NULL, NULL, 0, 0},
    {"wait.absurd", "Absurd times to wait are not believed", wait_absurd, CHECK_LIST, NULL, NULL, 0, 0},
    {"wait.limited", "A rate limit that never ends is RATE_LIMITED, after a few tries", wait_for_ever, CHECK_LIST, NULL, NULL, 0,
     0},
    {"wait.unavailable", "A service that is gone is UNAVAILABLE, after a few tries", wait_for_ever, CHECK_LIST, NULL, NULL, 1, 0},
    {"wait.clock", "All waiting is on the host's clock", wait_clock, CHECK_LIST, NULL, NULL, 0, 0},
    {"wait.stuck", "A service that does not answer any more is given up", wait_stuck, CHECK_LIST, NULL, NULL, 0, 0},
    {"wait.polls", "While waiting for an answer the host is asked every 100 ms whether to go on", wait_polls, CHECK_LIST, NULL,
     NULL, 0, 0},
    {"wait.long", "A rate limit of fifty minutes is told with its time", wait_long, CHECK_LIST, NULL, NULL, 3000, 0},
    {"wait.paced", "Where the service says how many requests are left, it is asked more slowly before the first 429", wait_paced,
     CHECK_LIST, "clock", "waits.paced", 0, 0},
    {.id = NULL},
};
