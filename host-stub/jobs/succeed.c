/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/succeed.h"
#include "base/json.h"
#include "jobs/leave.h"
#include "jobs/send.h"
#include <string.h>

gboolean
succeed_is_last(Running *run, const char *entitlement_id, gboolean *ret_last, GError **error)
{
	g_autoptr(LookupEntitlement) entitlement = lookup_entitlement(run->lookup, entitlement_id, error);
	const ManifestKind *kind;
	g_autoptr(GPtrArray) holders = NULL;

	if (entitlement == NULL)
		return FALSE;
	*ret_last = FALSE;
	kind = entitlement->kind != NULL ? manifest_kind(run->manifest, entitlement->kind) : NULL;
	/* Of which one takes the place of another for the same person, nobody has to be left. */
	if (kind != NULL && kind->exclusive != NULL)
		return TRUE;
	holders = lookup_holders(run->lookup, entitlement_id, error);
	if (holders == NULL)
		return FALSE;
	for (guint i = 0; i < holders->len; i++) {
		if (!leave_has(run, ((LookupUser *)g_ptr_array_index(holders, i))->id))
			return TRUE;
	}
	*ret_last = TRUE;
	return TRUE;
}

/* Items of the run that may be about the last ones, and copies of them to be asked for. */
static gboolean
succeed_find_last(Running *run, GPtrArray *items, GPtrArray *copies, GError **error)
{
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		gboolean last = FALSE;
		Item *copy;

		if (!item_is_waiting(item))
			continue;
		if (!succeed_is_last(run, item->entitlement_id, &last, error))
			return FALSE;
		if (!last)
			continue;
		copy = item_new(SESSION_REMOVE, item->user, item->entitlement_id);
		copy->user_id = g_strdup(item->user_id);
		g_ptr_array_add(items, item);
		g_ptr_array_add(copies, copy);
	}
	return TRUE;
}

/* The addition for the successor goes to the front; all leavers who hold it wait for it. */
static void
succeed_add(Running *run, const char *entitlement_id, const GPtrArray *last)
{
	Item *addition = item_new(SESSION_ADD, run->options->successor, entitlement_id);

	addition->user_id = g_strdup(run->successor->id);
	addition->email = g_strdup(run->successor->email);
	for (guint i = 0; i < last->len; i++) {
		Item *item = g_ptr_array_index(last, i);

		if (strcmp(item->entitlement_id, entitlement_id) == 0)
			item->after = addition;
	}
	g_ptr_array_insert(run->items, 0, addition);
}

gboolean
succeed_run(Running *run, GError **error)
{
	g_autoptr(GPtrArray) last = g_ptr_array_new();
	g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);

	if (run->successor == NULL)
		return TRUE;
	if (!succeed_find_last(run, last, copies, error))
		return FALSE;
	/* The snapshot may be an hour old, and does not know what the service allows. */
	if (session_can_dry_run(run->session) && !send_dry(run, copies, error))
		return FALSE;
	for (guint i = last->len; i > 0; i--) {
		const Item *item = g_ptr_array_index(last, i - 1);
		const Item *copy = g_ptr_array_index(copies, i - 1);

		if (item->after == NULL && (item_is_waiting(copy) || copy->status == IDC_REFUSED))
			succeed_add(run, item->entitlement_id, last);
	}
	for (guint i = 0; i < run->items->len; i++)
		((Item *)g_ptr_array_index(run->items, i))->index = i;
	return TRUE;
}

/* ---- what a dry run cannot see ---- */

/* Whether the run takes from the same person what this names: an entitlement, or the resource that one is of. */
static gboolean
succeed_takes(Running *run, const char *user_id, const char *id, gboolean *ret_takes, GError **error)
{
	*ret_takes = FALSE;
	for (guint i = 0; i < run->items->len && !*ret_takes; i++) {
		const Item *item = g_ptr_array_index(run->items, i);
		g_autoptr(LookupEntitlement) entitlement = NULL;

		if (item->action != SESSION_REMOVE || g_strcmp0(item->user_id, user_id) != 0 ||
		    !(item->state == ITEM_FORETOLD || (item->state == ITEM_ENDED && item->status == IDC_OK)))
			continue;
		entitlement = lookup_entitlement(run->lookup, item->entitlement_id, error);
		if (entitlement == NULL)
			return FALSE;
		*ret_takes = strcmp(entitlement->id, id) == 0 || g_strcmp0(entitlement->resource_id, id) == 0;
	}
	return TRUE;
}

/* Whether all that stands in the way of an item goes by this run as well. */
static gboolean
succeed_unblocks(Running *run, const Item *item, gboolean *ret_unblocks, GError **error)
{
	g_auto(GStrv) blockers = item_values(item, "blocked_by");

	*ret_unblocks = blockers[0] != NULL;
	for (gsize i = 0; blockers[i] != NULL && *ret_unblocks; i++) {
		if (!succeed_takes(run, item->user_id, blockers[i], ret_unblocks, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
succeed_foretell(Running *run, GError **error)
{
	for (guint i = 0; run->leavers != NULL && run->dry_run && i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		gboolean unblocks = FALSE;

		if (item->state != ITEM_ENDED || item->status != IDC_REFUSED || item->action != SESSION_REMOVE)
			continue;
		if (!succeed_unblocks(run, item, &unblocks, error))
			return FALSE;
		if (!unblocks)
			continue;
		item->state = ITEM_FORETOLD;
		g_clear_error(&item->error);
		g_clear_pointer(&item->attributes, g_free);
	}
	return TRUE;
}
