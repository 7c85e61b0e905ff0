/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* What has to be known of people and teams before a change, read once for a whole batch. In a dry run it is told what would be written, so
 * that later items are judged as they would be. */

typedef struct Roster Roster;

Roster *roster_new(Changes *changes);
void roster_free(Roster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Roster, roster_free)

/* Reads the base roles of everybody whom unsettled items of these kinds name: one by one, or, where that is fewer requests, from the pages
 * of all users. FALSE: broken off; what could not be read of somebody is told by roster_role(). */
gboolean roster_load_people(Roster *roster, GError **error);

/* *ret_role: the base role, NULL for somebody whom PagerDuty does not know, or who was not loaded. FALSE: it could not be read. */
gboolean roster_role(const Roster *roster, const gchar *user, const gchar **ret_role, GError **error);

/* A base role as it now is, after a write of our own or one that was foretold. */
void roster_note_role(Roster *roster, const gchar *user, const gchar *role);

/* Whether memberships have a role on this account; without, everybody's is "member". */
gboolean roster_has_team_roles(Roster *roster, gboolean *ret_has, GError **error);

/* The team role that somebody holds, NULL for none; borrowed until the next change of the team. FALSE: the members could not be read, or
 * do not hold still. */
gboolean roster_team_role(Roster *roster, const gchar *team, const gchar *user, const gchar **ret_role, GError **error);

/* Forgets what was read of a team, so that the next question reads again. NULL: of all teams. */
void roster_forget_team(Roster *roster, const gchar *team);

/* How a team role compares: higher numbers hold more; 0: not comparable. */
guint roster_rank(const gchar *team_role);

/* A team role as it now is, after a write of our own or one that was foretold. NULL: none. */
void roster_note(Roster *roster, const gchar *team, const gchar *user, const gchar *role);
