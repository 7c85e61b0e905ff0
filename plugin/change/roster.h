/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* What has to be known of people and teams before a change, read once for a whole batch. */

typedef struct Roster Roster;

Roster *roster_new(Changes *changes);
void roster_free(Roster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Roster, roster_free)

/* Reads the base roles of everybody whom unsettled items of these kinds name: one by one, or, where that is fewer requests, from the pages
 * of all users. */
gboolean roster_load_people(Roster *roster, GError **error);

/* The base role, NULL for somebody whom PagerDuty does not know. */
const gchar *roster_role(const Roster *roster, const gchar *user);

/* The team role that somebody holds, NULL for none; borrowed until the next change of the team. FALSE: the members could not be read. */
gboolean roster_team_role(Roster *roster, const gchar *team, const gchar *user, const gchar **ret_role, GError **error);

/* Forgets what was read of a team, so that the next question reads again. */
void roster_forget_team(Roster *roster, const gchar *team);

/* How a team role compares: higher numbers hold more; 0: not comparable. */
guint roster_rank(const gchar *team_role);

/* A team role as it now is, after a write of our own. NULL: none. */
void roster_note(Roster *roster, const gchar *team, const gchar *user, const gchar *role);
