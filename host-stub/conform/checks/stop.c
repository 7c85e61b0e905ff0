/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The host says stop: by a refusal of emit, or by cancelled(). */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/lookup.h"
#include <string.h>

#define STOP_PLACES 8
#define STOP_BACK_MS 2000
#define STOP_NAME "nobody-knows.invalid"

/* How many messages a whole list has, and how many requests may be under way when it is stopped. */
static guint
stop_messages(Bench *bench, guint *ret_open)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	const idc_capabilities *capabilities = NULL;
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return 0;
	subject->connector->ops->capabilities(NULL, &capabilities, NULL);
	*ret_open = capabilities->max_concurrent;
	told = subject_list(subject, subject_records(subject), NULL);
	bench_expect(bench, told->status == IDC_OK, "a list is OK", "%s", told->error.message);
	return bench_good(bench) ? subject->messages : 0;
}

/* What was sent already may still arrive; nothing else does. */
static void
stop_no_more(Bench *bench, const Subject *subject, guint open)
{
	guint after = bench_requests(bench);

	bench_expect(bench, subject->seen_requests < 0 || after <= (guint)subject->seen_requests + (open > 1 ? open - 1 : 0),
		     "no new request after the stop", "%" G_GINT64_FORMAT " before and %u after", subject->seen_requests, after);
}

static void
stop_refused(Bench *bench, gint parameter)
{
	guint open = 1;
	guint n = stop_messages(bench, &open);
	g_autoptr(GArray) places = bench_pick(bench, n, STOP_PLACES);
	int32_t wanted = parameter < IDC_INVALID ? IDC_INTERNAL : parameter;

	for (guint i = 0; i < places->len && bench_good(bench); i++) {
		guint place = g_array_index(places, guint, i);
		g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
		g_autoptr(Told) told = NULL;

		if (subject == NULL)
			return;
		bench_try(bench, "a list whose %u. message of %u is refused by emit with %d", place, n, parameter);
		subject->refuse_at = place;
		subject->refuse_with = parameter;
		told = subject_list(subject, subject_records(subject), NULL);
		bench_expect(bench, told->status == wanted, host_status_name(wanted), "%s (%d)", host_status_name(told->status),
			     told->status);
		stop_no_more(bench, subject, open);
	}
}

static void
stop_cancelled_at(Bench *bench, gint parameter)
{
	guint open = 1;
	guint n = stop_messages(bench, &open);
	g_autoptr(GArray) places = bench_pick(bench, n, STOP_PLACES);

	(void)parameter;
	for (guint i = 0; i < places->len && bench_good(bench); i++) {
		guint place = g_array_index(places, guint, i);
		g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
		g_autoptr(Told) told = NULL;

		if (subject == NULL)
			return;
		bench_try(bench, "a list that is to end once its %u. message of %u came", place, n);
		subject->cancel_at = place;
		told = subject_list(subject, subject_records(subject), NULL);
		/* The last messages need no further question: all was read. */
		bench_expect(bench, told->status == IDC_CANCELLED || (told->status == IDC_OK && place > n / 2), "CANCELLED", "%s",
			     host_status_name(told->status));
		bench_expect(bench, told->took_ms < 10000, "an end within 2 s", "%" G_GINT64_FORMAT " ms", told->took_ms);
		if (told->status == IDC_CANCELLED)
			stop_no_more(bench, subject, open);
	}
}

/* Ends while the connector waits: for a limit, for an answer, for the token. */
typedef enum { STOP_IN_WAIT, STOP_IN_ANSWER, STOP_IN_SIGN_IN, STOP_BEFORE } StopWhen;

static Told *
stop_call(Bench *bench, Subject *subject, StopWhen when)
{
	Instrument *instrument = subject->instrument;
	const char *action = when == STOP_IN_WAIT ? "{\"status\":429,\"body\":{}}" : "{\"delay_ms\":30000}";
	GError *error = NULL;

	if (when == STOP_BEFORE)
		instrument->cancelled = TRUE;
	else
		fixture_fault(subject->fixture, "{\"times\":0}", action, &error);
	if (!bench_sound(bench, error))
		return NULL;
	if (when == STOP_IN_WAIT)
		instrument->cancel_at_sleep = instrument->sleeps + 1;
	else if (when != STOP_BEFORE)
		instrument->cancel_at_us = g_get_monotonic_time() + 400000;
	if (when == STOP_IN_SIGN_IN)
		return subject_sign_in(subject);
	return subject_list(subject, subject_records(subject), NULL);
}

/* An instance that has not signed in. */
static Subject *
stop_signed_out(Bench *bench)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	Subject *subject = fixture != NULL ? subject_new(bench, fixture) : NULL;

	if (subject != NULL)
		told_free(subject_init(subject));
	return subject;
}

static void
stop_waiting(Bench *bench, gint parameter)
{
	static const char *const texts[] = {"while it waits for a limit", "while it waits for an answer",
					    "while it waits for the answer to the sign-in", "before it began"};
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = NULL;
	guint before;
	gint64 late_us;

	if (parameter == STOP_IN_SIGN_IN)
		subject = stop_signed_out(bench);
	else
		subject = subject_open(bench, "default", FALSE);
	if (subject == NULL)
		return;
	bench_try(bench, "a call that is to end %s", texts[parameter]);
	before = bench_requests(bench);
	told = stop_call(bench, subject, (StopWhen)parameter);
	if (told == NULL)
		return;
	late_us = subject->instrument->cancel_seen_us != 0 ? g_get_monotonic_time() - subject->instrument->cancel_seen_us : 0;
	bench_expect(bench, told->status == IDC_CANCELLED, "CANCELLED", "%s (%s)", host_status_name(told->status),
		     told->error.message);
	bench_expect(bench, late_us < STOP_BACK_MS * 1000, "back within 2 s", "%" G_GINT64_FORMAT " ms", late_us / 1000);
	if (parameter == STOP_BEFORE)
		bench_expect(bench, bench_requests(bench) == before, "no request", "%u came", bench_requests(bench) - before);
}

/* A cancelled call leaves an instance that works. */
static void
stop_again(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list after one that was cancelled and one that was refused");
	subject->cancel_at = 5;
	told_free(subject_list(subject, subject_records(subject), NULL));
	subject->instrument->cancelled = FALSE;
	subject->refuse_at = 7;
	subject->refuse_with = IDC_NOMEM;
	told_free(subject_list(subject, subject_records(subject), NULL));
	listing_expect(subject, subject_records(subject), TRUE);
}

/* ---- names ---- */

/* As subject_sign_in(), or where there is nothing to sign in with, a list. */
static Told *
stop_first_call(Subject *subject)
{
	const Manifest *manifest = subject->bench->manifest;

	if (manifest_has_step(manifest, "client") || manifest_has_step(manifest, "check"))
		return subject_sign_in(subject);
	return subject_list(subject, subject_records(subject), NULL);
}

/* Whoever is to be reached has a name, and nobody says whose it is. */
static void
stop_name_hosts(Subject *subject)
{
	for (guint i = 0; i < subject->bench->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(subject->bench->manifest->settings, i);
		const char *url = g_hash_table_lookup(subject->settings, setting->key);
		const char *path = url != NULL && strstr(url, "://") != NULL ? strchr(strstr(url, "://") + 3, '/') : NULL;
		g_autofree char *named = g_strconcat("https://" STOP_NAME, path, NULL);

		if (setting->type == MANIFEST_URL && url != NULL)
			subject_set(subject, setting->key, named);
	}
}

static void
stop_in_lookup(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) ready = NULL;
	g_autoptr(Told) told = NULL;
	gint64 seen_us;
	gint64 back_us;
	gint64 ended_us;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a call that is to end while the name " STOP_NAME " is looked up, which does not come back");
	stop_name_hosts(subject);
	ready = subject_init(subject);
	if (!bench_expect(bench, ready->status == IDC_OK, "init() with an https address is OK", "%s", ready->error.message))
		return;
	lookup_hold(TRUE);
	subject->instrument->cancel_at_us = g_get_monotonic_time() + 400000;
	told = stop_first_call(subject);
	back_us = g_get_monotonic_time();
	seen_us = subject->instrument->cancel_seen_us;
	subject_destroy(subject);
	ended_us = g_get_monotonic_time();
	lookup_hold(FALSE);
	while (lookup_open() > 0)
		g_usleep(1000);
	if (lookup_asked() == 0) {
		bench_skip(bench, "The connector looked no name up by getaddrinfo(), so this harness cannot hold its look-ups.");
		return;
	}
	bench_expect(bench, told->status == IDC_CANCELLED, "CANCELLED", "%s (%s)", host_status_name(told->status),
		     told->error.message);
	bench_expect(bench, seen_us != 0 && back_us - seen_us < STOP_BACK_MS * 1000, "back within 2 s", "%" G_GINT64_FORMAT " ms",
		     (back_us - seen_us) / 1000);
	bench_expect(bench, ended_us - back_us < STOP_BACK_MS * 1000, "destroy() does not wait for the name either",
		     "%" G_GINT64_FORMAT " ms", (ended_us - back_us) / 1000);
}

const Check checks_stop[] = {
    {"stop.refused", "A refusal of emit ends the call with that status and without a further request", stop_refused, CHECK_LIST,
     NULL, NULL, IDC_NOMEM, 0},
    {"stop.unknown", "A refusal with a status that nobody knows comes back as it was", stop_refused, CHECK_LIST, NULL, NULL, 477,
     0},
    {"stop.low", "A refusal with 1 to 99 is INTERNAL", stop_refused, CHECK_LIST, NULL, NULL, 5, 0},
    {"stop.cancelled", "A list that is to end ends at any message, without a further request", stop_cancelled_at, CHECK_LIST, NULL,
     NULL, 0, 0},
    {"stop.in-wait", "A call that is to end while it waits for a limit ends", stop_waiting, CHECK_LIST, NULL, NULL, STOP_IN_WAIT,
     0},
    {"stop.in-answer", "A call that is to end while an answer does not come ends within 2 s", stop_waiting, CHECK_LIST, NULL, NULL,
     STOP_IN_ANSWER, 0},
    {"stop.in-sign-in", "A sign-in that is to end while its answer does not come ends within 2 s", stop_waiting, CHECK_CLIENT, NULL,
     NULL, STOP_IN_SIGN_IN, 0},
    {"stop.before", "A call that is to end before it began makes no request", stop_waiting, CHECK_LIST, NULL, NULL, STOP_BEFORE, 0},
    {"stop.again", "An instance works after a call that was ended", stop_again, CHECK_LIST, NULL, NULL, 0, 0},
    {"stop.in-lookup", "A call that is to end while a name is looked up ends within 2 s, and so does destroy", stop_in_lookup,
     CHECK_LIST | CHECK_URLS, NULL, NULL, 0, 0},
    {.id = NULL},
};
