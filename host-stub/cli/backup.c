/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/backup.h"
#include "cli/commands.h"

static void
backup_add_report(Output *out, const char *file, const BackupReport *report)
{
	json_object *body = output_body(out);
	json_object *apps = json_object_new_array();

	for (gsize i = 0; report->apps[i] != NULL; i++)
		json_object_array_add(apps, json_object_new_string(report->apps[i]));
	json_object_object_add(body, "file", json_object_new_string(file));
	json_object_object_add(body, "bytes", json_object_new_uint64(report->bytes));
	json_object_object_add(body, "apps", apps);
	json_object_object_add(body, "sealed", json_object_new_boolean(report->sealed));
}

int
cmd_backup(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "FILE",
	    .summary = "Writes all data but the key into one file, while syncs go on",
	    .details =
		"Secrets in it are sealed: without the key, of which a copy is kept elsewhere, they open for nobody. The file is\n"
		"checked after it was written; one that is there already is never written over.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autoptr(BackupReport) report = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	file = g_canonicalize_filename(ctx->args[0], NULL);
	if (!paths_prepare(ctx->paths, &error))
		return output_fail(ctx->out, error);
	report = backup_write(ctx->paths->data, file, &error);
	if (report == NULL)
		return output_fail(ctx->out, error);
	backup_add_report(ctx->out, file, report);
	output_say(ctx->out, "%s holds %u app%s and all that was read and done, and was checked.%s", file,
		   g_strv_length(report->apps), g_strv_length(report->apps) == 1 ? "" : "s",
		   report->sealed ? " The key is not in it: keep a copy of that somewhere else, or the secrets are lost." : "");
	return output_finish(ctx->out, HOST_EXIT_OK);
}

int
cmd_restore(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "FILE",
	    .summary = "Makes an empty data folder from a backup",
	    .details =
		"The folder (--data) may hold a key and nothing else. Tokens are not brought back, since the service may have "
		"given\n"
		"others since: where a person allowed the access, they have to do so again. The next sync of each app is a full\n"
		"one, and what it finds to be other is its baseline. Never let two copies of one app run.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autoptr(BackupReport) report = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	file = g_canonicalize_filename(ctx->args[0], NULL);
	if (!paths_prepare(ctx->paths, &error))
		return output_fail(ctx->out, error);
	report = backup_restore(ctx->paths->data, file, &error);
	if (report == NULL)
		return output_fail(ctx->out, error);
	backup_add_report(ctx->out, file, report);
	json_object_object_add(output_body(ctx->out), "tokens_forgotten", json_object_new_uint64(report->forgotten));
	output_say(ctx->out, "%u app%s back in %s.", g_strv_length(report->apps),
		   g_strv_length(report->apps) == 1 ? " is" : "s are", ctx->paths->data);
	if (report->sealed)
		output_say(ctx->out, "Put the key back, to %s/key or where --key-file says, unless it is there already.",
			   ctx->paths->data);
	for (gsize i = 0; report->apps[i] != NULL; i++)
		output_say(ctx->out, "  idc-host sync %s        if it says that it is not authorized: idc-host reauthorize %s",
			   report->apps[i], report->apps[i]);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
