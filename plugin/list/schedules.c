/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "schedules.h"

#include "../errors.h"
#include "../ids.h"
#include "../numbers.h"
#include "people.h"

#define SCHEDULES_WHAT "GET /schedules"
#define SCHEDULES_KINDS (IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

static const PagerSpec schedules_spec = {.path = "/schedules", .rows = "schedules", .counts = TRUE};

/* Who is on it, as numbers in order, each once. */
static GArray *
schedules_rota(Listing *listing, SealsResource *resource, json_object *users, GError **error)
{
	g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(guint32));

	for (gsize i = 0; users != NULL && i < json_object_array_length(users); i++) {
		guint32 number = IDSET_NONE;
		gboolean unlisted = FALSE;

		if (!people_resolve(listing, json_object_array_get_idx(users, i), SCHEDULES_WHAT, &number, &unlisted, error))
			return NULL;
		if (unlisted)
			seals_gap_resource(listing->seals, resource, IDC_RECORD_GRANT, IDC_OVERFLOW,
					   "People on schedules are missing because not all users could be listed.");
		if (number != IDSET_NONE)
			g_array_append_val(people, number);
	}
	numbers_once(people);
	return g_steal_pointer(&people);
}

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
	json_object *users = NULL;
	GArray *people;

	if (!json_need_array(row, "users", SCHEDULES_WHAT, &users, error))
		return FALSE;
	resource->open = TRUE;
	listing_common_attrs(&attrs, row, sanitized, &description);
	if (!emit_record(listing->emit, &record, &attrs, error))
		return FALSE;
	emit_attr_flag(&attrs, "assignable", FALSE);
	if (!listing_entitlement(listing, resource, "schedule", full_id, name, &attrs, error))
		return FALSE;
	people = schedules_rota(listing, resource, users, error);
	if (people == NULL)
		return FALSE;
	g_hash_table_insert(listing->schedules, g_strdup(id), people);
	for (guint i = 0; i < people->len; i++)
		if (!listing_grant(listing, resource, idset_id(listing->people, g_array_index(people, guint32, i)), full_id, 0,
				   NULL, error))
			return FALSE;
	resource->open = FALSE;
	return TRUE;
}

static gboolean
schedules_gone(gpointer user, const gchar *id, GError **error)
{
	Listing *listing = user;
	g_autofree gchar *full_id = ids_resource("schedule", id);

	idset_add(listing->schedules_unknown, id, NULL); /* a policy that names it is not to list it again */
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
	if (!listing_take(listing, &read, NULL, "schedules", SCHEDULES_KINDS, &whole, error))
		return FALSE;
	/* Refused from the first page on: asking for each would be refused as well, and why was told. */
	if (!whole && g_hash_table_size(listing->schedules) == 0)
		g_clear_pointer(&listing->schedules, g_hash_table_destroy);
	return TRUE;
}

void
schedules_note_shift_based(Listing *listing, const gchar *id)
{
	idset_add(listing->schedules_unknown, id, NULL);
}

/* There is a schedule that was not listed, so it must not be taken for gone. */
static const GArray *
schedules_unknown(Listing *listing, const gchar *id)
{
	g_autofree gchar *reason =
	    g_strdup_printf("Who is on the schedule %s is not known: it is no layer-based schedule that this token can read.", id);

	idset_add(listing->schedules_unknown, id, NULL);
	seals_gap(listing->seals, SCHEDULES_KINDS, IDC_UNSUPPORTED, reason);
	return NULL;
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
	if (idset_find(listing->schedules_unknown, id) != IDSET_NONE)
		return schedules_unknown(listing, id);
	answer = api_read(listing->api, path, &failed);
	schedule = json_read_object(answer, "schedule");
	if (schedule != NULL && g_strcmp0(json_read_text(schedule, "id"), id) == 0)
		return schedules_row(listing, id, schedule, error) ? g_hash_table_lookup(listing->schedules, id) : NULL;
	/* What is shift-based is refused or not found here; both kinds of answer say nothing about who is on it. */
	if (failed == NULL || errors_answered(failed, IDC_NOT_FOUND) || errors_answered(failed, IDC_REFUSED) ||
	    listing_skippable(failed))
		return schedules_unknown(listing, id);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}
