/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "roles.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"

#define ROLES_MAX_VALUE 64

/* known: NULL for a value that is not among the eight. */
static gboolean
roles_entitlement(Listing *listing, const gchar *value, const IdsRole *known, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *id = ids_role(value);
	g_autofree gchar *rank = known != NULL ? g_strdup_printf("%d", known->rank) : NULL;

	idset_add(listing->roles, value, NULL);
	emit_attr_flag(&attrs, "assignable", known != NULL && known->assignable);
	emit_attr(&attrs, "exclusive_group", "role");
	emit_attr(&attrs, "rank", rank);
	return listing_entitlement(listing, seals_resource(listing->seals, IDS_ACCOUNT), "role", id,
				   known != NULL ? known->name : value, &attrs, error);
}

gboolean
roles_list(Listing *listing, GError **error)
{
	const idc_record account = {
	    .record = IDC_RECORD_RESOURCE, .id = IDS_ACCOUNT, .type = "account", .name = listing->settings->subdomain};

	if (!emit_record(listing->emit, &account, NULL, error))
		return FALSE;
	for (const IdsRole *role = ids_roles; role->value != NULL; role++)
		if (!roles_entitlement(listing, role->value, role, error))
			return FALSE;
	return TRUE;
}

gboolean
roles_grant(Listing *listing, const gchar *principal_id, const gchar *role, GError **error)
{
	g_autofree gchar *id = NULL;

	if (role == NULL)
		return TRUE;
	if (strlen(role) > ROLES_MAX_VALUE || !g_regex_match_simple("^[A-Za-z0-9_-]+$", role, G_REGEX_DOLLAR_ENDONLY, 0)) {
		g_set_error_literal(error, ERRORS, IDC_PROTOCOL,
				    "The answer to GET /users has a user whose role is no role of PagerDuty's.");
		return FALSE;
	}
	if (idset_find(listing->roles, role) == IDSET_NONE && !roles_entitlement(listing, role, NULL, error))
		return FALSE;
	id = ids_role(role);
	return listing_grant(listing, seals_resource(listing->seals, IDS_ACCOUNT), principal_id, id, 0, NULL, error);
}
