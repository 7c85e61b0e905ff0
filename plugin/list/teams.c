/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "teams.h"

#include <string.h>

#include "../abilities.h"
#include "../errors.h"
#include "../ids.h"

#define TEAMS_KINDS (IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)
#define TEAMS_ROLE_AFTER " / "
/* More teams than this are not made while one list is read. */
#define TEAMS_MAX_LATE 100
#define TEAMS_KEPT_DESCRIPTION 1024

static const PagerSpec teams_spec = {.path = "/teams", .rows = "teams", .counts = TRUE};

gboolean
teams_abilities(Listing *listing, GError **error)
{
	g_autoptr(GError) failed = NULL;
	Abilities abilities = {.known = FALSE};

	if (abilities_read(listing->api, &abilities, &failed)) {
		listing->has_teams = abilities.teams;
		listing->has_team_roles = abilities.team_roles;
		return TRUE;
	}
	if (errors_answered(failed, IDC_PAYMENT))
		return TRUE;
	if (listing_skippable(failed)) {
		/* a probe that failed is not a feature that is absent */
		seals_gap_error(listing->seals, TEAMS_KINDS, failed);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean
teams_entitlement(Listing *listing, const ListingTeam *team, const gchar *role, gboolean assignable, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *id = ids_team(team->id, role);
	g_autofree gchar *name = g_strconcat(team->name, TEAMS_ROLE_AFTER, role, NULL);

	emit_attr_flag(&attrs, "assignable", assignable);
	emit_attr(&attrs, "exclusive_group", team->resource->id);
	emit_attr(&attrs, "url", team->url);
	emit_attr(&attrs, "description", team->description);
	emit_attr(&attrs, "parent_team", team->parent_id);
	return listing_entitlement(listing, team->resource, "group", id, name, &attrs, error);
}

static gboolean
teams_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Listing *listing = user;
	EmitAttrs attrs = {.n = 0};
	gboolean sanitized = FALSE;
	ListingTeam *team = g_new0(ListingTeam, 1);
	json_object *parent = json_read_object(row, "parent");
	g_autofree gchar *resource_id = ids_resource("team", id);
	idc_record record = {.record = IDC_RECORD_RESOURCE, .id = resource_id, .type = "team"};

	team->id = g_strdup(id);
	team->name = json_read_name(row, "name", IDC_MAX_NAME - IDS_MAX_ROLE - (gsize)strlen(TEAMS_ROLE_AFTER), &sanitized);
	if (team->name == NULL)
		team->name = g_strdup(id);
	team->url = g_strdup(json_read_plain(row, "html_url", IDC_MAX_URL));
	team->members = g_array_new(FALSE, FALSE, sizeof(guint32));
	team->resource = seals_resource(listing->seals, resource_id);
	g_ptr_array_add(listing->team_order, team);
	g_hash_table_insert(listing->teams, team->id, team);
	if (parent != NULL) {
		const gchar *of = json_read_id(parent, "id", "GET /teams", error);

		if (of == NULL)
			return FALSE;
		team->parent_id = ids_resource("team", of);
	}
	record.name = team->name;
	record.parent_id = team->parent_id;
	listing_common_attrs(&attrs, row, sanitized, &team->description);
	if (!emit_record(listing->emit, &record, &attrs, error))
		return FALSE;
	if (!listing->has_team_roles)
		return teams_entitlement(listing, team, IDS_TEAM_MEMBER, TRUE, error);
	for (guint i = 0; ids_team_roles[i] != NULL; i++)
		if (!teams_entitlement(listing, team, ids_team_roles[i], TRUE, error))
			return FALSE;
	if (team->description != NULL && strlen(team->description) > TEAMS_KEPT_DESCRIPTION)
		g_clear_pointer(&team->description, g_free);
	return TRUE;
}

/* What there is of that team is not seen. */
static void
teams_hidden(Listing *listing, const gchar *id)
{
	g_autofree gchar *reason = g_strdup_printf("The team %s is in use, but this token does not see it: it is private, or was "
						   "deleted a moment ago. Use the token of an administrator, or list again.",
						   id);

	idset_add(listing->teams_hidden, id, NULL);
	seals_gap(listing->seals, TEAMS_KINDS, IDC_FORBIDDEN, reason);
}

gboolean
teams_resolve(Listing *listing, const gchar *id, ListingTeam **ret_team, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("/teams/%s", id);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	ListingTeam *team = g_hash_table_lookup(listing->teams, id);
	json_object *row;

	*ret_team = team;
	if (team != NULL)
		return TRUE;
	if (!listing->teams_whole || listing->teams_late == TEAMS_MAX_LATE || idset_find(listing->teams_hidden, id) != IDSET_NONE) {
		teams_hidden(listing, id);
		return TRUE;
	}
	listing->teams_late++;
	answer = api_read(listing->api, path, &failed);
	row = json_read_object(answer, "team");
	if (failed == NULL && g_strcmp0(json_read_text(row, "id"), id) != 0)
		errors_set_protocol(&failed, "The answer to GET %s holds another team or none.", path);
	if (failed == NULL) {
		if (!teams_row(listing, id, row, error))
			return FALSE;
		*ret_team = team = g_hash_table_lookup(listing->teams, id);
		team->late = TRUE;
		/* Without team roles nobody but the users says who is on it, and most of them were read before. */
		if (!listing->has_team_roles)
			seals_gap_resource(listing->seals, team->resource, IDC_RECORD_GRANT, IDC_CONFLICT,
					   "A team was made while the list was read: list again.");
		return TRUE;
	}
	if (!errors_answered(failed, IDC_NOT_FOUND) && !listing_skippable(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	teams_hidden(listing, id);
	return TRUE;
}

static gboolean
teams_gone(gpointer user, const gchar *id, GError **error)
{
	Listing *listing = user;
	ListingTeam *team = g_hash_table_lookup(listing->teams, id);

	if (team == NULL || team->resource->removed)
		return TRUE;
	team->resource->removed = TRUE;
	return listing_removed(listing, IDC_RECORD_RESOURCE, team->resource->id, error);
}

gboolean
teams_list(Listing *listing, GError **error)
{
	const ListingRead read = {.spec = &teams_spec, .row = teams_row, .gone = teams_gone, .user = listing};

	return !listing->has_teams || listing_take(listing, &read, NULL, "teams", TEAMS_KINDS, &listing->teams_whole, error);
}
