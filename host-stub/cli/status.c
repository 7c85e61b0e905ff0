/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/alert.h"
#include "cli/commands.h"
#include "cli/state.h"

static gint64
status_now(void)
{
	return g_get_real_time() / 1000;
}

/* "12 s", "5 min", "3 h", "2 d" */
static char *
status_span(gint64 ms)
{
	gint64 s = MAX(ms, 0) / 1000;

	if (s < 120)
		return g_strdup_printf("%" G_GINT64_FORMAT " s", s);
	if (s < 2 * 3600)
		return g_strdup_printf("%" G_GINT64_FORMAT " min", s / 60);
	if (s < 48 * 3600)
		return g_strdup_printf("%" G_GINT64_FORMAT " h", s / 3600);
	return g_strdup_printf("%" G_GINT64_FORMAT " d", s / 86400);
}

/* How much longer it is authorized, in the words of the table. What the connector renews by itself may be over in between. */
static char *
status_authorized(const AppState *state, gint64 now)
{
	g_autofree char *span = NULL;

	if (state->problem != NULL)
		return NULL;
	if (state->state->last_status == SYNCS_FAILED && state->state->last_exit == HOST_EXIT_REAUTHORIZE &&
	    state->state->authorized_until == 0)
		return g_strdup("no longer");
	if (state->state->authorized_until == 0)
		return g_strdup("not told");
	if (state->state->authorized_until <= now)
		return g_strdup("to renew");
	span = status_span(state->state->authorized_until - now);
	return g_strdup_printf("for %s", span);
}

static void
status_add_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

static void
status_add_time(json_object *object, const char *key, gint64 time)
{
	g_autofree char *text = time > 0 ? text_time(time) : NULL;

	status_add_text(object, key, text);
}

/* When it is due, in the words of the table. */
static char *
status_due(const AppState *state, gint64 now)
{
	g_autofree char *span = NULL;

	if (state->problem != NULL)
		return NULL;
	if (state->next == SCHEDULE_NEVER)
		return g_strdup("by hand");
	if (state->next <= now)
		return g_strdup("now");
	span = status_span(state->next - now);
	return g_strdup_printf("in %s", span);
}

static json_object *
status_partials(const AppState *state)
{
	json_object *array = json_object_new_array();

	for (guint i = 0; state->partials != NULL && i < state->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(state->partials, i);
		json_object *entry = json_object_new_object();

		status_add_text(entry, "kind", kind_words(partial->kind, 0));
		status_add_text(entry, "resource", partial->resource);
		status_add_text(entry, "reason", partial->reason);
		json_object_object_add(entry, "since_sync", json_object_new_int64(partial->since));
		json_object_object_add(entry, "known", json_object_new_boolean(partial->known));
		json_object_array_add(array, entry);
	}
	return array;
}

static json_object *
status_json(const AppState *state, GPtrArray *alerts, HostExit exit_status, gint64 now)
{
	static const SyncsState none = {0};
	const SyncsState *syncs = state->state != NULL ? state->state : &none;
	gboolean merged = syncs->merged_sync != 0;
	json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();

	for (guint i = 0; i < alerts->len; i++)
		json_object_array_add(array, json_object_new_string(((AppAlert *)g_ptr_array_index(alerts, i))->message));
	status_add_text(object, "identifier", state->identifier);
	status_add_text(object, "connector", state->app != NULL ? state->app->connector : NULL);
	status_add_text(object, "state", app_state_word(state));
	json_object_object_add(object, "exit", json_object_new_int((int)exit_status));
	status_add_time(object, "last_good", syncs->merged_finished);
	json_object_object_add(object, "age_s", merged ? json_object_new_int64((now - syncs->merged_finished) / 1000) : NULL);
	json_object_object_add(object, "complete", json_object_new_boolean(merged && state->partials->len == 0));
	json_object_object_add(object, "partial", status_partials(state));
	json_object_object_add(object, "users", merged ? json_object_new_uint64(state->users) : NULL);
	json_object_object_add(object, "grants", merged ? json_object_new_uint64(state->grants) : NULL);
	json_object_object_add(object, "tasks_open", json_object_new_uint64(state->tasks));
	status_add_text(object, "held", syncs->held_digest);
	json_object_object_add(object, "open_intents", json_object_new_int64(state->open));
	status_add_time(object, "last_tried", syncs->last_started);
	json_object_object_add(object, "failures", json_object_new_int((int)syncs->failures));
	/* null where it is synced by hand; the past where it is due. */
	status_add_time(object, "next_due", state->next == 0 ? now : state->next);
	/* null where it is not known, or over for good; the past where it is to be renewed. */
	status_add_time(object, "authorized_until", syncs->authorized_until);
	json_object_object_add(object, "running", json_object_new_boolean(state->running));
	json_object_object_add(object, "alerts", array);
	return object;
}

static void
status_row(OutputTable *table, const AppState *state, gint64 now)
{
	g_autofree char *age = NULL;
	g_autofree char *due = status_due(state, now);
	g_autofree char *authorized = status_authorized(state, now);
	g_autofree char *users = NULL;
	g_autofree char *grants = NULL;
	g_autofree char *tasks = g_strdup_printf("%" G_GUINT64_FORMAT, state->tasks);
	const char *cells[9] = {state->identifier, state->app != NULL ? state->app->connector : NULL, app_state_word(state)};

	if (state->state != NULL && state->state->merged_sync != 0) {
		g_autofree char *span = status_span(now - state->state->merged_finished);

		age = g_strdup_printf("%s ago", span);
		users = g_strdup_printf("%" G_GUINT64_FORMAT, state->users);
		grants = g_strdup_printf("%" G_GUINT64_FORMAT, state->grants);
	}
	cells[3] = age != NULL ? age : "none yet";
	cells[4] = due;
	cells[5] = authorized;
	cells[6] = users;
	cells[7] = grants;
	cells[8] = state->problem == NULL ? tasks : NULL;
	output_table_row(table, cells);
}

int
cmd_status(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "[ID]",
	    .summary = "Shows where every app stands",
	    .details =
		"The exit status is that of the worst app: 3 incomplete, 5 held, 6 not authorized, 1 failed or overdue,\n"
		"4 a change without a result.\n"
		"LAST GOOD is the last sync that was kept. AUTHORIZED is for how long the service has said so: what a connector\n"
		"renews by itself is \"to renew\" once that is over; \"no longer\" needs idc-host reauthorize ID.\n"
		"TASKS is how many a person still has to do at the service: idc-host show ID tasks.",
	    .min_args = 0,
	    .max_args = 1,
	};
	static const OutputColumn columns[] = {
	    {"APP", FALSE, FALSE},       {"CONNECTOR", FALSE, FALSE}, {"STATE", FALSE, FALSE},
	    {"LAST GOOD", FALSE, FALSE}, {"NEXT DUE", FALSE, FALSE},  {"AUTHORIZED", FALSE, FALSE},
	    {"USERS", TRUE, FALSE},      {"GRANTS", TRUE, FALSE},     {"TASKS", TRUE, FALSE},
	};
	g_autoptr(OutputTable) table = output_table_new(columns, G_N_ELEMENTS(columns));
	g_autoptr(GString) told = g_string_new(NULL);
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GError) error = NULL;
	json_object *array = json_object_new_array();
	HostExit worst = HOST_EXIT_OK;
	gint64 now = status_now();
	g_autofree char *on_alert = NULL;
	g_auto(GStrv) alert = NULL;
	const GOptionEntry entries[] = {
	    {"on-alert", 0, 0, G_OPTION_ARG_STRING, &on_alert, "Run for each app with alerts, told as JSON on its input", "CMD"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status)) {
		json_object_put(array);
		return exit_status;
	}
	json_object_object_add(output_body(ctx->out), "apps", array);
	if (!alert_parse(on_alert, &alert, &error))
		return output_fail(ctx->out, error);
	if (ctx->args[0] != NULL)
		output_set_identifier(ctx->out, ctx->args[0]);
	states = app_states(ctx->paths, ctx->args[0], &error);
	if (states == NULL)
		return output_fail(ctx->out, error);
	for (guint i = 0; i < states->len; i++) {
		const AppState *state = g_ptr_array_index(states, i);
		HostExit this_exit = HOST_EXIT_OK;
		g_autoptr(GPtrArray) alerts = app_state_alerts(state, now, &this_exit);

		worst = schedule_worse(worst, this_exit);
		status_row(table, state, now);
		json_object_array_add(array, status_json(state, alerts, this_exit, now));
		for (guint a = 0; a < alerts->len; a++) {
			g_autofree char *escaped = text_escape(((AppAlert *)g_ptr_array_index(alerts, a))->message);

			g_string_append_printf(told, "%s%s: %s", told->len > 0 ? "\n" : "", state->identifier, escaped);
		}
		alert_send(ctx->out, alert, state);
	}
	if (states->len == 0)
		output_say(ctx->out, "No app is connected yet in %s: idc-host modules shows what can be.", ctx->paths->data);
	else
		output_table_print(ctx->out, table);
	if (told->len > 0)
		output_say(ctx->out, "\n%s", told->str);
	return output_finish(ctx->out, worst);
}
