/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Somebody else changes things: the changes of POST /_control/mutate. They do what they say and nothing else (no side effects of the
 * service), and each leaves its records in the audit trail. */
#pragma once
#include "audit.h"
#include "input.h"
#include "sim.h"

/* Whether the array holds changes that exist, with keys that they take. Whom they name is seen when they are carried out. */
gboolean mutate_check(json_object *changes, GError **error);

/* Carries the changes out, one after the other, and writes {"applied":[{"op":…,"id":…}]}. It stops at the first that cannot be. */
gboolean mutate_apply(Sim *sim, json_object *changes, GString *out, GError **error);

/* --- for the files that hold the changes ------------------------------------------------------------------------------------------ */

typedef struct {
	Sim *sim;
	World *world;
	json_object *change;
	const gchar *op;
	AuditBy by;
	gchar *id; /* of what was made or changed; told in the answer */
} Mutation;

typedef struct {
	const gchar *op;
	const gchar *keys[10];
	gboolean (*run)(Mutation *mutation, GError **error);
} MutateOp;

/* Each table ends with an op that is NULL. */
extern const MutateOp mutate_users_ops[];
extern const MutateOp mutate_teams_ops[];
extern const MutateOp mutate_policies_ops[];
extern const MutateOp mutate_schedules_ops[];

/* Whoever the key names: an id, an e-mail or a name, or a number, the place in the list as it is now. NULL and error if nobody. */
User *mutate_user(const Mutation *mutation, json_object *value, GError **error);

Team *mutate_team(const Mutation *mutation, GError **error);

Policy *mutate_policy(const Mutation *mutation, GError **error);

/* Of either version. */
Schedule *mutate_schedule(const Mutation *mutation, json_object *value, GError **error);

/* The value of a key of the change, NULL where it is absent or null. */
json_object *mutate_value(const Mutation *mutation, const gchar *key);

/* The text of a key, NULL where it is absent; FALSE and error where it is no string. */
gboolean mutate_text(const Mutation *mutation, const gchar *key, const gchar **ret_text, GError **error);

/* The same, but it must be there. */
gboolean mutate_needs(const Mutation *mutation, const gchar *key, const gchar **ret_text, GError **error);

/* Sets *field to the text of the key if that is there, and tells the audit draft under the name. */
gboolean mutate_set_text(const Mutation *mutation, const gchar *key, gchar **field, AuditDraft *draft, GError **error);

/* A new id that the change asks for, or NULL; FALSE and error where it is taken or no id. */
gboolean mutate_new_id(const Mutation *mutation, const Shelf *shelf, const gchar **ret_id, GError **error);
