/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "load/app.h"
#include "state/syncs.h"
#include "state/view.h"
#include <string.h>

/* A table has to be in memory to be laid out; more rows than these are for --csv. */
#define SHOW_TABLE_ROWS 2000

/* What a person reads of a view, by the names of its columns; the others are in the CSV. */
static const struct {
	const char *name;
	const char *title;
	gboolean right, wrap;
} titles[] = {
    {"user_id", "USER", FALSE, FALSE},
    {"email", "E-MAIL", FALSE, TRUE},
    {"name", "NAME", FALSE, TRUE},
    {"role", "ROLE", FALSE, FALSE},
    {"job_title", "JOB TITLE", FALSE, TRUE},
    {"invitation_pending", "INVITED", FALSE, FALSE},
    {"entitlement_id", "ENTITLEMENT", FALSE, FALSE},
    {"kind", "KIND", FALSE, FALSE},
    {"entitlement_name", "NAME", FALSE, TRUE},
    {"resource_id", "RESOURCE", FALSE, FALSE},
    {"assignable", "ASSIGNABLE", FALSE, FALSE},
    {"holders", "HOLDERS", TRUE, FALSE},
    {"via", "VIA", FALSE, TRUE},
    {"effective", "EFFECTIVE", FALSE, FALSE},
    {"stale", "STALE", FALSE, FALSE},
    {"attribute", "ATTRIBUTE", FALSE, FALSE},
    {"value", "VALUE", FALSE, TRUE},
    {"time", "TIME", FALSE, FALSE},
    {"sync", "SYNC", TRUE, FALSE},
    {"what", "WHAT", FALSE, FALSE},
    {"before", "BEFORE", FALSE, TRUE},
    {"after", "AFTER", FALSE, TRUE},
    {"origin", "ORIGIN", FALSE, FALSE},
    {"actor", "ACTOR", FALSE, TRUE},
    {"started", "STARTED", FALSE, FALSE},
    {"mode", "MODE", FALSE, FALSE},
    {"status", "STATUS", FALSE, FALSE},
    {"users", "USERS", TRUE, FALSE},
    {"grants", "GRANTS", TRUE, FALSE},
    {"added", "ADDED", TRUE, FALSE},
    {"removed", "REMOVED", TRUE, FALSE},
    {"requests", "REQUESTS", TRUE, FALSE},
    {"reason", "REASON", FALSE, TRUE},
    {"task", "TASK", TRUE, FALSE},
    {"opened", "OPENED", FALSE, FALSE},
    {"url", "WHERE", FALSE, TRUE},
    {"closed", "CLOSED", FALSE, FALSE},
    {"indirect", "INDIRECT", FALSE, FALSE},
};

typedef struct {
	Store *store;
	gint64 app;
	SyncsState *state;
	GPtrArray *partials;
	View *view;
	ViewKind kind;
} Show;

static void
show_clear(Show *show)
{
	view_free(show->view);
	g_clear_pointer(&show->partials, g_ptr_array_unref);
	syncs_state_free(show->state);
	store_close(show->store);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Show, show_clear)

/* An app that never had a sync is known by its file alone; one whose connector is gone can still be shown. */
static gboolean
show_open(Show *show, CliContext *ctx, GError **error)
{
	const char *identifier = ctx->args[0];
	g_autoptr(App) app = NULL;
	g_autofree char *known = NULL;

	if (g_file_test(ctx->paths->data, G_FILE_TEST_IS_DIR)) {
		show->store = store_open(ctx->paths->data, error);
		if (show->store == NULL || !store_freeze(show->store, error) ||
		    !store_find_app(show->store, identifier, &show->app, error))
			return FALSE;
	}
	if (show->app == 0) {
		app = app_load(ctx->paths, identifier, NULL, error);
		if (app == NULL)
			return FALSE;
		known = g_strdup(app->identifier);
	} else {
		known = store_identifier(show->store, show->app, error);
	}
	if (known == NULL)
		return FALSE;
	output_set_identifier(ctx->out, known);
	show->state = syncs_state(show->store, show->app, error);
	show->partials = show->state != NULL ? store_partials(show->store, show->app, error) : NULL;
	return show->partials != NULL;
}

/* "2026-01-31", "2026-01-31T08:15:00Z", "24h", "7d" */
static gboolean
show_parse_since(const char *text, gint64 *ret_since, GError **error)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *midnight = g_strdup_printf("%sT00:00:00Z", text);
	char *end = NULL;
	gint64 n = g_ascii_strtoll(text, &end, 10);

	if (end != text && n > 0 && n < 100000 && (strcmp(end, "h") == 0 || strcmp(end, "d") == 0)) {
		*ret_since = g_get_real_time() / 1000 - n * (*end == 'h' ? 1 : 24) * 3600 * 1000;
		return TRUE;
	}
	time = g_date_time_new_from_iso8601(strchr(text, 'T') != NULL ? text : midnight, utc);
	if (time == NULL) {
		host_error_set(error, IDC_INVALID, "usage",
			       "--since is \"%s\", but must be like 2026-01-31, 2026-01-31T08:15:00Z, 24h or 7d.", text);
		return FALSE;
	}
	*ret_since = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
	return TRUE;
}

static gboolean
show_parse(ViewFilter *filter, ViewKind kind, const char *since, GError **error)
{
	const struct {
		const char *option;
		gboolean given, taken;
	} options[] = {
	    {"--user", filter->user != NULL, view_takes_user(kind)},
	    {"--entitlement", filter->entitlement != NULL, view_takes_entitlement(kind)},
	    {"--since", since != NULL, view_takes_since(kind)},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		if (!options[i].given || options[i].taken)
			continue;
		host_error_set(error, IDC_INVALID, "usage", "%s means nothing for %s; leave it out.", options[i].option,
			       view_word(kind));
		return FALSE;
	}
	return since == NULL || show_parse_since(since, &filter->since, error);
}

static gboolean
show_parse_kind(const char *word, ViewKind *ret_kind, GError **error)
{
	const char *words[N_VIEWS + 1] = {NULL};
	const char *nearest;
	g_autofree char *known = NULL;

	*ret_kind = view_from_word(word);
	if (*ret_kind != N_VIEWS)
		return TRUE;
	for (ViewKind kind = 0; kind < N_VIEWS; kind++)
		words[kind] = view_word(kind);
	nearest = text_nearest(word, words);
	known = text_join(words, "and");
	if (nearest != NULL)
		host_error_set(error, IDC_INVALID, "usage", "There is no \"%s\" to show; did you mean %s?", word, nearest);
	else
		host_error_set(error, IDC_INVALID, "usage", "There is no \"%s\" to show; there are %s.", word, known);
	return FALSE;
}

static gboolean
show_csv(Show *show, CsvStyle style, GError **error)
{
	g_autoptr(CsvWriter) writer = csv_writer_new(stdout, style);
	gsize n = 0;
	const ViewColumn *columns = view_columns(show->kind, &n);
	g_autofree const char **fields = g_new0(const char *, n);
	gboolean row = TRUE;

	for (gsize i = 0; i < n; i++)
		fields[i] = columns[i].name;
	while (row) {
		if (!csv_writer_row(writer, fields, n, error) || !view_next(show->view, &row, error))
			return FALSE;
		for (gsize i = 0; row && i < n; i++)
			fields[i] = view_field(show->view, i);
	}
	return TRUE;
}

static json_object *
show_value(ViewType type, const char *text)
{
	if (text == NULL)
		return NULL;
	if (type == VIEW_NUMBER)
		return json_object_new_int64(g_ascii_strtoll(text, NULL, 10));
	if (type == VIEW_BOOLEAN)
		return json_object_new_boolean(strcmp(text, "true") == 0);
	return json_object_new_string(text);
}

static void
show_fill(const Show *show, Output *output)
{
	json_object *body = output_body(output);
	json_object *stale = json_object_new_array();
	g_autofree char *as_of = show->state->merged_sync != 0 ? text_time(show->state->merged_started) : NULL;

	json_object_object_add(body, "show", json_object_new_string(view_word(show->kind)));
	json_object_object_add(body, "as_of", as_of != NULL ? json_object_new_string(as_of) : NULL);
	for (guint i = 0; i < show->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(show->partials, i);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "kind", json_object_new_string(kind_words(partial->kind, 0)));
		json_object_object_add(entry, "resource",
				       partial->resource != NULL ? json_object_new_string(partial->resource) : NULL);
		json_object_object_add(entry, "reason", json_object_new_string(partial->reason));
		json_object_array_add(stale, entry);
	}
	json_object_object_add(body, "stale", stale);
}

static gboolean
show_json(Show *show, Output *output, GError **error)
{
	gsize n = 0;
	const ViewColumn *columns = view_columns(show->kind, &n);
	gboolean row = FALSE;

	output_begin_lines(output);
	while (view_next(show->view, &row, error)) {
		g_autoptr(json_object) object = NULL;

		if (!row)
			return TRUE;
		object = json_object_new_object();
		for (gsize i = 0; i < n; i++)
			json_object_object_add(object, columns[i].name, show_value(columns[i].type, view_field(show->view, i)));
		output_line(output, object);
	}
	return FALSE;
}

static gboolean
show_table(Show *show, Output *output, GError **error)
{
	gsize n = 0;
	gsize shown = 0;
	guint64 rows = 0;
	const ViewColumn *columns = view_columns(show->kind, &n);
	g_autofree OutputColumn *drawn = g_new0(OutputColumn, n);
	g_autofree gsize *from = g_new0(gsize, n);
	g_autofree const char **cells = g_new0(const char *, n);
	g_autoptr(OutputTable) table = NULL;
	gboolean row = TRUE;

	for (gsize i = 0; i < n; i++) {
		for (gsize t = 0; t < G_N_ELEMENTS(titles); t++) {
			if (strcmp(titles[t].name, columns[i].name) != 0)
				continue;
			drawn[shown] = (OutputColumn){titles[t].title, titles[t].right, titles[t].wrap};
			/* Elsewhere it is one word. */
			if (show->kind == VIEW_TASKS && strcmp(columns[i].name, "what") == 0)
				drawn[shown].wrap = TRUE;
			from[shown++] = i;
			break;
		}
	}
	table = output_table_new(drawn, shown);
	while (view_next(show->view, &row, error) && row) {
		if (rows++ >= SHOW_TABLE_ROWS)
			continue;
		for (gsize i = 0; i < shown; i++)
			cells[i] = view_field(show->view, from[i]);
		output_table_row(table, cells);
	}
	if (row)
		return FALSE;
	if (rows == 0 && show->kind == VIEW_HELD)
		output_say(output, "Nothing is held.");
	else if (rows == 0)
		output_say(output, "There are no %s.", view_word(show->kind));
	else
		output_table_print(output, table);
	if (rows > SHOW_TABLE_ROWS)
		output_note(output, "These are the first %d of %" G_GUINT64_FORMAT " %s; --csv prints all.", SHOW_TABLE_ROWS, rows,
			    view_word(show->kind));
	return TRUE;
}

/* Whoever reads rows must know what they are not. */
static void
show_warn(const Show *show, Output *output)
{
	if (show->state->merged_sync == 0)
		output_note(output, "There is no snapshot yet: no sync has been completed.");
	for (guint i = 0; i < show->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(show->partials, i);
		g_autofree char *sentence = text_sentence(partial->reason);
		g_autofree char *reason = text_escape(sentence);
		g_autofree char *resource = text_escape(partial->resource);

		output_note(output, "The %s%s%s are incomplete: %s", kind_words(partial->kind, 0),
			    partial->resource != NULL ? " of " : "", resource, reason);
	}
}

static gboolean
show_rows(Show *show, CliContext *ctx, const char *csv, GError **error)
{
	gboolean current = show->kind <= VIEW_ATTRIBUTES;

	if (output_is_json(ctx->out)) {
		show_fill(show, ctx->out);
		return show_json(show, ctx->out, error);
	}
	if (current)
		show_warn(show, ctx->out);
	if (csv != NULL)
		return show_csv(show, strcmp(csv, "sheet") == 0 ? CSV_SHEET : CSV_PLAIN, error);
	return show_table(show, ctx->out, error);
}

/* "--csv" alone would take the next argument for its value. */
static GStrv
show_arguments(int argc, char **argv)
{
	GStrv copy = g_new0(char *, (gsize)argc + 1);
	gboolean options = TRUE;

	for (int i = 0; i < argc; i++) {
		options = options && strcmp(argv[i], "--") != 0;
		copy[i] = g_strdup(options && strcmp(argv[i], "--csv") == 0 ? "--csv=plain" : argv[i]);
	}
	return copy;
}

int
cmd_show(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "ID users|entitlements|grants|attributes|changes|syncs|tasks|held",
	    .summary = "Shows what the last good sync found, and what has changed",
	    .details = "Rows come in the order of their ids. --csv prints every column; with --csv=sheet a spreadsheet takes "
		       "nothing for a\n"
		       "formula. --json prints one object a line, the first with as_of and what is stale.",
	    .min_args = 2,
	    .max_args = 2,
	};
	g_autofree char *user = NULL;
	g_autofree char *entitlement = NULL;
	g_autofree char *since = NULL;
	g_autofree char *csv = NULL;
	const GOptionEntry entries[] = {
	    {"user", 0, 0, G_OPTION_ARG_STRING, &user, "Only this user", "ID|E-MAIL"},
	    {"entitlement", 0, 0, G_OPTION_ARG_STRING, &entitlement, "Only this entitlement, or all of this resource", "ID"},
	    {"since", 0, 0, G_OPTION_ARG_STRING, &since, "Only what is not older: 2026-01-31, 24h, 7d", "TIME"},
	    {"csv", 0, 0, G_OPTION_ARG_STRING, &csv, "Print CSV (--csv), or CSV for spreadsheets (--csv=sheet)", "sheet"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_auto(GStrv) arguments = show_arguments(argc, argv);
	g_auto(Show) show = {0};
	g_autoptr(GError) error = NULL;
	ViewFilter filter = {0};
	int exit_status;

	if (!cli_start(ctx, argc, arguments, &usage, entries, &exit_status))
		return exit_status;
	output_set_identifier(ctx->out, ctx->args[0]);
	filter.user = user;
	filter.entitlement = entitlement;
	if (csv != NULL && strcmp(csv, "plain") != 0 && strcmp(csv, "sheet") != 0)
		host_error_set(&error, IDC_INVALID, "usage", "--csv takes nothing or =sheet, not \"%s\".", csv);
	if (error != NULL || !show_parse_kind(ctx->args[1], &show.kind, &error) || !show_parse(&filter, show.kind, since, &error) ||
	    !show_open(&show, ctx, &error))
		return output_fail(ctx->out, error);
	if (show.state->connector != NULL)
		output_set_connector(ctx->out, show.state->connector, show.state->version, show.state->module_sha256);
	show.view = view_new(show.store, show.app, show.kind, &filter, &error);
	if (show.view == NULL || !show_rows(&show, ctx, csv, &error))
		return output_fail(ctx->out, error);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
