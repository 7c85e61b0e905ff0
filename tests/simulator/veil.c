/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "veil.h"

typedef struct {
	gint64 at_ms;
	gchar *user_id;
	User *before; /* a copy; NULL: there was no such user */
	GPtrArray *team_ids;
} VeilUser;

typedef struct {
	gint64 at_ms;
	gchar *team_id;
	gchar *user_id;
	const gchar *role; /* interned; NULL: was no member */
} VeilMember;

struct Veil {
	GPtrArray *users;   /* of VeilUser*, oldest first */
	GPtrArray *members; /* of VeilMember*, oldest first */
	GPtrArray *shown;   /* what the last question was answered with */
	GPtrArray *made;    /* of Membership*, made for that answer */
};

static void
veil_user_free(gpointer data)
{
	VeilUser *entry = data;

	g_free(entry->user_id);
	g_clear_pointer(&entry->before, world_user_free);
	g_clear_pointer(&entry->team_ids, g_ptr_array_unref);
	g_free(entry);
}

static void
veil_member_free(gpointer data)
{
	VeilMember *entry = data;

	g_free(entry->team_id);
	g_free(entry->user_id);
	g_free(entry);
}

Veil *
veil_new(void)
{
	Veil *veil = g_new0(Veil, 1);

	veil->users = g_ptr_array_new_with_free_func(veil_user_free);
	veil->members = g_ptr_array_new_with_free_func(veil_member_free);
	veil->shown = g_ptr_array_new();
	veil->made = g_ptr_array_new_with_free_func(g_free);
	return veil;
}

void
veil_free(Veil *veil)
{
	g_ptr_array_unref(veil->users);
	g_ptr_array_unref(veil->members);
	g_ptr_array_unref(veil->shown);
	g_ptr_array_unref(veil->made);
	g_free(veil);
}

static gint64
veil_lag(const Sim *sim)
{
	return switches_number(sim->spec->switches, SWITCH_READ_LAG_MS);
}

/* What happened after this moment is not shown yet. */
static gint64
veil_moment(const Sim *sim)
{
	return sim_now_ms(sim) - veil_lag(sim);
}

static void
veil_add_user(Sim *sim, const User *user, gboolean existed)
{
	VeilUser *entry;

	if (veil_lag(sim) == 0)
		return;
	entry = g_new0(VeilUser, 1);
	entry->at_ms = sim_now_ms(sim);
	entry->user_id = g_strdup(user->base.id);
	entry->team_ids = g_ptr_array_new_with_free_func(g_free);
	entry->before = existed ? world_user_clone(user) : NULL;
	for (guint i = 0; existed && i < user->memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(user->memberships, i);
		g_ptr_array_add(entry->team_ids, g_strdup(membership->team->base.id));
	}
	g_ptr_array_add(sim->veil->users, entry);
}

void
veil_before_user(Sim *sim, const User *user)
{
	veil_add_user(sim, user, TRUE);
}

void
veil_new_user(Sim *sim, const User *user)
{
	veil_add_user(sim, user, FALSE);
}

void
veil_before_member(Sim *sim, const Team *team, const User *user)
{
	const Membership *membership = world_membership(user, team);
	VeilMember *entry;

	if (veil_lag(sim) == 0)
		return;
	/* the list of users tells their teams */
	veil_before_user(sim, user);
	entry = g_new0(VeilMember, 1);
	entry->at_ms = sim_now_ms(sim);
	entry->team_id = g_strdup(team->base.id);
	entry->user_id = g_strdup(user->base.id);
	entry->role = membership == NULL ? NULL : membership->role;
	g_ptr_array_add(sim->veil->members, entry);
}

/* The copy with the teams that it was on, as far as they still are. */
static User *
veil_copy(const Sim *sim, const VeilUser *entry)
{
	User *user = entry->before;

	g_ptr_array_set_size(user->memberships, 0);
	for (guint i = 0; i < entry->team_ids->len; i++) {
		Team *team = shelf_find(&sim->world->teams, g_ptr_array_index(entry->team_ids, i));
		Membership *membership;
		if (team == NULL)
			continue;
		membership = g_new0(Membership, 1);
		membership->user = user;
		membership->team = team;
		g_ptr_array_add(user->memberships, membership);
	}
	return user;
}

/* The oldest entry of each user that is not shown yet: what it tells is the truth of that moment. NULL: there is none. */
static GHashTable *
veil_hidden_users(const Sim *sim)
{
	gint64 moment = veil_moment(sim);
	GHashTable *hidden = NULL;

	for (guint i = sim->veil->users->len; i > 0; i--) {
		VeilUser *entry = g_ptr_array_index(sim->veil->users, i - 1);
		if (entry->at_ms <= moment)
			break;
		if (hidden == NULL)
			hidden = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_replace(hidden, entry->user_id, entry);
	}
	return hidden;
}

static gint
veil_compare_users(gconstpointer a, gconstpointer b, gpointer data)
{
	const Sim *sim = data;

	return shelf_compare(sim->world->users.order, *(Thing *const *)a, *(Thing *const *)b);
}

const GPtrArray *
veil_users(Sim *sim)
{
	g_autoptr(GHashTable) hidden = veil_hidden_users(sim);
	GPtrArray *shown = sim->veil->shown;
	GHashTableIter iter;
	gpointer value;

	if (hidden == NULL)
		return NULL;
	g_ptr_array_set_size(shown, 0);
	for (guint i = 0; i < sim->world->users.sorted->len; i++) {
		User *user = g_ptr_array_index(sim->world->users.sorted, i);
		if (!g_hash_table_contains(hidden, user->base.id))
			g_ptr_array_add(shown, user);
	}
	g_hash_table_iter_init(&iter, hidden);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const VeilUser *entry = value;
		if (entry->before != NULL)
			g_ptr_array_add(shown, veil_copy(sim, entry));
	}
	g_ptr_array_sort_with_data(shown, veil_compare_users, sim);
	return shown;
}

User *
veil_user(Sim *sim, const gchar *id)
{
	g_autoptr(GHashTable) hidden = veil_hidden_users(sim);
	const VeilUser *entry = hidden == NULL ? NULL : g_hash_table_lookup(hidden, id);

	if (entry == NULL)
		return shelf_find(&sim->world->users, id);
	return entry->before == NULL ? NULL : veil_copy(sim, entry);
}

static GHashTable *
veil_hidden_members(const Sim *sim, const Team *team)
{
	gint64 moment = veil_moment(sim);
	GHashTable *hidden = NULL;

	for (guint i = sim->veil->members->len; i > 0; i--) {
		VeilMember *entry = g_ptr_array_index(sim->veil->members, i - 1);
		if (entry->at_ms <= moment)
			break;
		if (!g_str_equal(entry->team_id, team->base.id))
			continue;
		if (hidden == NULL)
			hidden = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_replace(hidden, entry->user_id, entry);
	}
	return hidden;
}

static gint
veil_compare_members(gconstpointer a, gconstpointer b, gpointer data)
{
	const Membership *first = *(Membership *const *)a;
	const Membership *second = *(Membership *const *)b;
	const Sim *sim = data;

	return shelf_compare(sim->world->users.order, &first->user->base, &second->user->base);
}

static void
veil_show_member(Sim *sim, Team *team, const VeilMember *entry)
{
	User *user = shelf_find(&sim->world->users, entry->user_id);
	Membership *membership;

	/* gone since: the users' list still shows it as well */
	if (user == NULL)
		user = veil_user(sim, entry->user_id);
	if (entry->role == NULL || user == NULL)
		return;
	membership = g_new0(Membership, 1);
	membership->user = user;
	membership->team = team;
	membership->role = entry->role;
	g_ptr_array_add(sim->veil->made, membership);
	g_ptr_array_add(sim->veil->shown, membership);
}

const GPtrArray *
veil_members(Sim *sim, Team *team)
{
	g_autoptr(GHashTable) hidden = veil_hidden_members(sim, team);
	GPtrArray *shown = sim->veil->shown;
	GHashTableIter iter;
	gpointer value;

	if (hidden == NULL)
		return NULL;
	g_ptr_array_set_size(shown, 0);
	g_ptr_array_set_size(sim->veil->made, 0);
	for (guint i = 0; i < team->members->len; i++) {
		Membership *membership = g_ptr_array_index(team->members, i);
		if (!g_hash_table_contains(hidden, membership->user->base.id))
			g_ptr_array_add(shown, membership);
	}
	g_hash_table_iter_init(&iter, hidden);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		veil_show_member(sim, team, value);
	g_ptr_array_sort_with_data(shown, veil_compare_members, sim);
	return shown;
}
