/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "mutate.h"
#include "refs.h"

static gboolean
mutate_check_email(const Mutation *mutation, const User *self, const gchar *email, GError **error)
{
	g_autofree gchar *lower = g_utf8_strdown(email, -1);
	const User *other = g_hash_table_lookup(mutation->world->by_email, email);

	if (!g_str_equal(lower, email) || strchr(email, '@') == NULL)
		return input_refuse(error, "An e-mail is lower-case and has an @: %s.", email);
	if (other != NULL && other != self)
		return input_refuse(error, "The e-mail %s is taken.", email);
	return TRUE;
}

static gboolean
mutate_user_flags(const Mutation *mutation, User *user, GError **error)
{
	return input_boolean(mutation->change, mutation->op, "pending", &user->pending, error) &&
	       input_boolean(mutation->change, mutation->op, "sso", &user->sso, error);
}

static void
mutate_take_license(const World *world, User *user)
{
	const License *license = world_license_for(world, user->role);

	if (license == NULL)
		return;
	g_free(user->license_id);
	user->license_id = g_strdup(license->id);
}

static gboolean
mutate_add_user(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	const gchar *name = NULL;
	const gchar *email = NULL;
	const gchar *role = "user";
	const gchar *id = NULL;
	AuditDraft *draft;
	User *user;
	gboolean done;

	if (!mutate_needs(mutation, "name", &name, error) || !mutate_needs(mutation, "email", &email, error) ||
	    !mutate_text(mutation, "role", &role, error) || !mutate_new_id(mutation, &world->users, &id, error) ||
	    !mutate_check_email(mutation, NULL, email, error))
		return FALSE;
	user = world_add_user(world, id, name, email, role, TRUE);
	user->created_ms = mutation->by.now_ms;
	user->license_id =
	    world->licenses->len == 0 ? NULL : g_strdup(((const License *)g_ptr_array_index(world->licenses, 0))->id);
	mutate_take_license(world, user);
	mutation->id = g_strdup(user->base.id);
	draft = audit_begin(world, &mutation->by, AUDIT_USERS, user->base.id, refs_user(world, user), "create");
	done = mutate_set_text(mutation, "job_title", &user->job_title, draft, error) &&
	       mutate_set_text(mutation, "time_zone", &user->time_zone, draft, error) && mutate_user_flags(mutation, user, error);
	audit_finish(draft, done);
	if (!done)
		world_delete_user(world, user, FALSE, 0);
	return done;
}

static gboolean
mutate_delete_user(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	User *user = mutate_user(mutation, mutate_value(mutation, "user"), error);
	gboolean stubs = TRUE;
	gboolean dated = TRUE;
	g_autofree gchar *reference = NULL;

	if (user == NULL || !input_boolean(mutation->change, mutation->op, "stubs", &stubs, error) ||
	    !input_boolean(mutation->change, mutation->op, "deleted_at", &dated, error))
		return FALSE;
	reference = g_strdup(refs_user(world, user));
	mutation->id = g_strdup(user->base.id);
	for (guint i = 0; i < user->memberships->len; i++) {
		Team *team = ((const Membership *)g_ptr_array_index(user->memberships, i))->team;
		AuditDraft *draft = audit_begin(world, &mutation->by, AUDIT_TEAMS, team->base.id, refs_team(world, team), "update");
		audit_reference(draft, "members", NULL, reference);
		audit_end(draft);
	}
	audit_end(audit_begin(world, &mutation->by, AUDIT_USERS, user->base.id, reference, "delete"));
	world_delete_user(world, user, stubs, dated ? mutation->by.now_ms : 0);
	return TRUE;
}

/* What the change says about the name, the e-mail and the role, checked before anything is done. */
static gboolean
mutate_set_user(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	User *user = mutate_user(mutation, mutate_value(mutation, "user"), error);
	const gchar *name = NULL;
	const gchar *email = NULL;
	const gchar *role = NULL;
	AuditDraft *draft;
	gboolean done;

	if (user == NULL || !mutate_text(mutation, "name", &name, error) || !mutate_text(mutation, "email", &email, error) ||
	    !mutate_text(mutation, "role", &role, error) || (email != NULL && !mutate_check_email(mutation, user, email, error)))
		return FALSE;
	mutation->id = g_strdup(user->base.id);
	draft = audit_begin(world, &mutation->by, AUDIT_USERS, user->base.id, refs_user(world, user), "update");
	if (name != NULL) {
		audit_field(draft, "name", user->base.name, name);
		world_rename_user(world, user, name);
	}
	if (email != NULL) {
		audit_field(draft, "email", user->email, email);
		world_set_email(world, user, email);
	}
	if (role != NULL) {
		audit_field(draft, "role", user->role, role);
		user->role = g_intern_string(role);
		mutate_take_license(world, user);
	}
	done = mutate_set_text(mutation, "job_title", &user->job_title, draft, error) &&
	       mutate_set_text(mutation, "time_zone", &user->time_zone, draft, error) && mutate_user_flags(mutation, user, error);
	audit_finish(draft, done);
	return done;
}

const MutateOp mutate_users_ops[] = {
    {"add_user", {"name", "email", "role", "id", "job_title", "time_zone", "pending", "sso"}, mutate_add_user},
    {"delete_user", {"user", "stubs", "deleted_at"}, mutate_delete_user},
    {"set_user", {"user", "name", "email", "role", "job_title", "time_zone", "pending", "sso"}, mutate_set_user},
    {"rename_user", {"user", "name"}, mutate_set_user},
    {"set_role", {"user", "role"}, mutate_set_user},
    {NULL, {NULL}, NULL},
};
