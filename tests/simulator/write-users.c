/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "write-users.h"

#include "body.h"
#include "caller.h"
#include "draft.h"
#include "duty.h"
#include "errors.h"
#include "jtext.h"
#include "licenses.h"
#include "refs.h"
#include "settle.h"
#include "users.h"
#include "veil.h"

/* The requester that an app or an account key names in From. FALSE: refused. */
static gboolean
write_users_from(const Request *request, Reply *reply)
{
	const Switches *switches = request->sim->spec->switches;
	const gchar *from = request_header(request, "from");
	g_autofree gchar *email = NULL;

	if (switches_is(switches, SWITCH_FROM, "off"))
		return TRUE;
	if (from == NULL || from[0] == '\0') {
		if (!switches_is(switches, SWITCH_FROM, "required"))
			return TRUE;
		errors_reply(request, reply, 400, 0,
			     "You must specify a user's email address in the \"From\" header to perform this action", NULL);
		return FALSE;
	}
	email = g_utf8_validate(from, -1, NULL) ? g_utf8_strdown(from, -1) : g_strdup("");
	if (g_hash_table_contains(request->sim->world->by_email, email))
		return TRUE;
	errors_reply(request, reply, 400, 1008, "Requester User Not Found", NULL);
	return FALSE;
}

/* Whether the account has what the role needs. */
static gboolean
write_users_has_role(const Request *request, Reply *reply, const gchar *role)
{
	const World *world = request->sim->world;

	if ((g_str_has_prefix(role, "read_only_") && !world_can(world, "read_only_users")) ||
	    ((g_str_equal(role, "observer") || g_str_equal(role, "restricted_access")) && !world_is_advanced(world))) {
		errors_ability(request, reply);
		return FALSE;
	}
	return TRUE;
}

/* The draft is sound in itself and the account allows it. */
static gboolean
write_users_allowed(const Request *request, Reply *reply, const Draft *draft)
{
	if (g_ptr_array_index(draft->wrong, 0) != NULL) {
		errors_reply_all(request, reply, 400, 2001, "Invalid Input Provided", (const gchar *const *)draft->wrong->pdata);
		return FALSE;
	}
	return write_users_has_role(request, reply, draft->role);
}

/* Someone else holds the account just now: each address is refused a few times. */
static gboolean
write_users_locked(const Request *request, Reply *reply, const gchar *email)
{
	GHashTable *locked = request->sim->world->locked;
	guint refused = GPOINTER_TO_UINT(g_hash_table_lookup(locked, email));

	if (refused >= (guint)switches_number(request->sim->spec->switches, SWITCH_ACCOUNT_LOCK))
		return FALSE;
	g_hash_table_insert(locked, g_strdup(email), GUINT_TO_POINTER(refused + 1));
	errors_invalid(request, reply, "License error: Unable to perform request at this time. account could not be locked");
	return TRUE;
}

static void
write_users_reply(Request *request, Reply *reply, guint status, User *user)
{
	reply_json(reply, status, "{\"user\":");
	users_write(request, reply->body, user);
	g_string_append_c(reply->body, '}');
}

static void
write_users_take(World *world, User *user, Draft *draft, const License *license)
{
	if (!g_str_equal(user->base.name, draft->name))
		world_rename_user(world, user, draft->name);
	if (!g_str_equal(user->email, draft->email))
		world_set_email(world, user, draft->email);
	g_free(user->job_title);
	user->job_title = g_steal_pointer(&draft->job_title);
	g_free(user->description);
	user->description = g_steal_pointer(&draft->description);
	g_free(user->time_zone);
	user->time_zone = g_steal_pointer(&draft->time_zone);
	g_free(user->license_id);
	user->license_id = g_strdup(license->id);
	user->color = draft->color;
	user->role = draft->role;
}

/* Tells the trail what the draft changes of the user, or all of it for a new one. FALSE: nothing. */
static gboolean
write_users_fields(AuditDraft *audit, const User *user, const Draft *draft, const License *license)
{
	const gchar *const rows[][3] = {
	    {"name", user == NULL ? NULL : user->base.name, draft->name},
	    {"email", user == NULL ? NULL : user->email, draft->email},
	    {"role", user == NULL ? NULL : user->role, draft->role},
	    {"job_title", user == NULL ? NULL : user->job_title, draft->job_title},
	    {"description", user == NULL ? NULL : user->description, draft->description},
	    {"time_zone", user == NULL ? NULL : user->time_zone, draft->time_zone},
	    {"color", user == NULL ? NULL : user->color, draft->color},
	    {"license", user == NULL ? NULL : user->license_id, license->id},
	};
	gboolean changed = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		changed = caller_field(audit, rows[i][0], rows[i][1], rows[i][2]) || changed;
	return changed;
}

static AuditDraft *
write_users_begin(const Request *request, User *user, const gchar *action)
{
	return caller_begin(request, AUDIT_USERS, user->base.id, refs_user(request->sim->world, user), action);
}

static void
write_users_invite(World *world, const gchar *email)
{
	guint sent = GPOINTER_TO_UINT(g_hash_table_lookup(world->invited, email));

	g_hash_table_insert(world->invited, g_strdup(email), GUINT_TO_POINTER(sent + 1));
}

void
write_users_create(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	g_autoptr(json_object) body = NULL;
	g_autoptr(Draft) draft = draft_new(NULL);
	const License *license;
	json_object *object;
	AuditDraft *audit;
	User *user;

	if (!caller_may_users(request)) {
		errors_denied(request, reply);
		return;
	}
	object = body_wrapped(request, reply, "user", &body);
	if (object == NULL || !write_users_from(request, reply))
		return;
	if (!json_object_object_get_ex(object, "type", NULL)) {
		request_violation(request, "A new user needs a type.");
		if (errors_strict(request, reply))
			return;
	}
	draft_read(draft, request, object, NULL);
	if (!write_users_allowed(request, reply, draft) || write_users_locked(request, reply, draft->email))
		return;
	license = licenses_pick(request, reply, draft->role, draft->license_id, NULL);
	if (license == NULL)
		return;
	user = world_add_user(sim->world, NULL, draft->name, draft->email, draft->role, TRUE);
	user->pending = TRUE;
	user->created_ms = sim_now_ms(sim);
	veil_new_user(sim, user);
	write_users_invite(sim->world, user->email);
	audit = write_users_begin(request, user, "create");
	write_users_fields(audit, NULL, draft, license);
	audit_end(audit);
	write_users_take(sim->world, user, draft, license);
	world_touch(sim->world);
	write_users_reply(request, reply, 201, user);
}

/* Nobody touches the account's owner, and the owner not the own role. */
static gboolean
write_users_may_change(const Request *request, const User *user, json_object *object)
{
	const User *viewer = request_viewer(request);
	gboolean role = json_object_object_get_ex(object, "role", NULL);

	if (g_str_equal(user->role, "owner"))
		return viewer == user && !role;
	return caller_may_users(request) || (viewer == user && !role);
}

/* Whether a stakeholder-to-be is still paged somewhere, and the service minds. */
static gboolean
write_users_is_on_call(const Request *request, Reply *reply, const User *user, const gchar *role)
{
	World *world = request->sim->world;

	if (!switches_is(request->sim->spec->switches, SWITCH_STAKEHOLDER_ON_CALL, "refuse") ||
	    !g_str_has_prefix(role, "read_only_") || g_str_equal(user->role, role))
		return FALSE;
	if (duty_count_schedules(world, user->base.id) > 0)
		errors_invalid(request, reply, "Stakeholders cannot be added to schedules");
	else if (duty_count_policies(world, user->base.id) > 0)
		errors_invalid(request, reply, "Stakeholders cannot be added to escalation policies");
	else
		return FALSE;
	return TRUE;
}

void
write_users_update(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	User *user = shelf_find(&sim->world->users, request->ids[0]);
	g_autoptr(json_object) body = NULL;
	g_autoptr(Draft) draft = NULL;
	const License *license;
	gboolean changed;
	AuditDraft *audit;
	json_object *object;

	if (user == NULL) {
		errors_not_found(request, reply);
		return;
	}
	object = body_wrapped(request, reply, "user", &body);
	if (object == NULL)
		return;
	if (!write_users_may_change(request, user, object)) {
		errors_denied(request, reply);
		return;
	}
	draft = draft_new(user);
	draft_read(draft, request, object, user);
	if (!write_users_allowed(request, reply, draft) || write_users_is_on_call(request, reply, user, draft->role))
		return;
	license = licenses_pick(request, reply, draft->role, draft->license_id, user);
	if (license == NULL)
		return;
	audit = write_users_begin(request, user, "update");
	changed = write_users_fields(audit, user, draft, license);
	audit_finish(audit, changed);
	if (changed) {
		veil_before_user(sim, user);
		write_users_take(sim->world, user, draft, license);
		world_touch(sim->world);
	}
	write_users_reply(request, reply, 200, user);
}

/* Why a user cannot go where nobody takes over, or NULL. The caller frees it. */
static gchar *
write_users_holds(const Sim *sim, const User *user)
{
	gint64 incidents = switches_number(sim->spec->switches, SWITCH_OPEN_INCIDENTS);
	guint policies = duty_count_policies(sim->world, user->base.id);
	guint schedules = duty_count_schedules(sim->world, user->base.id);

	if (policies == 0 && settle_holds(sim, NULL, user->base.id))
		policies = 1;

	if (incidents > 0)
		return g_strdup_printf("The user cannot be deleted as they have %" G_GINT64_FORMAT
				       " incident%s. Please resolve the following incident%s to continue.",
				       incidents, incidents == 1 ? "" : "s", incidents == 1 ? "" : "s");
	if (policies > 0)
		return g_strdup_printf(
		    "The user cannot be deleted as they are on %u escalation %s. Please remove them to continue.", policies,
		    policies == 1 ? "policy" : "policies");
	if (schedules > 0)
		return g_strdup_printf("The user cannot be deleted as they are on %u schedule%s. Please remove them to continue.",
				       schedules, schedules == 1 ? "" : "s");
	return NULL;
}

/* Memberships go with the user; the trail is told of each where it is told of what happens by the way. */
static void
write_users_leave_teams(const Request *request, User *user)
{
	const World *world = request->sim->world;

	for (guint i = 0; i < user->memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(user->memberships, i);
		Team *team = membership->team;
		AuditDraft *audit;
		veil_before_member(request->sim, team, user);
		audit = caller_begin(request, AUDIT_TEAMS, team->base.id, refs_team(world, team), "update");
		audit_reference(audit, "members", NULL, refs_user(world, user));
		audit_finish(audit, switches_on(request->sim->spec->switches, SWITCH_AUDIT_BY_THE_WAY));
	}
}

void
write_users_delete(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	User *user = shelf_find(&sim->world->users, request->ids[0]);
	g_autofree gchar *why = NULL;
	AuditDraft *audit;

	if (user == NULL) {
		errors_not_found(request, reply);
		return;
	}
	if (!caller_may_users(request) || g_str_equal(user->role, "owner")) {
		errors_denied(request, reply);
		return;
	}
	/* with offboarding incidents are handed on later, and references stay as stubs */
	if (!world_can(sim->world, "offboarding"))
		why = write_users_holds(sim, user);
	if (why != NULL) {
		/* as it was seen: neither code nor message */
		errors_reply(request, reply, 400, 0, NULL, why);
		return;
	}
	veil_before_user(sim, user);
	/* the trail is told before the user goes: it may be the caller itself */
	write_users_leave_teams(request, user);
	audit = write_users_begin(request, user, "delete");
	audit_field(audit, "name", user->base.name, NULL);
	audit_field(audit, "email", user->email, NULL);
	audit_field(audit, "role", user->role, NULL);
	audit_end(audit);
	world_delete_user(sim->world, user, TRUE, sim_now_ms(sim));
	world_touch(sim->world);
	reply->status = 204;
}

static gint
write_users_compare(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(a, b);
}

void
write_users_invitations(const World *world, GString *out)
{
	GList *emails = g_list_sort(g_hash_table_get_keys(world->invited), write_users_compare);
	guint total = 0;

	g_string_append(out, "{\"by_email\":{");
	for (const GList *email = emails; email != NULL; email = email->next) {
		guint sent = GPOINTER_TO_UINT(g_hash_table_lookup(world->invited, email->data));
		jtext_comma(out);
		jtext_string(out, email->data);
		g_string_append_printf(out, ":%u", sent);
		total += sent;
	}
	g_string_append_printf(out, "},\"total\":%u}", total);
	g_list_free(emails);
}
