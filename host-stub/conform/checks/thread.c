/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* As many calls at once as the thread model allows. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"

#define THREAD_CALLS 4
#define THREAD_RENEWALS 8
/* Longer than any access token lives: a year. */
#define THREAD_LIFE_STEPS 12
#define THREAD_LIFE_STEP_MS (31u * 86400 * 1000)

typedef struct {
	Subject *subject;
	gboolean signs_in; /* instead of a list */
	Told *told;
} ThreadCall;

static gpointer
thread_run(gpointer data)
{
	ThreadCall *call = data;

	if (call->signs_in)
		call->told = subject_sign_in(call->subject);
	else
		call->told = subject_list(call->subject, subject_records(call->subject), NULL);
	return NULL;
}

/* All calls at once; everything is judged afterwards, on this thread. */
static void
thread_all(ThreadCall *calls, guint n)
{
	GThread *threads[THREAD_RENEWALS];

	for (guint i = 0; i < n; i++)
		threads[i] = g_thread_new("check", thread_run, &calls[i]);
	for (guint i = 0; i < n; i++)
		g_thread_join(threads[i]);
}

static void
thread_close(ThreadCall *calls, guint n)
{
	/* Twins lean on the first one. */
	for (guint i = n; i > 0; i--) {
		g_clear_pointer(&calls[i - 1].told, told_free);
		subject_close(calls[i - 1].subject);
	}
}

static void
thread_instances(Bench *bench, gint parameter)
{
	ThreadCall calls[THREAD_CALLS] = {{NULL, FALSE, NULL}};
	g_autoptr(Truth) truth = NULL;
	guint n = 0;

	for (gboolean good = TRUE; good && n < THREAD_CALLS; n += good ? 1 : 0) {
		if (n == 0)
			calls[n].subject = subject_open(bench, "default", FALSE);
		else
			calls[n].subject = parameter == 1 ? subject_twin(calls[0].subject) : subject_new(bench, bench->fixture);
		good = calls[n].subject != NULL && (n == 0 || subject_ready(calls[n].subject));
		if (!good && calls[n].subject != NULL)
			subject_close(calls[n].subject);
	}
	truth = n == THREAD_CALLS ? bench_truth(bench) : NULL;
	if (truth != NULL) {
		bench_try(bench, "%d lists at once, each by an instance of its own%s", THREAD_CALLS,
			  parameter == 1 ? ", all of one app" : "");
		thread_all(calls, n);
		for (guint i = 0; i < n; i++) {
			bench_expect(bench, calls[i].told->status == IDC_OK, "a whole list is OK", "%s",
				     calls[i].told->error.message);
			listing_judge(calls[i].subject, calls[i].told, subject_records(calls[i].subject), truth, truth);
		}
	}
	thread_close(calls, n);
}

/* Many sign in at once: one asks, the others find what it stored. */
static void
thread_sign_in(Bench *bench, gint parameter)
{
	ThreadCall calls[THREAD_CALLS] = {{NULL, FALSE, NULL}};
	Fixture *fixture = bench_fixture(bench, "default", -1);
	guint n = 0;

	(void)parameter;
	for (gboolean good = fixture != NULL; good && n < THREAD_CALLS; n += good ? 1 : 0) {
		g_autoptr(Told) told = NULL;

		calls[n].subject = n == 0 ? subject_new(bench, fixture) : subject_twin(calls[0].subject);
		calls[n].signs_in = TRUE;
		told = calls[n].subject != NULL ? subject_init(calls[n].subject) : NULL;
		good = told != NULL && told->status == IDC_OK;
		if (!good && calls[n].subject != NULL)
			subject_close(calls[n].subject);
	}
	if (n == THREAD_CALLS) {
		bench_try(bench, "%d instances of one app that sign in at once", THREAD_CALLS);
		thread_all(calls, n);
		for (guint i = 0; i < n; i++)
			bench_expect(bench, calls[i].told->status == IDC_OK, "OK", "%s", calls[i].told->error.message);
		bench_expect(bench, bench_requests_to(bench, "identity") <= THREAD_CALLS, "no more tokens than sign-ins", "%u",
			     bench_requests_to(bench, "identity"));
	}
	thread_close(calls, n);
}

/* All that was issued ends: by the clock of host and service, or as somebody revokes it. */
static void
thread_end_tokens(Subject *subject, gboolean by_clock)
{
	GError *error = NULL;

	for (guint i = 0; by_clock && i < THREAD_LIFE_STEPS; i++) {
		subject->instrument->ahead_ms += THREAD_LIFE_STEP_MS;
		fixture_advance(subject->fixture, THREAD_LIFE_STEP_MS);
	}
	if (!by_clock)
		json_object_put(fixture_ask(subject->fixture, "DELETE", "tokens", NULL, &error));
	bench_sound(subject->bench, error);
}

/* The app's token ends while many calls have it: one of them gets another, the others find that. */
static void
thread_renewal(Bench *bench, gint parameter)
{
	ThreadCall calls[THREAD_RENEWALS] = {{NULL, FALSE, NULL}};
	g_autoptr(Truth) truth = NULL;
	guint before;
	guint n = 0;

	for (gboolean good = TRUE; good && n < THREAD_RENEWALS; n += good ? 1 : 0) {
		g_autoptr(Told) told = NULL;

		calls[n].subject = n == 0 ? subject_open(bench, "default", FALSE) : subject_twin(calls[0].subject);
		told = n > 0 && calls[n].subject != NULL ? subject_init(calls[n].subject) : NULL;
		good = calls[n].subject != NULL && (n == 0 || told->status == IDC_OK);
		if (!good)
			subject_close(calls[n].subject);
	}
	truth = n == THREAD_RENEWALS ? bench_truth(bench) : NULL;
	if (truth != NULL) {
		bench_try(bench, "%d lists at once by instances of one app, whose token %s", THREAD_RENEWALS,
			  parameter == 1 ? "is out of date" : "was revoked");
		thread_end_tokens(calls[0].subject, parameter == 1);
		before = bench_requests_to(bench, "identity");
		thread_all(calls, n);
		for (guint i = 0; i < n; i++) {
			bench_expect(bench, calls[i].told->status == IDC_OK, "a whole list is OK", "%s",
				     calls[i].told->error.message);
			listing_judge(calls[i].subject, calls[i].told, subject_records(calls[i].subject), truth, truth);
		}
		bench_expect(bench, bench_requests_to(bench, "identity") - before == 1, "one new token for all of them", "%u",
			     bench_requests_to(bench, "identity") - before);
	}
	thread_close(calls, n);
}

/* Two tenants at once never mix. */
static void
thread_tenants(Bench *bench, gint parameter)
{
	g_autoptr(Subject) first = subject_open(bench, "default", FALSE);
	g_autoptr(Fixture) other = NULL;
	g_autoptr(Subject) second = NULL;
	g_autoptr(Truth) truth = NULL;
	g_autoptr(Truth) other_truth = NULL;
	GError *error = NULL;

	(void)parameter;
	if (first == NULL)
		return;
	other = fixture_start(bench->plan, NULL, 77, &error);
	if (other != NULL)
		fixture_reset(other, "default", -1, &error);
	if (!bench_sound(bench, error))
		return;
	second = subject_new(bench, other);
	if (second == NULL || !subject_ready(second))
		return;
	truth = bench_truth(bench);
	other_truth = truth_read(other, &error);
	if (!bench_sound(bench, error) || truth == NULL)
		return;
	bench_try(bench, "two accounts, listed at once and several times");
	for (guint round = 0; round < 3 && bench_good(bench); round++) {
		ThreadCall calls[] = {{first, FALSE, NULL}, {second, FALSE, NULL}};

		thread_all(calls, 2);
		listing_judge(first, calls[0].told, subject_records(first), truth, truth);
		listing_judge(second, calls[1].told, subject_records(second), other_truth, other_truth);
		for (guint i = 0; i < 2; i++) {
			bench_expect(bench, calls[i].told->status == IDC_OK, "OK", "%s", calls[i].told->error.message);
			told_free(calls[i].told);
		}
	}
	g_clear_pointer(&second, subject_close);
}

/* One call ends when it is to end, the others go on. */
static void
thread_one_stops(Bench *bench, gint parameter)
{
	g_autoptr(Subject) first = subject_open(bench, "default", FALSE);
	g_autoptr(Subject) second = first != NULL ? subject_new(bench, first->fixture) : NULL;
	g_autoptr(Truth) truth = NULL;
	ThreadCall calls[] = {{first, FALSE, NULL}, {second, FALSE, NULL}};

	(void)parameter;
	if (second == NULL || !subject_ready(second))
		return;
	truth = bench_truth(bench);
	bench_try(bench, "two lists at once, of which one is to end");
	first->cancel_at = 3;
	thread_all(calls, 2);
	bench_expect(bench, calls[0].told->status == IDC_CANCELLED, "CANCELLED", "%s", host_status_name(calls[0].told->status));
	bench_expect(bench, calls[1].told->status == IDC_OK, "the other one is whole", "%s", calls[1].told->error.message);
	listing_judge(second, calls[1].told, subject_records(second), truth, truth);
	for (guint i = 0; i < 2; i++)
		told_free(calls[i].told);
}

const Check checks_thread[] = {
    {"thread.instances", "Four instances list at once, and each list is whole", thread_instances, CHECK_LIST | CHECK_THREADS, NULL,
     NULL, 0, 0},
    {"thread.app", "Four instances of one app list at once, and each list is whole", thread_instances, CHECK_LIST | CHECK_THREADS,
     NULL, NULL, 1, 0},
    {"thread.sign-in", "Four instances of one app sign in at once", thread_sign_in, CHECK_CLIENT | CHECK_TOKEN | CHECK_THREADS,
     NULL, NULL, 0, 0},
    {"thread.tenants", "Two accounts that are listed at once never mix", thread_tenants, CHECK_LIST | CHECK_THREADS, NULL, NULL, 0,
     0},
    {"thread.stop", "One call that is to end leaves the others alone", thread_one_stops, CHECK_LIST | CHECK_THREADS, NULL, NULL, 0,
     0},
    {"thread.revoked", "Eight calls whose token is refused ask for one new token together", thread_renewal,
     CHECK_LIST | CHECK_CLIENT | CHECK_TOKEN | CHECK_THREADS, "tokens", NULL, 0, 0},
    {"thread.expiry", "Eight calls whose token is out of date ask for one new token together", thread_renewal,
     CHECK_LIST | CHECK_CLIENT | CHECK_TOKEN | CHECK_THREADS, "clock", NULL, 1, 0},
    {.id = NULL},
};
