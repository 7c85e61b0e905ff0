/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Instances come and go, and leave the process as it was. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/surroundings.h"

#define LIFECYCLE_CYCLES 100
#define LIFECYCLE_HEAP 65536

/* One instance that signs in, lists, and is destroyed. */
static void
lifecycle_whole(Bench *bench)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", TRUE);
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return;
	told = subject_list(subject, subject_records(subject), NULL);
	bench_expect(bench, told->status == IDC_OK, "a list is OK", "%s", host_status_name(told->status));
}

static void
lifecycle_surroundings(Bench *bench, gint parameter)
{
	g_autoptr(Surroundings) before = NULL;

	(void)parameter;
	bench_try(bench, "init, sign-in, a list and destroy, and comparing the process with what it was");
	/* What a library sets up once for the process is there after the first time. */
	lifecycle_whole(bench);
	before = surroundings_take();
	lifecycle_whole(bench);
	bench_expect_none(bench, "descriptors, threads, signals, folder, environment, locale, umask and limits as before",
			  surroundings_changed(before));
}

/* What belongs to the host does not change even the first time. */
static void
lifecycle_first(Bench *bench, gint parameter)
{
	g_autoptr(Surroundings) before = NULL;

	(void)parameter;
	if (bench_connector(bench) == NULL || bench_fixture(bench, "default", -1) == NULL)
		return;
	bench_try(bench, "the first init, sign-in, list and destroy in a process");
	before = surroundings_take();
	/* What a library keeps open once for the process is its own matter. */
	surroundings_allow(before, "");
	lifecycle_whole(bench);
	bench_expect_none(bench, "threads, signals, folder, environment, locale, umask and limits as before",
			  surroundings_changed(before));
}

static void
lifecycle_cycle(Bench *bench)
{
	g_autoptr(Subject) subject = subject_new(bench, bench->fixture);
	g_autoptr(Told) told = subject != NULL ? subject_init(subject) : NULL;

	if (told != NULL)
		bench_expect(bench, told->status == IDC_OK, "init() is OK", "%s", host_status_name(told->status));
}

static void
lifecycle_cycles(Bench *bench, gint parameter)
{
	g_autoptr(Surroundings) before = NULL;
	gsize heap;
	gsize after;

	(void)parameter;
	if (bench_connector(bench) == NULL || bench_fixture(bench, "default", -1) == NULL)
		return;
	bench_try(bench, "%d times init and destroy", LIFECYCLE_CYCLES);
	for (guint i = 0; bench_good(bench) && i < 10; i++)
		lifecycle_cycle(bench);
	before = surroundings_take();
	heap = surroundings_heap();
	for (guint i = 0; bench_good(bench) && i < LIFECYCLE_CYCLES; i++)
		lifecycle_cycle(bench);
	after = surroundings_heap();
	bench_expect_none(bench, "no descriptor or thread is left", surroundings_changed(before));
	bench_expect(bench, after < heap + LIFECYCLE_HEAP, "the heap does not grow", "it grew by %zu bytes", after - heap);
}

/* The same with a list in each, so that what a list keeps shows. */
static void
lifecycle_lists(Bench *bench, gint parameter)
{
	gsize heap = 0;
	gsize after;

	(void)parameter;
	bench_try(bench, "ten times init, sign-in, list and destroy");
	for (guint i = 0; bench_good(bench) && i < 13; i++) {
		if (i == 3)
			heap = surroundings_heap();
		lifecycle_whole(bench);
	}
	after = surroundings_heap();
	bench_expect(bench, after < heap + LIFECYCLE_HEAP, "the heap does not grow", "it grew by %zu bytes", after - heap);
}

/* The end of one instance is nothing to another one. */
static void
lifecycle_two(Bench *bench, gint parameter)
{
	g_autoptr(Subject) first = subject_open(bench, "default", FALSE);
	g_autoptr(Subject) second = first != NULL ? subject_new(bench, first->fixture) : NULL;

	(void)parameter;
	if (second == NULL)
		return;
	bench_try(bench, "two instances: the first is destroyed, the second goes on");
	if (!subject_ready(second))
		return;
	bench_expect(bench, first->instance != second->instance, "two instances", "one and the same");
	listing_expect(first, subject_records(first), TRUE);
	subject_destroy(first);
	listing_expect(second, subject_records(second), TRUE);
}

/* A setting of one instance is not another one's. */
static void
lifecycle_apart(Bench *bench, gint parameter)
{
	g_autoptr(Subject) good = subject_open(bench, "default", FALSE);
	g_autoptr(Subject) bad = good != NULL ? subject_new(bench, good->fixture) : NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (bad == NULL)
		return;
	bench_try(bench, "an instance without secrets beside one that works");
	g_hash_table_remove_all(bad->instrument->secrets);
	told = subject_init(bad);
	if (told->status == IDC_OK) {
		told_free(told);
		told = subject_sign_in(bad);
		if (bench->secret_keys[0] != NULL && told->status == IDC_OK && told->messages->len > 0)
			bench_expect(bench, FALSE, "an instance without secrets does not sign in", "it did, with another one's");
	}
	listing_expect(good, subject_records(good), TRUE);
}

/* destroy() makes no request and calls nobody; that is what instruments of closed subjects watch for. */
static void
lifecycle_destroy(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "destroying an instance that has signed in");
	before = bench_requests(bench);
	subject_destroy(subject);
	bench_expect(bench, bench_requests(bench) == before, "destroy() makes no request", "%u came",
		     bench_requests(bench) - before);
}

const Check checks_lifecycle[] = {
    {"life.process", "A whole run leaves the process as it was: descriptors, threads, signals, environment, locale",
     lifecycle_surroundings, CHECK_LIST, NULL, NULL, 0, 0},
    {"life.first", "The first run in a process changes nothing that belongs to the host", lifecycle_first, CHECK_LIST, NULL, NULL,
     0, 0},
    {"life.cycles", "A hundred times init and destroy leave no descriptor, no thread and no memory", lifecycle_cycles, 0, NULL,
     NULL, 0, 0},
    {"life.lists", "Ten whole runs leave no memory", lifecycle_lists, CHECK_LIST, NULL, NULL, 0, 0},
    {"life.two", "Two instances share nothing: one goes on when the other is destroyed", lifecycle_two, CHECK_LIST, NULL, NULL, 0,
     0},
    {"life.apart", "An instance without secrets does not use another one's", lifecycle_apart, CHECK_LIST | CHECK_SECRET, NULL, NULL,
     0, 0},
    {"life.destroy", "Destroy makes no request and calls no host function", lifecycle_destroy, 0, NULL, NULL, 0, 0},
    {.id = NULL},
};
