/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "gen.h"

#include "names.h"
#include "rng.h"

enum {
	STREAM_ROLES = 1,
	STREAM_TEAMS,
	STREAM_MEMBERS,
};

static void
gen_shuffle(Rng *rng, guint *numbers, guint count)
{
	for (guint i = count; i > 1; i--) {
		guint j = rng_below(rng, i);
		guint kept = numbers[i - 1];
		numbers[i - 1] = numbers[j];
		numbers[j] = kept;
	}
}

static void
gen_license(World *world, const gchar *name, const gchar *group, gint64 seats, const gchar *const *roles)
{
	License *license = g_new0(License, 1);

	license->id = world_id(world, WORLD_KIND_LICENSE);
	license->name = g_strdup(name);
	license->group = g_strdup(group);
	license->seats = seats;
	license->valid_roles = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; roles[i] != NULL; i++)
		g_ptr_array_add(license->valid_roles, g_strdup(roles[i]));
	g_ptr_array_add(world->licenses, license);
}

static const gchar *
gen_plain_role(const World *world, Rng *rng)
{
	static const gchar *const roles[] = {"user",         "limited_user", "limited_user",
					     "limited_user", "observer",     "restricted_access"};

	return roles[rng_below(rng, world_is_advanced(world) ? G_N_ELEMENTS(roles) : 4)];
}

/* Roles are dealt out over a shuffled row, so that they say nothing about names or ids. */
static void
gen_roles(World *world, const Spec *spec)
{
	guint count = world->users.sorted->len;
	g_autofree guint *order = g_new(guint, count);
	guint at = 0;
	Rng rng;

	rng_init(&rng, world->seed, STREAM_ROLES);
	for (guint i = 0; i < count; i++)
		order[i] = i;
	/* number 0 is the owner and stays in front */
	gen_shuffle(&rng, order + 1, count - 1);
	for (guint i = 0; i < count; i++) {
		User *user = g_ptr_array_index(world->users.sorted, order[i]);
		const gchar *role;
		if (i == 0)
			role = "owner";
		else if (at < spec->admins)
			role = "admin";
		else if (at < spec->admins + spec->stakeholders)
			role = at % 2 == 0 ? "read_only_user" : "read_only_limited_user";
		else if (at < spec->admins + spec->stakeholders + spec->future_roles)
			role = "harbour_master";
		else
			role = gen_plain_role(world, &rng);
		if (i > 0)
			at++;
		user->role = g_intern_string(role);
	}
	gen_shuffle(&rng, order + 1, count - 1);
	for (guint i = 1; i < count; i++) {
		User *user = g_ptr_array_index(world->users.sorted, order[i]);
		user->pending = i <= spec->pending;
		user->sso = i > count - spec->sso - 1;
	}
}

static void
gen_users(World *world, const Spec *spec)
{
	static const gchar *const colors[] = {"teal", "crimson", "dark-slate-grey", "purple"};

	for (guint i = 0; i < spec->users; i++) {
		g_autofree gchar *name = names_person(i);
		g_autofree gchar *email = names_email(i);
		User *user = world_add_user(world, NULL, name, email, "user", FALSE);
		g_free(user->time_zone);
		user->time_zone = g_strdup(names_zone(i));
		user->job_title = g_strdup(names_job(i));
		user->description = i % 3 == 0 ? g_strdup("Night crew, \"B\"") : NULL;
		user->color = colors[i % G_N_ELEMENTS(colors)];
		user->contacts = i % 4;
		user->created_ms = world->born_ms + (gint64)i * 1000;
	}
	if (spec->users > 0)
		gen_roles(world, spec);
	for (guint i = 0; i < spec->users; i++) {
		User *user = g_ptr_array_index(world->users.sorted, i);
		const License *license = world_license_for(world, user->role);
		if (license == NULL)
			license = g_ptr_array_index(world->licenses, 0);
		user->license_id = g_strdup(license->id);
	}
}

static void
gen_teams(World *world, const Spec *spec)
{
	Rng rng;

	rng_init(&rng, world->seed, STREAM_TEAMS);
	for (guint i = 0; i < spec->teams; i++) {
		g_autofree gchar *name = names_group("team", i);
		Team *team = world_add_team(world, NULL, name, FALSE);
		if (i % 3 != 2)
			team->description = g_strdup(i % 3 == 0 ? "Quays and cranes" : "");
		team->private = spec->private_teams > 0 && i % (spec->teams / spec->private_teams) == 0 &&
				i / (spec->teams / spec->private_teams) < spec->private_teams;
		if (i > 0 && i % 4 == 1 && world_can(world, "teams_hierarchy")) {
			Team *parent = g_ptr_array_index(world->teams.sorted, rng_below(&rng, i));
			team->parent_id = g_strdup(parent->base.id);
		}
	}
}

/* How many members each team gets: the sum is what the spec asks for, sizes around a page appear where there is room. */
static guint *
gen_team_sizes(const Spec *spec, guint eligible, Rng *rng)
{
	static const guint edges[] = {1, 99, 100, 101, 2};
	guint filled = (guint)(spec->teams - spec->empty_teams);
	guint cap = spec->exceed_limits ? eligible : MIN(eligible, 500);
	gint64 left = spec->memberships;
	guint *sizes = g_new0(guint, filled + 1);

	for (guint i = 0; i < G_N_ELEMENTS(edges) && filled >= 8; i++) {
		gint64 room = left - edges[i];
		if (edges[i] > cap || room < filled || room > (gint64)(filled - i - 1) * cap)
			continue;
		sizes[i] = edges[i];
		left -= edges[i];
	}
	for (guint i = 0; i < filled && left > 0; i++) {
		guint open = filled - i;
		guint mean = (guint)(left / open);
		guint size;
		if (sizes[i] > 0)
			continue;
		size = mean / 2 + rng_below(rng, mean + 2);
		size = MIN(MIN(size, cap), (guint)MIN(left, G_MAXUINT));
		sizes[i] = size;
		left -= size;
	}
	/* what the dice left over goes round, sparing the edges as long as possible */
	for (guint from = filled > G_N_ELEMENTS(edges) ? G_N_ELEMENTS(edges) : 0; left > 0; from = 0) {
		gint64 before = -1;
		while (left > 0 && left != before) {
			before = left;
			for (guint i = from; i < filled && left > 0; i++) {
				if (sizes[i] < cap) {
					sizes[i]++;
					left--;
				}
			}
		}
	}
	return sizes;
}

static const gchar *
gen_team_role(const World *world, const User *user, Rng *rng)
{
	static const gchar *const roles[] = {"manager", "responder", "responder", "observer"};

	if (g_str_has_prefix(user->role, "read_only"))
		return "observer";
	if (world_has_team_roles(world))
		return roles[rng_below(rng, G_N_ELEMENTS(roles))];
	if (g_str_equal(user->role, "limited_user"))
		return "responder";
	return g_str_equal(user->role, "observer") || g_str_equal(user->role, "restricted_access") ? "observer" : "manager";
}

/* Everybody is dealt out from a shuffled row, round after round: nobody is twice in a team, and nobody is in many more than others. */
static void
gen_members(World *world, const Spec *spec)
{
	guint filled = (guint)(spec->teams - spec->empty_teams);
	g_autofree guint *row = g_new0(guint, world->users.sorted->len + 1);
	g_autofree guint *seen = g_new0(guint, world->users.sorted->len + 1);
	g_autofree guint *sizes = NULL;
	guint count = 0;
	guint at;
	Rng rng;

	rng_init(&rng, world->seed, STREAM_MEMBERS);
	if (spec->memberships == 0)
		return;
	/* one in seventeen is on no team, where the memberships still fit */
	{
		gint64 rest = spec->users - spec->users / 17;
		gint64 in_team = spec->exceed_limits ? rest : MIN(rest, 500);
		gint64 of_user = spec->exceed_limits ? filled : MIN(filled, 400);
		gboolean spare = spec->memberships <= filled * in_team && spec->memberships <= rest * of_user;
		for (guint i = 0; i < spec->users; i++) {
			if (!spare || i % 17 != 16)
				row[count++] = i;
		}
	}
	sizes = gen_team_sizes(spec, count, &rng);
	at = count;
	for (guint t = 0; t < filled; t++) {
		/* the empty ones are spread among the others */
		guint index = (guint)((guint64)t * (guint64)spec->teams / filled);
		Team *team = g_ptr_array_index(world->teams.sorted, index);
		for (guint m = 0; m < sizes[t]; m++) {
			guint other;
			guint kept;
			User *user;
			if (at == count) {
				gen_shuffle(&rng, row, count);
				at = 0;
			}
			for (other = at; seen[row[other]] == t + 1; other++)
				continue;
			kept = row[other];
			row[other] = row[at];
			row[at++] = kept;
			seen[kept] = t + 1;
			user = g_ptr_array_index(world->users.sorted, kept);
			world_join(world, team, user, gen_team_role(world, user, &rng), FALSE);
		}
	}
}

GPtrArray *
gen_pageable(const World *world)
{
	GPtrArray *users = g_ptr_array_new();

	for (guint i = 0; i < world->users.sorted->len; i++) {
		User *user = g_ptr_array_index(world->users.sorted, i);
		if (!g_str_has_prefix(user->role, "read_only"))
			g_ptr_array_add(users, user);
	}
	return users;
}

World *
gen_world(const Spec *spec)
{
	static const gchar *const full[] = {"owner", "admin", "user", "limited_user", "observer", "restricted_access", NULL};
	static const gchar *const stakeholder[] = {"read_only_user", "read_only_limited_user", NULL};
	g_autoptr(World) world = world_new((guint64)spec->seed, spec->subdomain, spec->region, spec_order(spec));

	for (guint i = 0; i < spec->abilities->len; i++)
		g_hash_table_add(world->abilities, g_strdup(g_ptr_array_index(spec->abilities, i)));
	gen_license(world, "Business (Full User)", "FullUser", spec->seats, full);
	gen_license(world, "Stakeholder", "Stakeholder", spec->seats, stakeholder);
	if (spec->second_license)
		gen_license(world, "Digital Operations (Full User)", "FullUser", spec->seats, full);
	gen_users(world, spec);
	gen_teams(world, spec);
	gen_members(world, spec);
	if (spec->users > 0)
		gen_duty(world, spec);
	world_sort(world, spec_order(spec));
	world_touch(world);
	return g_steal_pointer(&world);
}
