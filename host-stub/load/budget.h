/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What an operation costs, from the manifest's budget and the sizes of an account. */
#pragma once
#include "load/manifest.h"

typedef struct {
	guint64 requests;    /* at most */
	gboolean exact;      /* FALSE: a size was not known and counted as one page */
	const char *guessed; /* the manifest's words for the first term that was counted so; NULL: none */
	gdouble minutes;     /* at the manifest's requests a minute, or the setting's where lower; 0 where neither is said */
} BudgetCost;

/* sizes: word of the manifest -> guint64 *, how many there are ("principal", "team", "policy", ...). A size "<type>.grants" (all grants
 * under resources of that type) and "<type>.members" (how many of these have any) sharpen pages_of_grants_in_each; without them every
 * resource is counted as having one page. FALSE where the manifest has no budget for the operation. */
gboolean budget_cost(const Manifest *manifest, const char *operation, GHashTable *settings, GHashTable *sizes,
		     BudgetCost *ret_cost);

/* The pages of a list of n rows: max(1, ceil((n - overlap) / (page - overlap))). */
guint64 budget_pages(const Manifest *manifest, guint64 n);
