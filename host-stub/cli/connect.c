/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/check.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/defaults.h"
#include "cli/form.h"
#include "cli/interview.h"
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

typedef struct {
	const HostPaths *paths;
	App *app;
	Vault *vault;
	Vault *staged;
} ConnectSave;

/* The app file comes last: an app exists once everything that belongs to it does. */
static gboolean
connect_save(gpointer user_data, GError **error)
{
	const ConnectSave *save = user_data;
	g_autoptr(GError) error_local = NULL;

	if (vault_commit(save->staged, error) && app_save(save->paths, save->app, error))
		return TRUE;
	if (!vault_clear(save->vault, save->app->identifier, &error_local))
		g_prefix_error(error, "%s could not be taken back whole (%s). ", save->app->identifier, error_local->message);
	return FALSE;
}

/* One connect from options, or questions, to the saved app. */
typedef struct {
	CliContext *ctx;
	Form *form;
	Manifest *manifest;
	Vault *vault;
	Vault *staged;
	ConsentOptions consent;
	gboolean same_account;
	gboolean asking; /* somebody is there to be asked */
	Listener *listener;
} Connect;

/* From a whole form to an app that works, and the session it works with, which borrows the app. */
static gboolean
connect_try(Connect *connect, App *app, Session **ret_session, CheckReport **ret_report, GError **error)
{
	CliContext *ctx = connect->ctx;
	g_autoptr(Session) session = session_open(ctx->paths, app, connect->manifest, connect->staged, error);
	g_autoptr(CheckReport) report = NULL;

	if (session == NULL)
		return FALSE;
	cli_log_watch(ctx->out, session);
	g_clear_pointer(&connect->listener, listener_free);
	if (!consent_get(ctx->out, session, app, &connect->consent, &connect->listener, error))
		return FALSE;
	report = check_run(session, app, NULL, error);
	if (report == NULL ||
	    (!connect->same_account && !connect_check_account(ctx->paths, connect->manifest, report->identity, error)))
		return FALSE;
	*ret_session = g_steal_pointer(&session);
	*ret_report = g_steal_pointer(&report);
	return TRUE;
}

static gboolean
connect_secrets(Connect *connect, const char *identifier, GError **error)
{
	/* What a connect that was killed may have left there is nobody's. */
	return vault_clear(connect->staged, identifier, error) &&
	       form_secrets(connect->form, connect->manifest, identifier, connect->staged, error);
}

/* The app that the form describes now, nothing missing. */
static App *
connect_describe(Connect *connect, GError **error)
{
	Output *out = connect->ctx->out;
	g_autoptr(App) app = form_app(connect->form, connect->manifest, NULL, error);
	g_autoptr(GError) missing = NULL;

	if (app == NULL)
		return NULL;
	output_set_identifier(out, app->identifier);
	if (!paths_prepare(connect->ctx->paths, error) || (!connect->asking && !connect_secrets(connect, app->identifier, error)))
		return NULL;
	missing = form_missing(app, connect->manifest, connect->staged, output_body(out));
	if (missing != NULL) {
		g_propagate_error(error, g_steal_pointer(&missing));
		return NULL;
	}
	if (!identifier_check_free(connect->ctx->paths, app->identifier, error))
		return NULL;
	return g_steal_pointer(&app);
}

/* Whether other answers may help; what the machine or a signal did is not asked away. */
static gboolean
connect_may_amend(const Connect *connect, const GError *error)
{
	int32_t status = host_error_status(error);

	return connect->asking && services_signal() == 0 && status != IDC_CANCELLED && status < IDC_NOMEM;
}

static gboolean
connect_save_all(Connect *connect, App *app, const CheckReport *report, GError **error)
{
	ConnectSave save = {.paths = connect->ctx->paths, .app = app, .vault = connect->vault, .staged = connect->staged};

	app->account = g_strdup(report->identity->account);
	app->connected_as = g_strdup(report->identity->subject);
	return identifier_claim(save.paths, app->identifier, connect_save, &save, error);
}

/* What is chosen last needs the session; the app itself is not touched while that lives. */
static gboolean
connect_choose(Connect *connect, App *app, Session *session, GError **error)
{
	if (!connect->asking)
		return TRUE;
	if (!defaults_ask(connect->ctx->out, connect->form, session, error))
		return FALSE;
	if (connect->form->default_entitlements != NULL) {
		g_strfreev(app->default_entitlements);
		app->default_entitlements = g_strdupv(connect->form->default_entitlements);
	}
	return TRUE;
}

/* Everything up to and including the saved app. */
static App *
connect_app(Connect *connect, GError **error)
{
	CliContext *ctx = connect->ctx;

	if (connect->asking &&
	    (!paths_prepare(ctx->paths, error) || !interview_run(ctx, connect->form, connect->manifest, connect->staged, error)))
		return NULL;
	for (;;) {
		g_autoptr(App) app = connect_describe(connect, error);
		g_autoptr(Session) session = NULL;
		g_autoptr(CheckReport) report = NULL;
		g_autoptr(GError) error_local = NULL;

		if (app == NULL)
			return NULL;
		connect_tell_termination(ctx->out, app, connect->manifest);
		if (connect_try(connect, app, &session, &report, &error_local)) {
			check_show(ctx->out, report, app, connect->manifest);
			if (connect_choose(connect, app, session, error) && connect_save_all(connect, app, report, error)) {
				g_clear_pointer(&session, session_close);
				return g_steal_pointer(&app);
			}
			return NULL;
		}
		if (!connect_may_amend(connect, error_local)) {
			g_propagate_error(error, g_steal_pointer(&error_local));
			return NULL;
		}
		output_note(ctx->out, "\n%s", error_local->message);
		if (!interview_amend(ctx, connect->form, connect->manifest, connect->staged, error))
			return NULL;
	}
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
	gint wait_s = CONSENT_WAIT_S;
	const GOptionEntry more[] = {
	    {"identifier", 0, 0, G_OPTION_ARG_STRING, &form.identifier, "The app's identifier, its own for ever", "ID"},
	    {"same-account", 0, 0, G_OPTION_ARG_NONE, &same_account, "Another app on an account that is connected already", NULL},
	    {"no-browser", 0, 0, G_OPTION_ARG_NONE, &no_browser, "Never open a browser, say the address only", NULL},
	    {"wait", 0, 0, G_OPTION_ARG_INT, &wait_s, "How long to wait for the browser to come back (300)", "SECONDS"},
	    {"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Ask nothing", NULL},
	    {"print-setup", 0, 0, G_OPTION_ARG_NONE, &print_setup, "Say what to do at the service first, and nothing else", NULL},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autofree GOptionEntry *entries = form_options(&form, more);
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(Vault) staged = NULL;
	g_autoptr(App) app = NULL;
	Connect connect;
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
	staged = vault_stage(vault);
	connect = (Connect){
	    .ctx = ctx,
	    .form = &form,
	    .manifest = manifest,
	    .vault = vault,
	    .staged = staged,
	    .same_account = same_account,
	    .asking = !yes && ask_possible(ctx->out),
	    .consent = consent_options(ctx->out, &form, !yes && !no_browser, wait_s),
	};
	app = connect_app(&connect, &error);
	if (app == NULL) {
		g_clear_pointer(&connect.listener, listener_free);
		return output_fail(ctx->out, error);
	}
	output_say(ctx->out, "%s", "");
	output_say(ctx->out, "Saved as %s. Reading who holds what for the first time.", app->identifier);
	exit_status = (int)syncing_run(ctx, app, manifest, vault, TRUE, NULL);
	g_clear_pointer(&connect.listener, listener_free);
	if (exit_status != HOST_EXIT_OK)
		output_note(ctx->out, "The app is saved. When what was said is put right: idc-host sync %s", app->identifier);
	else
		output_say(ctx->out,
			   "\nidc-host show %s grants shows who holds what; idc-host run, or run --once by a timer, keeps it so.",
			   app->identifier);
	return output_finish(ctx->out, (HostExit)exit_status);
}
