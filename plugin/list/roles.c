/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "roles.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"

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
roles_read(json_object *user, const gchar **ret_role, GError **error)
{
	const gchar *role = json_read_text(user, "role");

	if (role != NULL && json_read_word(user, "role", IDS_MAX_ROLE) == NULL) {
		errors_set_protocol(error, "The answer to GET /users has a user whose role is no role of PagerDuty's.");
		return FALSE;
	}
	*ret_role = role;
	return TRUE;
}

gboolean
roles_grant(Listing *listing, const gchar *principal_id, const gchar *role, GError **error)
{
	SealsResource *account = seals_resource(listing->seals, IDS_ACCOUNT);
	g_autofree gchar *id = NULL;

	if (role == NULL) {
		g_autofree gchar *reason = g_strdup_printf("PagerDuty tells no base role of the user %s.", principal_id);

		seals_gap_resource(listing->seals, account, ROLES_KINDS, IDC_PROTOCOL, reason);
		return TRUE;
	}
	if (idset_find(listing->roles, role) == IDSET_NONE && !roles_entitlement(listing, role, NULL, error))
		return FALSE;
	id = ids_role(role);
	return listing_grant(listing, account, principal_id, id, 0, NULL, error);
}
