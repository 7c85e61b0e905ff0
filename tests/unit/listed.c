/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "listed.h"

#include "list/list.h"

gboolean
listed_try(World *world, Ledger *ledger, gboolean *ret_partial, GError **error)
{
	const Settings settings = {.subdomain = (gchar *)"northwind", .include_schedules = world->with_schedules, .concurrency = 4};
	const idc_list_request request = {.struct_size = sizeof(request), .want = ledger->want};
	gboolean ok;

	if (world->always == NULL)
		world_begin(world);
	ok = list_all(&ledger->host, &settings, (Auth *)world, world_api(world), &request, &ledger->sink, ret_partial, error);
	g_assert_cmpuint(world->open, ==, 0);
	return ok;
}

void
listed(World *world, Ledger *ledger)
{
	g_autoptr(GError) error = NULL;
	gboolean partial = FALSE;

	g_assert_true(listed_try(world, ledger, &partial, &error));
	g_assert_no_error(error);
	ledger_close(ledger, partial);
}
