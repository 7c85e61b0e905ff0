/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* report: what is known of an app as one page, for who has no terminal. */
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "load/app.h"
#include "state/syncs.h"
#include "state/view.h"
#include <string.h>

/* A browser is to bear it; more rows than these of one kind are for show --csv. */
#define REPORT_ROWS 5000
#define REPORT_DAYS G_GINT64_CONSTANT(7)

#define REPORT_HEAD                                                                                                                \
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"                                                  \
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"                \
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "                       \
	"content=\"no-referrer\">\n"                                                                                               \
	"<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0 "                                   \
	"auto;max-width:80rem;padding:1.5rem}"                                                                                     \
	"table{border-collapse:collapse}th,td{border-bottom:1px solid #8888;padding:.25rem .75rem .25rem "                         \
	"0;"                                                                                                                       \
	"text-align:left;vertical-align:top;overflow-wrap:break-word;max-width:28rem}.wide{overflow-x:auto}.wrong{border-left:."   \
	"25rem "                                                                                                                   \
	"solid;padding-left:1rem}"                                                                                                 \
	"</style>\n"

static const struct {
	ViewKind kind;
	const char *title;
} report_parts[] = {
    {VIEW_TASKS, "Tasks for a person"},      {VIEW_CHANGES, "Changes of the last seven days"},
    {VIEW_ENTITLEMENTS, "Entitlements"},     {VIEW_USERS, "Users"},
    {VIEW_GRANTS, "Grants: who holds what"}, {VIEW_SYNCS, "Syncs"},
};

typedef struct {
	Store *store;
	gint64 app_key;
	const App *app;
	const SyncsState *state;
	const GPtrArray *partials;
	GString *page;
	guint64 rows;
} Report;

/* What others wrote, as text and nothing else. */
static void
report_add_text(Report *report, const char *text)
{
	g_autofree char *plain = text_escape(text);
	g_autofree char *escaped = g_markup_escape_text(plain, -1);

	g_string_append(report->page, escaped);
}

static void
report_add_header(Report *report, const ViewColumn *columns, gsize n)
{
	g_string_append(report->page, "<tr>");
	for (gsize i = 0; i < n; i++) {
		g_autofree char *words = g_strdelimit(g_strdup(columns[i].name), "_", ' ');

		g_string_append(report->page, "<th scope=\"col\">");
		report_add_text(report, words);
		g_string_append(report->page, "</th>");
	}
	g_string_append(report->page, "</tr>\n");
}

static void
report_add_row(Report *report, View *view, gsize n)
{
	g_string_append(report->page, "<tr>");
	for (gsize i = 0; i < n; i++) {
		g_string_append(report->page, "<td>");
		report_add_text(report, view_field(view, i));
		g_string_append(report->page, "</td>");
	}
	g_string_append(report->page, "</tr>\n");
}

static gboolean
report_add_rows(Report *report, View *view, ViewKind kind, guint64 *ret_rows, GError **error)
{
	gsize n = 0;
	const ViewColumn *columns = view_columns(kind, &n);
	guint64 rows = 0;
	gboolean row = FALSE;

	for (;;) {
		if (!view_next(view, &row, error))
			return FALSE;
		if (!row)
			break;
		if (rows == 0) {
			g_string_append(report->page, "<div class=\"wide\"><table>\n");
			report_add_header(report, columns, n);
		}
		if (rows++ < REPORT_ROWS)
			report_add_row(report, view, n);
	}
	if (rows > 0)
		g_string_append(report->page, "</table></div>\n");
	*ret_rows = rows;
	return TRUE;
}

static gboolean
report_add_part(Report *report, ViewKind kind, const char *title, GError **error)
{
	const ViewFilter filter = {.since = kind == VIEW_CHANGES ? g_get_real_time() / 1000 - REPORT_DAYS * 24 * 3600 * 1000 : 0};
	g_autoptr(View) view = view_new(report->store, report->app_key, kind, &filter, error);
	guint64 rows = 0;

	g_string_append_printf(report->page, "<h2 id=\"%s\">%s</h2>\n", view_word(kind), title);
	if (view == NULL || !report_add_rows(report, view, kind, &rows, error))
		return FALSE;
	report->rows += MIN(rows, REPORT_ROWS);
	if (rows == 0)
		g_string_append(report->page, "<p>Nothing.</p>\n");
	if (rows > REPORT_ROWS)
		g_string_append_printf(report->page,
				       "<p>These are the first %d of %" G_GUINT64_FORMAT
				       ". All of them: <code>idc-host show %s %s --csv</code></p>\n",
				       REPORT_ROWS, rows, report->app->identifier, view_word(kind));
	return TRUE;
}

/* Whoever reads the rest must know what it is not. */
static void
report_add_state(Report *report)
{
	g_autofree char *now = text_time(g_get_real_time() / 1000);
	g_autofree char *as_of = text_time(report->state->merged_started);

	if (report->state->merged_sync == 0)
		g_string_append(report->page, "<p class=\"wrong\">There is no snapshot yet: no sync has been completed.</p>\n");
	else
		g_string_append_printf(report->page, "<p>As of %s; written %s.</p>\n", as_of, now);
	if (report->state->last_status == SYNCS_FAILED) {
		g_string_append(report->page, "<p class=\"wrong\">The last sync failed: ");
		report_add_text(report, report->state->last_reason);
		g_string_append(report->page, "</p>\n");
	}
	for (guint i = 0; i < report->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(report->partials, i);

		g_string_append_printf(report->page, "<p class=\"wrong\">The %s%s", kind_words(partial->kind, 0),
				       partial->resource != NULL ? " of " : "");
		report_add_text(report, partial->resource);
		g_string_append(report->page, " are incomplete: ");
		report_add_text(report, partial->reason);
		g_string_append(report->page, "</p>\n");
	}
}

static gboolean
report_make(Report *report, GError **error)
{
	g_string_append(report->page, REPORT_HEAD "<title>");
	report_add_text(report, report->app->name);
	g_string_append(report->page, "</title>\n</head>\n<body>\n<main>\n<h1>");
	report_add_text(report, report->app->name);
	g_string_append(report->page, "</h1>\n");
	report_add_state(report);
	g_string_append(report->page, "<nav><ul>\n");
	for (gsize i = 0; i < G_N_ELEMENTS(report_parts); i++)
		g_string_append_printf(report->page, "<li><a href=\"#%s\">%s</a></li>\n", view_word(report_parts[i].kind),
				       report_parts[i].title);
	g_string_append(report->page, "</ul></nav>\n");
	for (gsize i = 0; i < G_N_ELEMENTS(report_parts); i++) {
		if (!report_add_part(report, report_parts[i].kind, report_parts[i].title, error))
			return FALSE;
	}
	g_string_append(report->page, "</main>\n</body>\n</html>\n");
	return TRUE;
}

static gboolean
report_write(CliContext *ctx, const App *app, const char *file, GError **error)
{
	g_autoptr(Store) store = store_open(ctx->paths->data, error);
	g_autoptr(GString) page = g_string_new(NULL);
	g_autoptr(SyncsState) state = NULL;
	g_autoptr(GPtrArray) partials = NULL;
	Report report = {.store = store, .app = app, .page = page};

	if (store == NULL || !store_freeze(store, error) || !store_find_app(store, app->identifier, &report.app_key, error))
		return FALSE;
	state = syncs_state(store, report.app_key, error);
	partials = state != NULL ? store_partials(store, report.app_key, error) : NULL;
	report.state = state;
	report.partials = partials;
	if (partials == NULL || !report_make(&report, error) || !files_write_atomically(file, page->str, page->len, error))
		return FALSE;
	json_object_object_add(output_body(ctx->out), "file", json_object_new_string(file));
	json_object_object_add(output_body(ctx->out), "rows", json_object_new_uint64(report.rows));
	output_say(ctx->out, "%s is written; any browser shows it. It names people: only you can read it.", file);
	return TRUE;
}

int
cmd_report(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID -o FILE.html",
	    .summary = "Writes what is known of an app as one page to look at",
	    .details =
		"The page needs nothing else: no network, no script. It has who holds what, what can be held, the tasks, the\n"
		"changes of the last seven days and the syncs; of each kind the first 5000 rows. A page that is there is replaced.",
	    .min_args = 1,
	    .max_args = 1,
	};
	g_autofree char *output = NULL;
	const GOptionEntry entries[] = {
	    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Where to write the page", "FILE.html"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(App) app = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	app = app_load(ctx->paths, ctx->args[0], NULL, &error);
	if (app == NULL)
		return output_fail(ctx->out, error);
	output_set_identifier(ctx->out, app->identifier);
	if (output == NULL) {
		host_error_set(&error, IDC_INVALID, "usage", "Say where to write the page: idc-host report %s -o FILE.html",
			       app->identifier);
		return output_fail(ctx->out, error);
	}
	file = g_canonicalize_filename(output, NULL);
	if (!report_write(ctx, app, file, &error))
		return output_fail(ctx->out, error);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
