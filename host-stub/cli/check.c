/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/check.h"
#include "base/error.h"
#include "base/text.h"
#include <string.h>

void
check_report_free(CheckReport *report)
{
	if (report == NULL)
		return;
	session_identity_free(report->identity);
	g_clear_pointer(&report->surveys, g_ptr_array_unref);
	g_free(report);
}

static void
check_put_size(GHashTable *sizes, const char *type, guint64 count)
{
	g_hash_table_insert(sizes, g_strdup(type), g_memdup2(&count, sizeof(count)));
}

static GHashTable *
check_sizes(const CheckReport *report, GHashTable *known_sizes)
{
	GHashTable *sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GHashTableIter iter;
	gpointer type;
	gpointer count;

	if (known_sizes != NULL) {
		g_hash_table_iter_init(&iter, known_sizes);
		while (g_hash_table_iter_next(&iter, &type, &count))
			check_put_size(sizes, type, *(guint64 *)count);
	}
	for (guint i = 0; report->surveys != NULL && i < report->surveys->len; i++) {
		const SessionSurvey *survey = g_ptr_array_index(report->surveys, i);

		if (survey->counted)
			check_put_size(sizes, survey->type, survey->count);
	}
	return sizes;
}

/* CLIENT may have asked for a token only; CHECK proves that it opens a door. What it does not tell stays as CLIENT said it. */
static gboolean
check_read(Session *session, CheckReport *report, GError **error)
{
	g_autoptr(SessionIdentity) checked = NULL;
	g_autoptr(GError) error_local = NULL;

	if (!manifest_has_step(session_manifest(session), "check"))
		return TRUE;
	if (!session_authorize(session, IDC_AUTH_CHECK, NULL, &checked, &error_local)) {
		if (host_error_status(error_local) == IDC_UNSUPPORTED)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	if (checked->subject != NULL) {
		g_free(report->identity->subject);
		report->identity->subject = g_steal_pointer(&checked->subject);
	}
	return TRUE;
}

CheckReport *
check_run(Session *session, const App *app, GHashTable *known_sizes, GError **error)
{
	g_autoptr(CheckReport) report = g_new0(CheckReport, 1);
	g_autoptr(GHashTable) sizes = NULL;
	g_autoptr(GError) error_local = NULL;

	if (!session_sign_in(session, &report->identity, error) || !check_read(session, report, error))
		return NULL;
	report->surveys = session_survey(session, &error_local);
	if (report->surveys == NULL && host_error_status(error_local) != IDC_UNSUPPORTED) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return NULL;
	}
	for (guint i = 0; report->surveys != NULL && i < report->surveys->len; i++) {
		const SessionSurvey *survey = g_ptr_array_index(report->surveys, i);

		report->n_problems += survey->problem != NULL ? 1 : 0;
	}
	sizes = check_sizes(report, known_sizes);
	report->has_cost = budget_cost(session_manifest(session), "list_entitlements", app->settings, sizes, &report->cost);
	return g_steal_pointer(&report);
}

static json_object *
check_string(const char *text)
{
	return text != NULL ? json_object_new_string(text) : NULL;
}

/* Scopes that this app asks for, whether each was granted and what is lost where not. Nothing where the service does not tell. */
static void
check_show_scopes(Output *out, const CheckReport *report, const App *app, const Manifest *manifest)
{
	static const OutputColumn columns[] = {{"SCOPE", FALSE, FALSE}, {"GRANTED", FALSE, FALSE}, {"WITHOUT IT", FALSE, TRUE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	g_autofree char *text = manifest_scope_text(manifest, app->trust == APP_READ_WRITE);
	g_auto(GStrv) wanted = g_strsplit(text, " ", -1);
	const char *const *granted = (const char *const *)report->identity->scopes;
	json_object *list = json_object_new_array();

	json_object_object_add(output_body(out), "scopes", list);
	if (granted[0] == NULL || *granted[0] == '\0')
		return;
	for (guint i = 0; i < manifest->scopes->len; i++) {
		const ManifestScope *scope = g_ptr_array_index(manifest->scopes, i);
		gboolean has = g_strv_contains(granted, scope->scope);
		json_object *entry;

		if (!g_strv_contains((const char *const *)wanted, scope->scope))
			continue;
		entry = json_object_new_object();
		json_object_object_add(entry, "scope", json_object_new_string(scope->scope));
		json_object_object_add(entry, "granted", json_object_new_boolean(has));
		json_object_object_add(entry, "required", json_object_new_boolean(scope->required));
		json_object_object_add(entry, "without", json_object_new_string(scope->without));
		json_object_array_add(list, entry);
		output_table_row(table, (const char *const[]){scope->scope, has ? "yes" : "no", has ? "" : scope->without});
	}
	output_say(out, "%s", "");
	output_table_print(out, table);
}

static void
check_show_surveys(Output *out, const CheckReport *report)
{
	static const OutputColumn columns[] = {{"KIND", FALSE, FALSE}, {"READABLE", FALSE, TRUE}, {"COUNT", TRUE, FALSE}};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	json_object *list = json_object_new_array();

	json_object_object_add(output_body(out), "survey", list);
	for (guint i = 0; report->surveys != NULL && i < report->surveys->len; i++) {
		const SessionSurvey *survey = g_ptr_array_index(report->surveys, i);
		g_autofree char *count =
		    survey->counted ? g_strdup_printf("%" G_GUINT64_FORMAT, survey->count) : g_strdup("not told");
		g_autofree char *readable = survey->problem != NULL ? g_strdup_printf("no: %s", survey->problem) : g_strdup("yes");
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "kind", json_object_new_string(survey->type));
		json_object_object_add(entry, "readable", json_object_new_boolean(survey->problem == NULL));
		json_object_object_add(entry, "count", survey->counted ? json_object_new_uint64(survey->count) : NULL);
		json_object_object_add(entry, "problem", check_string(survey->problem));
		json_object_array_add(list, entry);
		/* Everywhere else people read of users. */
		output_table_row(table, (const char *const[]){strcmp(survey->type, "principal") == 0 ? "user" : survey->type,
							      readable, survey->problem != NULL ? "" : count});
	}
	if (report->surveys == NULL || report->surveys->len == 0)
		return;
	output_say(out, "%s", "");
	output_table_print(out, table);
}

static void
check_show_cost(Output *out, const CheckReport *report)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	json_object *cost;
	g_autofree char *minutes = NULL;

	if (!report->has_cost)
		return;
	cost = json_object_new_object();
	json_object_object_add(output_body(out), "full_sync", cost);
	json_object_object_add(cost, "requests", json_object_new_uint64(report->cost.requests));
	json_object_object_add(cost, "exact", json_object_new_boolean(report->cost.exact));
	json_object_object_add(cost, "guessed", check_string(report->cost.guessed));
	/* Two digits are all that an estimate is good for. */
	g_ascii_formatd(number, sizeof(number), "%.2f", report->cost.minutes);
	json_object_object_add(cost, "minutes",
			       report->cost.minutes > 0 ? json_object_new_double_s(report->cost.minutes, number) : NULL);
	if (report->cost.minutes > 0 && report->cost.minutes < 1)
		minutes = g_strdup(", less than a minute at the allowed pace");
	else if (report->cost.minutes > 0)
		minutes = g_strdup_printf(", %.0f minutes at the allowed pace", report->cost.minutes + 0.5);
	output_say(out, "%s", "");
	output_say(out, "A full sync costs %s %" G_GUINT64_FORMAT " requests%s.", report->cost.exact ? "at most" : "about",
		   report->cost.requests, minutes != NULL ? minutes : "");
	if (report->cost.guessed != NULL)
		output_say(out, "Not known yet, and counted as one page each: %s.", report->cost.guessed);
}

void
check_show(Output *out, const CheckReport *report, const App *app, const Manifest *manifest)
{
	const SessionIdentity *identity = report->identity;
	g_autofree char *subject = text_escape(identity->subject);
	g_autofree char *account = text_escape(identity->account);

	json_object_object_add(output_body(out), "subject", check_string(identity->subject));
	json_object_object_add(output_body(out), "account", check_string(identity->account));
	output_say(out, "%s answers%s%s%s%s.", manifest->name, *subject != '\0' ? " to " : "", subject,
		   *account != '\0' ? ", account " : "", account);
	check_show_scopes(out, report, app, manifest);
	check_show_surveys(out, report);
	check_show_cost(out, report);
}
