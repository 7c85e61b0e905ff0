/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "users.h"

#include "errors.h"
#include "filter.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"
#include "teams.h"
#include "veil.h"

static const gchar *const contact_types[] = {"email", "phone", "sms", "push_notification"};

static void
users_part(GString *out, const World *world, const User *user, const gchar *id, const gchar *type, const gchar *list)
{
	g_string_append_printf(
	    out, "{\"id\":\"%s\",\"type\":\"%s\",\"summary\":\"Default\",\"self\":\"%s/users/%s/%s/%s\",\"html_url\":null", id,
	    type, world->api_base, user->base.id, list, id);
}

static void
users_contact_methods(const World *world, GString *out, const User *user, gboolean whole)
{
	g_string_append(out, ",\"contact_methods\":[");
	for (guint i = 0; i <= user->contacts; i++) {
		g_autofree gchar *id = world_part_id(world, WORLD_KIND_CONTACT, user->base.serial, i);
		g_autofree gchar *type = g_strconcat(contact_types[i], "_contact_method", whole ? NULL : "_reference", NULL);
		jtext_comma(out);
		users_part(out, world, user, id, type, "contact_methods");
		if (whole) {
			g_string_append(out, ",\"label\":\"Default\",");
			jtext_pair(out, "address", i == 0 ? user->email : "5550100");
		}
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, ']');
}

static void
users_notification_rules(const World *world, GString *out, const User *user, gboolean whole)
{
	g_autofree gchar *id = world_part_id(world, WORLD_KIND_NOTIFICATION, user->base.serial, 0);

	g_string_append(out, ",\"notification_rules\":[");
	users_part(out, world, user, id, whole ? "assignment_notification_rule" : "assignment_notification_rule_reference",
		   "notification_rules");
	if (whole) {
		g_autofree gchar *contact = world_part_id(world, WORLD_KIND_CONTACT, user->base.serial, 0);
		g_string_append(out, ",\"start_delay_in_minutes\":0,\"urgency\":\"high\",\"contact_method\":");
		users_part(out, world, user, contact, "email_contact_method_reference", "contact_methods");
		g_string_append_c(out, '}');
	}
	g_string_append(out, "}]");
}

/* request is NULL for the prepared text, which everybody may see who sees every team. */
static void
users_teams(const World *world, const Request *request, GString *out, const User *user, gboolean whole)
{
	g_string_append(out, ",\"teams\":[");
	for (guint i = 0; i < user->memberships->len && world_can(world, "teams"); i++) {
		const Membership *membership = g_ptr_array_index(user->memberships, i);
		if (request != NULL && !request_sees_team(request, membership->team))
			continue;
		jtext_comma(out);
		if (whole)
			teams_write(world, out, membership->team);
		else
			g_string_append(out, refs_team(world, membership->team));
	}
	g_string_append_c(out, ']');
}

static void
users_fields(const Request *request, GString *out, const User *user)
{
	const World *world = request->sim->world;
	gboolean as_string = switches_on(request->sim->spec->switches, SWITCH_SSO_AS_STRING);

	refs_common(world, out, &user->base, "user", "users");
	g_string_append_c(out, ',');
	jtext_pair(out, "name", user->base.name);
	g_string_append_c(out, ',');
	jtext_pair(out, "email", user->email);
	g_string_append_c(out, ',');
	jtext_pair(out, "time_zone", user->time_zone);
	g_string_append_c(out, ',');
	jtext_pair(out, "color", user->color);
	g_string_append_c(out, ',');
	jtext_pair(out, "role", user->role);
	g_string_append_printf(out, ",\"avatar_url\":\"https://img.example/%s.png\",", user->base.id);
	jtext_pair(out, "description", user->description);
	g_string_append_printf(out, ",\"invitation_sent\":%s,\"created_via_sso\":", user->pending ? "true" : "false");
	g_string_append_printf(out, as_string ? "\"%s\"," : "%s,", user->sso ? "true" : "false");
	jtext_pair(out, "job_title", user->job_title);
}

static const gchar *
users_prepared(const Request *request, User *user)
{
	const World *world = request->sim->world;
	GString *out;

	if (user->base.text_gen == world->gen)
		return user->base.text;
	out = g_string_sized_new(1024 + user->memberships->len * 220);
	g_string_append_c(out, '{');
	users_fields(request, out, user);
	users_contact_methods(world, out, user, FALSE);
	users_notification_rules(world, out, user, FALSE);
	users_teams(world, NULL, out, user, FALSE);
	g_string_append_c(out, '}');
	g_free(user->base.text);
	user->base.text = g_string_free(out, FALSE);
	user->base.text_gen = world->gen;
	return user->base.text;
}

/* The parts that a request for users may ask to see whole. */
typedef struct {
	gboolean contact_methods;
	gboolean notification_rules;
	gboolean teams;
} UsersWhole;

static void
users_write_parts(const Request *request, GString *out, const User *user, const UsersWhole *whole)
{
	const World *world = request->sim->world;

	users_fields(request, out, user);
	users_contact_methods(world, out, user, whole->contact_methods);
	users_notification_rules(world, out, user, whole->notification_rules);
	users_teams(world, request, out, user, whole->teams);
}

void
users_write(const Request *request, GString *out, User *user)
{
	const UsersWhole nothing = {0};

	if (request_viewer(request) == NULL) {
		g_string_append(out, users_prepared(request, user));
		return;
	}
	g_string_append_c(out, '{');
	users_write_parts(request, out, user, &nothing);
	g_string_append_c(out, '}');
}

/* As /users shows it: with what include[] asks for. Elsewhere the same words mean something else. */
static void
users_write_own(const Request *request, GString *out, User *user)
{
	const World *world = request->sim->world;
	const Query *query = request->query;
	const UsersWhole whole = {
	    .contact_methods = query_has(query, "include[]", "contact_methods"),
	    .notification_rules = query_has(query, "include[]", "notification_rules"),
	    .teams = query_has(query, "include[]", "teams"),
	};

	if (query_get(query, "include[]") == NULL) {
		users_write(request, out, user);
		return;
	}
	g_string_append_c(out, '{');
	users_write_parts(request, out, user, &whole);
	if (query_has(query, "include[]", "subdomains"))
		g_string_append_printf(out, ",\"subdomains\":[\"%s\"]", world->subdomain);
	if (query_has(query, "include[]", "calendar_urls"))
		g_string_append_printf(
		    out, ",\"http_cal_url\":\"%s/private/%s.ics\",\"web_cal_url\":\"webcal://%s.pagerduty.com/private/%s.ics\"",
		    world->html_base, user->base.id, world->subdomain, user->base.id);
	g_string_append_c(out, '}');
}

static void
users_write_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	(void)data;
	users_write_own(request, out, item);
}

typedef struct {
	const gchar *folded;
	GHashTable *in_teams; /* of ids; NULL: any */
} UsersQuestion;

static gboolean
users_match(const Request *request, Thing *thing, gpointer data)
{
	const UsersQuestion *question = data;
	const User *user = (const User *)thing;

	if (question->in_teams != NULL && !g_hash_table_contains(question->in_teams, user->base.id))
		return FALSE;
	return filter_query(request, thing, user->email, question->folded);
}

static GHashTable *
users_of_teams(const Request *request, const GPtrArray *team_ids)
{
	GHashTable *users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < team_ids->len; i++) {
		Team *team = shelf_find(&request->sim->world->teams, g_ptr_array_index(team_ids, i));
		const GPtrArray *members;
		if (team == NULL || !request_sees_team(request, team))
			continue;
		members = teams_members_of(request, team);
		for (guint j = 0; j < members->len; j++) {
			const Membership *membership = g_ptr_array_index(members, j);
			g_hash_table_add(users, g_strdup(membership->user->base.id));
		}
	}
	return users;
}

void
users_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	g_autofree gchar *folded = filter_folded(request);
	g_autoptr(GPtrArray) team_ids = query_all(request->query, "team_ids[]");
	g_autoptr(GPtrArray) matching = NULL;
	const GPtrArray *lagging;
	const GPtrArray *items;
	const User *viewer = request_viewer(request);
	Page page;

	if (viewer != NULL && g_str_equal(viewer->role, "read_only_limited_user")) {
		errors_denied(request, reply);
		return;
	}
	if (!page_read(request, reply, &page))
		return;
	if (team_ids->len > 0 && !world_can(world, "teams")) {
		errors_ability(request, reply);
		return;
	}
	if (folded != NULL || team_ids->len > 0) {
		g_autoptr(GHashTable) in_teams = team_ids->len > 0 ? users_of_teams(request, team_ids) : NULL;
		g_autofree gchar *key = filter_question(request, "users");
		UsersQuestion question = {folded, in_teams};
		lagging = veil_users(request->sim);
		if (lagging != NULL)
			matching = filter_array(request, lagging, users_match, &question);
		if (matching != NULL)
			items = matching;
		else
			items = filter_things(request, &world->users, key, users_match, &question);
	} else {
		lagging = veil_users(request->sim);
		items = lagging == NULL ? world->users.sorted : lagging;
	}
	page_write(request, reply, &page, "users", items, PAGE_TOTAL_ASKED, users_write_item, NULL);
}

static void
users_one(Request *request, Reply *reply, User *user)
{
	if (user == NULL) {
		errors_not_found(request, reply);
		return;
	}
	reply_json(reply, 200, "{\"user\":");
	users_write_own(request, reply->body, user);
	g_string_append_c(reply->body, '}');
}

void
users_show(Request *request, Reply *reply)
{
	gboolean lags = switches_on(request->sim->spec->switches, SWITCH_SHOW_LAG);

	users_one(request, reply,
		  lags ? veil_user(request->sim, request->ids[0]) : shelf_find(&request->sim->world->users, request->ids[0]));
}

void
users_me(Request *request, Reply *reply)
{
	User *viewer = request_viewer(request);

	if (viewer != NULL) {
		users_one(request, reply, viewer);
		return;
	}
	/* a bare string, on the REST host too */
	reply_json(
	    reply, switches_is(request->sim->spec->switches, SWITCH_ME_STATUS, "404") ? 404 : 400,
	    "{\"error\":\"Because this request was made using an account-level access token, the user it was made for is not "
	    "known. Use a user-level token.\"}");
}
