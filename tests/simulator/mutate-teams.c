/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "mutate.h"
#include "refs.h"

static gboolean
mutate_team_fields(Mutation *mutation, Team *team, AuditDraft *draft, GError **error)
{
	g_autofree gchar *parent = g_strdup(team->parent_id);

	if (!mutate_set_text(mutation, "description", &team->description, draft, error) ||
	    !input_boolean(mutation->change, mutation->op, "private", &team->private, error) ||
	    !mutate_set_text(mutation, "parent", &parent, draft, error))
		return FALSE;
	if (parent != NULL && shelf_find(&mutation->world->teams, parent) == NULL)
		return input_refuse(error, "%s: there is no team %s to be the parent.", mutation->op, parent);
	g_free(team->parent_id);
	team->parent_id = g_steal_pointer(&parent);
	return TRUE;
}

static gboolean
mutate_add_team(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	const gchar *name = NULL;
	const gchar *id = NULL;
	AuditDraft *draft;
	Team *team;
	gboolean done;

	if (!mutate_needs(mutation, "name", &name, error) || !mutate_new_id(mutation, &world->teams, &id, error))
		return FALSE;
	team = world_add_team(world, id, name, TRUE);
	mutation->id = g_strdup(team->base.id);
	draft = audit_begin(world, &mutation->by, AUDIT_TEAMS, team->base.id, refs_team(world, team), "create");
	done = mutate_team_fields(mutation, team, draft, error);
	audit_finish(draft, done);
	if (!done)
		world_delete_team(world, team);
	return done;
}

static gboolean
mutate_delete_team(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	Team *team = mutate_team(mutation, error);

	if (team == NULL)
		return FALSE;
	mutation->id = g_strdup(team->base.id);
	audit_end(audit_begin(world, &mutation->by, AUDIT_TEAMS, team->base.id, refs_team(world, team), "delete"));
	world_delete_team(world, team);
	return TRUE;
}

static gboolean
mutate_set_team(Mutation *mutation, GError **error)
{
	World *world = mutation->world;
	Team *team = mutate_team(mutation, error);
	const gchar *name = NULL;
	AuditDraft *draft;
	gboolean done;

	if (team == NULL || !mutate_text(mutation, "name", &name, error))
		return FALSE;
	mutation->id = g_strdup(team->base.id);
	draft = audit_begin(world, &mutation->by, AUDIT_TEAMS, team->base.id, refs_team(world, team), "update");
	if (name != NULL) {
		audit_field(draft, "name", team->base.name, name);
		world_rename_team(world, team, name);
	}
	done = mutate_team_fields(mutation, team, draft, error);
	audit_finish(draft, done);
	return done;
}

/* The membership of the change's team and user; *ret_membership is NULL where there is none. FALSE: one of the two is not there. */
static gboolean
mutate_membership(const Mutation *mutation, Team **ret_team, User **ret_user, Membership **ret_membership, GError **error)
{
	Team *team = mutate_team(mutation, error);
	User *user = team == NULL ? NULL : mutate_user(mutation, mutate_value(mutation, "user"), error);

	if (user == NULL)
		return FALSE;
	*ret_team = team;
	*ret_user = user;
	*ret_membership = world_membership(user, team);
	return TRUE;
}

static AuditDraft *
mutate_team_update(Mutation *mutation, Team *team)
{
	return audit_begin(mutation->world, &mutation->by, AUDIT_TEAMS, team->base.id, refs_team(mutation->world, team), "update");
}

/* A change of role is told with the user as the resource. */
static void
mutate_tell_role(Mutation *mutation, Team *team, User *user, const gchar *before, const gchar *after)
{
	AuditDraft *draft = mutate_team_update(mutation, team);

	audit_resource(draft, refs_user(mutation->world, user));
	audit_field(draft, "team_role", before, after);
	audit_end(draft);
}

static gboolean
mutate_add_member(Mutation *mutation, GError **error)
{
	const gchar *role = "manager";
	Membership *membership = NULL;
	Team *team = NULL;
	User *user = NULL;
	AuditDraft *draft;

	if (!mutate_membership(mutation, &team, &user, &membership, error) || !mutate_text(mutation, "role", &role, error))
		return FALSE;
	if (membership != NULL)
		return input_refuse(error, "%s is a member of %s already.", user->base.id, team->base.id);
	world_join(mutation->world, team, user, role, TRUE);
	mutation->id = g_strdup(team->base.id);
	draft = mutate_team_update(mutation, team);
	audit_reference(draft, "members", refs_user(mutation->world, user), NULL);
	audit_end(draft);
	mutate_tell_role(mutation, team, user, NULL, role);
	return TRUE;
}

static gboolean
mutate_remove_member(Mutation *mutation, GError **error)
{
	Membership *membership = NULL;
	Team *team = NULL;
	User *user = NULL;
	AuditDraft *draft;

	if (!mutate_membership(mutation, &team, &user, &membership, error))
		return FALSE;
	if (membership == NULL)
		return input_refuse(error, "%s is no member of %s.", user->base.id, team->base.id);
	world_leave(membership);
	mutation->id = g_strdup(team->base.id);
	draft = mutate_team_update(mutation, team);
	audit_reference(draft, "members", NULL, refs_user(mutation->world, user));
	audit_end(draft);
	return TRUE;
}

static gboolean
mutate_set_team_role(Mutation *mutation, GError **error)
{
	const gchar *role = NULL;
	Membership *membership = NULL;
	Team *team = NULL;
	User *user = NULL;

	if (!mutate_membership(mutation, &team, &user, &membership, error) || !mutate_needs(mutation, "role", &role, error))
		return FALSE;
	if (membership == NULL)
		return input_refuse(error, "%s is no member of %s.", user->base.id, team->base.id);
	mutate_tell_role(mutation, team, user, membership->role, role);
	membership->role = g_intern_string(role);
	mutation->id = g_strdup(team->base.id);
	return TRUE;
}

const MutateOp mutate_teams_ops[] = {
    {"add_team", {"name", "id", "description", "private", "parent"}, mutate_add_team},
    {"delete_team", {"team"}, mutate_delete_team},
    {"set_team", {"team", "name", "description", "private", "parent"}, mutate_set_team},
    {"rename_team", {"team", "name"}, mutate_set_team},
    {"add_member", {"team", "user", "role"}, mutate_add_member},
    {"remove_member", {"team", "user"}, mutate_remove_member},
    {"set_team_role", {"team", "user", "role"}, mutate_set_team_role},
    {NULL, {NULL}, NULL},
};
