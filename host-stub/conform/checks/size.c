/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Lists of every size that has an edge. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/surroundings.h"

/* Where a size lies beside the manifest's page. */
typedef enum { SIZE_NONE, SIZE_ONE, SIZE_BEFORE, SIZE_PAGE, SIZE_AFTER, SIZE_TWO, SIZE_TWO_AFTER, SIZE_TEN } SizePlace;

static gint64
size_of(const Bench *bench, SizePlace place)
{
	gint64 page = (gint64)bench->manifest->page;

	switch (place) {
	case SIZE_NONE:
		return 0;
	case SIZE_ONE:
		return 1;
	case SIZE_BEFORE:
		return page - 1;
	case SIZE_PAGE:
		return page;
	case SIZE_AFTER:
		return page + 1;
	case SIZE_TWO:
		return 2 * page;
	case SIZE_TWO_AFTER:
		return 2 * page + 1;
	default:
		return 10 * page;
	}
}

/* An instance that is ready in the sized world, or NULL with a verdict. */
static Subject *
size_open(Bench *bench, gint64 size)
{
	Fixture *fixture = bench_fixture(bench, bench->plan->sized_world, size);
	Subject *subject = fixture != NULL ? subject_new(bench, fixture) : NULL;

	if (subject != NULL && !subject_ready(subject))
		g_clear_pointer(&subject, subject_close);
	return subject;
}

static void
size_list(Bench *bench, gint parameter)
{
	gint64 size = MAX(size_of(bench, (SizePlace)parameter), bench->plan->sized_least);
	g_autoptr(Subject) subject = size_open(bench, size);

	if (subject == NULL)
		return;
	bench_try(bench, "listing an account of %" G_GINT64_FORMAT " principals", size);
	listing_expect(subject, subject_records(subject), TRUE);
}

/* Beyond what the service lets anybody read there is no whole list. */
static void
size_ceiling(Bench *bench, gint parameter)
{
	gint64 size = (gint64)bench->manifest->ceiling + parameter;
	g_autoptr(Subject) subject = size_open(bench, size);
	g_autoptr(Told) told = NULL;
	const idc_seal *seal;

	if (subject == NULL)
		return;
	bench_try(bench, "listing an account of %" G_GINT64_FORMAT " principals, where the service shows %u", size,
		  bench->manifest->ceiling);
	told = listing_judged(subject, subject_records(subject), FALSE);
	seal = told_seal(told, IDC_RECORD_PRINCIPAL);
	bench_expect(bench, told->status >= IDC_INVALID || (seal != NULL && seal->state == IDC_SEAL_PARTIAL),
		     "PARTIAL, or an error", "%s", host_status_name(told->status));
}

static gsize
size_peak(Bench *bench, gint64 size, guint *ret_messages)
{
	g_autoptr(Subject) subject = size_open(bench, size);
	g_autoptr(Told) told = NULL;
	gsize peak;

	if (subject == NULL)
		return 0;
	subject->forget = TRUE;
	surroundings_forget_peak();
	told = subject_list(subject, subject_records(subject), NULL);
	peak = surroundings_peak();
	*ret_messages = subject->messages;
	bench_expect(bench, told->status == IDC_OK || told->status == IDC_PARTIAL, "a list", "%s", told->error.message);
	return peak * 1024;
}

/* What a list needs does not grow with the account, but for what it has to remember of each thing. */
static void
size_memory(Bench *bench, gint parameter)
{
	gint64 most = bench->manifest->ceiling > 0 ? MIN(50000, (gint64)bench->manifest->ceiling) : 50000;
	guint messages = 0;
	gsize few;
	gsize many;
	gsize allowed;

	(void)parameter;
	bench_try(bench, "listing 1000 principals and %" G_GINT64_FORMAT ", and comparing the peak of memory", most);
	/* The first time pays for what is set up once. */
	size_peak(bench, 1000, &messages);
	few = size_peak(bench, 1000, &messages);
	many = size_peak(bench, most, &messages);
	allowed = few + few * 3 / 10 + (gsize)messages * 64;
	if (few > 0)
		bench_expect(bench, many <= allowed, "1.3 times as much, and 64 bytes for each thing",
			     "%zu KiB, allowed are %zu KiB", many / 1024, allowed / 1024);
}

const Check checks_size[] = {
    {"size.none", "An account with as few principals as can be is listed whole", size_list, CHECK_LIST | CHECK_SIZED, NULL, NULL,
     SIZE_NONE, 0},
    {"size.one", "One principal is listed", size_list, CHECK_LIST | CHECK_SIZED, NULL, NULL, SIZE_ONE, 0},
    {"size.page-less-one", "A page less one is listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL,
     SIZE_BEFORE, 0},
    {"size.page", "A full page is listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL, SIZE_PAGE, 0},
    {"size.page-and-one", "A page and one are listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL,
     SIZE_AFTER, 0},
    {"size.two-pages", "Two full pages are listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL, SIZE_TWO,
     0},
    {"size.two-pages-and-one", "Two pages and one are listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL,
     SIZE_TWO_AFTER, 0},
    {"size.ten-pages", "Ten pages are listed whole", size_list, CHECK_LIST | CHECK_SIZED | CHECK_PAGES, NULL, NULL, SIZE_TEN, 0},
    {"size.ceiling", "Beyond what the service shows a list says that it is not whole", size_ceiling,
     CHECK_LIST | CHECK_SIZED | CHECK_CEILING, NULL, NULL, 50, 120},
    {"size.memory", "The peak of memory does not grow with the account", size_memory, CHECK_LIST | CHECK_HEAP | CHECK_SIZED, NULL,
     NULL, 0, 180},
    {.id = NULL},
};
