/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/alert.h"
#include "cli/commands.h"
#include "cli/secret.h"
#include "cli/syncing.h"

int
cmd_sync(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID",
	    .summary = "Reads who holds what and brings the store up to date",
	    .details =
		"A list that would remove more than the app's guard allows is held: nothing is replaced, the exit status is 5,\n"
		"and --accept with the digest that was told takes these removals. Exit status 3 tells a partial list, 7 that\n"
		"another sync of this app runs or that the service asks to come back later.",
	    .min_args = 1,
	    .max_args = 1,
	};
	gboolean full = FALSE;
	g_autofree char *accept = NULL;
	g_autofree char *on_alert = NULL;
	g_auto(GStrv) alert = NULL;
	const GOptionEntry entries[] = {
	    {"full", 0, 0, G_OPTION_ARG_NONE, &full, "Read everything, not only what changed", NULL},
	    {"accept", 0, 0, G_OPTION_ARG_STRING, &accept, "Take the held removals with this digest", "DIGEST"},
	    {"on-alert", 0, 0, G_OPTION_ARG_STRING, &on_alert, "Run where there are alerts, told as JSON on its input", "CMD"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(App) app = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[0]);
	if (!alert_parse(on_alert, &alert, &error))
		return output_fail(ctx->out, error);
	app = app_load(ctx->paths, ctx->args[0], &manifest, &error);
	if (app == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, app->identifier);
	output_set_connector(ctx->out, manifest->id, manifest->version, manifest->module_sha256);
	vault = cli_vault(ctx);
	exit_status = (int)syncing_run(ctx, app, manifest, vault, full, accept);
	alert_send_app(ctx->out, alert, ctx->paths, app->identifier);
	return output_finish(ctx->out, (HostExit)exit_status);
}
