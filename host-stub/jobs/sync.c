/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/sync.h"
#include "jobs/keys.h"
#include "jobs/lock.h"
#include "state/stage.h"
#include "state/store.h"
#include <string.h>

#define PROGRESS_INTERVAL_US (100 * 1000)
/* Asking the clock for each of a million records would be seen. */
#define PROGRESS_RECORDS 64

static const char killed[] = "The process ended before the list was complete; nothing was changed.";

/* One sync under way. */
typedef struct {
	const HostPaths *paths;
	const App *app;
	Manifest *manifest;
	Vault *vault;
	Session *session; /* borrowed, or own_session */
	const SyncOptions *options;
	Store *store;
	SyncsState *state;
	Stage *stage;
	gint64 app_key;
	gint64 sync;
	gint64 started;
	gint64 begun_us; /* monotonic */
	gint64 shown_us;
	guint64 counts[N_KINDS];
	SyncProgress progress;
	SyncsCost before; /* what the session had cost when it was handed over */
	SyncsCost lost;   /* what a failed one has cost */
} SyncRun;

static gint64
sync_now(void)
{
	return g_get_real_time() / 1000;
}

void
sync_report_free(SyncReport *report)
{
	if (report == NULL)
		return;
	g_free(report->identifier);
	merge_result_free(report->merge);
	g_free(report->connector_id);
	g_free(report->connector_version);
	g_free(report->module_sha256);
	g_free(report);
}

HostExit
sync_report_exit(const SyncReport *report)
{
	if (report->merge->held)
		return HOST_EXIT_HELD;
	for (guint i = 0; i < report->merge->partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(report->merge->partials, i);

		if (!partial->known)
			return HOST_EXIT_PARTIAL;
	}
	return HOST_EXIT_OK;
}

/* Which settings were used: others than last time may list what was not listed before. */
static char *
sync_settings_hash(const App *app)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(app->settings), (GCompareFunc)strcmp);

	for (const GList *key = keys; key != NULL; key = key->next) {
		const char *value = g_hash_table_lookup(app->settings, key->data);

		g_checksum_update(checksum, key->data, (gssize)strlen(key->data) + 1);
		g_checksum_update(checksum, (const guchar *)value, (gssize)strlen(value) + 1);
	}
	return g_strdup(g_checksum_get_string(checksum));
}

static SyncsCost
sync_cost(const SyncRun *run)
{
	idc_usage usage = {.struct_size = sizeof(usage)};

	if (run->session == NULL || !session_usage(run->session, &usage))
		return (SyncsCost){0};
	return (SyncsCost){
	    .requests = usage.requests - run->before.requests,
	    .retries = usage.retries - run->before.retries,
	    .waited_ms = usage.waited_ms - run->before.waited_ms,
	};
}

/* ---- progress ---- */

static void
sync_show(SyncRun *run)
{
	SyncsCost cost = sync_cost(run);
	gint64 now = g_get_monotonic_time();

	run->shown_us = now;
	run->progress.records = stage_records(run->stage);
	run->progress.requests = cost.requests;
	run->progress.waited_ms = cost.waited_ms;
	run->progress.elapsed_ms = (now - run->begun_us) / 1000;
	run->options->progress(&run->progress, run->options->user_data);
}

static void
sync_on_progress(uint32_t record, uint64_t done, uint64_t expected, gpointer user_data)
{
	SyncRun *run = user_data;
	Kind kind = kind_from_record(record);

	if (kind == N_KINDS)
		return;
	run->progress.kind = kind;
	run->progress.done = done;
	run->progress.expected = expected;
	if (g_get_monotonic_time() - run->shown_us >= PROGRESS_INTERVAL_US)
		sync_show(run);
}

static int32_t
sync_on_message(const idc_message *message, gpointer user_data)
{
	SyncRun *run = user_data;
	int32_t status = stage_take(message, run->stage);

	if (run->options->progress != NULL && stage_records(run->stage) % PROGRESS_RECORDS == 0 &&
	    g_get_monotonic_time() - run->shown_us >= PROGRESS_INTERVAL_US)
		sync_show(run);
	return status;
}

/* ---- its parts ---- */

/* The kinds that the connector lists at all. */
static gboolean
sync_want(const SyncRun *run, uint32_t *ret_want, GError **error)
{
	const idc_capabilities *capabilities = NULL;
	int32_t status = session_connector(run->session)->ops->capabilities(NULL, &capabilities, NULL);

	if (status != IDC_OK || capabilities == NULL || (capabilities->records & KINDS_ALL) == 0) {
		host_error_set(error, IDC_UNSUPPORTED, "no_list", "%s lists nothing, so there is nothing to sync.",
			       run->manifest->name);
		return FALSE;
	}
	*ret_want = capabilities->records & KINDS_ALL;
	return TRUE;
}

static gboolean
sync_open_stage(SyncRun *run, uint32_t want, const char *cursor, GError **error)
{
	run->stage = stage_new(run->store, run->app_key, want, cursor != NULL, error);
	if (run->stage == NULL)
		return FALSE;
	for (guint i = 0; i < run->manifest->kinds->len; i++) {
		const ManifestKind *kind = g_ptr_array_index(run->manifest->kinds, i);

		stage_set_kind(run->stage, kind->kind, kind->assignable, kind->removable);
	}
	return TRUE;
}

/* The network's part: a whole list lies in the stage, or nothing came of it. */
static gboolean
sync_list(SyncRun *run, uint32_t want, const char *cursor, GError **error)
{
	Services *services = session_services(run->session);
	g_autoptr(GError) error_list = NULL;
	g_autoptr(GError) error_stage = NULL;
	int32_t status;

	if (run->options->progress != NULL)
		services_set_progress(services, sync_on_progress, run);
	status = session_list(run->session, want, cursor, sync_on_message, run, &error_list);
	services_set_progress(services, NULL, NULL);
	/* Where the host refused a record, its own sentence says more than what the connector made of it. */
	error_stage = stage_take_error(run->stage);
	if (error_stage != NULL) {
		g_propagate_error(error, g_steal_pointer(&error_stage));
		return FALSE;
	}
	if (error_list != NULL) {
		g_propagate_error(error, g_steal_pointer(&error_list));
		return FALSE;
	}
	if (run->options->progress != NULL) {
		run->progress.merging = TRUE;
		sync_show(run);
	}
	return stage_finish(run->stage, status, error);
}

static MergeResult *
sync_merge(SyncRun *run, const SyncsCost *cost, GError **error)
{
	g_autofree char *settings = sync_settings_hash(run->app);
	const MergeOptions options = {
	    .sync = run->sync,
	    .now = sync_now(),
	    .module_sha256 = module_sha256(session_module(run->session)),
	    .settings_hash = settings,
	    .at_least = run->app->guard.at_least,
	    .percent = run->app->guard.percent,
	    .accept = run->options->accept,
	    .known_partial = (const char *const *)run->app->known_partial,
	    .cost = *cost,
	};

	return merge_run(run->stage, &options, error);
}

/* From a session that is signed in to a report. */
static SyncReport *
sync_with_session(SyncRun *run, GError **error)
{
	const idc_connector *connector = session_connector(run->session);
	const char *sha256 = module_sha256(session_module(run->session));
	g_autoptr(SyncReport) report = g_new0(SyncReport, 1);
	/* Another module may see the service with other eyes: it begins anew. */
	gboolean full = run->options->full || run->state->cursor == NULL || g_strcmp0(run->state->module_sha256, sha256) != 0;
	const char *cursor = full ? NULL : run->state->cursor;
	uint32_t want = 0;

	if (!syncs_module(run->store, run->app_key, run->sync, full, connector->id, connector->version, sha256, error) ||
	    !sync_want(run, &want, error) || !sync_open_stage(run, want, cursor, error) || !sync_list(run, want, cursor, error))
		return NULL;
	report->cost = sync_cost(run);
	report->merge = sync_merge(run, &report->cost, error);
	if (report->merge == NULL)
		return NULL;
	report->identifier = g_strdup(run->app->identifier);
	report->sync = run->sync;
	report->full = full;
	report->started = run->started;
	report->finished = sync_now();
	report->connector_id = g_strdup(connector->id);
	report->connector_version = g_strdup(connector->version);
	report->module_sha256 = g_strdup(sha256);
	return g_steal_pointer(&report);
}

/* Whatever a failed one has cost is kept for the book: the session may end here. */
static SyncReport *
sync_recorded(SyncRun *run, GError **error)
{
	g_autoptr(Session) own = NULL;
	g_autoptr(SessionIdentity) identity = NULL;
	SyncReport *report = NULL;
	gboolean ready = run->session != NULL;

	if (ready) {
		run->before = sync_cost(run);
	} else {
		own = session_open(run->paths, run->app, run->manifest, run->vault, error);
		if (own == NULL)
			return NULL;
		run->session = own;
		if (run->options->opened != NULL)
			run->options->opened(own, run->options->opened_data);
		ready = session_sign_in(own, &identity, error) &&
			syncs_authorized(run->store, run->app_key, session_identity_until(identity), error);
	}
	if (ready)
		report = sync_with_session(run, error);
	if (report == NULL)
		run->lost = sync_cost(run);
	return report;
}

/* A digest that names nothing is told before anything is asked for. */
static gboolean
sync_check_accept(const SyncRun *run, GError **error)
{
	const char *accept = run->options->accept;

	if (accept == NULL || g_strcmp0(accept, run->state->held_digest) == 0)
		return TRUE;
	if (run->state->held_digest == NULL)
		host_error_set(error, IDC_INVALID, "nothing_held", "Nothing of %s is held, so there is nothing to accept.",
			       run->app->identifier);
	else
		host_error_set(error, IDC_INVALID, "other_held",
			       "What is held of %s has the digest %s, not %s. Look at it with idc-host show %s held.",
			       run->app->identifier, run->state->held_digest, accept, run->app->identifier);
	host_error_set_exit(*error, HOST_EXIT_FAILED);
	return FALSE;
}

/* Where somebody ended it, that is what they need to read, and not how the connector took it. */
static void
sync_tell_signal(GError **error)
{
	int number = services_signal();

	if (number == 0 || host_error_status(*error) != IDC_CANCELLED)
		return;
	g_clear_error(error);
	host_error_set(error, IDC_CANCELLED, "cancelled",
		       "The sync was ended by signal %d (%s) before its list was complete. Nothing was changed; run it again.",
		       number, g_strsignal(number));
}

static SyncReport *
sync_locked(SyncRun *run, GError **error)
{
	g_autoptr(GError) error_sync = NULL;
	SyncReport *report;

	if (!store_add_app(run->store, run->app->identifier, &run->app_key, error) ||
	    !syncs_sweep(run->store, run->app_key, sync_now(), killed, error))
		return NULL;
	keys_look(run->paths, run->store, run->vault, run->app_key, run->app);
	run->state = syncs_state(run->store, run->app_key, error);
	if (run->state == NULL || !sync_check_accept(run, error) ||
	    !syncs_begin(run->store, run->app_key, run->started, &run->sync, error))
		return NULL;
	report = sync_recorded(run, &error_sync);
	if (report != NULL)
		return report;
	sync_tell_signal(&error_sync);
	/* One that cannot be written down now (a full disk) is found by the next sync. */
	syncs_failed(run->store, run->app_key, run->sync, sync_now(), error_sync, &run->lost, NULL);
	if (host_error_exit(error_sync) == HOST_EXIT_REAUTHORIZE)
		syncs_authorized(run->store, run->app_key, 0, NULL);
	g_propagate_error(error, g_steal_pointer(&error_sync));
	return NULL;
}

SyncReport *
sync_run(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, Session *session, const SyncOptions *options,
	 GError **error)
{
	g_autoptr(Store) store = NULL;
	SyncRun run = {
	    .paths = paths,
	    .app = app,
	    .manifest = manifest,
	    .vault = vault,
	    .session = session,
	    .options = options,
	    .started = sync_now(),
	    .begun_us = g_get_monotonic_time(),
	    .progress = {.kind = KIND_PRINCIPAL, .expected = IDC_COUNT_UNKNOWN},
	};
	SyncReport *report = NULL;
	int lock;

	lock = lock_take(paths, app->identifier, error);
	if (lock < 0)
		return NULL;
	store = store_open(paths->data, error);
	if (store != NULL) {
		run.store = store;
		report = sync_locked(&run, error);
	}
	stage_free(run.stage);
	syncs_state_free(run.state);
	lock_release(lock);
	return report;
}

gboolean
sync_sweep(const HostPaths *paths, const char *identifier, const char *reason, GError **error)
{
	g_autoptr(Store) store = NULL;
	gint64 app = 0;
	gboolean good;
	int lock = lock_take(paths, identifier, NULL);

	if (lock < 0)
		return TRUE;
	store = store_open(paths->data, error);
	good =
	    store != NULL && store_find_app(store, identifier, &app, error) && syncs_sweep(store, app, sync_now(), reason, error);
	lock_release(lock);
	return good;
}
