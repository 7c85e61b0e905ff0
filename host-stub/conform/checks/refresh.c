/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a person consented to is kept alive: when tokens are replaced, what is stored first, what ends a consent and what does not. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/consenting.h"
#include "conform/listing.h"
#include "conform/traffic.h"

static void
refresh_steps(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_open(bench);

	(void)parameter;
	for (guint i = 1; subject != NULL && i <= 3 && bench_good(bench); i++) {
		guint before = bench_requests_to(bench, "identity");
		g_autoptr(Told) told = NULL;

		bench_try(bench, "the step REFRESH for the %u. time, and a list by another instance", i);
		told = subject_authorize(subject, IDC_AUTH_REFRESH, NULL);
		bench_expect(bench, told->status == IDC_OK, "OK", "%s (%s)", host_status_name(told->status), told->error.message);
		bench_expect(bench, told_count(told, IDC_MSG_SESSION) == 1, "one session", "%u", told_count(told, IDC_MSG_SESSION));
		bench_expect(bench, bench_requests_to(bench, "identity") - before == 1, "one request for tokens", "%u",
			     bench_requests_to(bench, "identity") - before);
		listing_expect_elsewhere(subject);
	}
}

/* A token that cannot be stored is not used: the next process would have none. */
static void
refresh_stored_first(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_open(bench);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list in which the first request is answered by 401, on a host that stores nothing any more");
	subject->instrument->put_status = IDC_IO;
	before = bench_requests_to(bench, "api");
	fixture_fault(subject->fixture, "{\"nth\":1}", "{\"status\":401,\"body\":{}}", &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_list(subject, subject_records(subject), NULL);
	if (!bench_struck(bench))
		return;
	bench_expect(bench, told->status >= IDC_INVALID, "an error: the new token cannot be kept", "%s",
		     host_status_name(told->status));
	bench_expect(bench, bench_requests_to(bench, "api") - before <= 1, "nothing is asked for with a token that is not stored",
		     "%u requests", bench_requests_to(bench, "api") - before);
}

static void
refresh_renewed(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_open(bench);
	GError *error = NULL;
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list in which the third request is answered by 401");
	before = bench_requests_to(bench, "identity");
	fixture_fault(subject->fixture, "{\"nth\":3}", "{\"status\":401,\"body\":{}}", &error);
	if (!bench_sound(bench, error))
		return;
	listing_expect(subject, subject_records(subject), TRUE);
	if (bench_struck(bench))
		bench_expect(bench, bench_requests_to(bench, "identity") - before == 1, "one new token", "%u",
			     bench_requests_to(bench, "identity") - before);
	listing_expect_elsewhere(subject);
}

/* A host for tokens that is in trouble says nothing of what a person consented to. */
static void
refresh_trouble(Bench *bench, gint parameter)
{
	g_autofree char *action = g_strdup_printf("{\"status\":%d,\"body\":{}}", parameter);
	g_autoptr(Subject) subject = consenting_open(bench);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "the step REFRESH while everything is answered by %s", action);
	fixture_fault(subject->fixture, "{\"times\":0}", action, &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_authorize(subject, IDC_AUTH_REFRESH, NULL);
	if (!bench_struck(bench))
		return;
	bench_expect(bench, told->status / 100 == 3 || told->status / 100 == 4, "a trouble of the service", "%s (%s)",
		     host_status_name(told->status), told->error.message);
	bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) != 0, "RETRYABLE", "without that flag: %s",
		     told->error.message);
	g_clear_pointer(&told, told_free);
	bench_try(bench, "the step REFRESH after %s has passed", action);
	told = subject_authorize(subject, IDC_AUTH_REFRESH, NULL);
	bench_expect(bench, told->status == IDC_OK, "the consent still holds", "%s (%s)", host_status_name(told->status),
		     told->error.message);
}

/* A list without a consent: a person has to act, and nobody asks for ever. */
static void
refresh_expect_ended(Subject *subject)
{
	Bench *bench = subject->bench;
	guint before = bench_requests(bench);
	g_autoptr(Told) told = subject_list(subject, subject_records(subject), NULL);

	consenting_expect_refused(bench, told, FALSE);
	bench_expect(bench, told_count(told, IDC_MSG_RECORD) == 0 && told_count(told, IDC_MSG_SEAL) == 0, "nothing is listed",
		     "%u messages", told->messages->len);
	bench_expect(bench, bench_requests(bench) - before < 20, "a few tries", "%u requests", bench_requests(bench) - before);
}

static void
refresh_withdrawn(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_open(bench);
	GError *error = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list after the person withdrew what was allowed");
	json_object_put(fixture_ask(subject->fixture, "DELETE", "tokens", NULL, &error));
	if (!bench_sound(bench, error))
		return;
	refresh_expect_ended(subject);
	bench_try(bench, "a person who signs in anew after that");
	if (bench_good(bench) && consenting_sign_in(subject, NULL))
		listing_expect(subject, subject_records(subject), TRUE);
}

static void
refresh_revoked(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_open(bench);
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "the step REVOKE, and a list");
	told = subject_authorize(subject, IDC_AUTH_REVOKE, NULL);
	if (bench_expect(bench, told->status == IDC_OK, "OK", "%s (%s)", host_status_name(told->status), told->error.message))
		refresh_expect_ended(subject);
}

const Check checks_refresh[] = {
    {"refresh.step", "REFRESH brings a new token each time, for every instance of the app", refresh_steps,
     CHECK_PERSON | CHECK_REFRESH | CHECK_LIST, NULL, NULL, 0, 0},
    {"refresh.stored-first", "A new token is stored before it is used", refresh_stored_first,
     CHECK_PERSON | CHECK_REFRESH | CHECK_LIST, NULL, NULL, 0, 0},
    {"refresh.renewed", "401 in the middle of a person's list brings one new token and the same page again", refresh_renewed,
     CHECK_PERSON | CHECK_REFRESH | CHECK_LIST, NULL, NULL, 0, 0},
    {"refresh.500", "500 where tokens come from ends no consent", refresh_trouble, CHECK_PERSON | CHECK_REFRESH, NULL, NULL, 500,
     0},
    {"refresh.503", "503 where tokens come from ends no consent", refresh_trouble, CHECK_PERSON | CHECK_REFRESH, NULL, NULL, 503,
     0},
    {"refresh.429", "A rate limit where tokens come from ends no consent", refresh_trouble, CHECK_PERSON | CHECK_REFRESH, NULL,
     NULL, 429, 0},
    {"refresh.withdrawn", "What a person withdrew is told to a person, and a new consent works", refresh_withdrawn,
     CHECK_PERSON | CHECK_LIST, "tokens", NULL, 0, 0},
    {"refresh.revoked", "What REVOKE gave back is of no use any more", refresh_revoked, CHECK_PERSON | CHECK_REVOKE | CHECK_LIST,
     NULL, NULL, 0, 0},
    {.id = NULL},
};
