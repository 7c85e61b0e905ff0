/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "../wire/json.h"

/* The escalation rules of a policy as PagerDuty's JSON, edited in place so that everything that is not understood survives. Pure. Levels
 * count from 1. */

#define RULES_MAX_TARGETS 10

guint rules_levels(json_object *policy);

/* Borrowed; NULL for a level that is not there. */
json_object *rules_level(json_object *policy, guint level);

/* Whether the user is a direct target of the level. */
gboolean rules_has(json_object *policy, guint level, const gchar *user);

/* How many targets a level has, and how many of them are schedules. Stubs of deleted users count for neither. */
guint rules_targets(json_object *policy, guint level, guint *ret_schedules);

/* How many targets of a level are not the user, stubs not counted. */
guint rules_others(json_object *policy, guint level, const gchar *user);

/* Whether the policy has rules, each with targets, and a team, if any, whose id is one. what: the request, for the error. */
gboolean rules_check(json_object *policy, const gchar *what, GError **error);

void rules_add(json_object *policy, guint level, const gchar *user);
void rules_remove(json_object *policy, guint level, const gchar *user);

/* A copy that nothing shares. Owned by the caller. */
json_object *rules_copy(json_object *policy);

/* The body of the write: type, name and the rules as they stand. Owned by the caller. */
json_object *rules_body(json_object *policy);
