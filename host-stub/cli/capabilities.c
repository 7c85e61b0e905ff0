/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/commands.h"
#include "load/manifest.h"
#include "load/module.h"

static char *
capabilities_answer(const ManifestCapability *capability)
{
	if (capability->note == NULL)
		return g_strdup(capability->supported ? "Yes" : "No");
	return g_strdup_printf("%s, %s", capability->supported ? "Yes" : "No", capability->note);
}

/* The table that people decide by. */
static void
capabilities_show(Output *out, const Manifest *manifest)
{
	static const OutputColumn columns[] = {{"METHOD", FALSE, TRUE}, {"SUPPORTED", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	json_object *list = json_object_new_array();

	json_object_object_add(output_body(out), "capabilities", list);
	for (guint i = 0; i < manifest->capabilities->len; i++) {
		const ManifestCapability *capability = g_ptr_array_index(manifest->capabilities, i);
		g_autofree char *answer = capabilities_answer(capability);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "key", json_object_new_string(capability->key));
		json_object_object_add(entry, "label", json_object_new_string(capability->label));
		json_object_object_add(entry, "supported", json_object_new_boolean(capability->supported));
		json_object_object_add(entry, "note", capability->note != NULL ? json_object_new_string(capability->note) : NULL);
		json_object_array_add(list, entry);
		output_table_row(table, (const char *const[]){capability->label, answer});
	}
	output_table_print(out, table);
}

static void
capabilities_show_kinds(Output *out, const Manifest *manifest)
{
	static const OutputColumn columns[] = {
	    {"ENTITLEMENT", FALSE, FALSE}, {"ASSIGNABLE", FALSE, FALSE}, {"REMOVABLE", FALSE, FALSE}, {"NOT BESIDE", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	json_object *list = json_object_new_array();

	json_object_object_add(output_body(out), "kinds", list);
	for (guint i = 0; i < manifest->kinds->len; i++) {
		const ManifestKind *kind = g_ptr_array_index(manifest->kinds, i);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "kind", json_object_new_string(kind->kind));
		json_object_object_add(entry, "label", json_object_new_string(kind->label));
		json_object_object_add(entry, "resource", json_object_new_string(kind->resource));
		json_object_object_add(entry, "assignable", json_object_new_boolean(kind->assignable));
		json_object_object_add(entry, "removable", json_object_new_boolean(kind->removable));
		json_object_object_add(entry, "exclusive",
				       kind->exclusive != NULL ? json_object_new_string(kind->exclusive) : NULL);
		json_object_array_add(list, entry);
		output_table_row(table, (const char *const[]){kind->label, kind->assignable ? "yes" : "no",
							      kind->removable ? "yes" : "no", kind->exclusive});
	}
	if (manifest->kinds->len == 0)
		return;
	output_say(out, "%s", "");
	output_table_print(out, table);
}

int
cmd_capabilities(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "CONNECTOR",
	    .summary = "Shows the table of what a connector can do",
	    .details = "The table is the manifest's. The module is verified, loaded and asked as well: where it says otherwise, "
		       "that is an error.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(GError) error = NULL;
	Module *module;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	manifest = manifest_find(ctx->paths, ctx->args[0], &error);
	if (manifest == NULL)
		return output_fail(ctx->out, error);
	output_set_connector(ctx->out, manifest->id, manifest->version, manifest->module_sha256);
	module = module_load(ctx->paths, manifest, &error);
	if (module == NULL || !module_compare_capabilities(module, manifest, &error))
		return output_fail(ctx->out, error);
	if (module_by_path(module))
		output_warn(ctx->out, "module_by_path", "The module of %s was loaded by its path, not from a sealed copy.",
			    manifest->id);
	output_say(ctx->out, "%s %s (%s)", manifest->name, manifest->version, manifest->id);
	output_say(ctx->out, "%s", "");
	capabilities_show(ctx->out, manifest);
	capabilities_show_kinds(ctx->out, manifest);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
