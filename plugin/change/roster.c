/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "roster.h"

#include "../abilities.h"
#include "../errors.h"
#include "../ids.h"
#include "../wire/pager.h"

#define ROSTER_PAGE 99    /* rows that each further page brings */
#define ROSTER_READINGS 3 /* of a member list that does not hold still */

struct Roster {
	Changes *changes;
	GHashTable *people; /* user id to base role */
	GHashTable *unread; /* user id to the GError that says why their role could not be read */
	GHashTable *teams;  /* team id to GHashTable of user id to team role */
	gboolean knows_team_roles;
	gboolean has_team_roles;
};

Roster *
roster_new(Changes *changes)
{
	Roster *roster = g_new0(Roster, 1);

	roster->changes = changes;
	roster->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	roster->unread = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_error_free);
	roster->teams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
	return roster;
}

void
roster_free(Roster *roster)
{
	if (roster == NULL)
		return;
	g_hash_table_unref(roster->people);
	g_hash_table_unref(roster->unread);
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
	const gchar *role = json_read_word(row, "role", IDS_MAX_ROLE);

	(void)error;
	g_hash_table_remove(roster->unread, id);
	roster_note_role(roster, id, role != NULL ? role : "");
	return TRUE;
}

/* What keeps one person's role from being read is those items' failure that name the person; what keeps everything from being read ends the
 * batch. Takes the error over. */
static gboolean
roster_unread(Roster *roster, const gchar *user, GError *failed, GError **error)
{
	if (change_is_fatal(failed)) {
		g_propagate_error(error, failed);
		return FALSE;
	}
	g_hash_table_replace(roster->unread, g_strdup(user), failed);
	return TRUE;
}

static gboolean
roster_load_each(Roster *roster, GHashTable *wanted, GError **error)
{
	g_autoptr(GPtrArray) calls = g_ptr_array_new();
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	GHashTableIter iter;
	gpointer id;
	gboolean ok = TRUE;

	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		g_autofree gchar *path = g_strdup_printf("/users/%s", (const gchar *)id);

		g_ptr_array_add(calls, api_get(roster->changes->api, path));
		g_ptr_array_add(ids, id);
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
		if (failed == NULL && user == NULL)
			errors_set_protocol(&failed, "The answer to GET /users/%s holds no user.",
					    (const gchar *)g_ptr_array_index(ids, i));
		if (failed == NULL)
			(void)roster_person_row(roster, g_ptr_array_index(ids, i), user, NULL);
		else if (!errors_is(failed, IDC_NOT_FOUND))
			ok = roster_unread(roster, g_ptr_array_index(ids, i), g_steal_pointer(&failed), error);
	}
	return ok;
}

/* How many users there are, to choose the cheaper way; G_MAXINT64 where PagerDuty does not say. */
static gboolean
roster_count(Roster *roster, gint64 *ret_total, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = api_read(roster->changes->api, "/users?limit=1&total=true", &failed);

	if (failed != NULL && change_is_fatal(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	*ret_total = json_read_number(answer, "total", G_MAXINT64);
	return TRUE;
}

/* From the pages of all users; whoever is not met is left in wanted. */
static gboolean
roster_load_pages(Roster *roster, GHashTable *wanted, GError **error)
{
	static const PagerSpec spec = {.path = "/users", .rows = "users", .counts = TRUE};
	g_autoptr(Pager) pager = pager_open(roster->changes->api, &spec, 0, roster->changes->settings->concurrency);
	g_autoptr(IdSet) seen = idset_new();
	g_autoptr(GError) failed = NULL;
	GHashTableIter iter;
	gpointer id;
	PagerOutcome outcome;

	if (!pager_run(pager, seen, roster_person_row, roster, &outcome, &failed) && change_is_fatal(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		if (failed != NULL && !roster_unread(roster, id, g_error_copy(failed), error))
			return FALSE;
		if (failed != NULL || g_hash_table_contains(roster->people, id))
			g_hash_table_iter_remove(&iter);
	}
	return TRUE;
}

gboolean
roster_load_people(Roster *roster, GError **error)
{
	g_autoptr(GHashTable) wanted = roster_wanted(roster);
	const guint n = g_hash_table_size(wanted);
	gint64 total = G_MAXINT64;

	/* Fewer than this and asking how many there are would not pay. */
	if (n > 4 && !roster_count(roster, &total, error))
		return FALSE;
	if (total <= 10000 && total / ROSTER_PAGE + 1 < (gint64)n && !roster_load_pages(roster, wanted, error))
		return FALSE;
	return roster_load_each(roster, wanted, error);
}

gboolean
roster_role(const Roster *roster, const gchar *user, const gchar **ret_role, GError **error)
{
	const GError *unread = g_hash_table_lookup(roster->unread, user);

	if (unread != NULL) {
		g_propagate_error(error, g_error_copy(unread));
		return FALSE;
	}
	*ret_role = g_hash_table_lookup(roster->people, user);
	return TRUE;
}

void
roster_note_role(Roster *roster, const gchar *user, const gchar *role)
{
	g_hash_table_replace(roster->people, g_strdup(user), g_strdup(role));
}

gboolean
roster_has_team_roles(Roster *roster, gboolean *ret_has, GError **error)
{
	g_autoptr(GError) failed = NULL;
	Abilities abilities = {.known = FALSE};

	if (!roster->knows_team_roles) {
		if (!abilities_read(roster->changes->api, &abilities, &failed) && change_is_fatal(failed)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		/* Where that cannot be read the roles are taken at their word. */
		roster->has_team_roles = abilities.team_roles || !abilities.known;
		roster->knows_team_roles = TRUE;
	}
	*ret_has = roster->has_team_roles;
	return TRUE;
}

static gboolean
roster_member_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	GHashTable *members = user;
	const gchar *role = json_read_text(row, "role");

	if (role != NULL && json_read_word(row, "role", IDS_MAX_ROLE) == NULL) {
		errors_set_protocol(error, "PagerDuty names a team role of the user %s that is none.", id);
		return FALSE;
	}
	g_hash_table_replace(members, g_strdup(id), g_strdup(role != NULL ? role : "observer"));
	return TRUE;
}

/* Whatever PagerDuty says of their roles on an account that has none. */
static void
roster_all_are_members(GHashTable *members)
{
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, members);
	while (g_hash_table_iter_next(&iter, NULL, NULL))
		g_hash_table_iter_replace(&iter, g_strdup(IDS_TEAM_MEMBER));
}

/* One reading of a team's members. *ret_still: they held still meanwhile. */
static GHashTable *
roster_read_members(Roster *roster, const gchar *path, gboolean *ret_still, GError **error)
{
	const PagerSpec spec = {.path = path, .rows = "members", .inner = "user"};
	g_autoptr(GHashTable) members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(Pager) pager = pager_open(roster->changes->api, &spec, 0, 1);
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	if (!pager_run(pager, seen, roster_member_row, members, &outcome, error))
		return NULL;
	*ret_still = outcome.whole && outcome.quiet;
	return g_steal_pointer(&members);
}

static GHashTable *
roster_members(Roster *roster, const gchar *team, GError **error)
{
	GHashTable *known = g_hash_table_lookup(roster->teams, team);
	g_autofree gchar *path = g_strdup_printf("/teams/%s/members", team);
	gboolean has_roles = TRUE;
	gboolean still = FALSE;

	if (known != NULL)
		return known;
	if (!roster_has_team_roles(roster, &has_roles, error))
		return NULL;
	/* Who is missing from a list that moved may be on the team all the same, and nobody may take that for "not a member". */
	for (guint reading = 0; reading < ROSTER_READINGS && !still; reading++) {
		g_clear_pointer(&known, g_hash_table_unref);
		known = roster_read_members(roster, path, &still, error);
		if (known == NULL)
			return NULL;
	}
	if (!still) {
		g_hash_table_unref(known);
		g_set_error(error, ERRORS, IDC_CONFLICT,
			    "The members of the team %s kept changing while they were read: try again later.", team);
		errors_detail(*error)->flags = IDC_ERROR_RETRYABLE;
		return NULL;
	}
	if (!has_roles)
		roster_all_are_members(known);
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
	if (team != NULL)
		g_hash_table_remove(roster->teams, team);
	else
		g_hash_table_remove_all(roster->teams);
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
	static const gchar *const upwards[] = {IDS_TEAM_MEMBER, "observer", "responder", "manager"};

	for (guint i = 0; i < G_N_ELEMENTS(upwards); i++)
		if (g_strcmp0(team_role, upwards[i]) == 0)
			return i + 1;
	return 0;
}
