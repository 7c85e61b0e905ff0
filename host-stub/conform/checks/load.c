/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The module as it is found and loaded, and what it says of itself before anything else is asked of it. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/exports.h"
#include "conform/fixture.h"
#include "conform/surroundings.h"
#include "load/settings.h"
#include <string.h>

static void
load_resolves(Bench *bench, gint parameter)
{
	(void)parameter;
	bench_try(bench, "loading the module with every symbol resolved at once");
	bench_connector(bench);
}

static void
load_exports(Bench *bench, gint parameter)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	g_auto(GStrv) symbols = NULL;
	g_autofree char *found = NULL;

	(void)parameter;
	bench_try(bench, "reading the dynamic symbols of the module's file");
	if (!bench_expect(bench, module_verify(bench->paths, bench->manifest, &path, &error), "a file with the manifest's SHA-256",
			  "%s", error != NULL ? error->message : ""))
		return;
	symbols = exports_read(path, &error);
	if (!bench_expect(bench, symbols != NULL, "an ELF file", "%s", error != NULL ? error->message : ""))
		return;
	found = g_strjoinv(", ", symbols);
	bench_expect(bench, g_strcmp0(found, IDC_ENTRY_SYMBOL) == 0, IDC_ENTRY_SYMBOL " and nothing else is exported",
		     "exported are: %s", found);
}

static void
load_quiet(Bench *bench, gint parameter)
{
	g_autoptr(Surroundings) before = NULL;
	const idc_capabilities *capabilities = NULL;
	const idc_connector *connector = bench_connector(bench);

	(void)parameter;
	if (connector == NULL)
		return;
	bench_try(bench, "asking for the capabilities, destroying NULL, and comparing the process with what it was");
	before = surroundings_take();
	connector->ops->capabilities(NULL, &capabilities, NULL);
	connector->destroy(NULL);
	bench_expect_none(bench, "no thread, descriptor or other trace", surroundings_changed(before));
}

static void
load_trace(Bench *bench, gint parameter)
{
	g_autoptr(Surroundings) before = surroundings_take();
	g_autofree char *copy = g_strdup_printf("/memfd:%s", bench->manifest->module_file);

	(void)parameter;
	bench_try(bench, "loading the module and comparing the process with what it was");
	if (bench_connector(bench) == NULL)
		return;
	/* The sealed copy that the loader mapped stays open. */
	surroundings_allow(before, copy);
	bench_expect_none(bench, "no thread, handler, descriptor or other trace of loading", surroundings_changed(before));
}

static void
load_descriptor(Bench *bench, gint parameter)
{
	const idc_connector *connector = bench_connector(bench);

	(void)parameter;
	if (connector == NULL)
		return;
	bench_try(bench, "reading the descriptor");
	bench_expect(bench, connector->flags == 0, "flags are zero in 1.0", "flags are %u", connector->flags);
	bench_expect(bench, connector->abi_minor <= IDC_ABI_MINOR || connector->struct_size >= sizeof(idc_connector),
		     "a descriptor as large as its version says", "%u bytes for 1.%u", connector->struct_size,
		     connector->abi_minor);
	bench_expect(bench, connector->extension("no.such.extension/1") == NULL && connector->extension("") == NULL,
		     "NULL for an extension that nobody defined", "a table was given");
}

static void
load_capabilities_stable(Bench *bench, gint parameter)
{
	const idc_connector *connector = bench_connector(bench);
	const idc_capabilities *first = NULL;
	const idc_capabilities *second = NULL;
	int32_t status;

	(void)parameter;
	if (connector == NULL)
		return;
	bench_try(bench, "asking for the capabilities twice, without an instance and without an error struct");
	status = connector->ops->capabilities(NULL, &first, NULL);
	bench_expect(bench, status == IDC_OK && first != NULL, "capabilities() is OK before init()", "%s",
		     host_status_name(status));
	connector->ops->capabilities(NULL, &second, NULL);
	bench_expect(bench, first == second, "the same table each time", "another one");
}

static guint
load_steps(const Manifest *manifest)
{
	static const char *const names[] = {NULL, "begin", "complete", "refresh", "client", "revoke", "check"};
	guint mask = 0;

	for (guint i = 1; i < G_N_ELEMENTS(names); i++)
		mask |= manifest_has_step(manifest, names[i]) ? 1u << i : 0;
	return mask;
}

/* The operation that a capability of the manifest stands for. */
static gboolean
load_op_agrees(Bench *bench, const idc_capabilities *capabilities, const char *key, guint op)
{
	const ManifestCapability *capability = manifest_capability(bench->manifest, key);
	gboolean promised = capability != NULL && capability->supported;
	gboolean there = (capabilities->ops & 1u << op) != 0;

	return bench_expect(bench, promised == there, "the mask of operations agrees with the manifest",
			    "%s is %s in the manifest and %s in the mask", key, promised ? "supported" : "not supported",
			    there ? "set" : "not set");
}

static void
load_capabilities_equal(Bench *bench, gint parameter)
{
	const idc_connector *connector = bench_connector(bench);
	const idc_capabilities *capabilities = NULL;
	g_autoptr(GError) error = NULL;

	(void)parameter;
	if (connector == NULL)
		return;
	bench_try(bench, "comparing capabilities() with the manifest, line by line");
	if (!bench_expect(bench, module_compare_capabilities(bench->module, bench->manifest, &error), "what the manifest says",
			  "%s", error != NULL ? error->message : ""))
		return;
	connector->ops->capabilities(NULL, &capabilities, NULL);
	load_op_agrees(bench, capabilities, "list_entitlements", IDC_OP_LIST_ENTITLEMENTS);
	load_op_agrees(bench, capabilities, "provision_user", IDC_OP_PROVISION);
	load_op_agrees(bench, capabilities, "add_user", IDC_OP_ADD);
	load_op_agrees(bench, capabilities, "remove_user", IDC_OP_REMOVE);
	bench_expect(bench, (capabilities->auth & load_steps(bench->manifest)) == load_steps(bench->manifest),
		     "every step that the manifest names", "the mask of steps is %#x, the manifest's %#x", capabilities->auth,
		     load_steps(bench->manifest));
	bench_expect(bench, capabilities->max_batch >= 1 && capabilities->max_batch <= IDC_MAX_BATCH, "a max_batch of 1 to 65536",
		     "%u", capabilities->max_batch);
	bench_expect(bench, capabilities->max_concurrent >= 1, "at least one request at a time", "max_concurrent is 0");
}

static void
load_manifest(Bench *bench, gint parameter)
{
	(void)parameter;
	bench_try(bench, "reading the manifest");
	bench_expect(bench, bench->manifest->unknown->len == 0, "no key that the format does not know", "%s",
		     bench->manifest->unknown->len > 0 ? (const char *)g_ptr_array_index(bench->manifest->unknown, 0) : "");
	bench_expect(bench, bench->manifest->wire->len > 0, "every request that may be made stands in wire", "wire is empty");
}

/* What the fixture gives is what a connection needs: its secrets are secrets in the manifest, its settings are settings. */
static void
load_settings(Bench *bench, gint parameter)
{
	Fixture *fixture = bench_fixture(bench, "default", -1);
	GHashTableIter iter;
	gpointer key;
	gpointer value;

	(void)parameter;
	if (fixture == NULL)
		return;
	bench_try(bench, "holding what the fixture gives against the manifest's settings");
	g_hash_table_iter_init(&iter, fixture_secrets(fixture));
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const ManifestSetting *setting = manifest_setting(bench->manifest, key);

		bench_expect(bench, setting != NULL && setting->secret, "a setting that is marked secret", "%s is %s", (char *)key,
			     setting == NULL ? "no setting" : "not marked");
	}
	g_hash_table_iter_init(&iter, fixture_settings(fixture));
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const ManifestSetting *setting = manifest_setting(bench->manifest, key);
		g_autoptr(GError) error = NULL;

		bench_expect(bench, setting != NULL && !setting->secret, "a setting that is no secret", "%s is %s", (char *)key,
			     setting == NULL ? "no setting" : "a secret");
		if (bench_good(bench))
			bench_expect(bench, settings_check_value(setting, value, &error), "a value that the manifest allows", "%s",
				     error != NULL ? error->message : "");
	}
}

const Check checks_load[] = {
    {"load.resolves", "The module loads with every symbol resolved, from a file with the manifest's SHA-256", load_resolves, 0,
     NULL, NULL, 0, 0},
    {"load.exports", "The module exports the entry symbol and nothing else", load_exports, 0, NULL, NULL, 0, 0},
    {"load.trace", "Loading starts no thread, opens nothing and changes nothing of the process", load_trace, 0, NULL, NULL, 0, 0},
    {"load.quiet", "Asking for capabilities and destroying nothing leaves no trace", load_quiet, 0, NULL, NULL, 0, 0},
    {"load.descriptor", "The descriptor is whole, and an unknown extension is NULL", load_descriptor, 0, NULL, NULL, 0, 0},
    {"load.capabilities", "Capabilities are there before init, and the same each time", load_capabilities_stable, 0, NULL, NULL, 0,
     0},
    {"load.promises", "Capabilities, operations and steps equal the manifest's", load_capabilities_equal, 0, NULL, NULL, 0, 0},
    {"load.manifest", "The manifest has no unknown key and names its requests", load_manifest, 0, NULL, NULL, 0, 0},
    {"load.settings", "Settings and secrets of a connection are the manifest's, and secrets are marked", load_settings, 0, NULL,
     NULL, 0, 0},
    {.id = NULL},
};
