/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/commands.h"
#include "load/attest.h"
#include "load/manifest.h"
#include "load/module.h"
#include <string.h>

/* Whether text stands anywhere in what a person would look for. */
static gboolean
modules_match(const Manifest *manifest, const char *text)
{
	g_autofree char *all = NULL;
	g_autofree char *folded = NULL;
	g_autofree char *wanted = NULL;

	if (text == NULL)
		return TRUE;
	all = g_strjoin("\n", manifest->id, manifest->name, manifest->service_name != NULL ? manifest->service_name : "", NULL);
	folded = g_utf8_casefold(all, -1);
	wanted = g_utf8_casefold(text, -1);
	return strstr(folded, wanted) != NULL;
}

/* What the harness found out, NULL where it says nothing. */
static json_object *
modules_attest_json(const Attest *attest)
{
	json_object *told;

	if (attest == NULL)
		return NULL;
	told = json_object_new_object();
	json_object_object_add(told, "report", json_object_new_string(attest->path));
	json_object_object_add(told, "current", json_object_new_boolean(attest->current));
	json_object_object_add(told, "passed", json_object_new_int64(attest->passed));
	json_object_object_add(told, "skipped", json_object_new_int64(attest->skipped));
	json_object_object_add(told, "failed", json_object_new_int64(attest->failed));
	json_object_object_add(told, "left_out", json_object_new_int64(attest->left_out));
	json_object_object_add(told, "at", json_object_new_string(attest->at));
	json_object_object_add(told, "harness", json_object_new_string(attest->harness));
	json_object_object_add(told, "harness_sha256", json_object_new_string(attest->harness_sha256));
	return told;
}

static void
modules_add_json(json_object *list, const Manifest *manifest, const char *path, const Attest *attest, const GError *error)
{
	json_object *entry = json_object_new_object();

	json_object_object_add(entry, "id", json_object_new_string(manifest->id));
	json_object_object_add(entry, "name", json_object_new_string(manifest->name));
	json_object_object_add(entry, "version", json_object_new_string(manifest->version));
	json_object_object_add(entry, "manifest", json_object_new_string(manifest->path));
	json_object_object_add(entry, "module", path != NULL ? json_object_new_string(path) : NULL);
	json_object_object_add(entry, "sha256",
			       manifest->module_sha256 != NULL ? json_object_new_string(manifest->module_sha256) : NULL);
	json_object_object_add(entry, "verified", json_object_new_boolean(error == NULL));
	json_object_object_add(entry, "problem", error != NULL ? json_object_new_string(error->message) : NULL);
	json_object_object_add(entry, "conformance", modules_attest_json(attest));
	json_object_array_add(list, entry);
}

/* The report beside the manifest; one that cannot be used is told and counts as none. */
static Attest *
modules_attest(Output *out, const Manifest *manifest, char **ret_words)
{
	g_autoptr(GError) error = NULL;
	Attest *attest = attest_read(manifest, &error);

	if (error != NULL)
		output_warn(out, "report", "%s", error->message);
	*ret_words = attest != NULL ? attest_words(attest) : g_strdup(error != NULL ? "cannot be used" : "no report");
	return attest;
}

/* Unknown keys are tolerated, and told. */
static void
modules_tell_unknown(Output *out, const Manifest *manifest)
{
	for (guint i = 0; i < manifest->unknown->len; i++)
		output_warn(out, "manifest_unknown_key", "%s: %s is not known to this host and was ignored.", manifest->path,
			    (const char *)g_ptr_array_index(manifest->unknown, i));
}

static const OutputColumn modules_columns[] = {{"CONNECTOR", FALSE, FALSE},  {"NAME", FALSE, TRUE},
					       {"VERSION", FALSE, FALSE},    {"VERIFIED", FALSE, FALSE},
					       {"CONFORMANCE", FALSE, TRUE}, {"CONNECT IT WITH", FALSE, TRUE}};

static void
modules_error_free(gpointer error)
{
	g_error_free(error);
}

/* Verifies each; returns the exit status of the worst. */
static HostExit
modules_list(Output *out, const HostPaths *paths, GPtrArray *found, const char *text)
{
	g_autoptr(OutputTable) table = output_table_new(modules_columns, G_N_ELEMENTS(modules_columns));
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(modules_error_free);
	json_object *list = json_object_new_array();
	guint shown = 0;

	json_object_object_add(output_body(out), "modules", list);
	for (guint i = 0; i < found->len; i++) {
		const Manifest *manifest = g_ptr_array_index(found, i);
		g_autofree char *path = NULL;
		g_autofree char *connect = g_strdup_printf("idc-host connect %s", manifest->id);
		g_autofree char *words = NULL;
		g_autoptr(Attest) attest = NULL;
		GError *error = NULL;
		gboolean good;

		if (!modules_match(manifest, text))
			continue;
		good = module_verify(paths, manifest, &path, &error);
		attest = modules_attest(out, manifest, &words);
		modules_add_json(list, manifest, path, attest, error);
		modules_tell_unknown(out, manifest);
		output_table_row(table, (const char *const[]){manifest->id, manifest->name, manifest->version, good ? "yes" : "no",
							      words, good ? connect : ""});
		if (error != NULL)
			g_ptr_array_add(errors, error);
		shown++;
	}
	if (shown > 0)
		output_table_print(out, table);
	else if (text != NULL)
		output_say(out, "No connector matches \"%s\": idc-host modules lists all of them.", text);
	else
		output_say(out, "No connector was found in %s.", paths->modules);
	for (guint i = 0; i < errors->len; i++)
		output_error(out, g_ptr_array_index(errors, i));
	return errors->len > 0 ? HOST_EXIT_FAILED : HOST_EXIT_OK;
}

int
cmd_modules(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "[TEXT]",
	    .summary = "Lists the connectors found, whether each is verified or why not, and how to connect it",
	    .details = "TEXT shows only those whose id or name contains it. CONFORMANCE is what idc-conform found out, where its "
		       "report lies "
		       "beside the manifest as CONNECTOR.report.json. Exit status 1 where one is not verified.",
	    .max_args = 1,
	};
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GError) error = NULL;
	HostExit worst;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	found = manifest_scan(ctx->paths, &problems, &error);
	if (found == NULL)
		return output_fail(ctx->out, error);
	worst = modules_list(ctx->out, ctx->paths, found, ctx->args[0]);
	for (guint i = 0; i < problems->len; i++) {
		output_error(ctx->out, g_ptr_array_index(problems, i));
		worst = HOST_EXIT_FAILED;
	}
	return output_finish(ctx->out, worst);
}
