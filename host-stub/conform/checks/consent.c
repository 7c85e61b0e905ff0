/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A person signs in: what a callback has to bring, and what comes of one that does not. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/consenting.h"
#include "conform/listing.h"
#include "conform/secrecy.h"
#include <string.h>

#define CONSENT_LATE_MS (15 * 60 * 1000)

/* The value of a parameter of the address, or NULL; free with g_free. */
static char *
consent_param(const char *url, const char *name)
{
	const char *query = strchr(url, '?');
	g_autoptr(GHashTable) params = query != NULL ? g_uri_parse_params(query + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL) : NULL;

	return params != NULL ? g_strdup(g_hash_table_lookup(params, name)) : NULL;
}

static void
consent_begins(Bench *bench, gint parameter)
{
	static const char *const own[] = {"state", "code_challenge"};
	g_autoptr(Subject) subject = consenting_subject(bench);
	const char *redirect_uri = consenting_redirect_uri(bench);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *back = NULL;
	g_autofree char *method = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "the step BEGIN, twice");
	first = consenting_begin(subject);
	second = first != NULL ? consenting_begin(subject) : NULL;
	if (second == NULL)
		return;
	bench_expect(bench, bench_requests(bench) == 0, "no request", "%u", bench_requests(bench));
	bench_expect(bench, !secrecy_in_text(first, bench->secret_values), "no secret in the address", "one");
	back = consent_param(first, "redirect_uri");
	method = consent_param(first, "code_challenge_method");
	bench_expect(bench, g_strcmp0(back, redirect_uri) == 0, "the address that the host named to come back to", "%s",
		     back != NULL ? back : "none");
	bench_expect(bench, g_strcmp0(method, "S256") == 0, "PKCE with S256", "%s", method != NULL ? method : "none");
	for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
		g_autofree char *one = consent_param(first, own[i]);
		g_autofree char *two = consent_param(second, own[i]);

		bench_expect(bench, one != NULL && strlen(one) >= 22 && g_strcmp0(one, two) != 0,
			     "each time another value of 128 bits or more", "%s is \"%s\" and \"%s\"", own[i],
			     one != NULL ? one : "", two != NULL ? two : "");
	}
}

static void
consent_completes(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;

	(void)parameter;
	bench_try(bench, "a person who allows it, a list, and a list by another instance of the app");
	subject = consenting_open(bench);
	if (subject == NULL)
		return;
	listing_expect(subject, subject_records(subject), TRUE);
	listing_expect_elsewhere(subject);
}

enum { CONSENT_FORGED, CONSENT_WITHOUT, CONSENT_AFTER, CONSENT_BEFORE };

/* Spoils the state of a callback. */
static void
consent_spoil(Callback *callback, gint how)
{
	GPtrArray *texts = callback->texts;

	for (guint i = 0; i + 1 < texts->len; i += 2) {
		char *state = g_ptr_array_index(texts, i + 1);

		if (g_strcmp0(g_ptr_array_index(texts, i), "state") != 0)
			continue;
		if (how == CONSENT_FORGED) {
			state[0] = state[0] == 'A' ? 'B' : 'A';
		} else if (how == CONSENT_WITHOUT) {
			g_ptr_array_remove_range(texts, i, 2);
		} else {
			const gint place = how == CONSENT_BEFORE ? (gint)i : -1;

			g_ptr_array_insert(texts, place, g_strdup("state"));
			g_ptr_array_insert(texts, place < 0 ? place : place + 1, g_strdup("another"));
		}
		return;
	}
}

/* Signs nobody in, and asks the service nothing. */
static void
consent_try_forged(Subject *subject, gint how)
{
	static const char *const hows[] = {"another state", "no state", "another state behind the right one",
					   "another state before the right one"};
	Bench *bench = subject->bench;
	g_autofree char *url = consenting_begin(subject);
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	bench_try(bench, "a callback with %s", hows[how]);
	if (!consenting_answer(subject, url, "allow", NULL, &callback))
		return;
	consent_spoil(&callback, how);
	told = consenting_complete(subject, &callback);
	consenting_expect_refused(bench, told, TRUE);
	bench_expect(bench, bench_requests(bench) == 0, "no request", "%u", bench_requests(bench));
}

/* A callback that nobody here began. */
static void
consent_forged(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_subject(bench);

	if (subject == NULL)
		return;
	consent_try_forged(subject, parameter);
	if (parameter == CONSENT_AFTER && bench_good(bench))
		consent_try_forged(subject, CONSENT_BEFORE);
	bench_try(bench, "a person who signs in after a callback that was refused");
	if (bench_good(bench))
		consenting_sign_in(subject, NULL);
}

static void
consent_replayed(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_subject(bench);
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL || !consenting_sign_in(subject, &callback))
		return;
	bench_try(bench, "the same callback once more");
	told = consenting_complete(subject, &callback);
	consenting_expect_refused(bench, told, TRUE);
	listing_expect(subject, subject_records(subject), TRUE);
}

static void
consent_denied(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_subject(bench);
	g_autofree char *url = subject != NULL ? consenting_begin(subject) : NULL;
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (url == NULL || !consenting_answer(subject, url, "deny", NULL, &callback))
		return;
	bench_try(bench, "a person who denies it");
	told = consenting_complete(subject, &callback);
	consenting_expect_refused(bench, told, FALSE);
	bench_expect(bench, told->status == IDC_CONSENT, "CONSENT", "%s", host_status_name(told->status));
	bench_expect(bench, bench_requests(bench) == 0, "no request", "%u", bench_requests(bench));
}

static void
consent_late(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = consenting_subject(bench);
	g_autofree char *url = subject != NULL ? consenting_begin(subject) : NULL;
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (url == NULL || !consenting_answer(subject, url, "allow", NULL, &callback))
		return;
	bench_try(bench, "a callback that comes a quarter of an hour later by the service's clock");
	fixture_advance(subject->fixture, CONSENT_LATE_MS);
	told = consenting_complete(subject, &callback);
	consenting_expect_refused(bench, told, FALSE);
	bench_expect(bench, consenting_sign_in(subject, NULL), "afterwards a person can sign in", "not");
}

/* A scope without which nothing can be listed, or NULL. */
static const char *
consent_needed(const Manifest *manifest)
{
	for (guint i = 0; i < manifest->scopes->len; i++) {
		const ManifestScope *scope = g_ptr_array_index(manifest->scopes, i);

		if (scope->required && g_strv_contains((const char *const *)scope->operations, "list_entitlements"))
			return scope->scope;
	}
	return NULL;
}

/* What the address asks for but that scope. Free with json_object_put. */
static json_object *
consent_without(const char *url, const char *scope)
{
	g_autofree char *asked = consent_param(url, "scope");
	g_auto(GStrv) scopes = g_strsplit(asked != NULL ? asked : "", " ", -1);
	json_object *given = json_object_new_array();

	for (gsize i = 0; scopes[i] != NULL; i++) {
		if (strcmp(scopes[i], scope) != 0)
			json_object_array_add(given, json_object_new_string(scopes[i]));
	}
	return given;
}

/* The person, or the app's registration, gave less than is needed. */
static void
consent_narrow(Bench *bench, gint parameter)
{
	const char *needed = consent_needed(bench->manifest);
	g_autoptr(Subject) subject = NULL;
	g_autoptr(json_object) given = NULL;
	g_autofree char *url = NULL;
	g_auto(Callback) callback = {0};
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (needed == NULL) {
		bench_skip(bench, "The manifest does not declare a scope that a list requires.");
		return;
	}
	bench_try(bench, "a person who allows all but %s", needed);
	subject = consenting_subject(bench);
	url = subject != NULL ? consenting_begin(subject) : NULL;
	if (url == NULL)
		return;
	given = consent_without(url, needed);
	if (!consenting_answer(subject, url, "allow", given, &callback))
		return;
	told = consenting_complete(subject, &callback);
	consenting_expect_refused(bench, told, FALSE);
	bench_expect(bench, told->status == IDC_SCOPE && strstr(told->error.message, needed) != NULL, "SCOPE, which names it",
		     "%s (%s)", host_status_name(told->status), told->error.message);
}

const Check checks_consent[] = {
    {"consent.begin", "BEGIN gives an address for a person, with a state and PKCE of its own, and makes no request", consent_begins,
     CHECK_PERSON, NULL, NULL, 0, 0},
    {"consent.complete", "Who allows it is signed in, for every instance of the app", consent_completes, CHECK_PERSON | CHECK_LIST,
     NULL, NULL, 0, 0},
    {"consent.forged", "A callback with a forged state signs nobody in, without a request", consent_forged, CHECK_PERSON, NULL,
     NULL, CONSENT_FORGED, 0},
    {"consent.no-state", "A callback without a state signs nobody in, without a request", consent_forged, CHECK_PERSON, NULL, NULL,
     CONSENT_WITHOUT, 0},
    {"consent.two-states", "A callback with two states signs nobody in, without a request", consent_forged, CHECK_PERSON, NULL,
     NULL, CONSENT_AFTER, 0},
    {"consent.replayed", "A callback that comes twice signs nobody in again, and nobody out", consent_replayed,
     CHECK_PERSON | CHECK_LIST, NULL, NULL, 0, 0},
    {"consent.denied", "A person who denies it is told so, without a request", consent_denied, CHECK_PERSON, NULL, NULL, 0, 0},
    {"consent.late", "A code that has expired signs nobody in, and the next one does", consent_late, CHECK_PERSON, "clock", NULL, 0,
     0},
    {"consent.narrow", "Scopes that were not granted are named", consent_narrow, CHECK_PERSON, NULL, NULL, 0, 0},
    {.id = NULL},
};
