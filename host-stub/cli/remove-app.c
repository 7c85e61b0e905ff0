/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/secret.h"
#include "jobs/lock.h"
#include "load/app.h"
#include "load/identifier.h"
#include <errno.h>
#include <glib/gstdio.h>

/* The file goes last: as long as it is there, the command can be repeated. */
static gboolean
remove_app(CliContext *ctx, const char *identifier, GError **error)
{
	g_autofree char *path = app_path(ctx->paths, identifier);
	g_autoptr(Vault) vault = cli_vault(ctx);

	if (!identifier_retire(ctx->paths, identifier, error) || !vault_clear(vault, identifier, error))
		return FALSE;
	if (g_unlink(path) == 0)
		return TRUE;
	host_error_set(error, IDC_IO, "file_not_written",
		       "The secrets of %s are removed, but its file %s could not be: %s. Run the command again.", identifier, path,
		       g_strerror(errno));
	return FALSE;
}

int
cmd_remove_app(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID",
	    .summary = "Forgets an app and its secrets",
	    .details = "The app's file and everything sealed for it are removed; files that --secret-file named stay. What was "
		       "read and done\n"
		       "stays in the store, and the identifier is never given again, so that history has one meaning. What the "
		       "service granted\n"
		       "is not taken back by this: delete or revoke the app there.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autofree char *identifier = NULL;
	g_autoptr(GError) error = NULL;
	gboolean good;
	int exit_status;
	int lock;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[0]);
	identifier = app_resolve(ctx->paths, ctx->args[0], &error);
	if (identifier == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, identifier);
	lock = lock_take(ctx->paths, identifier, &error);
	if (lock < 0)
		return output_fail(ctx->out, error);
	good = remove_app(ctx, identifier, &error);
	lock_release(lock);
	if (!good)
		return output_fail(ctx->out, error);
	output_say(
	    ctx->out,
	    "%s is removed with its secrets. What it read and did stays in the store; the identifier stays taken. Now delete or "
	    "revoke the app at the service.",
	    identifier);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
