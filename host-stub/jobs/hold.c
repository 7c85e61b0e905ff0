/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/hold.h"
#include <string.h>

/* Percent of a handful of grants says nothing: up to these of a kind are never held on that account. */
#define HOLD_HANDFUL 5

typedef struct {
	GPtrArray *lines;  /* one a grant: "user\nentitlement" */
	GHashTable *seen;  /* the same, borrowed */
	GHashTable *kinds; /* kind -> how many, as a number */
} Hold;

static void
hold_add(Hold *hold, const char *user_id, const LookupEntitlement *entitlement)
{
	char *line = g_strdup_printf("%s\n%s\n", user_id, entitlement->id);
	const char *kind = entitlement->kind != NULL ? entitlement->kind : "";
	guint n;

	if (g_hash_table_contains(hold->seen, line)) {
		g_free(line);
		return;
	}
	n = GPOINTER_TO_UINT(g_hash_table_lookup(hold->kinds, kind));
	g_ptr_array_add(hold->lines, line);
	g_hash_table_add(hold->seen, line);
	g_hash_table_replace(hold->kinds, g_strdup(kind), GUINT_TO_POINTER(n + 1));
}

static gboolean
hold_collect(Running *run, Hold *hold, GError **error)
{
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);
		g_autoptr(LookupUser) user = NULL;
		g_autoptr(GPtrArray) held = NULL;

		if (!item_is_waiting(item) || item->action != SESSION_REMOVE)
			continue;
		user = lookup_user(run->lookup, item->user_id, error);
		held = user != NULL ? lookup_held(run->lookup, user->key, item->entitlement_id, error) : NULL;
		if (held == NULL)
			return FALSE;
		for (guint j = 0; j < held->len; j++)
			hold_add(hold, user->id, g_ptr_array_index(held, j));
	}
	return TRUE;
}

static gint
hold_compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *
hold_digest(Hold *hold)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

	g_ptr_array_sort(hold->lines, hold_compare);
	for (guint i = 0; i < hold->lines->len; i++) {
		const char *line = g_ptr_array_index(hold->lines, i);

		g_checksum_update(checksum, (const guchar *)line, (gssize)strlen(line));
	}
	return g_strndup(g_checksum_get_string(checksum), CHANGE_DIGEST_CHARS);
}

/* Why it is held, or NULL. */
static gboolean
hold_judge(Running *run, Hold *hold, char **ret_why, GError **error)
{
	const AppGuard *guard = &run->app->change_guard;
	g_autoptr(GList) kinds = g_list_sort(g_hash_table_get_keys(hold->kinds), (GCompareFunc)strcmp);

	if (hold->lines->len > guard->at_least) {
		*ret_why = g_strdup_printf("This run would take %u grants; up to %u are taken without asking.", hold->lines->len,
					   guard->at_least);
		return TRUE;
	}
	for (const GList *at = kinds; at != NULL; at = at->next) {
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(hold->kinds, at->data));
		guint64 grants = 0;
		guint64 allowed;

		if (!lookup_kind_grants(run->lookup, at->data, &grants, error))
			return FALSE;
		allowed = MAX((guint64)HOLD_HANDFUL, grants * guard->percent / 100);
		if (n <= allowed)
			continue;
		*ret_why = g_strdup_printf("This run would take %u of %" G_GUINT64_FORMAT
					   " grants of the kind %s; up to %" G_GUINT64_FORMAT " are taken without asking.",
					   n, grants, (const char *)at->data, allowed);
		return TRUE;
	}
	return TRUE;
}

static gboolean
hold_decide(Running *run, Hold *hold, GError **error)
{
	ChangeReport *report = run->report;
	const char *accept = run->options->accept;
	g_autofree char *why = NULL;
	g_autofree char *digest = NULL;

	if (!hold_collect(run, hold, error) || !hold_judge(run, hold, &why, error))
		return FALSE;
	report->removals = hold->lines->len;
	/* A plan's removals are those that were looked at under its digest. */
	digest = run->options->plan != NULL ? g_strndup(run->options->plan->digest, CHANGE_DIGEST_CHARS) : hold_digest(hold);
	if (accept != NULL && run->options->plan != NULL && strcmp(accept, digest) != 0 &&
	    strcmp(accept, run->options->plan->digest) != 0) {
		host_error_set(error, IDC_INVALID, "other_held",
			       "This plan has the digest %s, not %s: it is another one than was looked at.", digest, accept);
		host_error_set_exit(*error, HOST_EXIT_FAILED);
		return FALSE;
	}
	if (accept != NULL && run->options->plan == NULL && strcmp(accept, digest) != 0) {
		host_error_set(
		    error, IDC_INVALID, "other_held",
		    "The grants that this run would take have the digest %s, not %s: they are not those that were held. Look "
		    "at them again with --dry-run.",
		    digest, accept);
		host_error_set_exit(*error, HOST_EXIT_FAILED);
		return FALSE;
	}
	if (why == NULL || accept != NULL)
		return TRUE;
	report->held = !run->options->dry_run;
	report->held_why = g_steal_pointer(&why);
	report->digest = g_steal_pointer(&digest);
	return TRUE;
}

gboolean
hold_run(Running *run, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Hold hold = {.lines = lines, .seen = seen, .kinds = kinds};

	return hold_decide(run, &hold, error);
}
