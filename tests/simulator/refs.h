/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* References: the short form in which one thing names another. Prepared once for each thing and change. */
#pragma once
#include "world.h"

/* The prepared reference as JSON, borrowed until the next change. */
const gchar *refs_user(const World *world, User *user);

const gchar *refs_team(const World *world, Team *team);

const gchar *refs_policy(const World *world, Policy *policy);

const gchar *refs_schedule(const World *world, Schedule *schedule);

/* Whatever the reference names, or the stub that is left of it. */
void refs_add(const World *world, GString *out, const Ref *ref);

/* The teams of the ids that are still there, as an array. */
void refs_add_teams(const World *world, GString *out, const GPtrArray *team_ids);

/* "id":…,"type":…,"summary":…,"self":…,"html_url":… of a thing, without braces. path is its place in the URLs: "users". */
void refs_common(const World *world, GString *out, const Thing *thing, const gchar *type, const gchar *path);
