/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/beyond.h"
#include "base/text.h"
#include "state/holdings.h"
#include <string.h>

/* Each sentence once. */
static void
beyond_add(Running *run, char *sentence)
{
	if (g_ptr_array_find_with_equal_func(run->report->beyond, sentence, g_str_equal, NULL))
		g_free(sentence);
	else
		g_ptr_array_add(run->report->beyond, sentence);
}

/* What could not be read. What the app expects to be missing each time is told by every sync, and nobody can put it right here. */
static gboolean
beyond_partials(Running *run, GError **error)
{
	g_autoptr(GPtrArray) partials = store_partials(run->store, run->app_key, error);

	if (partials == NULL)
		return FALSE;
	store_partials_know(partials, (const char *const *)run->app->known_partial);
	for (guint i = 0; i < partials->len; i++) {
		const StorePartial *partial = g_ptr_array_index(partials, i);
		g_autofree char *reason = text_sentence(partial->reason != NULL ? partial->reason : "it was not told why");

		if (partial->known || (partial->kind != KIND_GRANT && partial->kind != KIND_ENTITLEMENT))
			continue;
		beyond_add(
		    run, g_strdup_printf("The last list was not whole, so who leaves may hold more than it knows, of which nothing "
					 "was taken: %s Put that right, run idc-host sync %s, and give the same command again.",
					 reason, run->app->identifier));
	}
	return TRUE;
}

static gboolean
beyond_held(Running *run, GError **error)
{
	g_autoptr(SyncsState) state = syncs_state(run->store, run->app_key, error);

	if (state == NULL)
		return FALSE;
	if (state->held_digest != NULL)
		beyond_add(run,
			   g_strdup_printf(
			       "A list is held, so who leaves may hold more than is known, of which nothing was taken: look at "
			       "idc-host show %s held, accept it or put right what it shows, and give the same command again.",
			       run->app->identifier));
	return TRUE;
}

/* Whether the run asked for that of them, whatever came of it. */
static gboolean
beyond_was_asked(const Running *run, const Item *of, const char *entitlement_id)
{
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);

		if (item->action == SESSION_REMOVE && g_strcmp0(item->user_id, of->user_id) == 0 &&
		    g_strcmp0(item->entitlement_id, entitlement_id) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
beyond_stays_one(Running *run, const Item *item, const char *entitlement_id)
{
	if (beyond_was_asked(run, item, entitlement_id))
		return;
	beyond_add(run,
		   g_strdup_printf(
		       "%s also holds %s, which the last list does not know: idc-host sync %s, and then the same command again, "
		       "takes it.",
		       item->email != NULL ? item->email : item->user_id, entitlement_id, run->app->identifier));
}

/* What the connector said of a removal that the user still holds. */
static void
beyond_stays(Running *run, const Item *item)
{
	g_auto(GStrv) stays = item_values(item, "stays");

	for (gsize i = 0; item->action == SESSION_REMOVE && stays[i] != NULL; i++)
		beyond_stays_one(run, item, stays[i]);
}

/* What no removal ends: the snapshot knows it, the connector that was asked for the direct grant need not. */
static gboolean
beyond_through(const Running *run, Item *item, GError **error)
{
	g_clear_pointer(&item->through, g_free);
	if (item->action != SESSION_REMOVE || item->state != ITEM_ENDED || item->status >= IDC_INVALID || item->user_id == NULL)
		return TRUE;
	return holdings_through(run->store, run->app_key, item->user_id, item->entitlement_id, &item->through, error);
}

gboolean
beyond_run(Running *run, GError **error)
{
	for (guint i = 0; i < run->items->len; i++) {
		if (!beyond_through(run, g_ptr_array_index(run->items, i), error))
			return FALSE;
	}
	if (run->leavers == NULL)
		return TRUE;
	for (guint i = 0; i < run->items->len; i++)
		beyond_stays(run, g_ptr_array_index(run->items, i));
	return beyond_held(run, error) && beyond_partials(run, error);
}
