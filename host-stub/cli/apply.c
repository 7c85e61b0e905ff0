/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/commands.h"

static gboolean
apply_take(Changing *changing, GError **error)
{
	changing->plan = plan_read(changing->ctx->args[1], changing->app, changing->manifest, changing->vault, error);
	if (changing->plan == NULL)
		return FALSE;
	g_ptr_array_unref(changing->items);
	changing->items = g_ptr_array_ref(changing->plan->items);
	return TRUE;
}

int
cmd_apply(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID PLAN",
	    .summary = "Carries out a plan exactly, or refuses it",
	    .details =
		"The plan has to be one that idc-host plan wrote here, unaltered, for this app and this build of its connector.\n"
		"Everything in it is foretold once more; where something would not do what was foretold then, nothing is sent and\n"
		"each such item says why. Else it is done, under the change guard (--accept takes the plan's digest), and\n"
		"journalled as any change. A plan that was interrupted is completed by the same command. With --dry-run it is\n"
		"only looked at. Exit status: 0 done, 1 failed or refused, 3 partly done, 4 an outcome is unknown, 5 held by the\n"
		"change guard, 6 reauthorize, 7 try later.",
	    .min_args = 2,
	    .max_args = 2,
	};
	g_auto(Changing) changing = {0};
	g_autofree GOptionEntry *entries = changing_run_entries(&changing, NULL);
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	if (!changing_open(&changing, ctx, &error) || !apply_take(&changing, &error))
		return output_fail(ctx->out, error);
	return changing_run(&changing);
}
