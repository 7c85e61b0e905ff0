/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/outcome.h"

void
merge_removal_free(MergeRemoval *removal)
{
	g_free(removal->user_id);
	g_free(removal->entitlement_id);
	g_free(removal);
}

void
merge_result_free(MergeResult *result)
{
	if (result == NULL)
		return;
	g_free(result->digest);
	g_clear_pointer(&result->removals, g_ptr_array_unref);
	g_clear_pointer(&result->partials, g_ptr_array_unref);
	g_free(result);
}
