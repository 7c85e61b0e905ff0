/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/runner.h"
#include "jobs/sync.h"
#include "state/store.h"
#include <gio/gio.h>
#include <signal.h>
#include <string.h>

/* Syncs wait for services most of the time. */
#define RUNNER_AT_ONCE 4
/* The child itself, even where the file was replaced meanwhile. */
#define RUNNER_PROGRAM "/proc/self/exe"

struct Runner {
	const HostPaths *paths;
	RunnerEnded ended;
	gpointer user_data;
	GQueue *waiting;     /* of char * */
	GHashTable *running; /* identifier -> RunnerChild */
};

typedef struct {
	Runner *runner;
	char *identifier;
	GSubprocess *process;
	gint64 last_sync; /* number of the last one before it */
} RunnerChild;

static void
runner_child_free(gpointer data)
{
	RunnerChild *child = data;

	g_clear_object(&child->process);
	g_free(child->identifier);
	g_free(child);
}

Runner *
runner_new(const HostPaths *paths, RunnerEnded ended, gpointer user_data)
{
	Runner *runner = g_new0(Runner, 1);

	runner->paths = paths;
	runner->ended = ended;
	runner->user_data = user_data;
	runner->waiting = g_queue_new();
	runner->running = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, runner_child_free);
	return runner;
}

void
runner_free(Runner *runner)
{
	if (runner == NULL)
		return;
	g_queue_free_full(runner->waiting, g_free);
	g_hash_table_unref(runner->running);
	g_free(runner);
}

guint
runner_count(const Runner *runner)
{
	return g_queue_get_length(runner->waiting) + g_hash_table_size(runner->running);
}

gboolean
runner_has(const Runner *runner, const char *identifier)
{
	return g_hash_table_contains(runner->running, identifier) ||
	       g_queue_find_custom(runner->waiting, identifier, (GCompareFunc)strcmp) != NULL;
}

/* The last sync of an app, NULL where it has none or the store cannot be read. */
static SyncsEntry *
runner_last(const Runner *runner, const char *identifier)
{
	g_autoptr(Store) store = store_open(runner->paths->data, NULL);
	g_autoptr(SyncsState) state = NULL;
	gint64 app = 0;

	if (store == NULL || !store_find_app(store, identifier, &app, NULL))
		return NULL;
	state = syncs_state(store, app, NULL);
	return state != NULL ? syncs_entry(store, app, state->last_sync, NULL) : NULL;
}

/* What the child said last, without the word before it. */
static char *
runner_sentence(const char *said)
{
	g_auto(GStrv) lines = g_strsplit(said != NULL ? said : "", "\n", -1);
	const char *last = NULL;

	for (gsize i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], "Error: "))
			last = lines[i] + strlen("Error: ");
	}
	return g_strdup(last);
}

static void
runner_tell(RunnerChild *child, GSubprocess *process, const char *said)
{
	Runner *runner = child->runner;
	g_autoptr(SyncsEntry) entry = NULL;
	g_autofree char *reason = NULL;
	RunnerResult result = {.identifier = child->identifier, .exit_status = HOST_EXIT_FAILED};

	if (process == NULL) {
		reason = g_strdup(said);
	} else if (g_subprocess_get_if_exited(process)) {
		result.exit_status = (HostExit)g_subprocess_get_exit_status(process);
		reason = runner_sentence(said);
	} else {
		result.signal = g_subprocess_get_term_sig(process);
		reason = g_strdup_printf(RUNNER_CRASHED " %d (%s)", result.signal, strsignal(result.signal));
		sync_sweep(runner->paths, child->identifier, reason, NULL);
	}
	entry = runner_last(runner, child->identifier);
	if (entry != NULL && entry->sync > child->last_sync) {
		result.entry = entry;
		result.reason = entry->reason;
	}
	if (result.reason == NULL && result.exit_status != HOST_EXIT_OK)
		result.reason = reason;
	runner->ended(&result, runner->user_data);
}

static void runner_next(Runner *runner);

static void
runner_on_ended(GObject *source, GAsyncResult *result, gpointer user_data)
{
	RunnerChild *child = user_data;
	Runner *runner = child->runner;
	g_autofree char *said = NULL;

	g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, NULL, &said, NULL);
	runner_tell(child, G_SUBPROCESS(source), said);
	g_hash_table_remove(runner->running, child->identifier);
	runner_next(runner);
}

static GSubprocess *
runner_spawn(const Runner *runner, const char *identifier, GError **error)
{
	const HostPaths *paths = runner->paths;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GSubprocessLauncher) launcher =
	    g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autofree char *sister = g_canonicalize_filename("../manifest", paths->modules);
	const char *const fixed[] = {RUNNER_PROGRAM, "--data", paths->data, "--quiet", "sync"};

	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)fixed[i]);
	/* Manifests of installed connectors lie elsewhere; the option would send the child to the sister folder. */
	if (strcmp(sister, paths->manifests) == 0) {
		g_ptr_array_add(argv, (gpointer)(guintptr) "--modules");
		g_ptr_array_add(argv, paths->modules);
	}
	if (paths->key_file != NULL) {
		g_ptr_array_add(argv, (gpointer)(guintptr) "--key-file");
		g_ptr_array_add(argv, paths->key_file);
	}
	if (paths->allow_plain_path)
		g_ptr_array_add(argv, (gpointer)(guintptr) "--allow-plain-path");
	g_ptr_array_add(argv, (gpointer)(guintptr)identifier);
	g_ptr_array_add(argv, NULL);
	return g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, error);
}

static void
runner_next(Runner *runner)
{
	while (g_hash_table_size(runner->running) < RUNNER_AT_ONCE && !g_queue_is_empty(runner->waiting)) {
		RunnerChild *child = g_new0(RunnerChild, 1);
		g_autoptr(SyncsEntry) last = NULL;
		g_autoptr(GError) error = NULL;

		child->runner = runner;
		child->identifier = g_queue_pop_head(runner->waiting);
		last = runner_last(runner, child->identifier);
		child->last_sync = last != NULL ? last->sync : 0;
		child->process = runner_spawn(runner, child->identifier, &error);
		if (child->process == NULL) {
			runner_tell(child, NULL, error->message);
			runner_child_free(child);
			continue;
		}
		g_hash_table_insert(runner->running, child->identifier, child);
		g_subprocess_communicate_utf8_async(child->process, NULL, NULL, runner_on_ended, child);
	}
}

void
runner_start(Runner *runner, const char *identifier)
{
	if (runner_has(runner, identifier))
		return;
	g_queue_push_tail(runner->waiting, g_strdup(identifier));
	runner_next(runner);
}

void
runner_stop(Runner *runner, gboolean hard)
{
	GHashTableIter iter;
	gpointer value;

	g_queue_clear_full(runner->waiting, g_free);
	g_hash_table_iter_init(&iter, runner->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		RunnerChild *child = value;

		g_subprocess_send_signal(child->process, hard ? SIGKILL : SIGTERM);
	}
}
