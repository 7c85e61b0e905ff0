/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "roster.h"

#include "../errors.h"
#include "../ids.h"
#include "../wire/pager.h"

#define ROSTER_PAGE 99 /* rows that each further page brings */

struct Roster {
	Changes *changes;
	GHashTable *people; /* user id to base role */
	GHashTable *teams;  /* team id to GHashTable of user id to team role */
};

Roster *
roster_new(Changes *changes)
{
	Roster *roster = g_new0(Roster, 1);

	roster->changes = changes;
	roster->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	roster->teams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
	return roster;
}

void
roster_free(Roster *roster)
{
	if (roster == NULL)
		return;
	g_hash_table_unref(roster->people);
	g_hash_table_unref(roster->teams);
	g_free(roster);
}

/* Whom the batch names, each once; ids are borrowed from the items. */
static GHashTable *
roster_wanted(const Roster *roster)
{
	GHashTable *wanted = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < roster->changes->items->len; i++) {
		const ChangeItem *item = g_ptr_array_index(roster->changes->items, i);

		if (!item->settled && (item->kind == CHANGE_TEAM || item->kind == CHANGE_POLICY) &&
		    !g_hash_table_contains(roster->people, item->asked->principal_id))
			g_hash_table_add(wanted, (gpointer)item->asked->principal_id);
	}
	return wanted;
}

static gboolean
roster_person_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Roster *roster = user;
	const gchar *role = json_read_text(row, "role");

	(void)error;
	g_hash_table_replace(roster->people, g_strdup(id), g_strdup(role != NULL ? role : ""));
	return TRUE;
}

static gboolean
roster_load_each(Roster *roster, GHashTable *wanted, GError **error)
{
	g_autoptr(GPtrArray) calls = g_ptr_array_new();
	GHashTableIter iter;
	gpointer id;
	gboolean ok = TRUE;

	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		g_autofree gchar *path = g_strdup_printf("/users/%s", (const gchar *)id);

		g_ptr_array_add(calls, api_get(roster->changes->api, path));
	}
	for (guint i = 0; i < calls->len; i++) {
		ApiCall *call = g_ptr_array_index(calls, i);
		g_autoptr(GError) failed = NULL;
		g_autoptr(json_object) answer = NULL;
		json_object *user;

		if (!ok) {
			api_drop(roster->changes->api, call);
			continue;
		}
		answer = api_wait(roster->changes->api, call, &failed);
		user = json_read_object(answer, "user");
		if (user != NULL && json_read_text(user, "id") != NULL) {
			(void)roster_person_row(roster, json_read_text(user, "id"), user, NULL);
		} else if (failed != NULL && !errors_is(failed, IDC_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			ok = FALSE;
		}
	}
	return ok;
}

/* How many users there are, to choose the cheaper way; G_MAXINT64 where PagerDuty does not say. */
static gboolean
roster_count(Roster *roster, gint64 *ret_total, GError **error)
{
	g_autoptr(json_object) answer = api_read(roster->changes->api, "/users?limit=1&total=true", error);

	if (answer == NULL)
		return FALSE;
	*ret_total = json_read_number(answer, "total", G_MAXINT64);
	return TRUE;
}

gboolean
roster_load_people(Roster *roster, GError **error)
{
	static const PagerSpec spec = {.path = "/users", .rows = "users", .counts = TRUE};
	g_autoptr(GHashTable) wanted = roster_wanted(roster);
	const guint n = g_hash_table_size(wanted);
	gint64 total = G_MAXINT64;

	/* Fewer than this and asking how many there are would not pay. */
	if (n > 4 && !roster_count(roster, &total, error))
		return FALSE;
	if (total <= 10000 && total / ROSTER_PAGE + 1 < (gint64)n) {
		g_autoptr(Pager) pager = pager_open(roster->changes->api, &spec, 0, roster->changes->settings->concurrency);
		g_autoptr(IdSet) seen = idset_new();
		GHashTableIter iter;
		gpointer id;
		PagerOutcome outcome;

		if (!pager_run(pager, seen, roster_person_row, roster, &outcome, error))
			return FALSE;
		g_hash_table_iter_init(&iter, wanted);
		while (g_hash_table_iter_next(&iter, &id, NULL))
			if (g_hash_table_contains(roster->people, id))
				g_hash_table_iter_remove(&iter);
	}
	return roster_load_each(roster, wanted, error);
}

const gchar *
roster_role(const Roster *roster, const gchar *user)
{
	return g_hash_table_lookup(roster->people, user);
}

static gboolean
roster_member_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	GHashTable *members = user;
	const gchar *role = json_read_text(row, "role");

	(void)error;
	g_hash_table_replace(members, g_strdup(id), g_strdup(role != NULL ? role : "observer"));
	return TRUE;
}

static GHashTable *
roster_members(Roster *roster, const gchar *team, GError **error)
{
	GHashTable *known = g_hash_table_lookup(roster->teams, team);
	g_autofree gchar *path = g_strdup_printf("/teams/%s/members", team);
	const PagerSpec spec = {.path = path, .rows = "members", .inner = "user"};
	g_autoptr(Pager) pager = NULL;
	g_autoptr(IdSet) seen = NULL;
	PagerOutcome outcome;

	if (known != NULL)
		return known;
	known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	pager = pager_open(roster->changes->api, &spec, 0, 1);
	seen = idset_new();
	if (!pager_run(pager, seen, roster_member_row, known, &outcome, error)) {
		g_hash_table_unref(known);
		return NULL;
	}
	g_hash_table_insert(roster->teams, g_strdup(team), known);
	return known;
}

gboolean
roster_team_role(Roster *roster, const gchar *team, const gchar *user, const gchar **ret_role, GError **error)
{
	GHashTable *members = roster_members(roster, team, error);

	if (members == NULL)
		return FALSE;
	*ret_role = g_hash_table_lookup(members, user);
	return TRUE;
}

void
roster_forget_team(Roster *roster, const gchar *team)
{
	g_hash_table_remove(roster->teams, team);
}

void
roster_note(Roster *roster, const gchar *team, const gchar *user, const gchar *role)
{
	GHashTable *members = g_hash_table_lookup(roster->teams, team);

	if (members == NULL)
		return;
	if (role != NULL)
		g_hash_table_replace(members, g_strdup(user), g_strdup(role));
	else
		g_hash_table_remove(members, user);
}

guint
roster_rank(const gchar *team_role)
{
	static const gchar *const upwards[] = {"member", "observer", "responder", "manager"};

	for (guint i = 0; i < G_N_ELEMENTS(upwards); i++)
		if (g_strcmp0(team_role, upwards[i]) == 0)
			return i + 1;
	return 0;
}
