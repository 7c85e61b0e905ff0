/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The edges of the ABI: settings that are missing or wrong, structs of other sizes, numbers that nobody knows. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/subject.h"
#include "conform/surroundings.h"
#include <string.h>

/* A value that the manifest's declaration does not allow, or NULL where every string is allowed. */
static const char *
abi_malformed(const ManifestSetting *setting)
{
	if (setting->type == MANIFEST_CHOICE || setting->type == MANIFEST_BOOLEAN)
		return "neither one nor the other";
	if (setting->type == MANIFEST_INTEGER)
		return "twelve";
	if (setting->type == MANIFEST_URL)
		return "http://user@example.org/?a#b";
	if (setting->type == MANIFEST_EMAIL)
		return "nobody\n";
	return setting->pattern != NULL && !g_regex_match(setting->pattern, "\n \n", 0, NULL) ? "\n \n" : NULL;
}

static void
abi_init_refuses(Bench *bench, const char *key, const char *value)
{
	g_autoptr(Subject) subject = subject_new(bench, bench->fixture);
	g_autoptr(Told) told = NULL;
	g_autofree char *status = NULL;

	if (subject == NULL)
		return;
	bench_try(bench, "init() with the setting %s %s%s%s", key, value != NULL ? "being \"" : "missing",
		  value != NULL ? value : "", value != NULL ? "\"" : "");
	subject_set(subject, key, value);
	told = subject_init(subject);
	status = told_status(told);
	bench_expect(bench, told->status == IDC_INVALID || told->status == IDC_STATE, "init() refuses it as INVALID", "%s", status);
	if (told->status >= IDC_INVALID)
		bench_expect(bench, strstr(told->error.message, key) != NULL, "the message names the setting", "%s", status);
}

static void
abi_init_missing(Bench *bench, gint parameter)
{
	(void)parameter;
	if (bench_fixture(bench, "default", -1) == NULL)
		return;
	for (guint i = 0; bench_good(bench) && i < bench->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(bench->manifest->settings, i);

		if (setting->required && !setting->secret && setting->default_value == NULL)
			abi_init_refuses(bench, setting->key, NULL);
	}
}

static void
abi_init_malformed(Bench *bench, gint parameter)
{
	(void)parameter;
	if (bench_fixture(bench, "default", -1) == NULL)
		return;
	for (guint i = 0; bench_good(bench) && i < bench->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(bench->manifest->settings, i);
		const char *value = setting->secret ? NULL : abi_malformed(setting);

		if (value != NULL)
			abi_init_refuses(bench, setting->key, value);
	}
}

/* A failed init leaves nothing, however often. */
static void
abi_init_failed(Bench *bench, gint parameter)
{
	const ManifestSetting *setting = NULL;
	g_autoptr(Surroundings) before = NULL;
	const char *value = NULL;

	(void)parameter;
	if (bench_fixture(bench, "default", -1) == NULL)
		return;
	for (guint i = 0; value == NULL && i < bench->manifest->settings->len; i++) {
		setting = g_ptr_array_index(bench->manifest->settings, i);
		value = setting->secret ? NULL : abi_malformed(setting);
	}
	if (value == NULL) {
		bench_skip(bench, "The connector does not declare a setting that can be malformed.");
		return;
	}
	abi_init_refuses(bench, setting->key, value);
	before = surroundings_take();
	for (guint i = 0; bench_good(bench) && i < 20; i++)
		abi_init_refuses(bench, setting->key, value);
	bench_expect_none(bench, "a failed init() leaves nothing", surroundings_changed(before));
}

static void
abi_init_offline(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "init() and destroy() with good settings, and counting the requests");
	told = subject_init(subject);
	subject_destroy(subject);
	bench_expect(bench, told->status == IDC_OK, "init() is OK", "%s", told->error.message);
	bench_expect(bench, bench_requests(bench) == 0, "init() and destroy() make no request", "%u requests came",
		     bench_requests(bench));
}

/* All structs are longer than in 1.0, and what is behind is poisoned. */
static void
abi_larger(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = NULL;
	g_autofree char *status = NULL;

	if (subject == NULL)
		return;
	subject->grown = (guint)parameter;
	bench_try(bench, "init, sign-in and a list with structs that are %d bytes longer than in 1.0", parameter);
	if (!subject_ready(subject))
		return;
	told = subject_list(subject, subject_records(subject), NULL);
	status = told_status(told);
	bench_expect(bench, told->status == IDC_OK, "a list is OK", "%s", status);
}

/* An error struct that ends earlier, at the end of a page: whoever writes beyond it dies. */
static void
abi_smaller_error(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) told = NULL;

	if (subject == NULL)
		return;
	subject->error_size = (guint)parameter;
	subject->error_none = parameter == 0;
	bench_try(bench, "calls that fail, with an error struct of %d bytes", parameter);
	told = subject_init(subject);
	if (!bench_expect(bench, told->status == IDC_OK, "init() is OK", "%s", host_status_name(told->status)))
		return;
	g_clear_pointer(&told, told_free);
	told = subject_authorize(subject, 9999, NULL);
	bench_expect(bench, told->status >= IDC_INVALID, "a step that nobody knows is refused", "%s",
		     host_status_name(told->status));
	g_clear_pointer(&told, told_free);
	told = subject_grant(subject, SUBJECT_ADD, "", "", 0);
}

static void
abi_unknown_steps(Bench *bench, gint parameter)
{
	static const uint32_t steps[] = {0, 7, 99, 0xFFFFFFFFu};
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Told) init = subject != NULL ? subject_init(subject) : NULL;

	(void)parameter;
	for (gsize i = 0; init != NULL && init->status == IDC_OK && i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(Told) told = NULL;

		bench_try(bench, "authorize() with the step %u", steps[i]);
		told = subject_authorize(subject, steps[i], NULL);
		bench_expect(bench, told->status == IDC_INVALID || told->status == IDC_UNSUPPORTED, "INVALID or UNSUPPORTED", "%s",
			     host_status_name(told->status));
		bench_expect(bench, bench_requests(bench) == 0, "no request for it", "%u came", bench_requests(bench));
	}
}

/* What is not declared is UNSUPPORTED and makes no request. */
static void
abi_unsupported(Bench *bench, gint parameter)
{
	static const struct {
		const char *key;
		guint op;
	} operations[] = {{"list_entitlements", IDC_OP_LIST_ENTITLEMENTS},
			  {"provision_user", IDC_OP_PROVISION},
			  {"add_user", IDC_OP_ADD},
			  {"remove_user", IDC_OP_REMOVE}};
	static const char *const steps[] = {NULL, "begin", "complete", "refresh", "client", "revoke", "check"};
	const idc_capabilities *capabilities = NULL;
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	before = bench_requests(bench);
	subject->connector->ops->capabilities(NULL, &capabilities, NULL);
	for (gsize i = 0; bench_good(bench) && i < G_N_ELEMENTS(operations); i++) {
		g_autoptr(Told) told = NULL;

		if ((capabilities->ops & 1u << operations[i].op) != 0)
			continue;
		bench_try(bench, "the operation for %s, which is not declared", operations[i].key);
		if (operations[i].op == IDC_OP_LIST_ENTITLEMENTS)
			told = subject_list(subject, IDC_RECORD_PRINCIPAL, NULL);
		else
			told = subject_grant(subject, (SubjectChange)(operations[i].op - IDC_OP_PROVISION), "a", "b", 0);
		bench_expect(bench, told->status == IDC_UNSUPPORTED, "UNSUPPORTED", "%s", host_status_name(told->status));
	}
	for (uint32_t i = 1; bench_good(bench) && i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(Told) told = NULL;

		if ((capabilities->auth & 1u << i) != 0)
			continue;
		bench_try(bench, "the step %s of authorize, which is not declared", steps[i]);
		told = subject_authorize(subject, i, NULL);
		bench_expect(bench, told->status == IDC_UNSUPPORTED, "UNSUPPORTED", "%s", host_status_name(told->status));
	}
	bench_expect(bench, bench_requests(bench) == before, "what is not declared makes no request", "%u came",
		     bench_requests(bench) - before);
}

static void
abi_before_sign_in(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
	g_autoptr(Truth) truth = fixture != NULL ? bench_truth(bench) : NULL;
	g_autoptr(Told) told = subject != NULL ? subject_init(subject) : NULL;

	(void)parameter;
	if (told == NULL || truth == NULL)
		return;
	bench_try(bench, "listing before anybody signed in");
	told_free(told);
	told = subject_list(subject, subject_records(subject), NULL);
	bench_expect(bench, told->status == IDC_OK || told->status >= IDC_INVALID, "the list, or a refusal", "%s",
		     host_status_name(told->status));
	if (told->status == IDC_OK)
		bench_expect_none(bench, "all that is so",
				  truth_differs(truth, truth, bench->manifest, told, subject_records(subject)));
}

const Check checks_abi[] = {
    {"abi.missing", "Init names each required setting that is missing", abi_init_missing, 0, NULL, NULL, 0, 0},
    {"abi.malformed", "Init names each setting that is malformed", abi_init_malformed, 0, NULL, NULL, 0, 0},
    {"abi.failed-init", "A failed init leaves nothing", abi_init_failed, 0, NULL, NULL, 0, 0},
    {"abi.offline", "Init and destroy make no request", abi_init_offline, 0, NULL, NULL, 0, 0},
    {"abi.larger", "Structs of a later version, longer than in 1.0, work and are left alone behind what is known", abi_larger,
     CHECK_LIST, NULL, NULL, 8, 0},
    {"abi.much-larger", "Structs that are very much longer than in 1.0 work, too", abi_larger, CHECK_LIST, NULL, NULL, 4096, 0},
    {"abi.short-error", "An error struct of 24 bytes is not written beyond its end", abi_smaller_error, 0, NULL, NULL, 24, 0},
    {"abi.cut-error", "An error struct that ends within the message is not written beyond its end", abi_smaller_error, 0, NULL,
     NULL, 160, 0},
    {"abi.no-error", "NULL as error struct is allowed", abi_smaller_error, 0, NULL, NULL, 0, 0},
    {"abi.unknown-step", "A step of authorize that nobody knows is refused without a request", abi_unknown_steps, 0, NULL, NULL, 0,
     0},
    {"abi.unsupported", "What is not declared answers UNSUPPORTED and makes no request", abi_unsupported, 0, NULL, NULL, 0, 0},
    {"abi.not-signed-in", "A list before sign-in is whole, or refused", abi_before_sign_in, CHECK_LIST, NULL, NULL, 0, 0},
    {.id = NULL},
};
