/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Secrets stay where they belong: not in logs, messages and addresses, not in the process once the instance is gone. */
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/secrecy.h"
#include "conform/traffic.h"

static const char *const secret_actions[] = {"{\"status\":401,\"body\":{}}", "{\"status\":500,\"body\":{}}", "{\"cut\":\"middle\"}",
					     "{\"status\":200,\"body\":\"\"}"};

/* Every call, good and bad: messages, errors and logs are looked at in each, see subject.c. */
static void
secret_told(Bench *bench, gint parameter)
{
	(void)parameter;
	for (gsize i = 0; i < G_N_ELEMENTS(secret_actions) && bench_good(bench); i++) {
		g_autoptr(Subject) subject = NULL;
		Fixture *fixture = bench_fixture(bench, "default", -1);
		GError *error = NULL;

		subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
		if (subject == NULL)
			return;
		bench_try(bench,
			  "sign-in and list, and both while everything is answered by %s, and looking for secrets in what is told "
			  "and logged",
			  secret_actions[i]);
		told_free(subject_init(subject));
		told_free(subject_sign_in(subject));
		bench->secret_values = secrecy_with_stored((char **)bench->secret_values, subject->instrument);
		told_free(subject_list(subject, subject_records(subject), NULL));
		fixture_fault(fixture, "{\"times\":0}", secret_actions[i], &error);
		if (!bench_sound(bench, error))
			return;
		told_free(subject_list(subject, subject_records(subject), NULL));
		told_free(subject_sign_in(subject));
	}
}

static void
secret_addresses(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(GPtrArray) traffic = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "sign-in and list, and looking for secrets in the addresses that were asked for");
	told_free(subject_list(subject, subject_records(subject), NULL));
	traffic = bench_traffic(bench);
	for (guint i = 0; traffic != NULL && i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);

		bench_expect(bench,
			     !secrecy_in_text(entry->path, bench->secret_values) &&
				 !secrecy_in_text(entry->query, bench->secret_values),
			     "no secret in an address", "one stands in a %s request to %s", entry->method, entry->host);
	}
}

/* After destroy nothing that is alive in the process holds one. Freed memory is overwritten: see run.c. */
static void
secret_memory(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autofree char *found = NULL;
	const char *tunables = g_getenv("GLIBC_TUNABLES");

	(void)parameter;
	if (tunables == NULL) {
		bench_sound(bench,
			    g_error_new(G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
					"This check only works in a process of its own, where freed memory is overwritten."));
		return;
	}
	subject = subject_open(bench, "default", FALSE);
	if (subject == NULL)
		return;
	bench_try(bench, "sign-in, list and destroy, and looking for secrets in all memory of the process");
	told_free(subject_list(subject, subject_records(subject), NULL));
	subject_destroy(subject);
	bench->secret_values = secrecy_with_stored((char **)bench->secret_values, subject->instrument);
	/* What the harness itself knows goes first. */
	g_hash_table_remove_all(subject->instrument->secrets);
	g_hash_table_remove_all(fixture_secrets(bench->fixture));
	g_hash_table_remove_all(bench->plan->secrets);
	if (!secrecy_in_memory(bench->secret_values, &found)) {
		bench_skip(bench, "This machine does not let a process read /proc/self/mem.");
		return;
	}
	bench_expect(bench, found == NULL, "no copy of a secret after destroy", "one lies in %s", found != NULL ? found : "");
}

static void
secret_environment(Bench *bench, gint parameter)
{
	static const char *const places[] = {"/proc/self/cmdline", "/proc/self/environ"};
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_auto(GStrv) env = NULL;
	g_autofree char *all = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "sign-in, and looking for secrets in arguments and environment");
	env = g_get_environ();
	all = g_strjoinv("\n", env);
	bench_expect(bench, !secrecy_in_text(all, bench->secret_values), "no secret in the environment", "there is one");
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *text = NULL;
		gsize length = 0;

		if (!g_file_get_contents(places[i], &text, &length, NULL))
			continue;
		for (gsize j = 0; j < length; j++)
			if (text[j] == '\0')
				text[j] = '\n';
		bench_expect(bench, !secrecy_in_text(text, bench->secret_values), "no secret there", "one stands in %s", places[i]);
	}
}

/* Somebody stores a longer one between two questions. */
static void
secret_grows(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "a sign-in while a secret is longer when it is asked for again, %d times", parameter);
	subject->instrument->grow_secret = (guint)parameter;
	told_free(subject_init(subject));
	told = subject_sign_in(subject);
	bench_expect(bench, told->status == IDC_OK, "it asks again until it has all of it", "%s", told->error.message);
}

/* Storing fails: the call says so, or does without; it never ends worse. */
static void
secret_not_stored(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = NULL;
	gboolean stored;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a sign-in while secret_put() fails with IO");
	subject->instrument->put_status = IDC_IO;
	told_free(subject_init(subject));
	told = subject_sign_in(subject);
	stored = subject->instrument->puts > 0;
	bench_expect(bench, told->status == IDC_OK || (stored && told->status >= IDC_INVALID), "OK, or an error that says so", "%s",
		     told->error.message);
	if (told->status == IDC_OK) {
		listing_expect(subject, subject_records(subject), FALSE);
	}
}

/* What lies in the store may be of an older version, or rubbish. */
static void
secret_rubbish(Bench *bench, gint parameter)
{
	static const char *const values[] = {"", "rubbish", "{\"access_token\":", "{\"v\":1,\"access_token\":7}", "\x01\xff\xfe"};

	(void)parameter;
	for (gsize i = 0; i < G_N_ELEMENTS(values) && bench_good(bench); i++) {
		g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
		g_autoptr(Subject) twin = NULL;
		g_autoptr(GList) names = NULL;

		if (subject == NULL)
			return;
		names = g_hash_table_get_keys(subject->instrument->secrets);
		for (GList *name = names; name != NULL; name = name->next) {
			g_autofree char *copy = g_strdup(name->data);

			if (g_str_has_prefix(copy, "idc."))
				instrument_set_secret(subject->instrument, copy, values[i]);
		}
		bench_try(bench, "another instance, where what the first one stored has become rubbish (%zu)", i);
		twin = subject_twin(subject);
		if (twin == NULL || !subject_ready(twin))
			return;
		listing_expect(twin, subject_records(twin), TRUE);
		subject_close(g_steal_pointer(&twin));
	}
}

const Check checks_secret[] = {
    {"secret.told", "No secret stands in a message, an error or a log line, whatever goes wrong", secret_told,
     CHECK_SECRET | CHECK_LIST, NULL, NULL, 0, 0},
    {"secret.address", "No secret stands in an address that is asked for", secret_addresses, CHECK_SECRET | CHECK_LIST, NULL, NULL,
     0, 0},
    {"secret.memory", "No secret is in memory once the instance is destroyed", secret_memory,
     CHECK_SECRET | CHECK_LIST | CHECK_HEAP, NULL, NULL, 0, 0},
    {"secret.environment", "No secret is put into arguments or environment", secret_environment, CHECK_SECRET, NULL, NULL, 0, 0},
    {"secret.grows", "A secret that became longer between two questions is asked for again", secret_grows, CHECK_SECRET, NULL, NULL,
     1, 0},
    {"secret.grows-again", "A secret that becomes longer several times is asked for until it is whole", secret_grows, CHECK_SECRET,
     NULL, NULL, 3, 0},
    {"secret.not-stored", "A secret that cannot be stored ends no call badly", secret_not_stored, CHECK_CLIENT, NULL, NULL, 0, 0},
    {"secret.rubbish", "What lies in the store and is no use is got anew", secret_rubbish, CHECK_CLIENT | CHECK_LIST, NULL, NULL, 0,
     0},
    {.id = NULL},
};
