/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/text.h"
#include "cli/check.h"
#include "cli/commands.h"
#include "cli/form.h"
#include "cli/log.h"
#include "cli/secret.h"
#include "cli/setup.h"
#include "cli/syncing.h"
#include "load/app.h"
#include "load/identifier.h"
#include "load/session.h"

/* What is said at once where a promise cannot be kept later. */
static void
connect_tell_termination(Output *out, const App *app, const Manifest *manifest)
{
	const struct {
		const char *key;
		const char *verb;
		gboolean wanted;
		const ManifestCapability *capability;
	} promises[] = {
	    {"deactivate_on_termination", "deactivate", app->deactivate_on_termination,
	     manifest_capability(manifest, "deactivate_user")},
	    {"delete_on_termination", "delete", app->delete_on_termination, manifest_capability(manifest, "delete_user")},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(promises); i++) {
		if (!promises[i].wanted || (promises[i].capability != NULL && promises[i].capability->supported))
			continue;
		output_warn(out, promises[i].key,
			    "%s: this connector cannot %s a user of %s. What happens instead when someone leaves: access is "
			    "removed, and a manual "
			    "task is listed.",
			    promises[i].key, promises[i].verb, manifest->name);
	}
}

/* Two apps on one account would each take the other's changes for somebody's from outside. */
static gboolean
connect_check_account(const HostPaths *paths, const Manifest *manifest, const SessionIdentity *identity, GError **error)
{
	g_auto(GStrv) names = app_list(paths, error);

	if (names == NULL)
		return FALSE;
	for (gsize i = 0; identity->account != NULL && names[i] != NULL; i++) {
		g_autoptr(App) other = app_load(paths, names[i], NULL, NULL);

		/* An app that cannot be read now is its own command's error. */
		if (other == NULL || g_strcmp0(other->connector, manifest->id) != 0 ||
		    g_strcmp0(other->account, identity->account) != 0)
			continue;
		host_error_set(error, IDC_CONFLICT, "same_account",
			       "The app %s is connected to the same account (%s) already. Use that one; if two apps are really "
			       "wanted, say so with "
			       "--same-account.",
			       other->identifier, identity->account);
		return FALSE;
	}
	return TRUE;
}

/* The app file comes last: an app exists once everything that belongs to it does. */
static gboolean
connect_save(const HostPaths *paths, App *app, const SessionIdentity *identity, Vault *vault, Vault *staged, GError **error)
{
	g_autoptr(GError) error_local = NULL;

	app->account = g_strdup(identity->account);
	app->connected_as = g_strdup(identity->subject);
	if (!identifier_claim(paths, app->identifier, error))
		return FALSE;
	if (vault_commit(staged, error) && app_save(paths, app, error))
		return TRUE;
	if (!vault_clear(vault, app->identifier, &error_local) || !identifier_release(paths, app->identifier, &error_local))
		g_prefix_error(error, "%s could not be taken back whole (%s). ", app->identifier, error_local->message);
	return FALSE;
}

/* Everything up to and including the saved app. */
static App *
connect_app(CliContext *ctx, const Form *form, Manifest *manifest, Vault *vault, gboolean same_account, GError **error)
{
	g_autoptr(App) app = form_app(form, manifest, error);
	g_autoptr(Vault) staged = vault_stage(vault);
	g_autoptr(Session) session = NULL;
	g_autoptr(CheckReport) report = NULL;
	g_autoptr(GError) missing = NULL;

	if (app == NULL)
		return NULL;
	output_set_identifier(ctx->out, app->identifier);
	if (!form_secrets(form, manifest, app->identifier, staged, error))
		return NULL;
	missing = form_missing(app, manifest, staged, output_body(ctx->out));
	if (missing != NULL) {
		g_propagate_error(error, g_steal_pointer(&missing));
		return NULL;
	}
	if (!paths_prepare(ctx->paths, error) || !identifier_check_free(ctx->paths, app->identifier, error))
		return NULL;
	connect_tell_termination(ctx->out, app, manifest);
	session = session_open(ctx->paths, app, manifest, staged, error);
	if (session == NULL)
		return NULL;
	cli_log_watch(ctx->out, session);
	report = check_run(session, app, NULL, error);
	if (report == NULL || (!same_account && !connect_check_account(ctx->paths, manifest, report->identity, error)))
		return NULL;
	check_show(ctx->out, report, app, manifest);
	if (!connect_save(ctx->paths, app, report->identity, vault, staged, error))
		return NULL;
	return g_steal_pointer(&app);
}

int
cmd_connect(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "CONNECTOR",
	    .summary = "Connects an app: authorizes, validates, saves, and runs the first full sync",
	    .details =
		"A secret is never given on the command line: --secret KEY=@FILE reads a file, --secret KEY=- standard input;\n"
		"--secret-file KEY=PATH keeps the path only and reads it at each use.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_auto(Form) form = {0};
	gboolean yes = FALSE;
	gboolean no_browser = FALSE;
	gboolean print_setup = FALSE;
	gboolean same_account = FALSE;
	const GOptionEntry entries[] = {
	    {"identifier", 0, 0, G_OPTION_ARG_STRING, &form.identifier, "The app's identifier, its own for ever", "ID"},
	    {"name", 0, 0, G_OPTION_ARG_STRING, &form.name, "The app's name for people", "NAME"},
	    {"trust", 0, 0, G_OPTION_ARG_STRING, &form.trust, "read (the default) or read-write", "TRUST"},
	    {"sync", 0, 0, G_OPTION_ARG_STRING, &form.sync, "hourly (the default), daily, manual, \"every 15m\"", "HOW-OFTEN"},
	    {"owner", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.owners, "Who answers for the app; may be repeated", "E-MAIL"},
	    {"default-entitlement", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.default_entitlements, "For new users; may be repeated",
	     "ID"},
	    {"app", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.app, "Any other key of an app; may be repeated", "KEY=VALUE"},
	    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.settings, "A setting of the connector; may be repeated", "KEY=VALUE"},
	    {"secret", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.secrets, "A secret from a file or standard input", "KEY=@FILE|KEY=-"},
	    {"secret-file", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.secret_files, "A secret that stays in its file", "KEY=PATH"},
	    {"same-account", 0, 0, G_OPTION_ARG_NONE, &same_account, "Another app on an account that is connected already", NULL},
	    {"no-browser", 0, 0, G_OPTION_ARG_NONE, &no_browser, "Never open a browser", NULL},
	    {"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Ask nothing", NULL},
	    {"print-setup", 0, 0, G_OPTION_ARG_NONE, &print_setup, "Say what to do at the service first, and nothing else", NULL},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(App) app = NULL;
	g_autoptr(GError) error = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	manifest = manifest_find(ctx->paths, ctx->args[0], &error);
	if (manifest == NULL)
		return output_fail(ctx->out, error);
	output_set_connector(ctx->out, manifest->id, manifest->version, manifest->module_sha256);
	if (print_setup)
		return setup_print(ctx->out, manifest, &form);
	vault = cli_vault(ctx);
	app = connect_app(ctx, &form, manifest, vault, same_account, &error);
	if (app == NULL)
		return output_fail(ctx->out, error);
	output_say(ctx->out, "%s", "");
	output_say(ctx->out, "Saved as %s. Reading who holds what for the first time.", app->identifier);
	exit_status = (int)syncing_run(ctx, app, manifest, vault, TRUE, NULL);
	if (exit_status != HOST_EXIT_OK)
		output_note(ctx->out, "The app is saved. When what was said is put right: idc-host sync %s", app->identifier);
	return output_finish(ctx->out, (HostExit)exit_status);
}
