/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/budget.h"
#include "load/settings.h"

guint64
budget_pages(const Manifest *manifest, guint64 n)
{
	guint64 step;

	if (manifest->page == 0 || n <= manifest->page)
		return 1;
	step = manifest->page - manifest->overlap;
	return (n - manifest->overlap + step - 1) / step;
}

static const guint64 *
budget_size(GHashTable *sizes, const char *type, const char *suffix)
{
	g_autofree char *key = g_strconcat(type, suffix, NULL);

	return g_hash_table_lookup(sizes, key);
}

/* Grants under each resource of a type. Only their sum is known: at most one page for each that has any, and one more for each full
 * step of the sum. */
static guint64
budget_each(const Manifest *manifest, const ManifestTerm *term, GHashTable *sizes, gboolean *exact)
{
	const guint64 *resources = budget_size(sizes, term->each_of, "");
	const guint64 *with_grants = budget_size(sizes, term->each_of, ".members");
	const guint64 *grants = budget_size(sizes, term->each_of, ".grants");
	guint64 requests;

	if (with_grants == NULL || grants == NULL)
		*exact = FALSE;
	if (with_grants == NULL && resources == NULL)
		return 1;
	requests = with_grants != NULL ? *with_grants : *resources;
	if (grants != NULL && manifest->page > manifest->overlap)
		requests += *grants / (manifest->page - manifest->overlap);
	return requests;
}

static guint64
budget_term(const Manifest *manifest, const ManifestTerm *term, GHashTable *sizes, gboolean *exact)
{
	const guint64 *size;

	if (term->requests >= 0)
		return (guint64)term->requests;
	if (term->each_of != NULL)
		return budget_each(manifest, term, sizes, exact);
	size = budget_size(sizes, term->pages_of, "");
	if (size == NULL)
		*exact = FALSE;
	return size != NULL ? budget_pages(manifest, *size) : 1;
}

/* The setting of this name, where a manifest has it, bounds the pace from the user's side. */
static guint64
budget_pace(const Manifest *manifest, GHashTable *settings)
{
	const char *own = settings_value(manifest, settings, "requests_per_minute");
	guint64 limit = own != NULL ? g_ascii_strtoull(own, NULL, 10) : 0;

	if (limit == 0 || (manifest->requests_per_minute > 0 && manifest->requests_per_minute < limit))
		limit = manifest->requests_per_minute;
	return limit;
}

gboolean
budget_cost(const Manifest *manifest, const char *operation, GHashTable *settings, GHashTable *sizes, BudgetCost *ret_cost)
{
	GPtrArray *terms = g_hash_table_lookup(manifest->budget, operation);
	guint64 pace = budget_pace(manifest, settings);
	BudgetCost cost = {.exact = TRUE};

	if (terms == NULL)
		return FALSE;
	for (guint i = 0; i < terms->len; i++) {
		const ManifestTerm *term = g_ptr_array_index(terms, i);

		if (term->only_if != NULL && !settings_condition(manifest, settings, term->only_if))
			continue;
		if (settings_condition(manifest, settings, term->unless))
			continue;
		cost.requests += budget_term(manifest, term, sizes, &cost.exact);
		if (!cost.exact && cost.guessed == NULL)
			cost.guessed = term->what;
	}
	if (pace > 0)
		cost.minutes = (gdouble)cost.requests / (gdouble)pace;
	*ret_cost = cost;
	return TRUE;
}
