/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "world.h"

#include <string.h>

#include "duty.h"
#include "rng.h"

void
world_user_free(gpointer data)
{
	User *user = data;

	shelf_thing_clear(&user->base);
	g_free(user->email);
	g_free(user->job_title);
	g_free(user->description);
	g_free(user->time_zone);
	g_free(user->license_id);
	g_ptr_array_unref(user->memberships);
	g_free(user);
}

static void
world_team_free(gpointer data)
{
	Team *team = data;

	shelf_thing_clear(&team->base);
	g_free(team->description);
	g_free(team->parent_id);
	g_ptr_array_unref(team->members);
	g_free(team);
}

static void
world_license_free(gpointer data)
{
	License *license = data;

	g_free(license->id);
	g_free(license->name);
	g_free(license->group);
	g_ptr_array_unref(license->valid_roles);
	g_free(license);
}

void
world_audit_free(gpointer data)
{
	AuditRecord *record = data;

	g_free(record->id);
	g_free(record->root_id);
	g_free(record->actor_type);
	g_free(record->actor_id);
	g_free(record->token);
	g_free(record->text);
	g_free(record);
}

World *
world_new(guint64 seed, const gchar *subdomain, const gchar *region, ShelfOrder order)
{
	World *world = g_new0(World, 1);
	const gchar *host = g_str_equal(region, "eu") ? "eu.pagerduty.com" : "pagerduty.com";

	world->seed = seed;
	world->subdomain = g_strdup(subdomain);
	world->region = g_strdup(region);
	world->api_base = g_strdup_printf("https://api.%s", host);
	world->html_base = g_strdup_printf("https://%s.%s", subdomain, host);
	world->born_ms = G_GINT64_CONSTANT(1767603600000); /* 2026-01-05T09:00:00Z */
	world->gen = 1;
	shelf_init(&world->users, world_user_free);
	shelf_init(&world->teams, world_team_free);
	shelf_init(&world->policies, duty_policy_free);
	shelf_init(&world->schedules, duty_schedule_free);
	shelf_init(&world->schedules_v3, duty_schedule_free);
	world->by_email = g_hash_table_new(g_str_hash, g_str_equal);
	world->invited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	world->locked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	world->let_go = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	world->abilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	world->licenses = g_ptr_array_new_with_free_func(world_license_free);
	world->audit = g_ptr_array_new_with_free_func(world_audit_free);
	world->duty = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	world_sort(world, order);
	return world;
}

void
world_free(World *world)
{
	g_free(world->subdomain);
	g_free(world->region);
	g_free(world->api_base);
	g_free(world->html_base);
	g_hash_table_unref(world->duty);
	g_hash_table_unref(world->by_email);
	shelf_clear(&world->users);
	shelf_clear(&world->teams);
	shelf_clear(&world->policies);
	shelf_clear(&world->schedules);
	shelf_clear(&world->schedules_v3);
	g_hash_table_unref(world->invited);
	g_hash_table_unref(world->locked);
	g_hash_table_unref(world->let_go);
	g_hash_table_unref(world->abilities);
	g_ptr_array_unref(world->licenses);
	g_ptr_array_unref(world->audit);
	g_free(world);
}

void
world_touch(World *world)
{
	world->gen++;
}

/* 36^6 numbers in six letters; the multiplier shares no factor with 36, so that no two numbers meet. */
static gchar *
world_encode(const World *world, guint64 number)
{
	const guint64 space = 36ULL * 36 * 36 * 36 * 36 * 36;
	guint64 scrambled = ((number % space) * 1103515249ULL + rng_mix(world->seed) % space) % space;
	gchar text[16] = "P";
	gboolean modern = number % 5 == 4;

	for (guint i = 6; i >= 1; i--) {
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[scrambled % 36];
		scrambled /= 36;
	}
	if (modern) {
		/* the longer ids of newer objects */
		guint64 tail = rng_mix(number ^ world->seed);
		text[0] = 'Q';
		for (guint i = 7; i < 14; i++) {
			text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[tail % 36];
			tail /= 36;
		}
	}
	return g_strdup(text);
}

/* Each kind has its own share of the numbers; four in sixteen are taken from the common one, where kinds meet. */
static guint64
world_number(WorldKind kind, guint serial)
{
	const guint64 share = 1ULL << 27;

	return (serial % 16 < 4 && kind <= WORLD_KIND_SCHEDULE ? 0 : kind * share) + serial;
}

gchar *
world_id(World *world, WorldKind kind)
{
	return world_encode(world, world_number(kind, world->serials[kind]++));
}

gchar *
world_part_id(const World *world, WorldKind kind, guint owner, guint number)
{
	return world_encode(world, world_number(kind, owner * 16 + number));
}

gboolean
world_can(const World *world, const gchar *ability)
{
	return g_hash_table_contains(world->abilities, ability);
}

gboolean
world_is_advanced(const World *world)
{
	/* the second one is the older name of the same ability */
	return world_can(world, "advanced_permissions") || world_can(world, "permissions_service");
}

gboolean
world_has_team_roles(const World *world)
{
	return world_can(world, "teams") && world_is_advanced(world);
}

User *
world_add_user(World *world, const gchar *id, const gchar *name, const gchar *email, const gchar *role, gboolean sorted)
{
	User *user = g_new0(User, 1);

	user->base.serial = world->serials[WORLD_KIND_USER];
	user->base.id = id != NULL ? g_strdup(id) : world_id(world, WORLD_KIND_USER);
	if (id != NULL)
		world->serials[WORLD_KIND_USER]++;
	user->base.name = g_strdup(name);
	user->email = g_strdup(email);
	user->role = g_intern_string(role);
	user->time_zone = g_strdup("Etc/UTC");
	user->color = "teal";
	user->created_ms = world->born_ms;
	user->memberships = g_ptr_array_new();
	g_hash_table_insert(world->by_email, user->email, user);
	if (sorted)
		shelf_insert(&world->users, &user->base);
	else
		shelf_append(&world->users, &user->base);
	return user;
}

User *
world_user_clone(const User *user)
{
	User *clone = g_memdup2(user, sizeof(*user));

	clone->base = (Thing){.id = g_strdup(user->base.id), .name = g_strdup(user->base.name), .serial = user->base.serial};
	clone->email = g_strdup(user->email);
	clone->job_title = g_strdup(user->job_title);
	clone->description = g_strdup(user->description);
	clone->time_zone = g_strdup(user->time_zone);
	clone->license_id = g_strdup(user->license_id);
	clone->memberships = g_ptr_array_new_with_free_func(g_free);
	return clone;
}

void
world_delete_user(World *world, User *user, gboolean leave_stubs, gint64 deleted_ms)
{
	while (user->memberships->len > 0)
		world_leave(g_ptr_array_index(user->memberships, user->memberships->len - 1));
	duty_forget_user(world, user, leave_stubs, deleted_ms);
	g_hash_table_remove(world->by_email, user->email);
	shelf_remove(&world->users, &user->base);
}

static gint
world_compare_members(gconstpointer a, gconstpointer b, gpointer user_data)
{
	const World *world = user_data;
	const Membership *first = *(Membership *const *)a;
	const Membership *second = *(Membership *const *)b;

	return shelf_compare(world->users.order, &first->user->base, &second->user->base);
}

static gint
world_compare_joined(gconstpointer a, gconstpointer b, gpointer user_data)
{
	const World *world = user_data;
	const Membership *first = *(Membership *const *)a;
	const Membership *second = *(Membership *const *)b;

	return shelf_compare(world->teams.order, &first->team->base, &second->team->base);
}

void
world_rename_user(World *world, User *user, const gchar *name)
{
	shelf_rename(&world->users, &user->base, name);
	for (guint i = 0; i < user->memberships->len; i++) {
		Membership *membership = g_ptr_array_index(user->memberships, i);
		g_ptr_array_sort_with_data(membership->team->members, world_compare_members, world);
	}
}

void
world_set_email(World *world, User *user, const gchar *email)
{
	g_hash_table_remove(world->by_email, user->email);
	g_free(user->email);
	user->email = g_strdup(email);
	g_clear_pointer(&user->base.folded, g_free);
	g_hash_table_insert(world->by_email, user->email, user);
}

Team *
world_add_team(World *world, const gchar *id, const gchar *name, gboolean sorted)
{
	Team *team = g_new0(Team, 1);

	team->base.serial = world->serials[WORLD_KIND_TEAM];
	team->base.id = id != NULL ? g_strdup(id) : world_id(world, WORLD_KIND_TEAM);
	if (id != NULL)
		world->serials[WORLD_KIND_TEAM]++;
	team->base.name = g_strdup(name);
	team->members = g_ptr_array_new_with_free_func(g_free);
	if (sorted)
		shelf_insert(&world->teams, &team->base);
	else
		shelf_append(&world->teams, &team->base);
	return team;
}

void
world_delete_team(World *world, Team *team)
{
	while (team->members->len > 0)
		world_leave(g_ptr_array_index(team->members, team->members->len - 1));
	for (guint i = 0; i < world->teams.sorted->len; i++) {
		Team *other = g_ptr_array_index(world->teams.sorted, i);
		if (g_strcmp0(other->parent_id, team->base.id) == 0)
			g_clear_pointer(&other->parent_id, g_free);
	}
	duty_forget_team(world, team->base.id);
	shelf_remove(&world->teams, &team->base);
}

void
world_rename_team(World *world, Team *team, const gchar *name)
{
	shelf_rename(&world->teams, &team->base, name);
	for (guint i = 0; i < team->members->len; i++) {
		Membership *membership = g_ptr_array_index(team->members, i);
		g_ptr_array_sort_with_data(membership->user->memberships, world_compare_joined, world);
	}
}

Membership *
world_membership(const User *user, const Team *team)
{
	for (guint i = 0; i < user->memberships->len; i++) {
		Membership *membership = g_ptr_array_index(user->memberships, i);
		if (membership->team == team)
			return membership;
	}
	return NULL;
}

Membership *
world_join(World *world, Team *team, User *user, const gchar *role, gboolean sorted)
{
	Membership *membership = g_new0(Membership, 1);

	membership->user = user;
	membership->team = team;
	membership->role = g_intern_string(role);
	g_ptr_array_add(team->members, membership);
	g_ptr_array_add(user->memberships, membership);
	if (sorted) {
		g_ptr_array_sort_with_data(team->members, world_compare_members, world);
		g_ptr_array_sort_with_data(user->memberships, world_compare_joined, world);
	}
	return membership;
}

void
world_leave(Membership *membership)
{
	g_ptr_array_remove(membership->user->memberships, membership);
	g_ptr_array_remove(membership->team->members, membership);
}

void
world_sort(World *world, ShelfOrder order)
{
	shelf_sort(&world->users, order);
	shelf_sort(&world->teams, order);
	shelf_sort(&world->schedules, order);
	shelf_sort(&world->schedules_v3, order);
	/* the one list whose order the service promises */
	shelf_sort(&world->policies, SHELF_ORDER_NAME);
	for (guint i = 0; i < world->teams.sorted->len; i++) {
		Team *team = g_ptr_array_index(world->teams.sorted, i);
		g_ptr_array_sort_with_data(team->members, world_compare_members, world);
	}
	for (guint i = 0; i < world->users.sorted->len; i++) {
		User *user = g_ptr_array_index(world->users.sorted, i);
		g_ptr_array_sort_with_data(user->memberships, world_compare_joined, world);
	}
}

const License *
world_license_for(const World *world, const gchar *role)
{
	for (guint i = 0; i < world->licenses->len; i++) {
		const License *license = g_ptr_array_index(world->licenses, i);
		for (guint j = 0; j < license->valid_roles->len; j++) {
			if (g_str_equal(g_ptr_array_index(license->valid_roles, j), role))
				return license;
		}
	}
	return NULL;
}

const License *
world_license(const World *world, const gchar *id)
{
	for (guint i = 0; i < world->licenses->len; i++) {
		const License *license = g_ptr_array_index(world->licenses, i);
		if (g_strcmp0(license->id, id) == 0)
			return license;
	}
	return NULL;
}
