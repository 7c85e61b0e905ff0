/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "ids.h"

#include <string.h>

const IdsRole ids_roles[] = {
    {"owner", "Account Owner", "full", 80, FALSE},
    {"admin", "Global Admin", "full", 70, TRUE},
    {"user", "Manager", "full", 60, TRUE},
    {"limited_user", "Responder", "full", 50, TRUE},
    {"observer", "Observer", "full", 40, TRUE},
    {"restricted_access", "Restricted Access", "full", 30, TRUE},
    {"read_only_user", "Full Stakeholder", "stakeholder", 20, TRUE},
    {"read_only_limited_user", "Limited Stakeholder", "stakeholder", 10, TRUE},
    {NULL, NULL, NULL, 0, FALSE},
};

const gchar *const ids_team_roles[] = {"manager", "responder", "observer", NULL};

const IdsRole *
ids_role_find(const gchar *value)
{
	for (const IdsRole *role = ids_roles; role->value != NULL; role++)
		if (g_strcmp0(role->value, value) == 0)
			return role;
	return NULL;
}

gboolean
ids_role_manages_all(const gchar *value)
{
	return g_strcmp0(value, "owner") == 0 || g_strcmp0(value, "admin") == 0;
}

gchar *
ids_resource(const gchar *type, const gchar *id)
{
	return g_strdup_printf("%s:%s", type, id);
}

gchar *
ids_team(const gchar *team, const gchar *role)
{
	return g_strdup_printf("team:%s:%s", team, role);
}

gchar *
ids_policy(const gchar *policy, guint level)
{
	return g_strdup_printf("policy:%s:%u", policy, level);
}

gchar *
ids_role(const gchar *value)
{
	return g_strdup_printf("role:%s", value);
}
