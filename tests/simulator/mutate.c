/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "mutate.h"

#include <string.h>

#include "identity.h"
#include "jtext.h"
#include "refs.h"

static gboolean
mutate_abilities(Mutation *mutation, GError **error)
{
	g_autoptr(GPtrArray) add = g_ptr_array_new();
	g_autoptr(GPtrArray) take = g_ptr_array_new();

	if (!input_strings(mutation->change, mutation->op, "add", &add, error) ||
	    !input_strings(mutation->change, mutation->op, "remove", &take, error))
		return FALSE;
	for (guint i = 0; i < add->len; i++)
		g_hash_table_add(mutation->world->abilities, g_strdup(g_ptr_array_index(add, i)));
	for (guint i = 0; i < take->len; i++)
		g_hash_table_remove(mutation->world->abilities, g_ptr_array_index(take, i));
	return TRUE;
}

static gboolean
mutate_switch(Mutation *mutation, GError **error)
{
	const gchar *name = NULL;
	json_object *value = mutate_value(mutation, "value");

	if (!mutate_needs(mutation, "name", &name, error))
		return FALSE;
	if (value == NULL)
		return input_refuse(error, "set_switch needs \"value\".");
	return switches_set(mutation->sim->spec->switches, name, json_object_get_string(value), error);
}

static gboolean
mutate_tokens(Mutation *mutation, GError **error)
{
	(void)error;
	sim_revoke_all(mutation->sim);
	return TRUE;
}

static gboolean
mutate_secret(Mutation *mutation, GError **error)
{
	const gchar *secret = NULL;

	if (!mutate_needs(mutation, "client_secret", &secret, error))
		return FALSE;
	g_free(mutation->sim->spec->client_secret);
	mutation->sim->spec->client_secret = g_strdup(secret);
	return TRUE;
}

static gboolean
mutate_scopes(Mutation *mutation, GError **error)
{
	return input_strings(mutation->change, mutation->op, "scopes", &mutation->sim->spec->scopes, error);
}

static gboolean
mutate_redirects(Mutation *mutation, GError **error)
{
	return input_strings(mutation->change, mutation->op, "redirects", &mutation->sim->spec->redirects, error);
}

static gboolean
mutate_expire(Mutation *mutation, GError **error)
{
	return identity_expire(mutation->sim, mutation->change, mutation->op, error);
}

static const MutateOp account_ops[] = {
    {"set_abilities", {"add", "remove"}, mutate_abilities},
    {"set_switch", {"name", "value"}, mutate_switch},
    {"revoke_tokens", {NULL}, mutate_tokens},
    {"rotate_secret", {"client_secret"}, mutate_secret},
    {"set_scopes", {"scopes"}, mutate_scopes},
    {"set_redirects", {"redirects"}, mutate_redirects},
    {"expire_tokens", {"which"}, mutate_expire},
    {NULL, {NULL}, NULL},
};

static const MutateOp *const tables[] = {mutate_users_ops, mutate_teams_ops, mutate_policies_ops, mutate_schedules_ops,
					 account_ops};

static const MutateOp *
mutate_find(const gchar *op)
{
	for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
		for (const MutateOp *row = tables[i]; row->op != NULL; row++) {
			if (g_str_equal(row->op, op))
				return row;
		}
	}
	return NULL;
}

static const MutateOp *
mutate_check_one(json_object *change, gsize index, GError **error)
{
	const gchar *keys[G_N_ELEMENTS(((MutateOp *)NULL)->keys) + 2] = {"op"};
	g_autofree gchar *where = g_strdup_printf("change %zu", index);
	const gchar *op = NULL;
	const MutateOp *row;

	if (!json_object_is_type(change, json_type_object)) {
		input_refuse(error, "%s must be an object.", where);
		return NULL;
	}
	if (!input_string(change, where, "op", &op, error))
		return NULL;
	row = op == NULL ? NULL : mutate_find(op);
	if (row == NULL) {
		input_refuse(error, "%s has no \"op\" that exists: %s.", where, op == NULL ? "none" : op);
		return NULL;
	}
	for (guint i = 0; i < G_N_ELEMENTS(row->keys) && row->keys[i] != NULL; i++)
		keys[i + 1] = row->keys[i];
	return input_only_keys(change, where, keys, error) ? row : NULL;
}

gboolean
mutate_check(json_object *changes, GError **error)
{
	if (changes == NULL)
		return input_refuse(error, "The body has no \"changes\".");
	for (gsize i = 0; i < json_object_array_length(changes); i++) {
		if (mutate_check_one(json_object_array_get_idx(changes, i), i, error) == NULL)
			return FALSE;
	}
	return TRUE;
}

/* Whoever changes something by hand: the account's owner. */
static User *
mutate_owner(const World *world)
{
	for (guint i = 0; i < world->users.sorted->len; i++) {
		User *user = g_ptr_array_index(world->users.sorted, i);
		if (g_str_equal(user->role, "owner"))
			return user;
	}
	return NULL;
}

static gboolean
mutate_run(Sim *sim, const MutateOp *row, json_object *change, GString *out, GError **error)
{
	User *owner = mutate_owner(sim->world);
	g_autofree gchar *reference = owner == NULL ? NULL : g_strdup(refs_user(sim->world, owner));
	g_autofree gchar *owner_id = owner == NULL ? NULL : g_strdup(owner->base.id);
	g_autofree gchar *request_id = g_strdup_printf("r-%u", sim->world->audit->len);
	Mutation mutation = {
	    .sim = sim,
	    .world = sim->world,
	    .change = change,
	    .op = row->op,
	    .by =
		{
		    .reference = reference,
		    .type = owner == NULL ? NULL : "user_reference",
		    .id = owner_id,
		    .method = "browser",
		    .request_id = request_id,
		    .now_ms = sim_now_ms(sim),
		},
	};
	gboolean done = row->run(&mutation, error);

	world_touch(sim->world);
	if (done) {
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "op", row->op);
		g_string_append_c(out, ',');
		jtext_pair(out, "id", mutation.id);
		g_string_append_c(out, '}');
	}
	g_free(mutation.id);
	return done;
}

gboolean
mutate_apply(Sim *sim, json_object *changes, GString *out, GError **error)
{
	g_string_append(out, "{\"applied\":[");
	for (gsize i = 0; i < json_object_array_length(changes); i++) {
		json_object *change = json_object_array_get_idx(changes, i);
		const MutateOp *row = mutate_check_one(change, i, error);
		if (row == NULL || !mutate_run(sim, row, change, out, error))
			return FALSE;
	}
	g_string_append(out, "]}");
	return TRUE;
}

/* --- what changes name ---------------------------------------------------------------------------------------------------------- */

json_object *
mutate_value(const Mutation *mutation, const gchar *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(mutation->change, key, &value);
	return value;
}

gboolean
mutate_text(const Mutation *mutation, const gchar *key, const gchar **ret_text, GError **error)
{
	return input_string(mutation->change, mutation->op, key, ret_text, error);
}

gboolean
mutate_needs(const Mutation *mutation, const gchar *key, const gchar **ret_text, GError **error)
{
	if (!mutate_text(mutation, key, ret_text, error))
		return FALSE;
	return *ret_text != NULL ? TRUE : input_refuse(error, "%s needs \"%s\".", mutation->op, key);
}

gboolean
mutate_set_text(const Mutation *mutation, const gchar *key, gchar **field, AuditDraft *draft, GError **error)
{
	const gchar *text = NULL;

	if (!json_object_object_get_ex(mutation->change, key, NULL))
		return TRUE;
	if (!mutate_text(mutation, key, &text, error))
		return FALSE;
	audit_field(draft, key, *field, text);
	g_free(*field);
	*field = g_strdup(text);
	return TRUE;
}

gboolean
mutate_new_id(const Mutation *mutation, const Shelf *shelf, const gchar **ret_id, GError **error)
{
	const gchar *id = NULL;

	if (!mutate_text(mutation, "id", &id, error))
		return FALSE;
	if (id != NULL && (id[0] == '\0' || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != strlen(id)))
		return input_refuse(error, "\"%s\" cannot be an id.", id);
	if (shelf_find(shelf, id) != NULL)
		return input_refuse(error, "The id %s is taken.", id);
	*ret_id = id;
	return TRUE;
}

static gpointer
mutate_thing(const Mutation *mutation, const Shelf *shelf, json_object *value, const gchar *key, GError **error)
{
	gpointer found = NULL;

	if (json_object_is_type(value, json_type_int)) {
		gint64 index = json_object_get_int64(value);
		if (index >= 0 && index < shelf->sorted->len)
			return g_ptr_array_index(shelf->sorted, index);
	} else if (json_object_is_type(value, json_type_string)) {
		const gchar *text = json_object_get_string(value);
		found = shelf_find(shelf, text);
		for (guint i = 0; i < shelf->sorted->len && found == NULL; i++) {
			Thing *thing = g_ptr_array_index(shelf->sorted, i);
			found = g_str_equal(thing->name, text) ? thing : NULL;
		}
	}
	if (found == NULL)
		input_refuse(error, "%s needs a \"%s\" that exists, by id, name or place in the list: %s.", mutation->op, key,
			     value == NULL ? "nothing" : json_object_get_string(value));
	return found;
}

User *
mutate_user(const Mutation *mutation, json_object *value, GError **error)
{
	User *user = json_object_is_type(value, json_type_string)
			 ? g_hash_table_lookup(mutation->world->by_email, json_object_get_string(value))
			 : NULL;

	return user != NULL ? user : mutate_thing(mutation, &mutation->world->users, value, "user", error);
}

Team *
mutate_team(const Mutation *mutation, GError **error)
{
	return mutate_thing(mutation, &mutation->world->teams, mutate_value(mutation, "team"), "team", error);
}

Policy *
mutate_policy(const Mutation *mutation, GError **error)
{
	return mutate_thing(mutation, &mutation->world->policies, mutate_value(mutation, "policy"), "policy", error);
}

Schedule *
mutate_schedule(const Mutation *mutation, json_object *value, GError **error)
{
	Schedule *schedule = mutate_thing(mutation, &mutation->world->schedules_v3, value, "schedule", NULL);

	/* numbers count the layer-based ones, if there are any */
	if (schedule != NULL && (!json_object_is_type(value, json_type_int) || mutation->world->schedules.sorted->len == 0))
		return schedule;
	return mutate_thing(mutation, &mutation->world->schedules, value, "schedule", error);
}
