/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "people.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "roles.h"
#include "teams.h"

#define PEOPLE_WHAT "GET /users"
/* An address is personal, but whoever reads the list must be able to tell people apart by it: no byte of it may be lost. */
#define PEOPLE_MAX_EMAIL 320

static const PagerSpec people_spec = {.path = "/users", .rows = "users", .counts = TRUE};

static const gchar *
people_email(json_object *row, GError **error)
{
	json_object *member = NULL;
	const gchar *email = json_read_text(row, "email");

	if (email == NULL && (!json_object_object_get_ex(row, "email", &member) || member == NULL))
		return "";
	if (email == NULL || strlen(email) > PEOPLE_MAX_EMAIL || !g_utf8_validate(email, -1, NULL) ||
	    strstr(email, "\357\277\275") != NULL) {
		errors_set_protocol(error, "The answer to " PEOPLE_WHAT " has a user whose e-mail address is no text.");
		return NULL;
	}
	return email;
}

static void
people_attr_known_flag(EmitAttrs *attrs, json_object *row, const gchar *field, const gchar *key)
{
	gboolean known = FALSE;
	const gboolean value = json_read_flag(row, field, &known);

	if (known)
		emit_attr_flag(attrs, key, value);
}

static gboolean
people_emit(Listing *listing, const gchar *id, const gchar *role, json_object *row, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	gboolean sanitized = FALSE;
	g_autofree gchar *name = json_read_name(row, "name", IDC_MAX_NAME, &sanitized);
	g_autofree gchar *job_title = json_read_name(row, "job_title", IDC_MAX_VALUE, &sanitized);
	g_autofree gchar *time_zone = json_read_name(row, "time_zone", IDC_MAX_VALUE, &sanitized);
	const idc_record record = {.record = IDC_RECORD_PRINCIPAL, .id = id, .type = "user", .name = name};
	const gchar *email = people_email(row, error);

	if (email == NULL)
		return FALSE;
	emit_attr(&attrs, "email", email[0] != '\0' ? email : NULL);
	emit_attr(&attrs, "role", role);
	emit_attr(&attrs, "job_title", job_title);
	emit_attr(&attrs, "time_zone", time_zone);
	if (listing->licenses != NULL)
		emit_attr(&attrs, "license", g_hash_table_lookup(listing->licenses, id));
	people_attr_known_flag(&attrs, row, "invitation_sent", "invitation_pending");
	people_attr_known_flag(&attrs, row, "created_via_sso", "created_via_sso");
	emit_attr(&attrs, "html_url", json_read_plain(row, "html_url", IDC_MAX_URL));
	if (sanitized)
		emit_attr_flag(&attrs, "idc.sanitized", TRUE);
	return emit_record(listing->emit, &record, &attrs, error);
}

/* Notes that somebody's user object names a team; FALSE where that says nothing new, or the team is gone. */
static gboolean
people_names_team(ListingTeam *team, guint32 number)
{
	GArray *members = team->members;

	if (team->resource->removed || (members->len > 0 && g_array_index(members, guint32, members->len - 1) == number))
		return FALSE;
	g_array_append_val(members, number);
	return TRUE;
}

void
people_attr_manages(const Listing *listing, guint32 number, EmitAttrs *attrs)
{
	if (listing->people_manage->data[number] != 0)
		emit_attr(attrs, "effective", "manager");
}

/* Notes, or without team roles lists, the teams that a user object names. */
static gboolean
people_teams(Listing *listing, const gchar *id, guint32 number, json_object *row, GError **error)
{
	json_object *teams = NULL;

	if (listing->has_teams && !json_need_array(row, "teams", PEOPLE_WHAT, &teams, error))
		return FALSE;
	for (gsize i = 0; teams != NULL && i < json_object_array_length(teams); i++) {
		json_object *reference = json_object_array_get_idx(teams, i);
		const gchar *team_id = json_read_id(reference, "id", PEOPLE_WHAT, error);
		ListingTeam *team = NULL;

		if (team_id == NULL)
			return FALSE;
		if (json_read_text(reference, "deleted_at") != NULL)
			continue;
		if (!teams_resolve(listing, team_id, &team, error))
			return FALSE;
		if (team != NULL && people_names_team(team, number) && !listing->has_team_roles) {
			g_autofree gchar *entitlement = ids_team(team_id, IDS_TEAM_MEMBER);
			EmitAttrs attrs = {.n = 0};

			people_attr_manages(listing, number, &attrs);
			if (!listing_grant(listing, team->resource, id, entitlement, 0, &attrs, error))
				return FALSE;
		}
	}
	return TRUE;
}

static gboolean
people_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Listing *listing = user;
	gboolean is_new = FALSE;
	const guint32 number = idset_add(listing->people, id, &is_new);
	const gchar *role = NULL;
	guint8 manages;

	if (!roles_read(row, &role, error))
		return FALSE;
	manages = ids_role_manages_all(role) ? 1 : 0;
	while (listing->people_manage->len <= number)
		g_byte_array_append(listing->people_manage, (const guint8 *)"", 1);
	listing->people_manage->data[number] = manages;
	return people_emit(listing, id, role, row, error) && roles_grant(listing, id, role, error) &&
	       people_teams(listing, id, number, row, error);
}

static gboolean
people_gone(gpointer user, const gchar *id, GError **error)
{
	Listing *listing = user;
	gboolean is_new = FALSE;

	idset_add(listing->gone, id, &is_new);
	return !is_new || listing_removed(listing, IDC_RECORD_PRINCIPAL, id, error);
}

Pager *
people_open(Listing *listing)
{
	return pager_open(listing->api, &people_spec, 0, listing->settings->concurrency);
}

gboolean
people_list(Listing *listing, Pager *opened, GError **error)
{
	const ListingRead read = {.spec = &people_spec, .row = people_row, .gone = people_gone, .user = listing};

	if (!listing_take(listing, &read, opened, "users", IDC_RECORD_PRINCIPAL | ROLES_KINDS, &listing->people_whole, error))
		return FALSE;
	if (!listing->people_whole) {
		seals_resource(listing->seals, IDS_ACCOUNT)->gaps |= ROLES_KINDS;
		for (guint i = 0; !listing->has_team_roles && i < listing->team_order->len; i++)
			((ListingTeam *)g_ptr_array_index(listing->team_order, i))->resource->gaps |= IDC_RECORD_GRANT;
	}
	return TRUE;
}

gboolean
people_resolve(Listing *listing, json_object *reference, const gchar *what, guint32 *ret_number, gboolean *ret_unlisted,
	       GError **error)
{
	const gchar *id = json_read_id(reference, "id", what, error);
	g_autofree gchar *path = NULL;
	g_autoptr(json_object) answer = NULL;
	g_autoptr(GError) failed = NULL;
	json_object *user;

	if (id == NULL)
		return FALSE;
	*ret_unlisted = FALSE;
	*ret_number = IDSET_NONE;
	if (json_read_text(reference, "deleted_at") != NULL || idset_find(listing->gone, id) != IDSET_NONE)
		return TRUE;
	*ret_number = idset_find(listing->people, id);
	*ret_unlisted = *ret_number == IDSET_NONE && (!listing->people_whole || idset_find(listing->unread, id) != IDSET_NONE);
	if (*ret_number != IDSET_NONE || *ret_unlisted)
		return TRUE;
	path = g_strdup_printf("/users/%s", id);
	answer = api_read(listing->api, path, &failed);
	user = json_read_object(answer, "user");
	if (user != NULL && g_strcmp0(json_read_text(user, "id"), id) == 0) {
		/* invited since the users were read */
		if (!people_row(listing, id, user, error))
			return FALSE;
		*ret_number = idset_find(listing->people, id);
	} else if (errors_answered(failed, IDC_NOT_FOUND)) {
		idset_add(listing->gone, id, NULL);
	} else if (listing_skippable(failed)) {
		idset_add(listing->unread, id, NULL);
		seals_gap_error(listing->seals, IDC_RECORD_PRINCIPAL, failed);
		seals_gap_resource(listing->seals, seals_resource(listing->seals, IDS_ACCOUNT), ROLES_KINDS, failed->code,
				   failed->message);
		*ret_unlisted = TRUE;
	} else if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	} else {
		errors_set_protocol(error, "The answer to GET %s holds another user or none.", path);
		return FALSE;
	}
	return TRUE;
}

gboolean
people_is_on_team(Listing *listing, guint32 number, const gchar *team, gboolean *ret_is, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("/users/%s", idset_id(listing->people, number));
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = api_read(listing->api, path, &failed);
	json_object *teams = json_read_array(json_read_object(answer, "user"), "teams");

	*ret_is = FALSE;
	if (errors_answered(failed, IDC_NOT_FOUND))
		return people_gone(listing, idset_id(listing->people, number), error);
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	for (gsize i = 0; teams != NULL && i < json_object_array_length(teams); i++)
		if (g_strcmp0(json_read_text(json_object_array_get_idx(teams, i), "id"), team) == 0)
			*ret_is = TRUE;
	return TRUE;
}

static gboolean
people_license_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Listing *listing = user;
	json_object *license = json_read_object(row, "license");
	gboolean sanitized = FALSE;
	g_autofree gchar *name = json_read_name(license, "name", IDC_MAX_NAME, &sanitized);

	(void)error;
	if (name == NULL)
		name = json_read_name(license, "summary", IDC_MAX_NAME, &sanitized);
	if (name != NULL)
		g_hash_table_insert(listing->licenses, g_strdup(id), (gpointer)listing_word(listing, name));
	return TRUE;
}

gboolean
people_licenses(Listing *listing, GError **error)
{
	static const PagerSpec spec = {.path = "/license_allocations", .rows = "license_allocations", .inner = "user"};
	const ListingRead read = {.spec = &spec, .row = people_license_row, .user = listing};
	gboolean whole;

	listing->licenses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return listing_take(listing, &read, NULL, "licences", IDC_RECORD_PRINCIPAL, &whole, error);
}
