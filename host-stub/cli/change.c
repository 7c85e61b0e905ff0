/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/commands.h"

static gboolean
change_take_arguments(Changing *changing, SessionChange action, GError **error)
{
	const CliContext *ctx = changing->ctx;
	guint n = g_strv_length(ctx->args);

	if (changing->file != NULL && n == 1)
		return changing_take_file(changing, error);
	if (changing->file != NULL || n < 3) {
		host_error_set(error, IDC_INVALID, "usage",
			       "It is idc-host %s ID USER ENTITLEMENT…, or idc-host %s ID --file FILE.csv. See idc-host %s --help.",
			       item_action_word(action), item_action_word(action), item_action_word(action));
		return FALSE;
	}
	for (guint i = 2; i < n; i++)
		g_ptr_array_add(changing->items, item_new(action, ctx->args[1], ctx->args[i]));
	return TRUE;
}

static int
change_command(CliContext *ctx, int argc, char **argv, const CliUsage *usage, SessionChange action)
{
	g_auto(Changing) changing = {0};
	g_autofree GOptionEntry *entries = changing_entries(&changing, NULL);
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, usage, entries, &exit_status))
		return exit_status;
	if (!changing_open(&changing, ctx, &error) || !change_take_arguments(&changing, action, &error))
		return output_fail(ctx->out, error);
	return changing_run(&changing);
}

static const char change_details[] =
    "USER is an id or an e-mail that the last snapshot knows. The file has the columns action,user,entitlement (action: add or\n"
    "remove, whatever the command's word) and is checked whole first. Each change is journalled before it is sent and after;\n"
    "idc-host audit proves it. Exit status: 0 done or already so, 1 failed or refused, 3 partly done, 4 an outcome is unknown,\n"
    "5 held by the change guard, 6 reauthorize, 7 try later.";

int
cmd_add(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID USER ENTITLEMENT…",
	    .summary = "Gives entitlements",
	    .details = change_details,
	    .min_args = 1,
	    .max_args = 1000,
	};

	return change_command(ctx, argc, argv, &usage, SESSION_ADD);
}

int
cmd_remove(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID USER ENTITLEMENT|RESOURCE…",
	    .summary = "Takes entitlements, or all that is held under a resource",
	    .details = change_details,
	    .min_args = 1,
	    .max_args = 1000,
	};

	return change_command(ctx, argc, argv, &usage, SESSION_REMOVE);
}
