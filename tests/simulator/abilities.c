/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "abilities.h"

#include <string.h>

#include "errors.h"
#include "jtext.h"

/* Names that exist; an account has some of them. */
static const gchar *const known[] = {
    "teams", "read_only_users", "advanced_permissions", "permissions_service", "teams_hierarchy", "offboarding", "urgencies", NULL};

static gint
abilities_compare(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

void
abilities_list(Request *request, Reply *reply)
{
	GList *names = g_list_sort(g_hash_table_get_keys(request->sim->world->abilities), abilities_compare);

	reply_json(reply, 200, "{\"abilities\":[");
	for (const GList *name = request->lie.empty ? NULL : names; name != NULL; name = name->next) {
		jtext_comma(reply->body);
		jtext_string(reply->body, name->data);
	}
	g_string_append(reply->body, "]}");
	g_list_free(names);
}

void
abilities_test(Request *request, Reply *reply)
{
	if (world_can(request->sim->world, request->ids[0]))
		reply->status = 204;
	else if (g_strv_contains(known, request->ids[0]))
		errors_ability(request, reply);
	else
		errors_not_found(request, reply);
}
