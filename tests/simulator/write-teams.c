/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "write-teams.h"

#include "body.h"
#include "caller.h"
#include "duty.h"
#include "errors.h"
#include "join.h"
#include "refs.h"
#include "settle.h"
#include "veil.h"

#define MAX_MEMBERS 500 /* of a team */
#define MAX_TEAMS 400   /* of a user */
#define MAX_TEAM_POLICIES 100

/* The team that the path names, or NULL and a 404. */
static Team *
write_teams_find(const Request *request, Reply *reply)
{
	Team *team = shelf_find(&request->sim->world->teams, request->ids[0]);

	if (team == NULL || !request_sees_team(request, team)) {
		errors_not_found(request, reply);
		return NULL;
	}
	return team;
}

/* The team and the user that the path names. FALSE: refused. */
static gboolean
write_teams_find_both(const Request *request, Reply *reply, Team **ret_team, User **ret_user)
{
	Team *team = write_teams_find(request, reply);
	User *user = shelf_find(&request->sim->world->users, request->ids[1]);

	if (team == NULL)
		return FALSE;
	if (!caller_may_team(request, team)) {
		errors_denied(request, reply);
		return FALSE;
	}
	if (user == NULL) {
		errors_not_found(request, reply);
		return FALSE;
	}
	*ret_team = team;
	*ret_user = user;
	return TRUE;
}

/* The role that the body asks for, interned; NULL where it asks for none. FALSE: refused. */
static gboolean
write_teams_read_role(Request *request, Reply *reply, const gchar **ret_role)
{
	static const gchar *const known[] = {"role", NULL};
	static const gchar *const roles[] = {"observer", "responder", "manager", NULL};
	g_autoptr(json_object) body = NULL;
	const gchar *role = NULL;

	if (!body_bare(request, reply, &body))
		return FALSE;
	if (body == NULL)
		return TRUE;
	body_ignored(request, body, "the body", known);
	switch (body_text(body, "role", &role)) {
	case BODY_TEXT:
		if (g_strv_contains(roles, role)) {
			*ret_role = g_intern_string(role);
			return TRUE;
		}
		break;
	case BODY_ABSENT:
	case BODY_NULL:
		return TRUE;
	case BODY_WRONG:
	default:
		break;
	}
	errors_invalid(request, reply, "Role is not included in the list");
	return FALSE;
}

/* The service does not know its own new users for a while. */
static gboolean
write_teams_too_soon(const Request *request, Reply *reply, const User *user)
{
	const Switches *switches = request->sim->spec->switches;
	gint64 age = sim_now_ms(request->sim) - user->created_ms;

	if (age < 0 || age >= switches_number(switches, SWITCH_NEW_USER_MS))
		return FALSE;
	if (switches_is(switches, SWITCH_NEW_USER_STATUS, "404"))
		errors_not_found(request, reply);
	else
		errors_reply(request, reply, 500, 2000, "Internal Server Error", NULL);
	return TRUE;
}

/* Whether the user may be on the team at all. */
static gboolean
write_teams_takes(const Request *request, Reply *reply, const Team *team, const User *user)
{
	if (g_str_has_prefix(user->role, "read_only_"))
		errors_invalid(request, reply, "Stakeholders cannot be added to teams");
	else if (world_membership(user, team) == NULL && team->members->len >= MAX_MEMBERS)
		errors_invalid(request, reply, "Team has reached the limit of 500 users");
	else if (world_membership(user, team) == NULL && user->memberships->len >= MAX_TEAMS)
		errors_invalid(request, reply, "User has reached the limit of 400 teams");
	else
		return TRUE;
	return FALSE;
}

/* What the service keeps, whatever was asked for. */
static const gchar *
write_teams_kept_role(const Request *request, const User *user, const gchar *role)
{
	gboolean admin = g_str_equal(user->role, "owner") || g_str_equal(user->role, "admin");

	if (admin && switches_is(request->sim->spec->switches, SWITCH_ADMIN_TEAM_ROLE, "manager"))
		return g_intern_static_string("manager");
	return role;
}

static AuditDraft *
write_teams_begin(const Request *request, Team *team)
{
	return caller_begin(request, AUDIT_TEAMS, team->base.id, refs_team(request->sim->world, team), "update");
}

static void
write_teams_add(Request *request, Team *team, User *user, const gchar *role)
{
	Sim *sim = request->sim;
	AuditDraft *audit = write_teams_begin(request, team);

	audit_reference(audit, "members", refs_user(sim->world, user), NULL);
	audit_end(audit);
	veil_before_member(sim, team, user);
	world_join(sim->world, team, user, role, TRUE);
	world_touch(sim->world);
}

static void
write_teams_change(Request *request, Membership *membership, const gchar *role)
{
	Sim *sim = request->sim;
	AuditDraft *audit = write_teams_begin(request, membership->team);

	audit_resource(audit, refs_user(sim->world, membership->user));
	audit_field(audit, "team_role", membership->role, role);
	audit_end(audit);
	veil_before_member(sim, membership->team, membership->user);
	membership->role = role;
	world_touch(sim->world);
}

void
write_teams_put_user(Request *request, Reply *reply)
{
	Membership *membership;
	const gchar *role = NULL;
	Team *team = NULL;
	User *user = NULL;

	if (!write_teams_find_both(request, reply, &team, &user) || !write_teams_read_role(request, reply, &role) ||
	    write_teams_too_soon(request, reply, user) || !write_teams_takes(request, reply, team, user))
		return;
	membership = world_membership(user, team);
	if (role == NULL && membership != NULL && switches_is(request->sim->spec->switches, SWITCH_BODILESS_REPEAT, "keep"))
		role = membership->role;
	/* the most powerful one is what nobody asked for gets */
	role = write_teams_kept_role(request, user, role != NULL ? role : g_intern_static_string("manager"));
	if (membership == NULL)
		write_teams_add(request, team, user, role);
	else if (membership->role != role)
		write_teams_change(request, membership, role);
	reply->status = 204;
}

/* Whether a policy on the team pages the user. */
static gboolean
write_teams_needs(const World *world, const Team *team, const User *user)
{
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		const Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		if (g_strcmp0(policy->team_id, team->base.id) == 0 && duty_pages(world, policy, user->base.id))
			return TRUE;
	}
	return FALSE;
}

void
write_teams_remove_user(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	Membership *membership;
	AuditDraft *audit;
	Team *team = NULL;
	User *user = NULL;

	if (!write_teams_find_both(request, reply, &team, &user))
		return;
	membership = world_membership(user, team);
	if (membership == NULL) {
		if (switches_is(sim->spec->switches, SWITCH_REMOVE_NON_MEMBER, "404"))
			errors_not_found(request, reply);
		else
			reply->status = 204;
		return;
	}
	if (write_teams_needs(sim->world, team, user) || settle_holds(sim, team->base.id, user->base.id)) {
		errors_invalid(request, reply, "User cannot be removed as they belong to an escalation policy on this team");
		return;
	}
	audit = write_teams_begin(request, team);
	audit_reference(audit, "members", NULL, refs_user(sim->world, user));
	audit_end(audit);
	veil_before_member(sim, team, user);
	world_leave(membership);
	world_touch(sim->world);
	reply->status = 204;
}

/* --- policies on a team --------------------------------------------------------------------------------------------------------------- */

/* The team and the policy that the path names. FALSE: refused. */
static gboolean
write_teams_find_policy(Request *request, Reply *reply, Team **ret_team, Policy **ret_policy)
{
	Policy *policy = shelf_find(&request->sim->world->policies, request->ids[1]);
	Team *team = write_teams_find(request, reply);

	if (team == NULL)
		return FALSE;
	if (policy == NULL) {
		errors_not_found(request, reply);
		return FALSE;
	}
	if (!caller_may_team(request, team) && !caller_may_policy(request, policy)) {
		errors_denied(request, reply);
		return FALSE;
	}
	*ret_team = team;
	*ret_policy = policy;
	return body_none(request, reply);
}

static guint
write_teams_count_policies(const World *world, const Team *team)
{
	guint count = 0;

	for (guint i = 0; i < world->policies.sorted->len; i++) {
		const Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		if (g_strcmp0(policy->team_id, team->base.id) == 0)
			count++;
	}
	return count;
}

static void
write_teams_audit_policy(const Request *request, Policy *policy, const gchar *added, const gchar *removed)
{
	AuditDraft *audit =
	    caller_begin(request, AUDIT_POLICIES, policy->base.id, refs_policy(request->sim->world, policy), "update");

	audit_reference(audit, "teams", added, removed);
	audit_end(audit);
}

void
write_teams_put_policy(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	g_autoptr(Join) join = NULL;
	Team *team = NULL;
	Policy *policy = NULL;

	if (!write_teams_find_policy(request, reply, &team, &policy))
		return;
	reply->status = 204;
	if (g_strcmp0(policy->team_id, team->base.id) == 0)
		return;
	if (policy->team_id != NULL) {
		errors_reply(request, reply, 400, 2001, "Escalation Policy has already been taken", NULL);
		return;
	}
	if (write_teams_count_policies(sim->world, team) >= MAX_TEAM_POLICIES) {
		errors_invalid(request, reply, "Team has reached the limit of 100 escalation policies");
		return;
	}
	policy->team_id = g_strdup(team->base.id);
	join = join_new(request, team);
	join_policy(join, policy, NULL);
	world_touch(sim->world);
	write_teams_audit_policy(request, policy, refs_team(sim->world, team), NULL);
	join_end(join);
}

void
write_teams_remove_policy(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	Team *team = NULL;
	Policy *policy = NULL;

	if (!write_teams_find_policy(request, reply, &team, &policy))
		return;
	reply->status = 204;
	if (g_strcmp0(policy->team_id, team->base.id) != 0)
		return;
	settle_changed(sim, policy->team_id, policy->rules, NULL);
	g_clear_pointer(&policy->team_id, g_free);
	world_touch(sim->world);
	write_teams_audit_policy(request, policy, NULL, refs_team(sim->world, team));
}
