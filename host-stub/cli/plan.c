/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/rows.h"

enum {
	HOLDER_USER,
	HOLDER_ENTITLEMENT,
};

static const RowsColumn columns[] = {
    [HOLDER_USER] = {"user", TRUE, IDC_MAX_ID},
    [HOLDER_ENTITLEMENT] = {"entitlement", FALSE, IDC_MAX_ID},
};

/* Who shall hold it: what that takes is known once the snapshot is. */
static gboolean
plan_take_holders(Changing *changing, GError **error)
{
	g_autoptr(Rows) rows = rows_read(changing->file, columns, G_N_ELEMENTS(columns), error);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows_count(rows); i++)
		g_ptr_array_add(changing->items,
				item_new(SESSION_ADD, rows_field(rows, i, HOLDER_USER), rows_field(rows, i, HOLDER_ENTITLEMENT)));
	return rows_finish(rows, error);
}

static gboolean
plan_take(Changing *changing, const char *path, GError **error)
{
	if (changing->file == NULL || path == NULL) {
		host_error_set(error, IDC_INVALID, "usage",
			       "It is idc-host plan ID --file changes.csv -o plan.json, or idc-host plan ID --exactly "
			       "RESOURCE|ENTITLEMENT --file holders.csv -o plan.json. There is no plan for a whole account.");
		return FALSE;
	}
	return changing->exactly != NULL ? plan_take_holders(changing, error) : changing_take_file(changing, error);
}

/* Writes it down, and what it goes by into the report. */
static gboolean
plan_save(Changing *changing, ChangeReport *report, const char *path, GError **error)
{
	const PlanHead head = {
	    .app = changing->app,
	    .manifest = changing->manifest,
	    .exactly = changing->exactly,
	    .sync = report->sync,
	    .removals = report->removals,
	};
	json_object *told;
	g_autofree char *digest = NULL;

	if (!plan_write(path, &head, report->items, changing->vault, &digest, error))
		return FALSE;
	g_free(report->digest);
	report->digest = g_strndup(digest, CHANGE_DIGEST_CHARS);
	told = json_object_new_object();
	json_object_object_add(told, "path", json_object_new_string(path));
	json_object_object_add(told, "digest", json_object_new_string(digest));
	json_object_object_add(told, "sync", json_object_new_int64(report->sync));
	json_object_object_add(output_body(changing->ctx->out), "plan", told);
	return TRUE;
}

static int
plan_make(Changing *changing, const char *path)
{
	Output *out = changing->ctx->out;
	const char *identifier = changing->app->identifier;
	g_autoptr(GError) error = NULL;
	g_autoptr(ChangeReport) report = changing_report(changing, &error);
	guint planned = 0;
	HostExit exit_status;

	if (report == NULL)
		return output_fail(out, error);
	/* What was not foretold for everybody is no plan. */
	if (report->ended == NULL && !plan_save(changing, report, path, &error))
		return output_fail(out, error);
	for (guint i = 0; i < report->items->len; i++)
		planned += plan_takes(g_ptr_array_index(report->items, i)) ? 1 : 0;
	exit_status = outcome_tell(out, report, identifier);
	if (report->ended != NULL)
		output_say(out, "No plan was written.");
	else
		output_say(out, "%s has %u change%s, digest %s. To carry it out: idc-host apply %s %s%s%s", path, planned,
			   planned == 1 ? "" : "s", report->digest, identifier, path, report->held_why != NULL ? " --accept " : "",
			   report->held_why != NULL ? report->digest : "");
	return output_finish(out, exit_status);
}

int
cmd_plan(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID --file FILE.csv -o PLAN",
	    .summary = "Foretells changes with all their effects, into a file that idc-host apply carries out",
	    .details =
		"Nothing is changed. The file has the columns action,user,entitlement as for idc-host add; with --exactly it has\n"
		"the columns user and, where a resource has several entitlements, entitlement: these people shall hold it and\n"
		"nobody else, so the others lose it. Who is protected is never taken off, and who holds it through something\n"
		"else is told. A user whom the last snapshot does not know ends it. There is no plan for a whole account, and\n"
		"none where the snapshot is stale for what it concerns. What cannot be done is left out, with its reason.\n"
		"Exit status: 0 planned, 1 failed or refused, 3 part of it is left out, 6 reauthorize, 7 try later.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_auto(Changing) changing = {.dry_run = TRUE, .foretell = TRUE};
	g_autofree char *path = NULL;
	const GOptionEntry entries[] = {
	    {"file", 0, 0, G_OPTION_ARG_FILENAME, &changing.file, "The changes, or with --exactly the holders (-: standard input)",
	     "FILE.csv"},
	    {"exactly", 0, 0, G_OPTION_ARG_STRING, &changing.exactly, "What shall be held exactly by the people in the file",
	     "RESOURCE|ENTITLEMENT"},
	    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &path, "Where to write the plan", "PLAN"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	if (!changing_open(&changing, ctx, &error) || !plan_take(&changing, path, &error))
		return output_fail(ctx->out, error);
	return plan_make(&changing, path);
}
