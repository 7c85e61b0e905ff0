/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/change.h"
#include "jobs/beyond.h"
#include "jobs/exactly.h"
#include "jobs/fit.h"
#include "jobs/hold.h"
#include "jobs/keys.h"
#include "jobs/leave.h"
#include "jobs/lock.h"
#include "jobs/resolve.h"
#include "jobs/send.h"
#include "jobs/settle.h"
#include "jobs/succeed.h"
#include "jobs/todo.h"
#include "state/given.h"
#include <string.h>

#define CHANGE_RUN_ID_BYTES 8

void
change_open_free(ChangeOpen *open)
{
	if (open == NULL)
		return;
	g_free(open->user);
	g_free(open->entitlement_id);
	g_free(open);
}

void
change_report_free(ChangeReport *report)
{
	if (report == NULL)
		return;
	g_ptr_array_unref(report->items);
	g_ptr_array_unref(report->opens);
	g_ptr_array_unref(report->tasks);
	g_ptr_array_unref(report->beyond);
	g_free(report->held_why);
	g_free(report->digest);
	g_free(report->audit_head);
	g_clear_error(&report->ended);
	g_free(report);
}

void
change_count(const ChangeReport *report, ChangeCounts *ret_counts)
{
	ChangeCounts counts = {0};

	for (guint i = 0; i < report->items->len; i++) {
		const Item *item = g_ptr_array_index(report->items, i);

		if (item->state == ITEM_UNKNOWN) {
			counts.unknown++;
			counts.failed++;
		} else if (item->state == ITEM_NOT_ATTEMPTED || item->state == ITEM_WAITING) {
			counts.not_attempted++;
		} else if (item->state == ITEM_ENDED && item->status >= IDC_INVALID) {
			counts.failed++;
		} else if (item->state == ITEM_ENDED && item->status == IDC_ALREADY) {
			counts.already++;
		} else {
			counts.ok++;
		}
	}
	*ret_counts = counts;
}

/* Where everything failed for one reason, that reason's; else plainly failed. */
static HostExit
change_failed_exit(const ChangeReport *report)
{
	HostExit exit_status = HOST_EXIT_OK;

	for (guint i = 0; i < report->items->len; i++) {
		const Item *item = g_ptr_array_index(report->items, i);
		HostExit one = host_error_exit(item->error);

		/* What was asked for wrongly is refused like the rest of it. */
		if (one == HOST_EXIT_USAGE)
			one = HOST_EXIT_FAILED;
		if (exit_status != HOST_EXIT_OK && one != exit_status)
			return HOST_EXIT_FAILED;
		exit_status = one;
	}
	return exit_status != HOST_EXIT_OK ? exit_status : HOST_EXIT_FAILED;
}

HostExit
change_report_exit(const ChangeReport *report)
{
	ChangeCounts counts;

	change_count(report, &counts);
	if (report->held)
		return HOST_EXIT_HELD;
	if (report->misfits)
		return HOST_EXIT_FAILED;
	for (guint i = 0; i < report->opens->len; i++) {
		const ChangeOpen *open = g_ptr_array_index(report->opens, i);

		if (open->outcome != OPEN_HOLDS)
			return HOST_EXIT_UNKNOWN;
	}
	if (counts.unknown > 0)
		return HOST_EXIT_UNKNOWN;
	if (counts.failed + counts.not_attempted == 0)
		return report->beyond->len > 0 ? HOST_EXIT_PARTIAL : HOST_EXIT_OK;
	return counts.ok + counts.already > 0 ? HOST_EXIT_PARTIAL : change_failed_exit(report);
}

/* ---- its parts ---- */

static gboolean
change_check_trust(const App *app, const ChangeOptions *options, GError **error)
{
	if (app->trust == APP_READ_WRITE || options->dry_run)
		return TRUE;
	host_error_set(
	    error, IDC_REFUSED, "trust_read",
	    "%s is trusted for reading only, so nothing is changed. If it shall be, set its trust to read-write in its file and "
	    "see that the service grants the scopes.",
	    app->identifier);
	return FALSE;
}

static gboolean
change_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

/* What the app's owners want to read in the journal of each write. */
static gboolean
change_check_required(const App *app, const ChangeOptions *options, GError **error)
{
	gboolean reason = app->require_reason && change_blank(options->reason);
	gboolean ticket = app->require_ticket && change_blank(options->ticket);

	if (options->dry_run || (!reason && !ticket))
		return TRUE;
	host_error_set(error, IDC_INVALID, "reason_required",
		       "Every change of %s has to say %s, so nothing was sent. Give the same command again with %s.",
		       app->identifier,
		       reason && ticket ? "why, and on what request"
		       : reason         ? "why"
					: "on what request",
		       reason && ticket ? "--reason TEXT and --ticket ID"
		       : reason         ? "--reason TEXT"
					: "--ticket ID");
	return FALSE;
}

static gboolean
change_check_capable(const Manifest *manifest, const GPtrArray *items, GError **error)
{
	static const char *const keys[] = {
	    [SESSION_PROVISION] = "provision_user", [SESSION_ADD] = "add_user", [SESSION_REMOVE] = "remove_user"};

	for (guint i = 0; i < items->len; i++) {
		const Item *item = g_ptr_array_index(items, i);
		const ManifestCapability *capability = manifest_capability(manifest, keys[item->action]);

		if (capability != NULL && capability->supported)
			continue;
		host_error_set(error, IDC_UNSUPPORTED, "no_capability",
			       "%s cannot %s%s%s. See idc-host capabilities %s for what it can do.", manifest->name,
			       item_action_word(item->action), capability != NULL && capability->note != NULL ? ": " : "",
			       capability != NULL && capability->note != NULL ? capability->note : "", manifest->id);
		return FALSE;
	}
	return TRUE;
}

static gboolean
change_find_snapshot(Running *run, GError **error)
{
	g_autoptr(SyncsState) state = NULL;

	if (!store_find_app(run->store, run->app->identifier, &run->app_key, error))
		return FALSE;
	state = syncs_state(run->store, run->app_key, error);
	if (state == NULL)
		return FALSE;
	run->sync = state->merged_sync;
	run->report->sync = run->sync;
	run->report->as_of = state->merged_started;
	if (run->sync != 0)
		return TRUE;
	host_error_set(error, IDC_STATE, "no_snapshot",
		       "%s has no snapshot yet, so it is not known who is meant. Run idc-host sync %s first.", run->app->identifier,
		       run->app->identifier);
	return FALSE;
}

static gboolean
change_waits(const Running *run)
{
	for (guint i = 0; i < run->items->len; i++) {
		if (item_is_waiting(g_ptr_array_index(run->items, i)))
			return TRUE;
	}
	return FALSE;
}

static gboolean
change_open_session(Running *run, GError **error)
{
	run->session = session_open(run->paths, run->app, run->manifest, run->vault, error);
	if (run->session == NULL)
		return FALSE;
	if (run->options->opened != NULL)
		run->options->opened(run->session, run->options->user_data);
	return session_sign_in(run->session, NULL, error);
}

/* What belongs to new users follows whom this host invited, in this run or in one that did not come so far. */
static gboolean
change_defaults(Running *run, GError **error)
{
	for (guint i = run->items->len; i > 0; i--) {
		Item *item = g_ptr_array_index(run->items, i - 1);
		const Item *after = item->after;
		gboolean owed = FALSE;

		if (!item->default_for_new || !item_is_waiting(item) || run->options->apply_defaults ||
		    after->status != IDC_ALREADY || after->state != ITEM_ENDED || after->repeated)
			continue;
		if (after->user_id != NULL &&
		    !given_owes(run->store, run->app_key, after->user_id, after->user, item->entitlement_id, &owed, error))
			return FALSE;
		if (!owed)
			g_ptr_array_remove_index(run->items, i - 1);
	}
	for (guint i = 0; i < run->items->len; i++)
		((Item *)g_ptr_array_index(run->items, i))->index = i;
	return TRUE;
}

static gboolean
change_send(Running *run, GError **error)
{
	if (!send_action(run, SESSION_PROVISION, error) || !change_defaults(run, error) || !send_action(run, SESSION_ADD, error) ||
	    !send_action(run, SESSION_REMOVE, error))
		return FALSE;
	if (run->dry_run)
		fit_mark_uncertain(run);
	return TRUE;
}

/* A plan goes out as a whole or not at all. */
static gboolean
change_send_plan(Running *run, GError **error)
{
	gboolean fits = FALSE;

	if (!fit_run(run, &fits, error))
		return FALSE;
	return !fits || run->dry_run || change_send(run, error);
}

/* Whoever cannot foretell would do it. */
static gboolean
change_check_foretells(const Running *run, GError **error)
{
	if ((!run->dry_run && run->options->plan == NULL) || session_can_dry_run(run->session))
		return TRUE;
	host_error_set(error, IDC_UNSUPPORTED, "no_dry_run", "%s cannot foretell what a change does, so it was not asked.",
		       run->manifest->name);
	return FALSE;
}

/* From here on something may be sent. A failure after that is told with what was done. */
static gboolean
change_go(Running *run, GError **error)
{
	idc_usage usage;

	if (!change_open_session(run, error) || !change_check_foretells(run, error) || !succeed_run(run, error))
		return FALSE;
	if (!run->dry_run) {
		run->journal = journal_open(run->store, run->vault, run->app->identifier, run->app_key, error);
		if (run->journal == NULL || !keys_note(run->journal, run->store, run->app_key, run->app, error) ||
		    !settle_run(run, error))
			return FALSE;
	}
	if (!(run->options->plan != NULL ? change_send_plan(run, error) : change_send(run, error)) || !succeed_foretell(run, error))
		return FALSE;
	if (session_usage(run->session, &usage))
		run->report->requests = usage.requests;
	return TRUE;
}

/* What is left to a person, once it is known. */
static gboolean
change_finish(Running *run, GError **error)
{
	if (!todo_run(run, error) || !beyond_run(run, error))
		return FALSE;
	if (run->journal != NULL)
		run->report->audit_head = journal_head(run->journal);
	return TRUE;
}

/* Whom and what it means, and what is refused before anybody is asked. */
static gboolean
change_resolve(Running *run, GError **error)
{
	const ChangeOptions *options = run->options;

	if (!leave_collect(run, error) || (options->exactly != NULL && !exactly_run(run, options->exactly, error)) ||
	    !resolve_run(run, error) || !resolve_protect(run, error))
		return FALSE;
	if ((options->foretell || options->plan != NULL) && !fit_check_fresh(run, error))
		return FALSE;
	return (!options->foretell || fit_expect_rules(run, error)) && hold_run(run, error);
}

static gboolean
change_steps(Running *run, GError **error)
{
	g_autoptr(GError) error_go = NULL;

	if (!change_find_snapshot(run, error))
		return FALSE;
	run->lookup = lookup_new(run->store, run->app_key);
	run->waiting = journal_open_intents(run->store, run->app_key, error);
	if (run->waiting == NULL || !change_resolve(run, error))
		return FALSE;
	if (run->report->held)
		return TRUE;
	if (!change_waits(run) && (run->waiting->len == 0 || run->dry_run))
		return change_finish(run, error);
	if (change_go(run, &error_go) && change_finish(run, &error_go))
		return TRUE;
	/* What was sent before is in the report; what was not stays as it is. */
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);

		if (item->intent == 0)
			continue;
		g_clear_error(&run->report->ended);
		run->report->ended = g_steal_pointer(&error_go);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&error_go));
	return FALSE;
}

static char *
change_run_id(void)
{
	g_autofree char *uuid = g_uuid_string_random();

	return g_strndup(uuid, CHANGE_RUN_ID_BYTES);
}

ChangeReport *
change_run(const HostPaths *paths, const App *app, Manifest *manifest, Vault *vault, GPtrArray *items, const ChangeOptions *options,
	   GError **error)
{
	g_autoptr(ChangeReport) report = g_new0(ChangeReport, 1);
	g_autoptr(Store) store = NULL;
	g_autofree char *run_id = change_run_id();
	Running run = {
	    .paths = paths,
	    .app = app,
	    .manifest = manifest,
	    .vault = vault,
	    .options = options,
	    .report = report,
	    .items = items,
	    .run_id = run_id,
	    .dry_run = options->dry_run,
	    .by = g_get_user_name(),
	};
	gboolean good = FALSE;
	int lock;

	report->items = g_ptr_array_ref(items);
	report->opens = g_ptr_array_new_with_free_func((GDestroyNotify)change_open_free);
	report->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)task_free);
	report->beyond = g_ptr_array_new_with_free_func(g_free);
	report->leaving = options->leavers != NULL;
	report->dry_run = options->dry_run;
	if (!change_check_trust(app, options, error) || !change_check_required(app, options, error) ||
	    !change_check_capable(manifest, items, error))
		return NULL;
	lock = lock_take_changes(paths, app->identifier, error);
	if (lock < 0)
		return NULL;
	store = store_open(paths->data, error);
	if (store != NULL) {
		run.store = store;
		good = change_steps(&run, error);
	}
	journal_close(run.journal);
	session_close(run.session);
	lookup_free(run.lookup);
	lookup_user_free(run.successor);
	g_clear_pointer(&run.leavers, g_ptr_array_unref);
	g_clear_pointer(&run.waiting, g_ptr_array_unref);
	lock_release(lock);
	return good ? g_steal_pointer(&report) : NULL;
}
