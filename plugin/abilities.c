/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "abilities.h"

#include "errors.h"

gboolean
abilities_read(Api *api, Abilities *ret_abilities, GError **error)
{
	Abilities found = {.known = TRUE};
	g_autoptr(json_object) answer = api_read(api, "/abilities", error);
	json_object *abilities = json_read_array(answer, "abilities");

	if (answer == NULL)
		return FALSE;
	if (abilities == NULL) {
		errors_set_protocol(error, "The answer to GET /abilities has no list of abilities.");
		return FALSE;
	}
	for (gsize i = 0; i < json_object_array_length(abilities); i++) {
		const gchar *ability = json_object_get_string(json_object_array_get_idx(abilities, i));

		if (g_strcmp0(ability, "teams") == 0)
			found.teams = TRUE;
		if (g_strcmp0(ability, "advanced_permissions") == 0 || g_strcmp0(ability, "permissions_service") == 0)
			found.team_roles = TRUE;
	}
	found.team_roles = found.team_roles && found.teams;
	*ret_abilities = found;
	return TRUE;
}
