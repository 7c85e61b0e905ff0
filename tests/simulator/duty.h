/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Policies and schedules: who is paged, and by whom they are named. The second half of the account that world.h declares. */
#pragma once
#include "world.h"

void duty_policy_free(gpointer data);

void duty_schedule_free(gpointer data);

/* --- building ------------------------------------------------------------------------------------------------------------------ */

Policy *duty_add_policy(World *world, const gchar *id, const gchar *name, gboolean sorted);

/* An empty list of levels. */
GPtrArray *duty_new_rules(void);

/* A level of no policy yet: without an id and without targets. */
Rule *duty_rule_new(guint delay_minutes);

/* A level at the end of the policy. */
Rule *duty_add_rule(World *world, Policy *policy, guint delay_minutes);

Schedule *duty_add_schedule(World *world, const gchar *id, const gchar *name, gboolean v3, gboolean sorted);

Layer *duty_add_layer(World *world, Schedule *schedule, guint64 turn_seconds);

/* A reference that is put at the end of refs. */
Ref *duty_add_ref(GPtrArray *refs, RefKind kind, const gchar *id, const gchar *summary);

/* Takes the first reference to that id out of refs. FALSE: there is none. */
gboolean duty_drop_ref(GPtrArray *refs, RefKind kind, const gchar *id);

void duty_delete_policy(World *world, Policy *policy);

/* Policies go on naming it as a stub with deleted_at, or, where leave_stubs is FALSE, lose it. */
void duty_delete_schedule(World *world, Schedule *schedule, gboolean leave_stubs, gint64 deleted_ms);

/* --- asking -------------------------------------------------------------------------------------------------------------------- */

/* The user of a reference, NULL for a stub. */
User *duty_user(const World *world, const Ref *ref);

/* The schedule of a reference, of either version, NULL for a stub. */
Schedule *duty_schedule(const World *world, const Ref *ref);

gboolean duty_has_ref(const GPtrArray *refs, RefKind kind, const gchar *id);

/* Everyone on any layer, each once, in the order of first appearance; stubs included. The caller frees the array, not the refs. */
GPtrArray *duty_schedule_users(const Schedule *schedule);

/* Policies that target the schedule, in the order of policies; NULL if none. Borrowed until the next change. */
const GPtrArray *duty_policies_of(World *world, const gchar *schedule_id);

/* Whether any of the levels (of Rule*) has the target. */
gboolean duty_targets_ref(const GPtrArray *rules, RefKind kind, const gchar *id);

/* How many policies have the user as a direct target. */
guint duty_count_policies(const World *world, const gchar *user_id);

/* How many schedules of either version have the user on a layer. */
guint duty_count_schedules(const World *world, const gchar *user_id);

/* Whether the policy pages the user, directly or through a schedule. */
gboolean duty_pages(const World *world, const Policy *policy, const gchar *user_id);

/* --- what world.h calls when something goes ------------------------------------------------------------------------------------- */

void duty_forget_user(World *world, const User *user, gboolean leave_stubs, gint64 deleted_ms);

void duty_forget_team(World *world, const gchar *team_id);
