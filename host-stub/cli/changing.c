/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/changing.h"
#include "cli/log.h"
#include "cli/outcome.h"
#include "cli/rows.h"
#include "cli/secret.h"

enum {
	CHANGING_ACTION,
	CHANGING_USER,
	CHANGING_ENTITLEMENT,
};

static const RowsColumn columns[] = {
    [CHANGING_ACTION] = {"action", TRUE, 16},
    [CHANGING_USER] = {"user", TRUE, IDC_MAX_ID},
    [CHANGING_ENTITLEMENT] = {"entitlement", TRUE, IDC_MAX_ID},
};

gboolean
changing_take_file(Changing *changing, GError **error)
{
	g_autoptr(Rows) rows = rows_read(changing->file, columns, G_N_ELEMENTS(columns), error);

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows_count(rows); i++) {
		const char *word = rows_field(rows, i, CHANGING_ACTION);
		SessionChange action = SESSION_PROVISION;

		if (!item_action_parse(word, &action) || action == SESSION_PROVISION)
			rows_reject(rows, i, CHANGING_ACTION, "it is \"%s\", but must be add or remove", word);
		g_ptr_array_add(changing->items,
				item_new(action, rows_field(rows, i, CHANGING_USER), rows_field(rows, i, CHANGING_ENTITLEMENT)));
	}
	return rows_finish(rows, error);
}

void
changing_clear(Changing *changing)
{
	g_clear_pointer(&changing->items, g_ptr_array_unref);
	plan_free(changing->plan);
	vault_close(changing->vault);
	app_free(changing->app);
	g_clear_pointer(&changing->manifest, manifest_unref);
	g_free(changing->file);
	g_free(changing->exactly);
	g_free(changing->accept);
	g_free(changing->reason);
	g_free(changing->ticket);
	g_free(changing->successor);
	g_clear_pointer(&changing->leavers, g_ptr_array_unref);
}

GOptionEntry *
changing_run_entries(Changing *changing, const GOptionEntry *own)
{
	const GOptionEntry shared[] = {
	    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &changing->dry_run, "Tell what would happen, and change nothing", NULL},
	    {"reason", 0, 0, G_OPTION_ARG_STRING, &changing->reason, "Why, for the journal", "TEXT"},
	    {"ticket", 0, 0, G_OPTION_ARG_STRING, &changing->ticket, "On what request, for the journal", "ID"},
	    {"accept", 0, 0, G_OPTION_ARG_STRING, &changing->accept, "Take the held removals with this digest", "DIGEST"},
	};
	GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (gsize i = 0; own != NULL && own[i].long_name != NULL; i++)
		g_array_append_val(entries, own[i]);
	g_array_append_vals(entries, shared, G_N_ELEMENTS(shared));
	return (GOptionEntry *)(gpointer)g_array_free(entries, FALSE);
}

GOptionEntry *
changing_entries(Changing *changing, const GOptionEntry *own)
{
	const GOptionEntry file = {
	    "file",    0, 0, G_OPTION_ARG_FILENAME, &changing->file, "Take what is asked for from a CSV file (-: standard input)",
	    "FILE.csv"};
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (gsize i = 0; own != NULL && own[i].long_name != NULL; i++)
		g_array_append_val(entries, own[i]);
	g_array_append_val(entries, file);
	return changing_run_entries(changing, (const GOptionEntry *)(gconstpointer)entries->data);
}

gboolean
changing_open(Changing *changing, CliContext *ctx, GError **error)
{
	changing->ctx = ctx;
	output_set_identifier(ctx->out, ctx->args[0]);
	changing->app = app_load(ctx->paths, ctx->args[0], &changing->manifest, error);
	if (changing->app == NULL)
		return FALSE;
	output_set_identifier(ctx->out, changing->app->identifier);
	output_set_connector(ctx->out, changing->manifest->id, changing->manifest->version, changing->manifest->module_sha256);
	changing->vault = cli_vault(ctx);
	changing->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
	return TRUE;
}

static void
changing_on_opened(Session *session, gpointer user_data)
{
	cli_log_watch(user_data, session);
}

ChangeReport *
changing_report(Changing *changing, GError **error)
{
	CliContext *ctx = changing->ctx;
	const ChangeOptions options = {
	    .dry_run = changing->dry_run,
	    .foretell = changing->foretell,
	    .exactly = changing->exactly,
	    .plan = changing->plan,
	    .apply_defaults = changing->apply_defaults,
	    .accept = changing->accept,
	    .reason = changing->reason,
	    .ticket = changing->ticket,
	    .leavers = changing->leavers,
	    .successor = changing->successor,
	    .opened = changing_on_opened,
	    .user_data = ctx->out,
	};

	return change_run(ctx->paths, changing->app, changing->manifest, changing->vault, changing->items, &options, error);
}

int
changing_run(Changing *changing)
{
	CliContext *ctx = changing->ctx;
	g_autoptr(GError) error = NULL;
	g_autoptr(ChangeReport) report = changing_report(changing, &error);

	if (report == NULL)
		return output_fail(ctx->out, error);
	return output_finish(ctx->out, outcome_tell(ctx->out, report, changing->app->identifier));
}
