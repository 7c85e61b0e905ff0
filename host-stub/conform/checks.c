/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/checks.h"
#include "base/error.h"
#include "conform/surroundings.h"

static const Check *const check_tables[] = {checks_load,    checks_abi,     checks_lifecycle, checks_authorize, checks_list,
					    checks_size,    checks_fault,   checks_hostile,   checks_moving,    checks_wait,
					    checks_stop,    checks_traffic, checks_secret,    checks_change,    checks_crossing,
					    checks_refuse,  checks_retry,   checks_provision, checks_thread,    checks_consent,
					    checks_refresh, checks_killed,  checks_tls};

GPtrArray *
checks_all(void)
{
	GPtrArray *all = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(check_tables); i++) {
		for (const Check *check = check_tables[i]; check->id != NULL; check++)
			g_ptr_array_add(all, (gpointer)check);
	}
	return all;
}

static gboolean
check_capability(const Bench *bench, const char *key)
{
	const ManifestCapability *capability = manifest_capability(bench->manifest, key);

	return capability != NULL && capability->supported;
}

static gboolean
check_flag(Bench *bench, guint64 flag)
{
	const idc_connector *connector = bench_connector(bench);
	const idc_capabilities *capabilities = NULL;

	if (connector == NULL || connector->ops->capabilities(NULL, &capabilities, NULL) != IDC_OK || capabilities == NULL)
		return FALSE;
	return (capabilities->flags & flag) != 0;
}

static gboolean
check_extension(Bench *bench, const char *id)
{
	const idc_connector *connector = bench_connector(bench);

	return connector != NULL && connector->extension(id) != NULL;
}

static gboolean
check_identity(const Manifest *manifest)
{
	for (guint i = 0; i < manifest->wire->len; i++) {
		const ManifestWire *wire = g_ptr_array_index(manifest->wire, i);

		if (g_strcmp0(wire->host, "identity") == 0 && g_strcmp0(wire->method, "POST") == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
check_has_url(const Manifest *manifest)
{
	for (guint i = 0; i < manifest->settings->len; i++) {
		if (((const ManifestSetting *)g_ptr_array_index(manifest->settings, i))->type == MANIFEST_URL)
			return TRUE;
	}
	return FALSE;
}

/* The first thing that is needed and not declared, or NULL. */
static const char *
check_lacks(const Check *check, Bench *bench)
{
	const Manifest *manifest = bench->manifest;
	const struct {
		guint need;
		gboolean there;
		const char *name;
	} needs[] = {
	    {CHECK_LIST, check_capability(bench, "list_entitlements"), "the capability list_entitlements"},
	    {CHECK_PROVISION, check_capability(bench, "provision_user"), "the capability provision_user"},
	    {CHECK_ADD, check_capability(bench, "add_user"), "the capability add_user"},
	    {CHECK_REMOVE, check_capability(bench, "remove_user"), "the capability remove_user"},
	    {CHECK_CLIENT, manifest_has_step(manifest, "client"), "the step client of oauth"},
	    {CHECK_PERSON, manifest_has_step(manifest, "begin") && manifest_has_step(manifest, "complete"),
	     "the steps begin and complete of oauth"},
	    {CHECK_REFRESH, manifest_has_step(manifest, "refresh"), "the step refresh of oauth"},
	    {CHECK_CHECK, manifest_has_step(manifest, "check"), "the step check of oauth"},
	    {CHECK_REVOKE, manifest_has_step(manifest, "revoke"), "the step revoke of oauth"},
	    {CHECK_TOKEN, check_identity(manifest), "a POST to an identity host in wire"},
	    {CHECK_SECRET, bench->secret_keys[0] != NULL, "a secret among the settings"},
	    {CHECK_THREADS, manifest->thread_model != IDC_THREADS_MODULE, "a thread_model above 1000"},
	    {CHECK_PAGES, manifest->page > 0, "limits.page"},
	    {CHECK_CEILING, manifest->ceiling > 0, "limits.ceiling"},
	    {CHECK_BUDGET, g_hash_table_size(manifest->budget) > 0, "a budget"},
	    {CHECK_URLS, check_has_url(manifest), "a setting of the type url"},
	    {CHECK_SIZED, bench->plan->sized_world != NULL, "sized in the conformance file"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(needs); i++) {
		if ((check->needs & needs[i].need) != 0 && !needs[i].there)
			return needs[i].name;
	}
	if ((check->needs & CHECK_DELTA) != 0 && !check_flag(bench, IDC_CAN_DELTA))
		return "IDC_CAN_DELTA in its capabilities";
	if ((check->needs & CHECK_DRY_RUN) != 0 && !check_flag(bench, IDC_CAN_DRY_RUN))
		return "IDC_CAN_DRY_RUN in its capabilities";
	if ((check->needs & CHECK_USAGE) != 0 && !check_extension(bench, IDC_EXT_USAGE))
		return "the extension " IDC_EXT_USAGE;
	if ((check->needs & CHECK_SURVEY) != 0 && !check_extension(bench, IDC_EXT_SURVEY))
		return "the extension " IDC_EXT_SURVEY;
	return NULL;
}

static json_object *
check_at(const Plan *plan, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, ".", 2);

	return plan_at(plan, keys[0], keys[1], NULL);
}

/* What is declared has to have a case: nothing that a connector says it can goes unexamined. */
static const char *
check_no_case(const Check *check, const Plan *plan)
{
	if ((check->needs & (CHECK_ADD | CHECK_REMOVE)) != 0 && plan->cases->len == 0)
		return "changes.cases";
	if ((check->needs & CHECK_PROVISION) != 0 && plan->provision_world == NULL)
		return "provision";
	if ((check->needs & CHECK_PERSON) != 0 && plan_at(plan, "consent", NULL) == NULL)
		return "consent";
	return NULL;
}

void
check_run(const Check *check, Bench *bench)
{
	const char *lacks = check_lacks(check, bench);
	g_auto(GStrv) words = g_strsplit(check->can != NULL ? check->can : "", " ", -1);

	if (!bench_good(bench))
		return;
	if (lacks != NULL) {
		bench_skip(bench, "The connector does not declare %s.", lacks);
		return;
	}
	if ((check->needs & CHECK_HEAP) != 0 && surroundings_sanitized()) {
		bench_skip(bench, "This harness is built with a sanitizer, whose heap cannot be looked at.");
		return;
	}
	for (gsize i = 0; words[i] != NULL; i++) {
		if (*words[i] != '\0' && !plan_can(bench->plan, words[i])) {
			bench_skip(bench, "The fixture does not declare that it can \"%s\".", words[i]);
			return;
		}
	}
	lacks = check_no_case(check, bench->plan);
	if (lacks != NULL) {
		bench_sound(bench, g_error_new(HOST_ERROR, IDC_INVALID, "The manifest declares it, but %s has no %s.",
					       bench->plan->path, lacks));
		return;
	}
	if (check->at != NULL && check_at(bench->plan, check->at) == NULL) {
		bench_skip(bench, "The conformance file does not declare %s.", check->at);
		return;
	}
	check->run(bench, check->parameter);
}
