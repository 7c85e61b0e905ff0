/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/fit.h"
#include "base/text.h"
#include "jobs/send.h"
#include "state/fresh.h"
#include "state/given.h"
#include <string.h>

/* ---- the snapshot ---- */

static gboolean
fit_refuse_stale(const Running *run, const char *what, const char *reason, GError **error)
{
	g_autofree char *sentence = text_sentence(reason);

	host_error_set(
	    error, IDC_STATE, "stale",
	    "What the snapshot of %s says of %s is not whole, so nothing was planned or sent on it: %s Put that right, then "
	    "idc-host sync %s.",
	    run->app->identifier, what, sentence, run->app->identifier);
	host_error_set_exit(*error, HOST_EXIT_FAILED);
	return FALSE;
}

static gboolean
fit_check_held(const Running *run, GError **error)
{
	g_autoptr(SyncsState) state = syncs_state(run->store, run->app_key, error);

	if (state == NULL)
		return FALSE;
	if (state->held_digest == NULL)
		return TRUE;
	host_error_set(
	    error, IDC_STATE, "stale",
	    "A list of %s is held, so its snapshot is not what the service has now, and nothing was planned or sent on it. "
	    "Look at idc-host show %s held, and accept it or put right what it shows.",
	    run->app->identifier, run->app->identifier);
	host_error_set_exit(*error, HOST_EXIT_FAILED);
	return FALSE;
}

gboolean
fit_check_fresh(Running *run, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	if (!fit_check_held(run, error))
		return FALSE;
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);
		g_autofree char *thing = NULL;
		g_autofree char *user = NULL;

		if (item->entitlement_id != NULL && g_hash_table_add(seen, item->entitlement_id) &&
		    !fresh_thing(run->store, run->app_key, item->entitlement_id, &thing, error))
			return FALSE;
		if (thing != NULL)
			return fit_refuse_stale(run, item->entitlement_id, thing, error);
		if (item->user_id != NULL && !fresh_user(run->store, run->app_key, item->user_id, &user, error))
			return FALSE;
		if (user != NULL)
			return fit_refuse_stale(run, item->email != NULL ? item->email : item->user_id, user, error);
	}
	return TRUE;
}

gboolean
fit_expect_rules(Running *run, GError **error)
{
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		g_autofree char *rule = NULL;

		if (!item_is_waiting(item) || item->entitlement_id == NULL)
			continue;
		if (!lookup_attribute(run->lookup, item->entitlement_id, ITEM_RULE, &rule, error))
			return FALSE;
		item_set(item, ITEM_EXPECT_RULE, rule);
	}
	return TRUE;
}

/* ---- what only the whole run would show ---- */

static ItemEffect *
fit_removal(const Item *item)
{
	ItemEffect *effect = g_new0(ItemEffect, 1);

	effect->verb = IDC_VERB_REMOVED;
	effect->record = IDC_RECORD_GRANT;
	effect->flags = IDC_EFFECT_EXPECTED;
	effect->user_id = g_strdup(item->user_id);
	effect->entitlement_id = g_strdup(item->entitlement_id);
	return effect;
}

void
fit_mark_uncertain(Running *run)
{
	g_autoptr(GHashTable) given = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);

		if (item->action == SESSION_ADD && item->state == ITEM_ENDED && item->status == IDC_OK)
			g_hash_table_add(given, item->entitlement_id);
	}
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);

		/* Where the service names what is in the way, the additions are not it. */
		if (item->action != SESSION_REMOVE || !item->asked || item->state != ITEM_ENDED || item->status != IDC_REFUSED ||
		    item->attributes != NULL || !g_hash_table_contains(given, item->entitlement_id))
			continue;
		item->state = ITEM_FORETOLD;
		item->uncertain = TRUE;
		g_ptr_array_add(item->effects, fit_removal(item));
	}
}

/* ---- whether it still fits ---- */

/* EXPECTED is what a dry run adds, and requests have other numbers each time. */
static gboolean
fit_same_effect(const ItemEffect *a, const ItemEffect *b)
{
	return a->verb == b->verb && a->record == b->record && ((a->flags ^ b->flags) & IDC_EFFECT_SIDE) == 0 &&
	       g_strcmp0(a->user_id, b->user_id) == 0 && g_strcmp0(a->entitlement_id, b->entitlement_id) == 0 &&
	       g_strcmp0(a->attributes, b->attributes) == 0;
}

/* The first of effects that has no counterpart among others, each of which stands for one; NULL: there is none. */
static const ItemEffect *
fit_beyond(const GPtrArray *effects, const GPtrArray *others)
{
	g_autofree gboolean *taken = g_new0(gboolean, others->len);

	for (guint i = 0; i < effects->len; i++) {
		const ItemEffect *effect = g_ptr_array_index(effects, i);
		guint j = 0;

		while (j < others->len && (taken[j] || !fit_same_effect(effect, g_ptr_array_index(others, j))))
			j++;
		if (j == others->len)
			return effect;
		taken[j] = TRUE;
	}
	return NULL;
}

static char *
fit_effect_text(const Item *item, const ItemEffect *effect)
{
	const char *who = effect->user_id != NULL && g_strcmp0(effect->user_id, item->user_id) != 0 ? effect->user_id : NULL;

	return g_strdup_printf("%s%s%s%s%s", item_verb_word(effect->verb), effect->entitlement_id != NULL ? " " : "",
			       effect->entitlement_id != NULL ? effect->entitlement_id : "", who != NULL ? " of " : "",
			       who != NULL ? who : "");
}

/* Why an item that was asked for no longer does what was foretold, or NULL. resumed: a part of this plan was carried out before. */
static GError *
fit_judge(const Item *item, gboolean resumed)
{
	const ItemEffect *more;
	const ItemEffect *less;
	g_autofree char *text = NULL;

	if (item->state != ITEM_ENDED)
		return host_error_new(IDC_CONFLICT, "plan_misfit", "The service did not say what it would do now.");
	if (item->status == IDC_REFUSED && item->uncertain)
		return NULL;
	if (item->status >= IDC_INVALID)
		return host_error_new(IDC_CONFLICT, "plan_misfit", "It would not be done now: %s", item->error->message);
	if (item->status == IDC_ALREADY && resumed)
		return NULL;
	if (item->status == IDC_ALREADY)
		return host_error_new(IDC_CONFLICT, "plan_misfit", "It is so already, by somebody else's doing.");
	more = fit_beyond(item->effects, item->foretold);
	less = fit_beyond(item->foretold, item->effects);
	if (more != NULL) {
		text = fit_effect_text(item, more);
		return host_error_new(IDC_CONFLICT, "plan_misfit", "It would do more now than was foretold: %s.", text);
	}
	if (less == NULL || resumed)
		return NULL;
	text = fit_effect_text(item, less);
	return host_error_new(IDC_CONFLICT, "plan_misfit", "It would do less now than was foretold: not %s.", text);
}

static guint
fit_judge_all(Running *run, gboolean resumed)
{
	guint misfits = 0;

	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		/* What was refused before it was asked for has its reason. */
		GError *why = item->asked || item->state != ITEM_ENDED ? fit_judge(item, resumed) : g_error_copy(item->error);

		if (why == NULL)
			continue;
		misfits++;
		g_ptr_array_set_size(item->effects, 0);
		item->uncertain = FALSE;
		item_refuse(item, why);
	}
	return misfits;
}

/* None is carried out where one does not fit: the others stay for the next plan. */
static void
fit_leave(Running *run, guint misfits)
{
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);

		if (item->error != NULL && item->state == ITEM_ENDED && item->status >= IDC_INVALID && !item->uncertain)
			continue;
		item_reset(item);
		item->state = ITEM_NOT_ATTEMPTED;
		item->status = IDC_STATE;
		item->error = host_error_new(IDC_STATE, "plan_refused", "It was not sent: %u item%s of its plan no longer fit%s.",
					     misfits, misfits == 1 ? "" : "s", misfits == 1 ? "s" : "");
	}
}

static void
fit_stop(Running *run)
{
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);

		if (item->state == ITEM_ENDED && !item->asked)
			continue;
		item_reset(item);
		item->state = ITEM_NOT_ATTEMPTED;
		item->status = host_error_status(run->report->ended);
		item->error = g_error_copy(run->report->ended);
	}
}

static gboolean
fit_ask(Running *run, GError **error)
{
	gboolean before = run->dry_run;
	gboolean good;

	run->dry_run = TRUE;
	good = send_action(run, SESSION_ADD, error) && send_action(run, SESSION_REMOVE, error);
	run->dry_run = before;
	return good;
}

gboolean
fit_run(Running *run, gboolean *ret_fits, GError **error)
{
	gboolean resumed = FALSE;
	guint misfits;

	*ret_fits = FALSE;
	if (!given_plan_begun(run->store, run->app_key, run->options->plan->digest, &resumed, error) || !fit_ask(run, error))
		return FALSE;
	/* The service was not there for all of it: nothing is known and nothing is sent. */
	if (run->report->ended != NULL) {
		fit_stop(run);
		return TRUE;
	}
	misfits = fit_judge_all(run, resumed);
	if (misfits > 0) {
		run->report->misfits = TRUE;
		fit_leave(run, misfits);
		return TRUE;
	}
	if (run->dry_run)
		fit_mark_uncertain(run);
	for (guint i = 0; !run->dry_run && i < run->items->len; i++)
		item_reset(g_ptr_array_index(run->items, i));
	*ret_fits = TRUE;
	return TRUE;
}
