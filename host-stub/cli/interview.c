/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/interview.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/secret.h"
#include "cli/setup.h"
#include "load/identifier.h"
#include "load/settings.h"
#include <string.h>

typedef struct {
	CliContext *ctx;
	Form *form;
	const Manifest *manifest;
	Vault *staged;
	const ManifestSetting *setting; /* what is asked for now */
	char **field;                   /* or this one of the form's */
} Interview;

/* ---- the app ---- */

static gboolean
interview_check_identifier(const char *answer, gpointer user_data, GError **error)
{
	const Interview *interview = user_data;

	return identifier_check_free(interview->ctx->paths, answer, error);
}

/* The app with this answer is checked as a whole: what is wrong with it is the answer. */
static gboolean
interview_check_field(const char *answer, gpointer user_data, GError **error)
{
	Interview *interview = user_data;
	char *before = *interview->field;
	g_autofree char *candidate = g_strdup(answer);
	g_autoptr(App) app = NULL;

	*interview->field = candidate;
	app = form_app(interview->form, interview->manifest, NULL, error);
	*interview->field = before;
	return app != NULL;
}

static gboolean
interview_check_owner(const char *answer, gpointer user_data, GError **error)
{
	Interview *interview = user_data;
	GStrv before = interview->form->owners;
	char *owners[] = {(char *)(gpointer)answer, NULL};
	g_autoptr(App) app = NULL;

	if (*answer == '\0')
		return TRUE;
	interview->form->owners = owners;
	app = form_app(interview->form, interview->manifest, NULL, error);
	interview->form->owners = before;
	return app != NULL;
}

static gboolean
interview_field(Interview *interview, char **field, const char *question, const char *help, const char *fallback, GError **error)
{
	if (*field != NULL)
		return TRUE;
	interview->field = field;
	*field = ask_text(interview->ctx->out, question, help, fallback, interview_check_field, interview, error);
	return *field != NULL;
}

static gboolean
interview_identifier(Interview *interview, GError **error)
{
	const char *proposal = interview->manifest->default_identifier;
	Form *form = interview->form;

	if (form->identifier != NULL)
		return TRUE;
	if (!identifier_check_free(interview->ctx->paths, proposal, NULL))
		proposal = NULL;
	form->identifier = ask_text(interview->ctx->out, "Identifier",
				    "A name of its own for this connection, for ever: 1 to 64 letters, digits, _ and -.", proposal,
				    interview_check_identifier, interview, error);
	return form->identifier != NULL;
}

static gboolean
interview_app(Interview *interview, GError **error)
{
	Form *form = interview->form;
	char *owner;

	if (!interview_identifier(interview, error) ||
	    !interview_field(interview, &form->trust, "Trust",
			     "read: looks only. read-write: also invites people, and gives and takes what they hold.", "read",
			     error) ||
	    !interview_field(interview, &form->sync, "Sync", "How often to look: hourly, daily, manual, or like \"every 15m\".",
			     "hourly", error))
		return FALSE;
	if (form->owners != NULL)
		return TRUE;
	owner = ask_text(interview->ctx->out, "Owner", "The e-mail address of who answers for this connection; Enter for nobody.",
			 "", interview_check_owner, interview, error);
	if (owner == NULL)
		return FALSE;
	if (*owner != '\0')
		form_add(&form->owners, owner);
	else
		g_free(owner);
	return TRUE;
}

/* ---- what is told ---- */

static void
interview_tell_limits(const Interview *interview)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Output *out = interview->ctx->out;

	for (guint i = 0; i < interview->manifest->capabilities->len; i++) {
		const ManifestCapability *capability = g_ptr_array_index(interview->manifest->capabilities, i);

		if (!capability->supported)
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", capability->label);
	}
	if (text->len > 0)
		output_say(
		    out,
		    "\n%s cannot do this: %s. What happens instead when someone leaves: what can be taken is taken, and what a "
		    "person has to do there is listed as a manual task.",
		    interview->manifest->name, text->str);
}

static gboolean
interview_tell_setup(const Interview *interview, GError **error)
{
	Output *out = interview->ctx->out;
	g_autoptr(App) app = form_app(interview->form, interview->manifest, NULL, error);
	g_autofree char *done = NULL;

	if (app == NULL)
		return FALSE;
	if (interview->manifest->setup->len == 0)
		return TRUE;
	output_say(out, "\nWhat to do at %s first:\n", interview->manifest->name);
	setup_tell(out, interview->manifest, app);
	done = ask_text(out, "Press Enter when that is done", NULL, "", NULL, NULL, error);
	return done != NULL;
}

/* ---- settings and secrets ---- */

static gboolean
interview_check_setting(const char *answer, gpointer user_data, GError **error)
{
	const Interview *interview = user_data;

	return settings_check_value(interview->setting, answer, error);
}

static void
interview_set(const Interview *interview, const char *key, const char *value)
{
	form_add(&interview->form->settings, g_strdup_printf("%s=%s", key, value));
}

static gboolean
interview_secret(const Interview *interview, const ManifestSetting *setting, GError **error)
{
	Output *out = interview->ctx->out;

	for (;;) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(GBytes) value = secret_read_stdin(setting->label, &problem);

		if (value != NULL)
			return vault_put(interview->staged, interview->form->identifier, setting->key,
					 g_bytes_get_data(value, NULL), g_bytes_get_size(value), error);
		if (host_error_status(problem) != IDC_INVALID) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return FALSE;
		}
		output_note(out, "Something has to be typed here; Ctrl-C ends the questions.");
	}
}

static gboolean
interview_one(Interview *interview, const ManifestSetting *setting, GError **error)
{
	g_autofree char *help = g_strdup_printf("%s: %s.", setting->label, setting->help);
	g_autofree char *answer = NULL;

	if (setting->secret) {
		output_note(interview->ctx->out, "\n%s It is not shown while you type.", help);
		return interview_secret(interview, setting, error);
	}
	interview->setting = setting;
	answer = ask_text(interview->ctx->out, setting->label, help, NULL, interview_check_setting, interview, error);
	if (answer == NULL)
		return FALSE;
	interview_set(interview, setting->key, answer);
	return TRUE;
}

static gboolean
interview_has_secret(const char *key, gpointer user_data)
{
	const Interview *interview = user_data;

	return vault_has(interview->staged, interview->form->identifier, key);
}

/* What is required may depend on an answer, so it is looked up anew after each. */
static gboolean
interview_required(Interview *interview, GError **error)
{
	for (;;) {
		g_autoptr(App) app = form_app(interview->form, interview->manifest, NULL, error);
		g_autoptr(GPtrArray) missing = NULL;

		if (app == NULL)
			return FALSE;
		missing = settings_missing(interview->manifest, app->settings, interview_has_secret, interview);
		if (missing->len == 0)
			return TRUE;
		if (!interview_one(interview, g_ptr_array_index(missing, 0), error))
			return FALSE;
	}
}

static void
interview_tell_settings(const Interview *interview)
{
	static const OutputColumn columns[] = {{"SETTING", FALSE, FALSE}, {"IS", FALSE, FALSE}, {"WHAT IT IS", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	g_autoptr(App) app = form_app(interview->form, interview->manifest, NULL, NULL);

	for (guint i = 0; app != NULL && i < interview->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(interview->manifest->settings, i);
		const char *value = settings_value(interview->manifest, app->settings, setting->key);
		g_autofree char *what = g_strdup_printf("%s: %s", setting->label, setting->help);

		if (setting->secret)
			value = interview_has_secret(setting->key, (gpointer)interview) ? "(secret)" : "";
		output_table_row(table, (const char *const[]){setting->key, value, what});
	}
	output_say(interview->ctx->out, "%s", "");
	output_table_print(interview->ctx->out, table);
}

/* All of them in a line each would be a page that nobody asked for. */
static void
interview_tell_others(const Interview *interview)
{
	g_autoptr(App) app = form_app(interview->form, interview->manifest, NULL, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; app != NULL && i < interview->manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(interview->manifest->settings, i);
		const char *value = settings_value(interview->manifest, app->settings, setting->key);

		g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? ", " : "", setting->key,
				       !setting->secret && value != NULL && *value != '\0' ? "=" : "",
				       !setting->secret && value != NULL ? value : "");
	}
	output_say(interview->ctx->out, "\nThe settings are: %s. Type ? to have them explained.", text->str);
}

/* KEY=VALUE, the name of a secret, or ?. */
static gboolean
interview_check_change(const char *answer, gpointer user_data, GError **error)
{
	const Interview *interview = user_data;
	const char *equals = strchr(answer, '=');
	g_autofree char *key = equals != NULL ? g_strndup(answer, (gsize)(equals - answer)) : g_strdup(answer);
	const ManifestSetting *setting = manifest_setting(interview->manifest, g_strstrip(key));

	if (*answer == '\0' || strcmp(answer, "?") == 0)
		return TRUE;
	if (setting != NULL && setting->secret) {
		if (equals == NULL)
			return TRUE;
		host_error_set(error, IDC_INVALID, "setting_is_secret",
			       "%s is a secret: type its name alone, and its value when it is asked for and not shown.", key);
		return FALSE;
	}
	if (form_is_token(interview->manifest, key, error) || !settings_check_key(interview->manifest, key, error))
		return FALSE;
	if (equals != NULL)
		return settings_check_value(setting, equals + 1, error);
	host_error_set(error, IDC_INVALID, "usage", "Type %s=VALUE, or Enter to go on.", key);
	return FALSE;
}

static gboolean
interview_changes(Interview *interview, const char *question, GError **error)
{
	interview_tell_others(interview);
	for (;;) {
		g_autofree char *answer =
		    ask_text(interview->ctx->out, question, NULL, "", interview_check_change, interview, error);
		char *equals;

		if (answer == NULL)
			return FALSE;
		if (*answer == '\0')
			return TRUE;
		if (strcmp(answer, "?") == 0) {
			interview_tell_settings(interview);
			continue;
		}
		equals = strchr(answer, '=');
		if (equals == NULL && !interview_secret(interview, manifest_setting(interview->manifest, answer), error))
			return FALSE;
		if (equals == NULL)
			continue;
		*equals = '\0';
		interview_set(interview, g_strstrip(answer), equals + 1);
	}
}

gboolean
interview_run(CliContext *ctx, Form *form, const Manifest *manifest, Vault *staged, GError **error)
{
	Interview interview = {.ctx = ctx, .form = form, .manifest = manifest, .staged = staged};

	output_say(ctx->out, "Connecting %s. Ctrl-C ends the questions, and nothing is saved before the service has answered.",
		   manifest->name);
	if (!interview_app(&interview, error))
		return FALSE;
	output_set_identifier(ctx->out, form->identifier);
	interview_tell_limits(&interview);
	if (!vault_clear(staged, form->identifier, error) || !form_secrets(form, manifest, form->identifier, staged, error))
		return FALSE;
	return interview_tell_setup(&interview, error) && interview_required(&interview, error) &&
	       interview_changes(&interview, "Another setting (KEY=VALUE), or Enter to go on", error) &&
	       interview_required(&interview, error);
}

gboolean
interview_amend(CliContext *ctx, Form *form, const Manifest *manifest, Vault *staged, GError **error)
{
	Interview interview = {.ctx = ctx, .form = form, .manifest = manifest, .staged = staged};

	return interview_changes(&interview, "Change an answer (KEY=VALUE, or a secret's name), or Enter to try again", error) &&
	       interview_required(&interview, error);
}
