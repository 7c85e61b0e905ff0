/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/alert.h"
#include "base/text.h"
#include <gio/gio.h>

#define ALERT_WAIT_MS 30000

gboolean
alert_parse(const char *command, GStrv *ret_argv, GError **error)
{
	g_autoptr(GError) error_local = NULL;

	if (command == NULL || g_shell_parse_argv(command, NULL, ret_argv, &error_local))
		return TRUE;
	host_error_set(error, IDC_INVALID, "usage", "--on-alert \"%s\" is no command: %s", command, error_local->message);
	return FALSE;
}

static char *
alert_json(const AppState *state, GPtrArray *alerts, HostExit exit_status, gint64 now)
{
	g_autoptr(json_object) object = json_object_new_object();
	json_object *list = json_object_new_array();
	g_autofree char *time = text_time(now);

	for (guint i = 0; i < alerts->len; i++) {
		const AppAlert *alert = g_ptr_array_index(alerts, i);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "code", json_object_new_string(alert->code));
		json_object_object_add(entry, "message", json_object_new_string(alert->message));
		json_object_array_add(list, entry);
	}
	json_object_object_add(object, "schema", json_object_new_string("idc-host/1"));
	json_object_object_add(object, "time", json_object_new_string(time));
	json_object_object_add(object, "identifier", json_object_new_string(state->identifier));
	json_object_object_add(object, "state", json_object_new_string(app_state_word(state)));
	json_object_object_add(object, "exit", json_object_new_int((int)exit_status));
	json_object_object_add(object, "alerts", list);
	return g_strconcat(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), "\n",
			   NULL);
}

typedef struct {
	GMainLoop *loop;
	GSubprocess *process;
	GError *error;
	gboolean late;
} AlertRun;

static void
alert_on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
	AlertRun *run = user_data;

	g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, NULL, NULL, &run->error);
	g_main_loop_quit(run->loop);
}

static gboolean
alert_on_late(gpointer user_data)
{
	AlertRun *run = user_data;

	run->late = TRUE;
	g_subprocess_force_exit(run->process);
	return G_SOURCE_REMOVE;
}

/* In a context of its own: the caller's goes on afterwards. NULL, or what went wrong. */
static char *
alert_run(GStrv argv, const char *text)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GSource) timeout = g_timeout_source_new(ALERT_WAIT_MS);
	AlertRun run = {.loop = loop};
	char *problem = NULL;

	g_main_context_push_thread_default(context);
	process =
	    g_subprocess_newv((const char *const *)argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
	if (process != NULL) {
		run.process = process;
		g_source_set_callback(timeout, alert_on_late, &run, NULL);
		g_source_attach(timeout, context);
		g_subprocess_communicate_utf8_async(process, text, NULL, alert_on_done, &run);
		g_main_loop_run(loop);
		g_source_destroy(timeout);
	}
	if (process == NULL)
		problem = g_strdup(error->message);
	else if (run.late)
		problem = g_strdup_printf("it did not end within %d s", ALERT_WAIT_MS / 1000);
	else if (!g_subprocess_get_successful(process))
		problem = g_subprocess_get_if_exited(process)
			      ? g_strdup_printf("it ended with %d", g_subprocess_get_exit_status(process))
			      : g_strdup("it was killed");
	g_clear_error(&run.error);
	g_main_context_pop_thread_default(context);
	return problem;
}

void
alert_send(Output *output, GStrv argv, const AppState *state)
{
	gint64 now = g_get_real_time() / 1000;
	HostExit exit_status = HOST_EXIT_OK;
	g_autoptr(GPtrArray) alerts = NULL;
	g_autofree char *text = NULL;
	g_autofree char *problem = NULL;

	if (argv == NULL)
		return;
	alerts = app_state_alerts(state, now, &exit_status);
	if (alerts->len == 0)
		return;
	text = alert_json(state, alerts, exit_status, now);
	problem = alert_run(argv, text);
	if (problem != NULL)
		output_warn(output, "alert_failed", "The command of --on-alert (%s) was not told of %s: %s.", argv[0],
			    state->identifier, problem);
}

void
alert_send_app(Output *output, GStrv argv, const HostPaths *paths, const char *identifier)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) states = NULL;

	if (argv == NULL)
		return;
	states = app_states(paths, identifier, &error);
	if (states == NULL)
		output_warn(output, "alert_failed", "Whether there is an alert of %s is not known: %s", identifier, error->message);
	for (guint i = 0; states != NULL && i < states->len; i++)
		alert_send(output, argv, g_ptr_array_index(states, i));
}
