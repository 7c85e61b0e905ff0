/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "refs.h"

#include "duty.h"
#include "jtext.h"

void
refs_common(const World *world, GString *out, const Thing *thing, const gchar *type, const gchar *path)
{
	jtext_pair(out, "id", thing->id);
	g_string_append_printf(out, ",\"type\":\"%s\",", type);
	jtext_pair(out, "summary", thing->name);
	g_string_append_printf(out, ",\"self\":\"%s/%s/%s\",\"html_url\":\"%s/%s/%s\"", world->api_base, path, thing->id,
			       world->html_base, g_str_has_prefix(path, "v3/") ? path + 3 : path, thing->id);
}

static const gchar *
refs_prepare(const World *world, Thing *thing, const gchar *type, const gchar *path)
{
	GString *out;

	if (thing->ref_gen == world->gen)
		return thing->ref;
	out = g_string_sized_new(256);
	g_string_append_c(out, '{');
	refs_common(world, out, thing, type, path);
	g_string_append_c(out, '}');
	g_free(thing->ref);
	thing->ref = g_string_free(out, FALSE);
	thing->ref_gen = world->gen;
	return thing->ref;
}

const gchar *
refs_user(const World *world, User *user)
{
	return refs_prepare(world, &user->base, "user_reference", "users");
}

const gchar *
refs_team(const World *world, Team *team)
{
	return refs_prepare(world, &team->base, "team_reference", "teams");
}

const gchar *
refs_policy(const World *world, Policy *policy)
{
	return refs_prepare(world, &policy->base, "escalation_policy_reference", "escalation_policies");
}

const gchar *
refs_schedule(const World *world, Schedule *schedule)
{
	if (schedule->v3)
		return refs_prepare(world, &schedule->base, "schedule_v3_reference", "v3/schedules");
	return refs_prepare(world, &schedule->base, "schedule_reference", "schedules");
}

/* What is left of a deleted thing: no links lead anywhere any more. */
static void
refs_stub(GString *out, const Ref *ref)
{
	g_string_append_c(out, '{');
	jtext_pair(out, "id", ref->id);
	g_string_append_printf(out, ",\"type\":\"%s_reference\",", ref->kind == REF_USER ? "user" : "schedule");
	jtext_pair(out, "summary", ref->summary);
	g_string_append(out, ",\"self\":null,\"html_url\":null");
	if (ref->deleted_ms > 0) {
		g_string_append(out, ",\"deleted_at\":");
		jtext_time(out, ref->deleted_ms);
	}
	g_string_append_c(out, '}');
}

void
refs_add(const World *world, GString *out, const Ref *ref)
{
	User *user = duty_user(world, ref);
	Schedule *schedule = duty_schedule(world, ref);

	if (user != NULL)
		g_string_append(out, refs_user(world, user));
	else if (schedule != NULL)
		g_string_append(out, refs_schedule(world, schedule));
	else
		refs_stub(out, ref);
}

void
refs_add_teams(const World *world, GString *out, const GPtrArray *team_ids)
{
	g_string_append_c(out, '[');
	for (guint i = 0; i < team_ids->len && world_can(world, "teams"); i++) {
		Team *team = shelf_find(&world->teams, g_ptr_array_index(team_ids, i));
		if (team == NULL)
			continue;
		jtext_comma(out);
		g_string_append(out, refs_team(world, team));
	}
	g_string_append_c(out, ']');
}
