/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Signing in: what a session says, what bad credentials and a service in trouble come to, what becomes of tokens. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"
#include "conform/trap.h"

/* An instance that has not signed in, in the world default. */
static Subject *
authorize_subject(Bench *bench)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	Subject *subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = subject != NULL ? subject_init(subject) : NULL;

	if (told != NULL && !bench_expect(bench, told->status == IDC_OK, "init() is OK", "%s", told->error.message))
		g_clear_pointer(&subject, subject_close);
	return subject;
}

static void
authorize_session(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = authorize_subject(bench);
	g_autoptr(Told) told = NULL;
	const ToldMessage *session;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "signing in, and reading the session");
	told = subject_sign_in(subject);
	bench_expect(bench, told->status == IDC_OK, "OK", "%s", told->error.message);
	session = told_nth(told, IDC_MSG_SESSION, 0);
	bench_expect(bench, told_count(told, IDC_MSG_SESSION) == 1, "one session message", "%u", told_count(told, IDC_MSG_SESSION));
	if (session == NULL)
		return;
	bench_expect(bench, session->of.session.account != NULL && *session->of.session.account != '\0',
		     "a stable id of the account", "none");
	bench_expect(bench, session->of.session.expires_in_s == -1 || session->of.session.expires_in_s > 0, "when it ends, or -1",
		     "%" G_GINT64_FORMAT, session->of.session.expires_in_s);
	for (guint i = 0; i < bench->manifest->scopes->len && session->of.session.scope != NULL; i++) {
		const ManifestScope *scope = g_ptr_array_index(bench->manifest->scopes, i);
		g_auto(GStrv) granted = g_strsplit(session->of.session.scope, " ", -1);

		if (scope->required && g_strv_contains((const char *const *)scope->operations, "list_entitlements"))
			bench_expect(bench, g_strv_contains((const char *const *)granted, scope->scope),
				     "every scope that is required", "without %s", scope->scope);
	}
}

/* The same account each time. */
static void
authorize_same(Bench *bench, gint parameter)
{
	g_autoptr(Subject) first = authorize_subject(bench);
	g_autoptr(Subject) second = first != NULL ? subject_new(bench, first->fixture) : NULL;
	g_autoptr(Told) one = NULL;
	g_autoptr(Told) two = NULL;
	const ToldMessage *a;
	const ToldMessage *b;

	(void)parameter;
	if (second == NULL)
		return;
	bench_try(bench, "signing in twice, with an instance each");
	told_free(subject_init(second));
	one = subject_sign_in(first);
	two = subject_sign_in(second);
	a = told_nth(one, IDC_MSG_SESSION, 0);
	b = told_nth(two, IDC_MSG_SESSION, 0);
	if (a != NULL && b != NULL)
		bench_expect(bench, g_strcmp0(a->of.session.account, b->of.session.account) == 0, "the same account", "%s and %s",
			     a->of.session.account, b->of.session.account);
}

static gboolean
authorize_is_required(const ManifestSetting *setting)
{
	return setting->secret && setting->required;
}

/* A secret that is wrong, or not there: a person has to act, and is told which. */
static void
authorize_bad(Bench *bench, gint parameter)
{
	for (guint i = 0; i < bench->manifest->settings->len && bench_good(bench); i++) {
		const ManifestSetting *setting = g_ptr_array_index(bench->manifest->settings, i);
		g_autoptr(Subject) subject = NULL;
		g_autoptr(Told) told = NULL;

		if (!authorize_is_required(setting))
			continue;
		subject = authorize_subject(bench);
		if (subject == NULL)
			return;
		bench_try(bench, "signing in with the secret %s %s", setting->key, parameter == 0 ? "wrong" : "missing");
		instrument_set_secret(subject->instrument, setting->key, parameter == 0 ? "wrong-secret-of-somebody" : NULL);
		told = subject_sign_in(subject);
		if (told->messages->len == 0 && told->status == IDC_OK) {
			told_free(told);
			told = subject_list(subject, subject_records(subject), NULL);
		}
		bench_expect(bench, told->status / 100 == 2 || (parameter == 1 && told->status / 100 == 1),
			     "a refusal that a person has to look at", "%s (%s)", host_status_name(told->status),
			     told->error.message);
		bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) == 0, "not RETRYABLE", "with that flag");
	}
}

/* A host for tokens that is in trouble is no wrong credential. */
static void
authorize_trouble(Bench *bench, gint parameter)
{
	g_autofree char *action = g_strdup_printf("{\"status\":%d,\"body\":{}}", parameter);
	g_autoptr(Subject) subject = authorize_subject(bench);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "signing in while everything is answered by %s", action);
	fixture_fault(subject->fixture, "{\"times\":0}", action, &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_sign_in(subject);
	if (!bench_struck(bench))
		return;
	bench_expect(bench, told->status / 100 == 3 || told->status / 100 == 4, "a trouble of the service", "%s (%s)",
		     host_status_name(told->status), told->error.message);
	bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) != 0, "RETRYABLE", "without that flag: %s",
		     told->error.message);
	bench_expect(bench, bench_requests(bench) < 50, "a few tries", "%u requests", bench_requests(bench));
	g_clear_pointer(&told, told_free);
	told = subject_sign_in(subject);
	bench_expect(bench, told->status == IDC_OK, "afterwards it works", "%s", told->error.message);
}

static const char *const authorize_expiries[] = {"\\\"x\\\":",
						 "\\\"expires_in\\\":0,\\\"x\\\":",
						 "\\\"expires_in\\\":-5,\\\"x\\\":",
						 "\\\"expires_in\\\":99999999999999999999,\\\"x\\\":",
						 "\\\"expires_in\\\":\\\"soon\\\",\\\"x\\\":",
						 "\\\"expires_in\\\":null,\\\"x\\\":"};

/* A token that does not say properly when it ends is used once and with sense. */
static void
authorize_expiry(Bench *bench, gint parameter)
{
	(void)parameter;
	for (gsize i = 0; i < G_N_ELEMENTS(authorize_expiries) && bench_good(bench); i++) {
		g_autofree char *action = g_strdup_printf("{\"edit\":[[\"\\\"expires_in\\\":\",\"%s\"]]}", authorize_expiries[i]);
		g_autoptr(Subject) subject = authorize_subject(bench);
		g_autoptr(Truth) truth = subject != NULL ? bench_truth(bench) : NULL;
		g_autoptr(Told) told = NULL;
		GError *error = NULL;

		if (truth == NULL)
			return;
		bench_try(bench, "a sign-in and a list while token answers meet %s", action);
		fixture_fault(subject->fixture, "{\"method\":\"POST\",\"times\":0}", action, &error);
		if (!bench_sound(bench, error))
			return;
		told = subject_sign_in(subject);
		if (told->status == IDC_OK) {
			told_free(told);
			told = subject_list(subject, subject_records(subject), NULL);
			listing_judge(subject, told, subject_records(subject), truth, truth);
		}
		bench_struck(bench);
		bench_expect(bench, bench_requests(bench) < 200, "no token for every request", "%u requests",
			     bench_requests(bench));
	}
}

/* Somebody revokes all tokens: a new one is got, or the list says so. */
static void
authorize_revoked(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list after all tokens were revoked");
	json_object_put(fixture_ask(subject->fixture, "DELETE", "tokens", NULL, &error));
	if (!bench_sound(bench, error))
		return;
	told = listing_judged(subject, subject_records(subject), FALSE);
	bench_expect(bench, told->status == IDC_OK || told->status / 100 == 2, "a whole list with a new token, or UNAUTHENTICATED",
		     "%s", told->error.message);
	bench_expect(bench, told->status == IDC_OK || !manifest_has_step(bench->manifest, "client"),
		     "who can sign in without a person does so", "%s", told->error.message);
}

/* One 401 in the middle: one new token, and the same page again. */
static void
authorize_renewed(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
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
		bench_expect(bench, bench_requests_to(bench, "identity") == before + 1, "one new token", "%u",
			     bench_requests_to(bench, "identity") - before);
}

/* A second instance of the app finds the token that the first one stored. */
static void
authorize_shared(Bench *bench, gint parameter)
{
	g_autoptr(Subject) first = subject_open(bench, "default", FALSE);
	g_autoptr(Subject) second = first != NULL ? subject_twin(first) : NULL;
	guint before;

	(void)parameter;
	if (second == NULL)
		return;
	bench_try(bench, "a second instance of an app that has just signed in");
	before = bench_requests_to(bench, "identity");
	if (subject_ready(second))
		bench_expect(bench, bench_requests_to(bench, "identity") <= before + 1, "at most one more token", "%u more",
			     bench_requests_to(bench, "identity") - before);
	subject_close(g_steal_pointer(&second));
}

/* All that has to last lies in the store: an instance that never signed in goes on with what another one left there. */
static void
authorize_stored(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a list by an instance that has not signed in, after another one of the same app did");
	before = bench_requests_to(bench, "identity");
	listing_expect_elsewhere(subject);
	bench_expect(bench, bench_requests_to(bench, "identity") == before, "the stored token, and no other one", "%u more",
		     bench_requests_to(bench, "identity") - before);
}

/* A redirect never carries a token anywhere. */
static void
authorize_redirect(Bench *bench, gint parameter)
{
	g_autoptr(Trap) trap = trap_new();
	g_autofree char *action =
	    trap != NULL ? g_strdup_printf("{\"redirect\":\"http://127.0.0.1:%u/users\"}", trap_port(trap)) : NULL;
	g_autoptr(Subject) subject = trap == NULL     ? NULL
				     : parameter == 0 ? authorize_subject(bench)
						      : subject_open(bench, "default", FALSE);
	g_autoptr(Told) told = NULL;
	GError *error = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "%s that is redirected to another port", parameter == 0 ? "a sign-in" : "a list");
	fixture_fault(subject->fixture, "{\"times\":0}", action, &error);
	if (!bench_sound(bench, error))
		return;
	told = parameter == 0 ? subject_sign_in(subject) : subject_list(subject, subject_records(subject), NULL);
	bench_struck(bench);
	bench_expect(bench, !trap_called(trap), "nobody follows a redirect with credentials in the hand", "a connection came");
	bench_expect(bench, told->status >= IDC_INVALID || told->status == IDC_PARTIAL, "an error, or a gap", "%s",
		     host_status_name(told->status));
}

/* A redirect to itself is followed a few times at most. */
static void
authorize_loop(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Told) told = NULL;
	g_autofree char *action = NULL;
	GError *error = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	action = g_strdup_printf("{\"redirect\":\"http://127.0.0.1:%u/\"}", fixture_port(subject->fixture));
	bench_try(bench, "a list in which every answer is a redirect to the same host");
	fixture_fault(subject->fixture, "{\"times\":0}", action, &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_list(subject, subject_records(subject), NULL);
	bench_struck(bench);
	bench_expect(bench, told->status >= IDC_INVALID || told->status == IDC_PARTIAL, "an error, or a gap", "%s",
		     host_status_name(told->status));
	bench_expect(bench, bench_requests(bench) < 500, "an end in bounds", "%u requests", bench_requests(bench));
}

/* Credentials travel encrypted, or not beyond this machine. */
static void
authorize_plain(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	GHashTableIter iter;
	gpointer key;

	(void)parameter;
	if (fixture == NULL)
		return;
	g_hash_table_iter_init(&iter, fixture_settings(fixture));
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const ManifestSetting *setting = manifest_setting(bench->manifest, key);
		g_autoptr(Subject) subject = NULL;
		g_autoptr(Told) told = NULL;

		if (setting == NULL || setting->type != MANIFEST_URL)
			continue;
		subject = subject_new(bench, fixture);
		if (subject == NULL)
			return;
		bench_try(bench, "init() with %s=http://service.example/", (const char *)key);
		subject_set(subject, key, "http://service.example/");
		told = subject_init(subject);
		bench_expect(bench, told->status == IDC_INVALID, "an address without encryption is INVALID", "%s",
			     host_status_name(told->status));
	}
}

static void
authorize_check(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(GPtrArray) traffic = NULL;
	g_autoptr(Told) told = NULL;
	guint before;
	guint after;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "the step CHECK after a sign-in");
	before = bench_requests(bench);
	told = subject_authorize(subject, IDC_AUTH_CHECK, NULL);
	after = bench_requests(bench);
	traffic = bench_traffic(bench);
	bench_expect(bench, told->status == IDC_OK, "OK", "%s", told->error.message);
	bench_expect(bench, told_count(told, IDC_MSG_SESSION) == 1, "one session", "%u", told_count(told, IDC_MSG_SESSION));
	bench_expect(bench, after - before <= 2, "one read", "%u requests", after - before);
	if (traffic != NULL)
		bench_expect(bench, traffic_writes(bench->manifest, traffic) == 0, "no write", "%u",
			     traffic_writes(bench->manifest, traffic));
}

const Check checks_authorize[] = {
    {"authorize.session", "Signing in tells one session, with an account and every scope that is required", authorize_session,
     CHECK_CLIENT, NULL, NULL, 0, 0},
    {"authorize.same", "The account is the same each time", authorize_same, CHECK_CLIENT, NULL, NULL, 0, 0},
    {"authorize.wrong", "A wrong secret is told to a person, and not tried again", authorize_bad, CHECK_SECRET | CHECK_LIST, NULL,
     NULL, 0, 0},
    {"authorize.missing", "A missing secret is told to a person, and not tried again", authorize_bad, CHECK_SECRET | CHECK_LIST,
     NULL, NULL, 1, 0},
    {"authorize.500", "500 at sign-in is transient", authorize_trouble, CHECK_CLIENT, NULL, NULL, 500, 0},
    {"authorize.503", "503 at sign-in is transient", authorize_trouble, CHECK_CLIENT, NULL, NULL, 503, 0},
    {"authorize.429", "A rate limit at sign-in is transient", authorize_trouble, CHECK_CLIENT, NULL, NULL, 429, 0},
    {"authorize.expiry", "A token that does not say properly when it ends is used with sense", authorize_expiry,
     CHECK_CLIENT | CHECK_TOKEN | CHECK_LIST, "edit", NULL, 0, 0},
    {"authorize.revoked", "Tokens that somebody revoked are replaced, or the list says so", authorize_revoked,
     CHECK_LIST | CHECK_TOKEN, "tokens", NULL, 0, 0},
    {"authorize.renewed", "401 in the middle of a list brings one new token and the same page again", authorize_renewed,
     CHECK_LIST | CHECK_CLIENT | CHECK_TOKEN, NULL, NULL, 0, 0},
    {"authorize.shared", "A second instance of an app finds what the first one stored", authorize_shared,
     CHECK_CLIENT | CHECK_TOKEN, NULL, NULL, 0, 0},
    {"authorize.stored", "What a sign-in brought lies in the store: an instance that did not sign in goes on with it",
     authorize_stored, CHECK_CLIENT | CHECK_TOKEN | CHECK_LIST, NULL, NULL, 0, 0},
    {"authorize.redirect", "A sign-in is never redirected to another host", authorize_redirect, CHECK_CLIENT, "redirect", NULL, 0,
     0},
    {"authorize.redirect-list", "A list is never redirected to another host", authorize_redirect, CHECK_LIST, "redirect", NULL, 1,
     0},
    {"authorize.loop", "Redirects in a circle come to an end", authorize_loop, CHECK_LIST, "redirect", NULL, 0, 0},
    {"authorize.plain", "An address without encryption, beyond this machine, is refused", authorize_plain, CHECK_URLS, NULL, NULL,
     0, 0},
    {"authorize.check", "CHECK is one read, and tells a session", authorize_check, CHECK_CHECK, NULL, NULL, 0, 0},
    {.id = NULL},
};
