/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/alert.h"
#include "cli/commands.h"
#include "cli/state.h"
#include "jobs/runner.h"
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>

/* How often it is looked for what is due: app files may be edited at any time. */
#define RUN_TICK_S 5

typedef struct {
	CliContext *ctx;
	GMainLoop *loop;
	Runner *runner;
	gboolean once;
	gboolean stopping;
	gint64 started;
	HostExit worst;
	json_object *syncs; /* of the envelope, with once */
	OutputTable *table; /* with once */
	GStrv alert;        /* --on-alert, or NULL */
	GHashTable *told;   /* identifier -> what it was told last */
} Run;

/* Tells the service manager, where there is one. */
static void
run_notify(const char *state)
{
	const char *path = g_getenv("NOTIFY_SOCKET");
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GSocketAddress) address = NULL;

	if (path == NULL || (*path != '/' && *path != '@'))
		return;
	socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
	address = *path == '@' ? g_unix_socket_address_new_with_type(path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT)
			       : g_unix_socket_address_new(path);
	if (socket != NULL)
		g_socket_send_to(socket, address, state, strlen(state), NULL, NULL);
}

static const char *
run_word(const RunnerResult *result)
{
	if (result->entry != NULL)
		return syncs_status_word(result->entry->status);
	return result->exit_status == HOST_EXIT_LATER ? "later" : "failed";
}

/* One line a sync, key=value, for a journal that is searched by machines. */
static void
run_metrics(const RunnerResult *result)
{
	const SyncsEntry *entry = result->entry;
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "sync app=%s status=%s exit=%d", result->identifier, run_word(result),
			       (int)result->exit_status);
	if (result->signal != 0)
		g_string_append_printf(line, " signal=%d", result->signal);
	if (entry != NULL) {
		g_string_append_printf(line, " sync=%" G_GINT64_FORMAT " mode=%s", entry->sync,
				       entry->full ? "full" : "incremental");
		if (entry->users >= 0)
			g_string_append_printf(line,
					       " users=%" G_GINT64_FORMAT " entitlements=%" G_GINT64_FORMAT
					       " grants=%" G_GINT64_FORMAT " added=%" G_GINT64_FORMAT " removed=%" G_GINT64_FORMAT
					       " changed=%" G_GINT64_FORMAT " outside=%" G_GINT64_FORMAT,
					       entry->users, entry->entitlements, entry->grants, entry->added, entry->removed,
					       entry->changed, entry->outside);
		g_string_append_printf(
		    line, " requests=%" G_GINT64_FORMAT " waited_ms=%" G_GINT64_FORMAT " duration_ms=%" G_GINT64_FORMAT,
		    entry->requests, entry->waited_ms, MAX(entry->finished - entry->started, 0));
	}
	if (result->reason != NULL) {
		g_autofree char *escaped = text_escape(result->reason);
		g_autofree char *quoted = g_strescape(escaped, NULL);

		g_string_append_printf(line, " reason=\"%s\"", quoted);
	}
	printf("%s\n", line->str);
	fflush(stdout);
}

static void
run_collect(Run *run, const RunnerResult *result)
{
	const SyncsEntry *entry = result->entry;
	gboolean counted = entry != NULL && entry->users >= 0;
	json_object *object = json_object_new_object();
	g_autofree char *users = counted ? g_strdup_printf("%" G_GINT64_FORMAT, entry->users) : NULL;
	g_autofree char *grants = counted ? g_strdup_printf("%" G_GINT64_FORMAT, entry->grants) : NULL;
	g_autofree char *added = counted ? g_strdup_printf("%" G_GINT64_FORMAT, entry->added) : NULL;
	g_autofree char *removed = counted ? g_strdup_printf("%" G_GINT64_FORMAT, entry->removed) : NULL;
	const char *cells[] = {result->identifier, run_word(result), users, grants, added, removed, result->reason};

	output_table_row(run->table, cells);
	json_object_object_add(object, "identifier", json_object_new_string(result->identifier));
	json_object_object_add(object, "status", json_object_new_string(run_word(result)));
	json_object_object_add(object, "exit", json_object_new_int((int)result->exit_status));
	json_object_object_add(object, "sync", entry != NULL ? json_object_new_int64(entry->sync) : NULL);
	json_object_object_add(object, "users", counted ? json_object_new_int64(entry->users) : NULL);
	json_object_object_add(object, "grants", counted ? json_object_new_int64(entry->grants) : NULL);
	json_object_object_add(object, "added", counted ? json_object_new_int64(entry->added) : NULL);
	json_object_object_add(object, "removed", counted ? json_object_new_int64(entry->removed) : NULL);
	json_object_object_add(object, "changed", counted ? json_object_new_int64(entry->changed) : NULL);
	json_object_object_add(object, "duration_ms",
			       entry != NULL ? json_object_new_int64(MAX(entry->finished - entry->started, 0)) : NULL);
	json_object_object_add(object, "reason", result->reason != NULL ? json_object_new_string(result->reason) : NULL);
	json_object_array_add(run->syncs, object);
}

/* A sync that ended and those that wait: once the last is through, so is this. */
static gboolean
run_on_idle(gpointer user_data)
{
	Run *run = user_data;

	if ((run->once || run->stopping) && runner_count(run->runner) == 0)
		g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

static void
run_on_ended(const RunnerResult *result, gpointer user_data)
{
	Run *run = user_data;

	run->worst = schedule_worse(run->worst, result->exit_status);
	if (run->once)
		alert_send_app(run->ctx->out, run->alert, run->ctx->paths, result->identifier);
	if (run->once)
		run_collect(run, result);
	else if (!output_is_quiet(run->ctx->out))
		run_metrics(result);
	g_idle_add(run_on_idle, run);
}

static gboolean
run_is_due(const Run *run, const AppState *state, gint64 now)
{
	gint64 next = state->next;

	if (run->once)
		return schedule_due_once(state->app, state->state, now);
	if (next == SCHEDULE_NEVER)
		return FALSE;
	/* What became due while nothing ran is spread, or every service would be asked in the same second. */
	if (next != 0 && next < run->started)
		next = run->started + schedule_offset(state->app);
	return next <= now;
}

/* An app whose file is broken cannot be synced; that is an end of its own. */
static void
run_tell_broken(Run *run, const AppState *state)
{
	RunnerResult result = {
	    .identifier = state->identifier,
	    .exit_status = host_error_exit(state->problem),
	    .reason = state->problem->message,
	};

	run_on_ended(&result, run);
}

/* What was told already is told again only once it is another thing. */
static void
run_tell_alerts(Run *run, const AppState *state, gint64 now)
{
	HostExit exit_status = HOST_EXIT_OK;
	g_autoptr(GPtrArray) alerts = NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (run->alert == NULL || state->running || runner_has(run->runner, state->identifier))
		return;
	alerts = app_state_alerts(state, now, &exit_status);
	for (guint i = 0; i < alerts->len; i++) {
		const AppAlert *alert = g_ptr_array_index(alerts, i);

		g_string_append_printf(text, "%s\n%s\n", alert->code, alert->message);
	}
	if (g_strcmp0(g_hash_table_lookup(run->told, state->identifier), text->str) == 0)
		return;
	g_hash_table_insert(run->told, g_strdup(state->identifier), g_strdup(text->str));
	alert_send(run->ctx->out, run->alert, state);
}

static gboolean
run_start_due(Run *run, GError **error)
{
	gint64 now = g_get_real_time() / 1000;
	g_autoptr(GPtrArray) states = app_states(run->ctx->paths, NULL, error);

	if (states == NULL)
		return FALSE;
	for (guint i = 0; i < states->len; i++) {
		const AppState *state = g_ptr_array_index(states, i);

		if (state->problem != NULL && run->once)
			run_tell_broken(run, state);
		else if (state->problem == NULL && !state->running && run_is_due(run, state, now))
			runner_start(run->runner, state->identifier);
		if (!run->once)
			run_tell_alerts(run, state, now);
	}
	return TRUE;
}

static gboolean
run_on_tick(gpointer user_data)
{
	Run *run = user_data;
	g_autoptr(GError) error = NULL;

	if (!run->stopping && !run_start_due(run, &error))
		output_error(run->ctx->out, error);
	return G_SOURCE_CONTINUE;
}

/* The first one lets the syncs end by themselves, a second one does not wait. */
static gboolean
run_on_signal(gpointer user_data)
{
	Run *run = user_data;

	run_notify("STOPPING=1");
	runner_stop(run->runner, run->stopping);
	run->stopping = TRUE;
	g_idle_add(run_on_idle, run);
	return G_SOURCE_CONTINUE;
}

static int
run_finish_once(Run *run)
{
	Output *out = run->ctx->out;
	gsize n = json_object_array_length(run->syncs);

	if (n == 0)
		output_say(out, "No sync is due: idc-host status tells when one is.");
	else
		output_table_print(out, run->table);
	return output_finish(out, run->worst);
}

/* Until there is nothing more to do, or until a signal says so. */
static int
run_loop(Run *run)
{
	g_autoptr(GError) error = NULL;
	guint sources[3];
	guint n = 0;

	sources[n++] = g_unix_signal_add(SIGTERM, run_on_signal, run);
	sources[n++] = g_unix_signal_add(SIGINT, run_on_signal, run);
	if (!run_start_due(run, &error))
		return output_fail(run->ctx->out, error);
	if (run->once) {
		g_idle_add(run_on_idle, run);
	} else {
		run_notify("READY=1");
		sources[n++] = g_timeout_add_seconds(RUN_TICK_S, run_on_tick, run);
	}
	g_main_loop_run(run->loop);
	for (guint i = 0; i < n; i++)
		g_source_remove(sources[i]);
	if (run->once)
		return run_finish_once(run);
	return output_finish(run->ctx->out, HOST_EXIT_OK);
}

int
cmd_run(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "",
	    .summary = "Syncs every app when it is due",
	    .details =
		"Runs until SIGTERM or SIGINT, which lets running syncs end cleanly, and prints one line a sync. With --once it\n"
		"syncs what is due now and ends with the exit status of the worst: for cron, timers and CronJobs.",
	    .min_args = 0,
	    .max_args = 0,
	};
	static const OutputColumn columns[] = {
	    {"APP", FALSE, FALSE},  {"STATUS", FALSE, FALSE}, {"USERS", TRUE, FALSE},  {"GRANTS", TRUE, FALSE},
	    {"ADDED", TRUE, FALSE}, {"REMOVED", TRUE, FALSE}, {"REASON", FALSE, TRUE},
	};
	gboolean once = FALSE;
	g_autofree char *on_alert = NULL;
	g_auto(GStrv) alert = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const GOptionEntry entries[] = {
	    {"once", 0, 0, G_OPTION_ARG_NONE, &once, "Sync what is due, then end", NULL},
	    {"on-alert", 0, 0, G_OPTION_ARG_STRING, &on_alert, "Run where an app has alerts, told as JSON on its input", "CMD"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(GMainLoop) loop = NULL;
	g_autoptr(Runner) runner = NULL;
	g_autoptr(OutputTable) table = NULL;
	Run run = {.ctx = ctx, .started = g_get_real_time() / 1000, .worst = HOST_EXIT_OK};
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	if (!alert_parse(on_alert, &alert, &error))
		return output_fail(ctx->out, error);
	run.alert = alert;
	run.told = told;
	loop = g_main_loop_new(NULL, FALSE);
	table = output_table_new(columns, G_N_ELEMENTS(columns));
	runner = runner_new(ctx->paths, run_on_ended, &run);
	run.loop = loop;
	run.runner = runner;
	run.table = table;
	run.once = once;
	run.syncs = json_object_new_array();
	json_object_object_add(output_body(ctx->out), "syncs", run.syncs);
	return run_loop(&run);
}
