/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* The ids that the host sees, and what is known beforehand of roles. */

#define IDS_ACCOUNT "account"

/* One base role: PagerDuty's value, its name in the web UI, its rank among the rights and the chain in which ranks compare. */
typedef struct {
	const gchar *value;
	const gchar *name;
	const gchar *chain;
	gint rank;
	gboolean assignable;
} IdsRole;

/* The eight base roles, ended by a NULL value. */
extern const IdsRole ids_roles[];

/* Bytes that the value of a base role, or of a team role, may have. */
#define IDS_MAX_ROLE 64

/* NULL for a value that is not among the eight. */
const IdsRole *ids_role_find(const gchar *value);

/* The team roles, ended by NULL; and the one that stands for all where the account has none. */
extern const gchar *const ids_team_roles[];
#define IDS_TEAM_MEMBER "member"

/* Whoever holds this base role manages every team, whatever the membership says. */
gboolean ids_role_manages_all(const gchar *value);

/* "team:PHARB10", "team:PHARB10:manager", ...; owned by the caller. */
gchar *ids_resource(const gchar *type, const gchar *id);
gchar *ids_team(const gchar *team, const gchar *role);
gchar *ids_policy(const gchar *policy, guint level);
gchar *ids_role(const gchar *value);
