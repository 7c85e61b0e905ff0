/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/commands.h"
#include "cli/rows.h"

enum {
	LEAVER_USER,
};

static const RowsColumn columns[] = {
    [LEAVER_USER] = {"user", TRUE, IDC_MAX_ID},
};

static gboolean
terminate_take_file(Changing *changing, GError **error)
{
	g_autoptr(Rows) rows = rows_read(changing->file, columns, G_N_ELEMENTS(columns), error);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows_count(rows); i++)
		g_ptr_array_add(changing->leavers, g_strdup(rows_field(rows, i, LEAVER_USER)));
	return TRUE;
}

static gboolean
terminate_take(Changing *changing, GError **error)
{
	GStrv args = changing->ctx->args;

	changing->leavers = g_ptr_array_new_with_free_func(g_free);
	if (changing->file != NULL && args[1] == NULL)
		return terminate_take_file(changing, error);
	if (changing->file != NULL || args[1] == NULL) {
		host_error_set(
		    error, IDC_INVALID, "usage",
		    "It is idc-host terminate ID USER…, or idc-host terminate ID --file FILE.csv. See idc-host terminate "
		    "--help.");
		return FALSE;
	}
	for (gsize i = 1; args[i] != NULL; i++)
		g_ptr_array_add(changing->leavers, g_strdup(args[i]));
	return TRUE;
}

int
cmd_terminate(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID USER…",
	    .summary = "Takes all that can be taken from people who leave, and lists what is left to do by hand",
	    .details =
		"USER is an id or an e-mail that the last snapshot knows; the file has one column, user. What the connector can "
		"take\n"
		"is taken in an order that works, and the base role is put as low as it goes. Where somebody is the only one "
		"there,\n"
		"--successor is put there first; without one they stay, and a task says so. What a person has to do at the "
		"service\n"
		"becomes a task with its address (idc-host show ID tasks), which a later sync closes; whether users are to be\n"
		"deactivated or deleted stands in the app's file. The same command again takes what is left and opens no second\n"
		"task. Exit status: 0 done or already so, 1 failed or refused, 3 partly done, 4 an outcome is unknown, 5 held by "
		"the\n"
		"change guard, 6 reauthorize, 7 try later.",
	    .min_args = 1,
	    .max_args = 1000,
	};
	g_auto(Changing) changing = {0};
	const GOptionEntry own[] = {
	    {"successor", 0, 0, G_OPTION_ARG_STRING, &changing.successor, "Who takes a leaver's place where nobody else has it",
	     "USER"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autofree GOptionEntry *entries = changing_entries(&changing, own);
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	if (!changing_open(&changing, ctx, &error) || !terminate_take(&changing, &error))
		return output_fail(ctx->out, error);
	return changing_run(&changing);
}
