/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "schedules.h"

#include "../errors.h"
#include "../ids.h"
#include "people.h"

#define SCHEDULES_WHAT "GET /schedules"
#define SCHEDULES_KINDS (IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

static const PagerSpec schedules_spec = {.path = "/schedules", .rows = "schedules", .counts = TRUE};

static gboolean
schedules_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Listing *listing = user;
	EmitAttrs attrs = {.n = 0};
	gboolean sanitized = FALSE;
	g_autofree gchar *full_id = ids_resource("schedule", id);
	g_autofree gchar *name = json_read_name(row, "name", IDC_MAX_NAME, &sanitized);
	g_autofree gchar *description = NULL;
	const idc_record record = {.record = IDC_RECORD_RESOURCE, .id = full_id, .type = "schedule", .name = name};
	SealsResource *resource = seals_resource(listing->seals, full_id);
	json_object *users = json_read_array(row, "users");
	GArray *people = g_array_new(FALSE, FALSE, sizeof(guint32));

	g_hash_table_insert(listing->schedules, g_strdup(id), people);
	listing_common_attrs(&attrs, row, sanitized, &description);
	if (!emit_record(listing->emit, &record, &attrs, error))
		return FALSE;
	emit_attr_flag(&attrs, "assignable", FALSE);
	if (!listing_entitlement(listing, resource, "schedule", full_id, name, &attrs, error))
		return FALSE;
	for (gsize i = 0; users != NULL && i < json_object_array_length(users); i++) {
		guint32 number = IDSET_NONE;
		gboolean unlisted = FALSE;
		gboolean twice = FALSE;

		if (!people_resolve(listing, json_object_array_get_idx(users, i), SCHEDULES_WHAT, &number, &unlisted, error))
			return FALSE;
		if (unlisted)
			seals_gap_resource(listing->seals, resource, IDC_OVERFLOW,
					   "People on schedules are missing because not all users could be listed.");
		for (guint j = 0; j < people->len; j++)
			twice = twice || g_array_index(people, guint32, j) == number;
		if (number == IDSET_NONE || twice)
			continue;
		g_array_append_val(people, number);
		if (!listing_grant(listing, resource, idset_id(listing->people, number), full_id, 0, NULL, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
schedules_gone(gpointer user, const gchar *id, GError **error)
{
	Listing *listing = user;
	g_autofree gchar *full_id = ids_resource("schedule", id);

	if (!g_hash_table_remove(listing->schedules, id))
		return TRUE;
	seals_resource(listing->seals, full_id)->removed = TRUE;
	return listing_removed(listing, IDC_RECORD_RESOURCE, full_id, error);
}

gboolean
schedules_list(Listing *listing, GError **error)
{
	const ListingRead read = {.spec = &schedules_spec, .row = schedules_row, .gone = schedules_gone, .user = listing};
	gboolean allowed = FALSE;
	gboolean whole = FALSE;

	if (!listing->settings->include_schedules)
		return TRUE;
	if (!auth_has_scope(listing->auth, "schedules.read", &allowed, error))
		return FALSE;
	if (!allowed) {
		seals_gap(listing->seals, SCHEDULES_KINDS, IDC_SCOPE,
			  "Schedules are not listed, because the token lacks the scope schedules.read: tick it in the app's "
			  "registration, or "
			  "set include_schedules to false.");
		return TRUE;
	}
	listing->schedules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	return listing_take(listing, &read, NULL, "schedules", SCHEDULES_KINDS, &whole, error);
}

const GArray *
schedules_people(Listing *listing, const gchar *id, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("/schedules/%s", id);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	json_object *schedule;
	const GArray *known = g_hash_table_lookup(listing->schedules, id);

	if (known != NULL)
		return known;
	answer = api_read(listing->api, path, &failed);
	schedule = json_read_object(answer, "schedule");
	if (schedule != NULL && g_strcmp0(json_read_text(schedule, "id"), id) == 0)
		return schedules_row(listing, id, schedule, error) ? g_hash_table_lookup(listing->schedules, id) : NULL;
	/* What is shift-based is refused or not found here; both kinds of answer say nothing about who is on it. */
	if (failed != NULL && !errors_is(failed, IDC_NOT_FOUND) && !errors_is(failed, IDC_REFUSED) && !listing_skippable(failed))
		g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}
