/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* configure and reauthorize: an app with other values, which have to prove themselves before the old ones go. */
#include "base/json.h"
#include "cli/check.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/form.h"
#include "cli/log.h"
#include "cli/secret.h"
#include "jobs/lock.h"
#include "load/settings.h"
#include "state/syncs.h"
#include <string.h>

typedef struct {
	CliContext *ctx;
	const Form *form;
	Manifest *manifest;
	const App *before;
	App *after;
	Vault *vault;
	Vault *staged;
	gboolean reauthorize;
	ConsentOptions consent;
	Listener *listener;
} Configure;

/* What the connector keeps of its own goes: it was got with the old values, or it is to be got anew. */
static gboolean
configure_forget_tokens(const Configure *configure, GError **error)
{
	const char *identifier = configure->before->identifier;
	g_auto(GStrv) names = vault_names(configure->vault, identifier, error);

	for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
		if (g_str_has_prefix(names[i], "idc.") && !vault_put(configure->staged, identifier, names[i], NULL, 0, error))
			return FALSE;
	}
	return names != NULL;
}

static gboolean
configure_secrets(const Configure *configure, GError **error)
{
	g_autofree char *before = settings_origin(configure->manifest, configure->before->settings);
	g_autofree char *after = settings_origin(configure->manifest, configure->after->settings);
	g_autoptr(GError) missing = NULL;

	if ((configure->reauthorize || strcmp(before, after) != 0) && !configure_forget_tokens(configure, error))
		return FALSE;
	if (!form_secrets(configure->form, configure->manifest, configure->before->identifier, configure->staged, error))
		return FALSE;
	missing = form_missing(configure->after, configure->manifest, configure->staged, output_body(configure->ctx->out));
	if (missing == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&missing));
	return FALSE;
}

/* Says what to do where only a person can help. */
static void
configure_explain(const Configure *configure, GError *error)
{
	int32_t status = host_error_status(error);
	g_autofree char *message = NULL;

	if (configure->reauthorize || !manifest_has_step(configure->manifest, "begin") || status < IDC_UNAUTHENTICATED ||
	    status >= IDC_NOT_FOUND)
		return;
	message =
	    g_strdup_printf("%s Nothing was changed. If a person has to allow this anew, run the same as: idc-host reauthorize %s",
			    error->message, configure->before->identifier);
	g_free(error->message);
	error->message = g_steal_pointer(&message);
}

/* What status tells of it. It is no reason to fail: the next sync finds out again. */
static void
configure_keep_until(const Configure *configure, gint64 until)
{
	g_autoptr(Store) store = store_open(configure->ctx->paths->data, NULL);
	gint64 app = 0;

	if (store != NULL && store_add_app(store, configure->before->identifier, &app, NULL))
		syncs_authorized(store, app, until, NULL);
}

/* With the new values, before anything of the old ones goes. */
static gboolean
configure_prove(Configure *configure, GError **error)
{
	CliContext *ctx = configure->ctx;
	g_autoptr(Session) session = session_open(ctx->paths, configure->after, configure->manifest, configure->staged, error);
	g_autoptr(CheckReport) report = NULL;

	if (session == NULL)
		return FALSE;
	cli_log_watch(ctx->out, session);
	if (configure->reauthorize &&
	    !consent_get(ctx->out, session, configure->after, &configure->consent, &configure->listener, error))
		return FALSE;
	report = check_run(session, configure->after, NULL, error);
	if (report == NULL)
		return FALSE;
	check_show(ctx->out, report, configure->after, configure->manifest);
	g_clear_pointer(&session, session_close);
	if (report->identity->account != NULL) {
		g_free(configure->after->account);
		configure->after->account = g_strdup(report->identity->account);
	}
	g_free(configure->after->connected_as);
	configure->after->connected_as = g_strdup(report->identity->subject);
	if (!vault_commit(configure->staged, error) || !app_save(ctx->paths, configure->after, error))
		return FALSE;
	configure_keep_until(configure, session_identity_until(report->identity));
	return TRUE;
}

/* The keys whose values differ, those of settings by "settings.". */
static void
configure_compare(json_object *changed, const char *prefix, json_object *before, json_object *after)
{
	json_object_object_foreach(after, key, value)
	{
		json_object *old = NULL;
		g_autofree char *path = g_strconcat(prefix, key, NULL);

		json_object_object_get_ex(before, key, &old);
		if (json_object_equal(old, value) != 0)
			continue;
		if (strcmp(path, "settings") == 0)
			configure_compare(changed, "settings.", old, value);
		else
			json_object_array_add(changed, json_object_new_string(path));
	}
	json_object_object_foreach(before, gone, was)
	{
		g_autofree char *path = g_strconcat(prefix, gone, NULL);

		(void)was;
		if (!json_object_object_get_ex(after, gone, NULL))
			json_object_array_add(changed, json_object_new_string(path));
	}
}

static void
configure_tell(const Configure *configure)
{
	Output *out = configure->ctx->out;
	g_autoptr(json_object) before = app_json(configure->before);
	g_autoptr(json_object) after = app_json(configure->after);
	json_object *changed = json_object_new_array();
	g_autoptr(GString) text = g_string_new(NULL);

	configure_compare(changed, "", before, after);
	for (gsize i = 0; i < json_object_array_length(changed); i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
				       json_object_get_string(json_object_array_get_idx(changed, i)));
	json_object_object_add(output_body(out), "changed", changed);
	output_say(out, "\n%s is saved%s%s%s. The next sync uses it.", configure->after->identifier,
		   configure->reauthorize ? " and authorized anew" : "", text->len > 0 ? "; changed: " : "", text->str);
}

static gboolean
configure_locked(Configure *configure, GError **error)
{
	g_autoptr(GError) error_local = NULL;

	configure->after = form_app(configure->form, configure->manifest, configure->before, error);
	if (configure->after == NULL || !configure_secrets(configure, error))
		return FALSE;
	if (configure_prove(configure, &error_local))
		return TRUE;
	configure_explain(configure, error_local);
	g_propagate_error(error, g_steal_pointer(&error_local));
	return FALSE;
}

/* Nothing else of the app may run meanwhile: it would use, and renew, what is about to go. */
static gboolean
configure_app(Configure *configure, GError **error)
{
	const char *identifier = configure->before->identifier;
	int sync_lock = lock_take(configure->ctx->paths, identifier, error);
	int change_lock = sync_lock >= 0 ? lock_take_changes(configure->ctx->paths, identifier, error) : -1;
	gboolean good = change_lock >= 0 && configure_locked(configure, error);

	if (change_lock >= 0)
		lock_release(change_lock);
	if (sync_lock >= 0)
		lock_release(sync_lock);
	return good;
}

static int
configure_run(CliContext *ctx, int argc, char **argv, const CliUsage *usage, gboolean reauthorize)
{
	g_auto(Form) form = {0};
	gboolean no_browser = FALSE;
	gint wait_s = CONSENT_WAIT_S;
	const GOptionEntry more[] = {
	    {"unset", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form.unset, "Takes a key or setting back to its default; may be repeated",
	     "KEY"},
	    {"no-browser", 0, 0, G_OPTION_ARG_NONE, &no_browser, "Never open a browser, say the address only", NULL},
	    {"wait", 0, 0, G_OPTION_ARG_INT, &wait_s, "How long to wait for the browser to come back (300)", "SECONDS"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autofree GOptionEntry *entries = form_options(&form, more);
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(App) before = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(Vault) staged = NULL;
	g_autoptr(GError) error = NULL;
	Configure configure;
	gboolean good;
	int exit_status;

	if (!cli_start(ctx, argc, argv, usage, entries, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[0]);
	before = app_load(ctx->paths, ctx->args[0], &manifest, &error);
	if (before == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, before->identifier);
	output_set_connector(ctx->out, manifest->id, manifest->version, manifest->module_sha256);
	vault = cli_vault(ctx);
	staged = vault_stage(vault);
	configure = (Configure){
	    .ctx = ctx,
	    .form = &form,
	    .manifest = manifest,
	    .before = before,
	    .vault = vault,
	    .staged = staged,
	    .reauthorize = reauthorize,
	    .consent = consent_options(ctx->out, &form, !no_browser, wait_s),
	};
	good = configure_app(&configure, &error);
	if (good)
		configure_tell(&configure);
	listener_free(configure.listener);
	app_free(configure.after);
	return good ? output_finish(ctx->out, HOST_EXIT_OK) : output_fail(ctx->out, error);
}

int
cmd_configure(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID",
	    .summary = "Changes an app: its keys, settings and secrets, once the service has taken the new ones",
	    .details =
		"What is not given stays. A list that is given replaces the one of before. The old values stay until the new ones\n"
		"were tried; where a person has to sign in for them, that is said: see idc-host reauthorize.",
	    .min_args = 1,
	    .max_args = 1,
	};

	return configure_run(ctx, argc, argv, &usage, FALSE);
}

int
cmd_reauthorize(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID",
	    .summary = "Authorizes an app anew, in the browser where a person has to allow it",
	    .details =
		"Takes the options of idc-host configure as well. The old authorization stays until the new one is there. An app\n"
		"whose address was edited needs its secrets again: --secret KEY=@FILE.",
	    .min_args = 1,
	    .max_args = 1,
	};

	return configure_run(ctx, argc, argv, &usage, TRUE);
}
