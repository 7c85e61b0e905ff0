/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/check.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/secret.h"
#include "load/app.h"
#include "state/sizes.h"

/* What the last sync found, so that what the service does not count is not guessed. Without a snapshot: nothing. */
static GHashTable *
validate_sizes(const HostPaths *paths, const App *app, GError **error)
{
	g_autoptr(GHashTable) sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(Store) store = store_open(paths->data, error);

	if (store == NULL || !sizes_read(store, app->identifier, sizes, error))
		return NULL;
	return g_steal_pointer(&sizes);
}

int
cmd_validate(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID",
	    .summary = "Finds out whether an app works: as whom, with which scopes, what can be read and what a full sync costs",
	    .details = "Nothing is stored and nothing is changed. Exit status 3 where something cannot be read.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(App) app = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(Session) session = NULL;
	g_autoptr(GHashTable) sizes = NULL;
	g_autoptr(CheckReport) report = NULL;
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[0]);
	app = app_load(ctx->paths, ctx->args[0], &manifest, &error);
	if (app == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, app->identifier);
	output_set_connector(ctx->out, manifest->id, manifest->version, manifest->module_sha256);
	sizes = validate_sizes(ctx->paths, app, &error);
	if (sizes == NULL)
		return output_fail(ctx->out, error);
	vault = cli_vault(ctx);
	session = session_open(ctx->paths, app, manifest, vault, &error);
	if (session == NULL)
		return output_fail(ctx->out, error);
	cli_log_watch(ctx->out, session);
	report = check_run(session, app, sizes, &error);
	if (report == NULL)
		return output_fail(ctx->out, error);
	check_show(ctx->out, report, app, manifest);
	return output_finish(ctx->out, report->n_problems > 0 ? HOST_EXIT_PARTIAL : HOST_EXIT_OK);
}
