/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/exactly.h"
#include <string.h>

/* How many of what is wrong with a list is told at once. */
#define EXACTLY_FAULTS 10

typedef struct {
	Running *run;
	const char *thing;
	gboolean resource;   /* thing is one */
	GPtrArray *targets;  /* of LookupEntitlement: what is to be held exactly so */
	GHashTable *wanted;  /* "user\nentitlement" */
	GHashTable *chosen;  /* "user\nkind" -> the entitlement, of kinds of which one holds a single one */
	GHashTable *holding; /* "user\nentitlement" of who holds it, however */
	GPtrArray *items;    /* what the run becomes */
	GString *faults;
	guint n_faults;
} Exactly;

static char *
exactly_name(const char *user_id, const char *what)
{
	return g_strdup_printf("%s\n%s", user_id, what);
}

static void G_GNUC_PRINTF(2, 3) exactly_fault(Exactly *exactly, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (exactly->n_faults++ < EXACTLY_FAULTS)
		g_string_append_printf(exactly->faults, "%s%s", exactly->faults->len > 0 ? "; " : "", text);
}

/* ---- what is to be held ---- */

static gboolean
exactly_refuse_kind(const Exactly *exactly, const LookupEntitlement *target, GError **error)
{
	const ManifestKind *kind = target->kind != NULL ? manifest_kind(exactly->run->manifest, target->kind) : NULL;

	if (kind != NULL && exactly->resource && kind->ranks->len > 0) {
		host_error_set(error, IDC_INVALID, "whole_account",
			       "Everybody of the account holds something of %s, and there is no plan for a whole account. Name one "
			       "entitlement of it, such as %s.",
			       exactly->thing, target->id);
		return FALSE;
	}
	if (kind == NULL || (kind->assignable && kind->removable))
		return TRUE;
	host_error_set(error, IDC_INVALID, "not_assignable",
		       "%s can be seen here but neither given nor taken, so there is nothing to plan. Change it at the service.",
		       target->id);
	return FALSE;
}

static gboolean
exactly_find_targets(Exactly *exactly, GError **error)
{
	Lookup *lookup = exactly->run->lookup;
	g_autoptr(GError) error_local = NULL;
	LookupEntitlement *entitlement = lookup_entitlement(lookup, exactly->thing, &error_local);

	if (entitlement != NULL) {
		exactly->targets = g_ptr_array_new_with_free_func((GDestroyNotify)lookup_entitlement_free);
		g_ptr_array_add(exactly->targets, entitlement);
	} else if (host_error_status(error_local) != IDC_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	} else if (!lookup_resource(lookup, exactly->thing, &exactly->resource, error)) {
		return FALSE;
	} else if (exactly->resource) {
		exactly->targets = lookup_under(lookup, exactly->thing, error);
		if (exactly->targets == NULL)
			return FALSE;
	}
	if (exactly->targets == NULL || exactly->targets->len == 0) {
		host_error_set(error, IDC_NOT_FOUND, "no_such_entitlement",
			       "The last snapshot has no entitlement \"%s\" and nothing under a resource of that id. idc-host show "
			       "APP entitlements lists them; if it is new, sync first.",
			       exactly->thing);
		return FALSE;
	}
	for (guint i = 0; i < exactly->targets->len; i++) {
		if (!exactly_refuse_kind(exactly, g_ptr_array_index(exactly->targets, i), error))
			return FALSE;
	}
	return TRUE;
}

static const LookupEntitlement *
exactly_target(const Exactly *exactly, const char *id)
{
	for (guint i = 0; i < exactly->targets->len; i++) {
		const LookupEntitlement *target = g_ptr_array_index(exactly->targets, i);

		if (id == NULL ? exactly->targets->len == 1 : strcmp(target->id, id) == 0)
			return target;
	}
	return NULL;
}

static gboolean
exactly_is_exclusive(const Exactly *exactly, const LookupEntitlement *target)
{
	const ManifestKind *kind = target->kind != NULL ? manifest_kind(exactly->run->manifest, target->kind) : NULL;

	return kind != NULL && kind->exclusive != NULL;
}

/* ---- who shall hold it ---- */

static void
exactly_want(Exactly *exactly, const char *user_id, const LookupEntitlement *target, const char *row)
{
	g_hash_table_add(exactly->wanted, exactly_name(user_id, target->id));
	if (exactly_is_exclusive(exactly, target)) {
		g_autofree char *name = exactly_name(user_id, target->kind);
		const char *other = g_hash_table_lookup(exactly->chosen, name);

		if (other != NULL && strcmp(other, target->id) != 0)
			exactly_fault(exactly, "%s shall hold %s and %s, but one can hold only one of them", row, other,
				      target->id);
		g_hash_table_replace(exactly->chosen, g_steal_pointer(&name), g_strdup(target->id));
	}
}

static gboolean
exactly_take_rows(Exactly *exactly, GError **error)
{
	Running *run = exactly->run;

	for (guint i = 0; i < run->items->len; i++) {
		const Item *row = g_ptr_array_index(run->items, i);
		const LookupEntitlement *target = exactly_target(exactly, row->entitlement_id);
		g_autoptr(GError) error_local = NULL;
		g_autoptr(LookupUser) user = lookup_user(run->lookup, row->user, &error_local);

		if (user == NULL && host_error_status(error_local) != IDC_NOT_FOUND &&
		    host_error_status(error_local) != IDC_CONFLICT) {
			g_propagate_error(error, g_steal_pointer(&error_local));
			return FALSE;
		}
		if (user == NULL)
			exactly_fault(exactly, "%s is nobody whom the last snapshot knows, or more than one", row->user);
		else if (target == NULL && row->entitlement_id == NULL)
			exactly_fault(exactly, "%s needs an entitlement, because %s has several", row->user, exactly->thing);
		else if (target == NULL)
			exactly_fault(exactly, "%s does not belong to %s", row->entitlement_id, exactly->thing);
		else
			exactly_want(exactly, user->id, target, row->user);
	}
	if (exactly->n_faults == 0)
		return TRUE;
	host_error_set(error, IDC_INVALID, "holders_refused",
		       "Nothing was planned, because a mistake in this list would take access from whoever was meant: %s%s.",
		       exactly->faults->str, exactly->n_faults > EXACTLY_FAULTS ? "; and more" : "");
	return FALSE;
}

/* ---- what that takes ---- */

static Item *
exactly_add(Exactly *exactly, SessionChange action, const char *user_id, const char *entitlement_id)
{
	Item *item = item_new(action, user_id, entitlement_id);

	g_ptr_array_add(exactly->items, item);
	return item;
}

static void
exactly_take_from(Exactly *exactly, const LookupUser *user, const LookupEntitlement *target)
{
	g_autofree char *choice = exactly_name(user->id, target->kind != NULL ? target->kind : "");

	/* Another one of these that they shall hold replaces it. */
	if (exactly_is_exclusive(exactly, target) && g_hash_table_contains(exactly->chosen, choice))
		return;
	exactly_add(exactly, SESSION_REMOVE, user->id, target->id);
}

static void
exactly_tell_indirect(Exactly *exactly, const LookupUser *user, const LookupEntitlement *target)
{
	Item *item = exactly_add(exactly, SESSION_REMOVE, user->id, target->id);

	item_refuse(item,
		    host_error_new(IDC_REFUSED, "indirect",
				   "%s holds this through %s, which cannot be taken here. Take them off that at the service.",
				   user->email != NULL ? user->email : user->id, user->via != NULL ? user->via : "something else"));
}

static gboolean
exactly_compare(Exactly *exactly, const LookupEntitlement *target, gboolean indirect, GError **error)
{
	Lookup *lookup = exactly->run->lookup;
	g_autoptr(GPtrArray) holders =
	    indirect ? lookup_indirect_holders(lookup, target->id, error) : lookup_holders(lookup, target->id, error);

	if (holders == NULL)
		return FALSE;
	for (guint i = 0; i < holders->len; i++) {
		const LookupUser *user = g_ptr_array_index(holders, i);
		char *name = exactly_name(user->id, target->id);
		gboolean wanted = g_hash_table_contains(exactly->wanted, name);

		g_hash_table_add(exactly->holding, name);
		if (!wanted && indirect)
			exactly_tell_indirect(exactly, user, target);
		else if (!wanted)
			exactly_take_from(exactly, user, target);
	}
	return TRUE;
}

static gint
exactly_order(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

/* In the order of ids, so that the same list gives the same plan. */
static void
exactly_give(Exactly *exactly)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(exactly->wanted), exactly_order);

	for (const GList *at = names; at != NULL; at = at->next) {
		g_auto(GStrv) parts = g_strsplit(at->data, "\n", 2);

		if (!g_hash_table_contains(exactly->holding, at->data))
			exactly_add(exactly, SESSION_ADD, parts[0], parts[1]);
	}
}

static gboolean
exactly_steps(Exactly *exactly, GError **error)
{
	if (!exactly_find_targets(exactly, error) || !exactly_take_rows(exactly, error))
		return FALSE;
	for (guint i = 0; i < exactly->targets->len; i++) {
		const LookupEntitlement *target = g_ptr_array_index(exactly->targets, i);

		if (!exactly_compare(exactly, target, FALSE, error) || !exactly_compare(exactly, target, TRUE, error))
			return FALSE;
	}
	exactly_give(exactly);
	g_ptr_array_set_size(exactly->run->items, 0);
	g_ptr_array_extend_and_steal(exactly->run->items, g_steal_pointer(&exactly->items));
	return TRUE;
}

gboolean
exactly_run(Running *run, const char *thing, GError **error)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) holding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) faults = g_string_new(NULL);
	Exactly exactly = {
	    .run = run,
	    .thing = thing,
	    .wanted = wanted,
	    .chosen = chosen,
	    .holding = holding,
	    .items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free),
	    .faults = faults,
	};
	gboolean good = exactly_steps(&exactly, error);

	g_clear_pointer(&exactly.targets, g_ptr_array_unref);
	g_clear_pointer(&exactly.items, g_ptr_array_unref);
	return good;
}
