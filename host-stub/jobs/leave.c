/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/leave.h"
#include "jobs/resolve.h"
#include "state/holdings.h"
#include <string.h>

static void
leaver_free(gpointer data)
{
	Leaver *leaver = data;

	lookup_user_free(leaver->user);
	g_free(leaver->name);
	g_free(leaver->url);
	g_clear_pointer(&leaver->holdings, g_ptr_array_unref);
	g_free(leaver);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Leaver, leaver_free)

gboolean
leave_has(const Running *run, const char *user_id)
{
	for (guint i = 0; i < run->leavers->len; i++) {
		if (strcmp(((Leaver *)g_ptr_array_index(run->leavers, i))->user->id, user_id) == 0)
			return TRUE;
	}
	return FALSE;
}

/* One item that says why nothing is done about somebody; takes error over, NULL: protected. */
static void
leave_refuse(Running *run, const char *text, const LookupUser *user, GError *error)
{
	Item *item = item_new(SESSION_REMOVE, text, NULL);

	item->user_id = g_strdup(user != NULL ? user->id : NULL);
	item->email = g_strdup(user != NULL ? user->email : NULL);
	if (error != NULL)
		item_refuse(item, error);
	else
		resolve_refuse_protected(item);
	g_ptr_array_add(run->items, item);
}

/* The attribute that is somebody's page at the service. */
static const char *
leave_page(const Manifest *manifest)
{
	for (guint i = 0; i < manifest->attributes->len; i++) {
		const ManifestAttribute *attribute = g_ptr_array_index(manifest->attributes, i);

		if (strcmp(attribute->type, "url") == 0)
			return attribute->key;
	}
	return NULL;
}

static void
leave_add_items(Running *run, const Leaver *leaver)
{
	const ManifestCapability *capability = manifest_capability(run->manifest, "remove_user");

	for (guint i = 0; i < leaver->holdings->len; i++) {
		const Holding *holding = g_ptr_array_index(leaver->holdings, i);
		const ManifestKind *kind = holding->kind != NULL ? manifest_kind(run->manifest, holding->kind) : NULL;
		Item *item;

		if (holding->indirect || !holding->removable || (kind != NULL && !kind->removable) || capability == NULL ||
		    !capability->supported)
			continue;
		item = item_new(SESSION_REMOVE, leaver->user->id, holding->entitlement_id);
		item->index = run->items->len;
		item->turn = manifest_removal_turn(run->manifest, holding->kind);
		item->to_floor = kind != NULL && kind->ranks->len > 0;
		g_ptr_array_add(run->items, item);
	}
}

static gboolean
leave_add(Running *run, GHashTable *protected_set, const char *text, GError **error)
{
	g_autoptr(Leaver) leaver = g_new0(Leaver, 1);
	g_autoptr(GError) problem = NULL;

	leaver->user = lookup_user(run->lookup, text, &problem);
	if (leaver->user == NULL) {
		int32_t status = host_error_status(problem);

		if (status != IDC_NOT_FOUND && status != IDC_CONFLICT) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return FALSE;
		}
		leave_refuse(run, text, NULL, g_steal_pointer(&problem));
		return TRUE;
	}
	if (resolve_is_protected(protected_set, leaver->user->id, leaver->user->email)) {
		leave_refuse(run, text, leaver->user, NULL);
		return TRUE;
	}
	if (leave_has(run, leaver->user->id)) {
		leave_refuse(run, text, leaver->user,
			     host_error_new(IDC_INVALID, "twice", "%s is named twice: it is done once.", text));
		return TRUE;
	}
	leaver->holdings = holdings_of(run->store, run->app_key, leaver->user->key, error);
	if (leaver->holdings == NULL || !holdings_user(run->store, run->app_key, leaver->user->key, leave_page(run->manifest),
						       &leaver->name, &leaver->url, error))
		return FALSE;
	leave_add_items(run, leaver);
	g_ptr_array_add(run->leavers, g_steal_pointer(&leaver));
	return TRUE;
}

/* What has to go first goes first, whoever it is of; else as it was collected. */
static gint
leave_compare(gconstpointer a, gconstpointer b)
{
	const Item *one = *(const Item *const *)a;
	const Item *other = *(const Item *const *)b;

	if (one->turn != other->turn)
		return one->turn < other->turn ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

static gboolean
leave_find_successor(Running *run, GError **error)
{
	if (run->options->successor == NULL)
		return TRUE;
	run->successor = lookup_user(run->lookup, run->options->successor, error);
	if (run->successor == NULL)
		return FALSE;
	if (!leave_has(run, run->successor->id))
		return TRUE;
	host_error_set(error, IDC_INVALID, "successor_leaves", "%s leaves as well, and so cannot be the successor.",
		       run->options->successor);
	return FALSE;
}

gboolean
leave_collect(Running *run, GError **error)
{
	g_autoptr(GHashTable) protected_set = NULL;

	if (run->options->leavers == NULL)
		return TRUE;
	run->leavers = g_ptr_array_new_with_free_func(leaver_free);
	protected_set = resolve_protected(run, error);
	if (protected_set == NULL)
		return FALSE;
	for (guint i = 0; i < run->options->leavers->len; i++) {
		if (!leave_add(run, protected_set, g_ptr_array_index(run->options->leavers, i), error))
			return FALSE;
	}
	g_ptr_array_sort(run->items, leave_compare);
	return leave_find_successor(run, error);
}
