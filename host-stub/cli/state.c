/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/state.h"
#include "base/text.h"
#include "jobs/lock.h"
#include "jobs/runner.h"
#include "state/journal.h"
#include "state/tasks.h"

void
app_state_free(AppState *state)
{
	if (state == NULL)
		return;
	g_free(state->identifier);
	app_free(state->app);
	g_clear_error(&state->problem);
	syncs_state_free(state->state);
	g_clear_pointer(&state->partials, g_ptr_array_unref);
	g_free(state);
}

/* What a run that is under way has sent is its own matter. */
static gboolean
app_state_read_open(AppState *state, const HostPaths *paths, Store *store, gint64 app, GError **error)
{
	gboolean changing = lock_changes_is_held(paths, state->identifier);
	g_autoptr(GPtrArray) opens = journal_open_intents(store, app, error);

	if (opens == NULL)
		return FALSE;
	if (changing || opens->len == 0 || lock_changes_is_held(paths, state->identifier))
		return TRUE;
	state->open = opens->len;
	state->open_since = ((const JournalOpen *)g_ptr_array_index(opens, 0))->time;
	return TRUE;
}

static gboolean
app_state_read(AppState *state, const HostPaths *paths, Store *store, GError **error)
{
	gint64 app = 0;

	state->app = app_load(paths, state->identifier, NULL, error);
	if (state->app == NULL || !store_find_app(store, state->identifier, &app, error))
		return FALSE;
	state->state = syncs_state(store, app, error);
	if (state->state == NULL || !store_count(store, app, KIND_PRINCIPAL, &state->users, error) ||
	    !store_count(store, app, KIND_GRANT, &state->grants, error) || !tasks_count(store, app, &state->tasks, error))
		return FALSE;
	state->partials = store_partials(store, app, error);
	if (state->partials == NULL)
		return FALSE;
	store_partials_know(state->partials, (const char *const *)state->app->known_partial);
	state->running = lock_is_held(paths, state->identifier);
	if (!app_state_read_open(state, paths, store, app, error))
		return FALSE;
	state->next = schedule_next(state->app, state->state);
	return TRUE;
}

static AppState *
app_state_new(const HostPaths *paths, Store *store, const char *identifier)
{
	AppState *state = g_new0(AppState, 1);

	state->identifier = g_strdup(identifier);
	state->next = SCHEDULE_NEVER;
	app_state_read(state, paths, store, &state->problem);
	return state;
}

GPtrArray *
app_states(const HostPaths *paths, const char *identifier, GError **error)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func((GDestroyNotify)app_state_free);
	g_auto(GStrv) names = app_list(paths, error);
	g_autoptr(Store) store = NULL;

	if (names == NULL)
		return NULL;
	if (names[0] != NULL) {
		store = store_open(paths->data, error);
		if (store == NULL)
			return NULL;
	}
	for (gsize i = 0; names[i] != NULL; i++) {
		if (identifier == NULL || g_ascii_strcasecmp(names[i], identifier) == 0)
			g_ptr_array_add(states, app_state_new(paths, store, names[i]));
	}
	if (identifier != NULL && states->len == 0) {
		/* Says which there are. */
		g_autoptr(App) app = app_load(paths, identifier, NULL, error);

		if (app == NULL)
			return NULL;
	}
	return g_steal_pointer(&states);
}

const char *
app_state_word(const AppState *state)
{
	if (state->problem != NULL)
		return "broken";
	if (state->running)
		return "running";
	if (state->state->last_sync == 0)
		return "never";
	return state->state->last_status == SYNCS_RUNNING ? "failed" : syncs_status_word(state->state->last_status);
}

static void
app_alert_free(gpointer data)
{
	AppAlert *alert = data;

	g_free(alert->message);
	g_free(alert);
}

/* Takes message over. */
static void
app_state_add(GPtrArray *alerts, HostExit *exit_status, HostExit this_exit, const char *code, char *message)
{
	AppAlert *alert = g_new0(AppAlert, 1);

	alert->code = code;
	alert->message = message;
	g_ptr_array_add(alerts, alert);
	*exit_status = schedule_worse(*exit_status, this_exit);
}

/* What a person has to do is said here; the reason is the service's. */
static void
app_state_add_failed(const AppState *state, GPtrArray *alerts, HostExit *exit_status)
{
	const SyncsState *syncs = state->state;
	gboolean unauthorized = syncs->last_exit == HOST_EXIT_REAUTHORIZE;
	g_autofree char *reason = text_sentence(syncs->last_reason);
	const char *code = "sync_failed";

	if (unauthorized)
		code = "token_failure";
	else if (syncs->last_reason != NULL && g_str_has_prefix(syncs->last_reason, RUNNER_CRASHED))
		code = "connector_crash";
	app_state_add(alerts, exit_status, (HostExit)syncs->last_exit, code,
		      g_strdup_printf("The last sync failed%s: %s%s%s%s", syncs->failures > 1 ? ", as did those before it" : "",
				      reason, unauthorized ? " Once that is put right: idc-host reauthorize " : "",
				      unauthorized ? state->identifier : "", unauthorized ? "." : ""));
}

static void
app_state_add_last(const AppState *state, GPtrArray *alerts, HostExit *exit_status)
{
	const SyncsState *syncs = state->state;

	if (syncs->last_status == SYNCS_FAILED)
		app_state_add_failed(state, alerts, exit_status);
	else if (syncs->last_status == SYNCS_RUNNING && !state->running)
		app_state_add(alerts, exit_status, HOST_EXIT_FAILED, "connector_crash",
			      g_strdup("The last sync ended without a word: its process was killed. Run it again."));
	if (syncs->held_digest != NULL)
		app_state_add(
		    alerts, exit_status, HOST_EXIT_HELD, "held",
		    g_strdup_printf("Removals are held: look at idc-host show %s held, then idc-host sync %s --accept %s.",
				    state->identifier, state->identifier, syncs->held_digest));
}

/* Whether what they asked for was done is found out by the next run of changes. */
static void
app_state_add_open(const AppState *state, GPtrArray *alerts, HostExit *exit_status)
{
	g_autofree char *since = NULL;

	if (state->open == 0)
		return;
	since = text_time(state->open_since);
	app_state_add(alerts, exit_status, HOST_EXIT_UNKNOWN, "open_intent",
		      state->open == 1
			  ? g_strdup_printf("A change of %s has no result: its process ended before it was written down. Give that "
					    "command again; any other change tells what became of it.",
					    since)
			  : g_strdup_printf("%u changes since %s have no result: their process ended before it was written down. "
					    "Give that command again; any other change tells what became of them.",
					    state->open, since));
}

GPtrArray *
app_state_alerts(const AppState *state, gint64 now, HostExit *ret_exit)
{
	g_autoptr(GPtrArray) alerts = g_ptr_array_new_with_free_func(app_alert_free);
	HostExit exit_status = HOST_EXIT_OK;

	if (state->problem != NULL) {
		app_state_add(alerts, &exit_status, host_error_exit(state->problem), "broken", g_strdup(state->problem->message));
		*ret_exit = exit_status;
		return g_steal_pointer(&alerts);
	}
	for (guint i = 0; i < state->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(state->partials, i);
		g_autofree char *reason = text_sentence(partial->reason);

		if (!partial->known)
			app_state_add(alerts, &exit_status, HOST_EXIT_PARTIAL, "partial",
				      g_strdup_printf("The %s%s%s are incomplete since sync %" G_GINT64_FORMAT ": %s",
						      kind_words(partial->kind, 0), partial->resource != NULL ? " of " : "",
						      partial->resource != NULL ? partial->resource : "", partial->since, reason));
	}
	if (schedule_overdue(state->app, state->state, now) && !state->running) {
		g_autofree char *due = text_time(state->next);

		app_state_add(
		    alerts, &exit_status, HOST_EXIT_FAILED, "overdue",
		    g_strdup_printf("A sync was due at %s and did not happen: is idc-host run, or a timer for run --once, at work?",
				    due));
	}
	app_state_add_last(state, alerts, &exit_status);
	app_state_add_open(state, alerts, &exit_status);
	*ret_exit = exit_status;
	return g_steal_pointer(&alerts);
}
