/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/syncing.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "jobs/sync.h"

static void
syncing_on_opened(Session *session, gpointer user_data)
{
	cli_log_watch(user_data, session);
}

HostExit
syncing_run(CliContext *ctx, const App *app, Manifest *manifest, Vault *vault, gboolean full, const char *accept)
{
	g_autoptr(SyncReport) report = NULL;
	g_autoptr(GError) error = NULL;
	Progress *progress = progress_new(ctx->out);
	const SyncOptions options = {
	    .full = full,
	    .accept = accept,
	    .progress = progress != NULL ? progress_show : NULL,
	    .user_data = progress,
	    .opened = syncing_on_opened,
	    .opened_data = ctx->out,
	};

	report = sync_run(ctx->paths, app, manifest, vault, NULL, &options, &error);
	progress_free(progress);
	if (report != NULL)
		return summary_tell(ctx->out, report);
	output_error(ctx->out, error);
	if (host_error_exit(error) == HOST_EXIT_REAUTHORIZE)
		output_note(ctx->out, "Once that is put right: idc-host reauthorize %s", app->identifier);
	return host_error_exit(error);
}
