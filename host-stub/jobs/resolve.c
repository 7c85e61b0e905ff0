/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/resolve.h"
#include "load/settings.h"
#include <string.h>

/* Errors about one item end that item; a store that cannot be read ends the run. */
static gboolean
resolve_refuse(Item *item, GError *problem, GError **error)
{
	int32_t status = host_error_status(problem);

	if (status == IDC_NOT_FOUND || status == IDC_CONFLICT || status == IDC_REFUSED || status == IDC_INVALID) {
		item_refuse(item, problem);
		return TRUE;
	}
	g_propagate_error(error, problem);
	return FALSE;
}

static gboolean
resolve_user(Running *run, Item *item, GError **error)
{
	g_autoptr(LookupUser) user = NULL;
	GError *problem = NULL;

	/* Whoever refused it has said already whom it means. */
	if (!item_is_waiting(item) && item->user_id != NULL)
		return TRUE;
	if (item->action == SESSION_PROVISION) {
		item->email = g_strdup(item->user);
		return TRUE;
	}
	if (item->after != NULL) {
		item->email = g_strdup(item->after->user);
		return TRUE;
	}
	user = lookup_user(run->lookup, item->user, &problem);
	if (user == NULL)
		return resolve_refuse(item, problem, error);
	item->user_id = g_strdup(user->id);
	item->email = g_strdup(user->email);
	return TRUE;
}

static gboolean
resolve_entitlement(Running *run, Item *item, GError **error)
{
	g_autoptr(LookupEntitlement) entitlement = NULL;
	GError *problem = NULL;
	gboolean resource = FALSE;

	if (item->action == SESSION_PROVISION || !item_is_waiting(item))
		return TRUE;
	entitlement = lookup_entitlement(run->lookup, item->entitlement_id, &problem);
	if (entitlement != NULL)
		return TRUE;
	if (item->action == SESSION_REMOVE && !lookup_resource(run->lookup, item->entitlement_id, &resource, error)) {
		g_error_free(problem);
		return FALSE;
	}
	if (!resource)
		return resolve_refuse(item, problem, error);
	g_error_free(problem);
	return TRUE;
}

/* What names the same grant, whatever is to be done with it; the e-mail without case where somebody is to be invited. */
static char *
resolve_name(const Item *item)
{
	g_autofree char *email = item->email != NULL ? g_ascii_strdown(item->email, -1) : g_strdup("");

	return g_strdup_printf("%s\n%s", item->user_id != NULL ? item->user_id : email,
			       item->entitlement_id != NULL ? item->entitlement_id : "");
}

/* Twice the same is a mistake in a file, and to add and to remove the same contradicts itself. */
static void
resolve_twice(Running *run)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		g_autofree char *name = resolve_name(item);
		const Item *before = g_hash_table_lookup(seen, name);

		if (!item_is_waiting(item))
			continue;
		if (before == NULL)
			g_hash_table_insert(seen, g_steal_pointer(&name), item);
		else
			item_refuse(item, host_error_new(IDC_INVALID, "twice", "Item %u of this run is about the same: %s.",
							 before->index + 1,
							 before->action == item->action ? "it is done once"
											: "to add and to remove it contradicts"));
	}
}

gboolean
resolve_run(Running *run, GError **error)
{
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);

		item->index = i;
		if (!resolve_user(run, item, error) || !resolve_entitlement(run, item, error))
			return FALSE;
	}
	resolve_twice(run);
	return TRUE;
}

/* ---- who is protected ---- */

static void
resolve_add_protected(GHashTable *set, const char *email)
{
	if (email != NULL && *email != '\0')
		g_hash_table_add(set, g_ascii_strdown(email, -1));
}

/* Who holds the highest rank of a kind, where it cannot be given: an account's owner. */
static gboolean
resolve_add_owners(Running *run, GHashTable *set, GError **error)
{
	for (guint i = 0; i < run->manifest->kinds->len; i++) {
		const ManifestKind *kind = g_ptr_array_index(run->manifest->kinds, i);
		const ManifestRank *highest = NULL;
		g_autoptr(LookupEntitlement) entitlement = NULL;
		g_autoptr(GPtrArray) holders = NULL;

		for (guint j = 0; j < kind->ranks->len; j++) {
			const ManifestRank *rank = g_ptr_array_index(kind->ranks, j);

			if (highest == NULL || rank->rank > highest->rank)
				highest = rank;
		}
		entitlement = highest != NULL ? lookup_entitlement(run->lookup, highest->id, NULL) : NULL;
		if (entitlement == NULL || entitlement->assignable)
			continue;
		holders = lookup_holders(run->lookup, highest->id, error);
		if (holders == NULL)
			return FALSE;
		for (guint j = 0; j < holders->len; j++)
			g_hash_table_add(set, g_strdup(((LookupUser *)g_ptr_array_index(holders, j))->id));
	}
	return TRUE;
}

/* Whether to add it would take another one of the same resource away: a role change. */
static gboolean
resolve_replaces(Running *run, const Item *item, gboolean *ret_replaces, GError **error)
{
	g_autoptr(LookupEntitlement) wanted = lookup_entitlement(run->lookup, item->entitlement_id, NULL);
	const ManifestKind *kind = wanted != NULL ? manifest_kind(run->manifest, wanted->kind) : NULL;
	g_autoptr(LookupUser) user = NULL;
	g_autoptr(GPtrArray) held = NULL;

	*ret_replaces = FALSE;
	if (kind == NULL || kind->exclusive == NULL || item->user_id == NULL)
		return TRUE;
	user = lookup_user(run->lookup, item->user_id, error);
	held = user != NULL ? lookup_held(run->lookup, user->key, wanted->resource_id, error) : NULL;
	if (held == NULL)
		return FALSE;
	for (guint i = 0; i < held->len; i++) {
		const LookupEntitlement *other = g_ptr_array_index(held, i);

		if (g_strcmp0(other->kind, wanted->kind) == 0 && strcmp(other->id, wanted->id) != 0)
			*ret_replaces = TRUE;
	}
	return TRUE;
}

GHashTable *
resolve_protected(Running *run, GError **error)
{
	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *from = manifest_setting(run->manifest, "from_email") != NULL
			       ? settings_value(run->manifest, run->app->settings, "from_email")
			       : NULL;

	for (gsize i = 0; run->app->protected_emails[i] != NULL; i++)
		resolve_add_protected(set, run->app->protected_emails[i]);
	resolve_add_protected(set, from);
	resolve_add_protected(set, run->app->connected_as);
	return resolve_add_owners(run, set, error) ? g_steal_pointer(&set) : NULL;
}

gboolean
resolve_is_protected(GHashTable *set, const char *user_id, const char *email)
{
	g_autofree char *lower = email != NULL ? g_ascii_strdown(email, -1) : NULL;

	return (lower != NULL && g_hash_table_contains(set, lower)) || g_hash_table_contains(set, user_id);
}

void
resolve_refuse_protected(Item *item)
{
	item_refuse(item, host_error_new(IDC_REFUSED, "protected",
					 "%s is protected: nothing is taken from them and no role of theirs is changed. Whoever "
					 "is to be left alone stands under \"protected\" in the app's file; who owns the "
					 "account, connects it or is named by from_email is always left alone.",
					 item->email != NULL ? item->email : item->user_id));
}

gboolean
resolve_protect(Running *run, GError **error)
{
	g_autoptr(GHashTable) set = resolve_protected(run, error);

	if (set == NULL)
		return FALSE;
	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);
		gboolean replaces = FALSE;

		if (!item_is_waiting(item) || item->action == SESSION_PROVISION || item->after != NULL ||
		    !resolve_is_protected(set, item->user_id, item->email))
			continue;
		if (item->action == SESSION_ADD && !resolve_replaces(run, item, &replaces, error))
			return FALSE;
		if (item->action == SESSION_REMOVE || replaces)
			resolve_refuse_protected(item);
	}
	return TRUE;
}
