/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Over TLS: with a certificate that is not the service's nobody is told anything, and nothing that comes is believed. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include <string.h>

/* One call of an instance: it fails, says why, and nothing of it has come to the other side. */
static void
tls_expect_refused(Bench *bench, const Told *told)
{
	g_autofree char *status = told_status(told);
	g_autofree char *message = g_ascii_strdown(told->error.message, -1);

	bench_expect(bench, told->status >= IDC_INVALID, "an error", "%s", status);
	bench_expect(bench, strstr(message, "certificate") != NULL, "a message that names the certificate", "%s", status);
	bench_expect(bench, told->messages->len == 0, "nothing that is told", "%u messages", told->messages->len);
	bench_expect(bench, bench_requests(bench) == 0, "no request, and so no credential", "%u came", bench_requests(bench));
}

static void
tls_refused(Bench *bench)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) ready = subject != NULL ? subject_init(subject) : NULL;
	g_autoptr(Told) signed_in = NULL;
	g_autoptr(Told) listed = NULL;

	if (ready == NULL ||
	    !bench_expect(bench, ready->status == IDC_OK, "init() is OK, as it asks nobody", "%s", ready->error.message))
		return;
	signed_in = subject_sign_in(subject);
	if (manifest_has_step(bench->manifest, "client") || manifest_has_step(bench->manifest, "check"))
		tls_expect_refused(bench, signed_in);
	/* Also of who goes on without. */
	listed = subject_list(subject, subject_records(subject), NULL);
	bench_expect(bench, listed->status >= IDC_INVALID, "no list", "%s", host_status_name(listed->status));
	for (guint i = 0; i < told_count(listed, IDC_MSG_SEAL); i++)
		bench_expect(bench, told_nth(listed, IDC_MSG_SEAL, i)->of.seal.state == IDC_SEAL_PARTIAL, "no seal but PARTIAL",
			     "a seal of the state %u", told_nth(listed, IDC_MSG_SEAL, i)->of.seal.state);
	bench_expect(bench, bench_requests(bench) == 0, "no request, and so no credential", "%u came", bench_requests(bench));
}

static void
tls_good(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;

	(void)parameter;
	bench_try(bench, "a list over TLS");
	if (!bench_restart(bench, plan_at(bench->plan, "tls", "good", NULL)))
		return;
	subject = subject_open(bench, "default", FALSE);
	if (subject != NULL)
		listing_expect(subject, subject_records(subject), TRUE);
}

static void
tls_bad(Bench *bench, gint parameter)
{
	json_object *cases = plan_at(bench->plan, "tls", "bad", NULL);

	(void)parameter;
	for (gsize i = 0; i < json_object_array_length(cases) && bench_good(bench); i++) {
		json_object *one = json_object_array_get_idx(cases, i);

		bench_try(bench, "signing in and listing over TLS, where %s",
			  json_object_get_string(json_object_object_get(one, "title")));
		if (bench_restart(bench, json_object_object_get(one, "arguments")))
			tls_refused(bench);
	}
}

const Check checks_tls[] = {
    {"tls.good", "A list over TLS is whole", tls_good, CHECK_LIST, NULL, "tls.good", 0, 0},
    {"tls.bad", "With a certificate that is not the service's there is no request and no list", tls_bad, CHECK_LIST, NULL,
     "tls.bad", 0, 0},
    {.id = NULL},
};
