/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "teams.h"

#include "errors.h"
#include "filter.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"
#include "users.h"
#include "veil.h"

static void
teams_fields(const World *world, GString *out, const Team *team)
{
	Team *parent = shelf_find(&world->teams, team->parent_id);

	refs_common(world, out, &team->base, "team", "teams");
	g_string_append_c(out, ',');
	jtext_pair(out, "name", team->base.name);
	g_string_append_c(out, ',');
	jtext_pair(out, "description", team->description);
	g_string_append_printf(out, ",\"default_role\":\"%s\"", team->private ? "none" : "manager");
	if (world_can(world, "teams_hierarchy"))
		g_string_append_printf(out, ",\"parent\":%s", parent == NULL ? "null" : refs_team(world, parent));
}

void
teams_write(const World *world, GString *out, Team *team)
{
	if (team->base.text_gen != world->gen) {
		GString *text = g_string_sized_new(512);
		g_string_append_c(text, '{');
		teams_fields(world, text, team);
		g_string_append_c(text, '}');
		g_free(team->base.text);
		team->base.text = g_string_free(text, FALSE);
		team->base.text_gen = world->gen;
	}
	g_string_append(out, team->base.text);
}

static void
teams_write_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	(void)data;
	teams_write(request->sim->world, out, item);
}

static gboolean
teams_match(const Request *request, Thing *thing, gpointer data)
{
	return request_sees_team(request, (const Team *)thing) && filter_query(request, thing, NULL, data);
}

void
teams_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	g_autofree gchar *folded = filter_folded(request);
	const GPtrArray *items = world->teams.sorted;
	Page page;

	if (!page_read(request, reply, &page))
		return;
	if (folded != NULL || request_viewer(request) != NULL) {
		g_autofree gchar *key = filter_question(request, "teams");
		items = filter_things(request, &world->teams, key, teams_match, folded);
	}
	page_write(request, reply, &page, "teams", items, PAGE_TOTAL_ASKED, teams_write_item, NULL);
}

/* The team that the path names, or NULL and a 404. */
static Team *
teams_find(Request *request, Reply *reply)
{
	Team *team = shelf_find(&request->sim->world->teams, request->ids[0]);

	if (team != NULL && request_sees_team(request, team))
		return team;
	errors_not_found(request, reply);
	return NULL;
}

void
teams_show(Request *request, Reply *reply)
{
	Team *team = teams_find(request, reply);

	if (team == NULL)
		return;
	reply_json(reply, 200, "{\"team\":{");
	teams_fields(request->sim->world, reply->body, team);
	if (query_has(request->query, "include[]", "privileges"))
		g_string_append(reply->body, ",\"privileges\":{\"role\":\"manager\",\"permissions\":[\"read\",\"manage\"]}");
	g_string_append(reply->body, "}}");
}

static void
teams_write_member(const Request *request, GString *out, gpointer item, gpointer data)
{
	const gboolean *whole = data;
	const Membership *membership = item;

	g_string_append(out, "{\"user\":");
	if (*whole)
		users_write(request, out, membership->user);
	else
		g_string_append(out, refs_user(request->sim->world, membership->user));
	g_string_append_printf(out, ",\"role\":\"%s\"}", membership->role);
}

const GPtrArray *
teams_members_of(const Request *request, Team *team)
{
	const GPtrArray *lagging = veil_members(request->sim, team);

	return lagging == NULL ? team->members : lagging;
}

void
teams_members(Request *request, Reply *reply)
{
	gboolean whole = query_has(request->query, "include[]", "users");
	Team *team = teams_find(request, reply);
	Page page;

	if (team == NULL || !page_read(request, reply, &page))
		return;
	page_write(request, reply, &page, "members", teams_members_of(request, team), PAGE_TOTAL_NEVER, teams_write_member, &whole);
}
