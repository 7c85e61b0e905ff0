/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/secret.h"
#include "load/app.h"
#include "state/journal.h"
#include <string.h>

/* What a word of audit works on. */
typedef struct {
	CliContext *ctx;
	App *app;
	Store *store;
	Vault *vault;
	gint64 key;
	const char *head; /* --head, or NULL */
} Audit;

static JournalReport *
audit_report(Audit *audit, GError **error)
{
	return journal_verify(audit->store, audit->vault, audit->app->identifier, audit->key, audit->head, error);
}

static int
audit_verify(Audit *audit)
{
	Output *out = audit->ctx->out;
	g_autoptr(GError) error = NULL;
	g_autoptr(JournalReport) report = audit_report(audit, &error);
	json_object *problems = json_object_new_array();

	if (report == NULL) {
		json_object_put(problems);
		return output_fail(out, error);
	}
	for (guint i = 0; i < report->problems->len; i++) {
		json_object_array_add(problems, json_object_new_string(g_ptr_array_index(report->problems, i)));
		output_say(out, "%s", (const char *)g_ptr_array_index(report->problems, i));
	}
	json_object_object_add(output_body(out), "rows", json_object_new_int64(report->rows));
	json_object_object_add(output_body(out), "audit_head", json_object_new_string(report->head));
	json_object_object_add(output_body(out), "problems", problems);
	json_object_object_add(output_body(out), "problems_more", json_object_new_uint64(report->more));
	if (report->more > 0)
		output_say(out, "And %" G_GUINT64_FORMAT " more.", report->more);
	if (report->problems->len == 0) {
		output_say(out, "%s: %" G_GINT64_FORMAT " row%s, each as it was written, none missing. Head: %s",
			   audit->app->identifier, report->rows, report->rows == 1 ? "" : "s", report->head);
		return output_finish(out, HOST_EXIT_OK);
	}
	host_error_set(&error, IDC_CONFLICT, "journal_broken",
		       "The journal of %s is not what was written: compare it with a backup, and find out who could write to %s.",
		       audit->app->identifier, audit->ctx->paths->data);
	return output_fail(out, error);
}

/* A head of rows that are not good would be kept as if they were. */
static int
audit_head(Audit *audit)
{
	Output *out = audit->ctx->out;
	g_autoptr(GError) error = NULL;
	g_autoptr(JournalReport) report = audit_report(audit, &error);

	if (report == NULL)
		return output_fail(out, error);
	if (report->problems->len > 0) {
		host_error_set(
		    &error, IDC_CONFLICT, "journal_broken",
		    "The journal of %s is not what was written, so it has no head to keep. Look at idc-host audit verify %s.",
		    audit->app->identifier, audit->app->identifier);
		return output_fail(out, error);
	}
	json_object_object_add(output_body(out), "audit_head", json_object_new_string(report->head));
	output_say(out, "%s", report->head);
	return output_finish(out, HOST_EXIT_OK);
}

static void
audit_add_text(json_object *object, const char *key, const char *text)
{
	g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	json_object_object_add(object, key, valid != NULL ? json_object_new_string(valid) : NULL);
}

static gboolean
audit_export_row(const JournalRow *row, const char *mac_hex, gpointer user_data, GError **error)
{
	g_autoptr(json_object) object = json_object_new_object();
	g_autofree char *time = text_time(row->time);

	(void)error;
	json_object_object_add(object, "action", json_object_new_int64(row->action));
	audit_add_text(object, "time", time);
	json_object_object_add(object, "time_ms", json_object_new_int64(row->time));
	audit_add_text(object, "phase", journal_phase_word(row->phase));
	json_object_object_add(object, "intent", row->intent != 0 ? json_object_new_int64(row->intent) : NULL);
	audit_add_text(object, "verb", row->verb);
	json_object_object_add(object, "record", row->record != 0 ? json_object_new_int64(row->record) : NULL);
	audit_add_text(object, "user_id", row->user_id);
	audit_add_text(object, "entitlement_id", row->entitlement_id);
	json_object_object_add(object, "status", json_object_new_int(row->status));
	json_object_object_add(object, "flags", json_object_new_int64(row->flags));
	audit_add_text(object, "request_id", row->request_id);
	audit_add_text(object, "detail", row->detail);
	audit_add_text(object, "mac", mac_hex);
	output_line(user_data, object);
	return TRUE;
}

static int
audit_export(Audit *audit)
{
	Output *out = audit->ctx->out;
	g_autoptr(GError) error = NULL;

	if (output_is_json(out))
		output_begin_lines(out);
	if (!journal_each(audit->store, audit->key, audit_export_row, out, &error))
		return output_fail(out, error);
	return output_finish(out, HOST_EXIT_OK);
}

static const struct {
	const char *word;
	int (*run)(Audit *audit);
} words[] = {
    {"verify", audit_verify},
    {"head", audit_head},
    {"export", audit_export},
};

static int
audit_run(Audit *audit)
{
	CliContext *ctx = audit->ctx;
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(words[i].word, ctx->args[0]) == 0)
			return words[i].run(audit);
	}
	host_error_set(&error, IDC_INVALID, "usage", "It is idc-host audit verify, head or export, not \"%s\".", ctx->args[0]);
	return output_fail(ctx->out, error);
}

int
cmd_audit(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "verify|head|export ID",
	    .summary = "Proves that the journal of what was changed is as it was written",
	    .details =
		"verify checks every row against the one before, and the last one against what is kept among the secrets: a row\n"
		"that was altered, dropped, moved or cut off is named, and the exit status is 1. What is not found is a database\n"
		"and secrets that were put back to an older state together, or a writer who has DATA/key. So print the head now\n"
		"and then, keep it elsewhere, and give it to verify --head. export prints each row as a line of JSON.",
	    .min_args = 2,
	    .max_args = 2,
	};
	g_autofree char *head = NULL;
	const GOptionEntry entries[] = {
	    {"head", 0, 0, G_OPTION_ARG_STRING, &head, "A head that was kept elsewhere", "N/MAC"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(App) app = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(Vault) vault = NULL;
	g_autoptr(GError) error = NULL;
	Audit audit = {.ctx = ctx};
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[1]);
	app = app_load(ctx->paths, ctx->args[1], NULL, &error);
	if (app == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, app->identifier);
	vault = cli_vault(ctx);
	store = store_open(ctx->paths->data, &error);
	if (store == NULL || !store_find_app(store, app->identifier, &audit.key, &error))
		return output_fail(ctx->out, error);
	audit.app = app;
	audit.store = store;
	audit.vault = vault;
	audit.head = head;
	return audit_run(&audit);
}
