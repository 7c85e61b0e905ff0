/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "list.h"

#include "../errors.h"
#include "../ids.h"
#include "../lookup.h"
#include "listing.h"
#include "members.h"
#include "people.h"
#include "policies.h"
#include "roles.h"
#include "schedules.h"
#include "teams.h"

#define LIST_THINGS (IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)
/* A role that nobody knows yet is an entitlement, and is met only where it is held. */
#define LIST_HELD (IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)
#define LIST_PEOPLE (IDC_RECORD_PRINCIPAL | LIST_HELD)
#define LIST_SENDER "from_email"
#define LIST_KINDS (LIST_THINGS | LIST_PEOPLE)

static void
listing_clear(Listing *listing)
{
	g_clear_pointer(&listing->seals, seals_free);
	g_clear_pointer(&listing->people, idset_free);
	g_clear_pointer(&listing->people_manage, g_byte_array_unref);
	g_clear_pointer(&listing->gone, idset_free);
	g_clear_pointer(&listing->unread, idset_free);
	g_clear_pointer(&listing->roles, idset_free);
	g_clear_pointer(&listing->words, idset_free);
	g_clear_pointer(&listing->teams, g_hash_table_destroy);
	g_clear_pointer(&listing->team_order, g_ptr_array_unref);
	g_clear_pointer(&listing->licenses, g_hash_table_destroy);
	g_clear_pointer(&listing->schedules, g_hash_table_destroy);
	g_clear_pointer(&listing->schedules_unknown, idset_free);
	g_clear_pointer(&listing->teams_hidden, idset_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listing, listing_clear)

/* What is named comes before what names it: teams before the people who are on them, people and schedules before the policies that page
 * them. */
static gboolean
list_parts(Listing *listing, GError **error)
{
	const gboolean things = emit_wants(listing->emit, LIST_THINGS);
	Pager *people = NULL;

	if (things && (!teams_abilities(listing, error) || !roles_list(listing, error) || !teams_list(listing, error)))
		return FALSE;
	if (emit_wants(listing->emit, LIST_PEOPLE)) {
		if (listing->settings->include_licenses && !people_licenses(listing, error))
			return FALSE;
		people = people_open(listing);
		if (!people_list(listing, people, error))
			return FALSE;
	}
	if (emit_wants(listing->emit, LIST_HELD) && !members_list(listing, error))
		return FALSE;
	if (things && (!schedules_list(listing, error) || !policies_list(listing, error)))
		return FALSE;
	/* of a team that was made meanwhile, and met only now */
	if (emit_wants(listing->emit, LIST_HELD) && !members_list(listing, error))
		return FALSE;
	if (things && !listing->uncounted)
		listing->emit->expected[emit_index(IDC_RECORD_RESOURCE)] = listing->resources_counted + 1; /* the account */
	return TRUE;
}

gboolean
list_all(const idc_host *host, const Settings *settings, Auth *auth, Api *api, const idc_list_request *request,
	 const idc_sink *sink, gboolean *ret_partial, GError **error)
{
	Emit emit;
	g_auto(Listing) listing = {.settings = settings,
				   .auth = auth,
				   .api = api,
				   .emit = &emit,
				   .seals = seals_new(),
				   .people = idset_new(),
				   .people_manage = g_byte_array_new(),
				   .gone = idset_new(),
				   .unread = idset_new(),
				   .roles = idset_new(),
				   .words = idset_new(),
				   .schedules_unknown = idset_new(),
				   .teams_hidden = idset_new(),
				   .teams = g_hash_table_new(g_str_hash, g_str_equal),
				   .team_order = g_ptr_array_new_with_free_func(listing_team_free)};

	g_autofree gchar *reason = NULL;

	if ((request->want & ~LIST_KINDS) != 0) {
		g_set_error_literal(error, ERRORS, IDC_INVALID,
				    "The list asks for kinds of records that this connector does not know.");
		return FALSE;
	}
	emit_init(&emit, host, sink, request->want);
	api_begin(api);
	if (!auth_hidden(auth, &listing.hidden, &reason, error))
		return FALSE;
	if (listing.hidden != 0)
		seals_gap(listing.seals, listing.hidden, IDC_FORBIDDEN, reason);
	/* somebody who may be hidden holds a base role */
	if ((listing.hidden & IDC_RECORD_PRINCIPAL) != 0)
		seals_resource(listing.seals, IDS_ACCOUNT)->gaps |= ROLES_KINDS;
	return list_parts(&listing, error) && seals_emit(listing.seals, &emit, api_service_time(api), ret_partial, error);
}

/* One kind of thing that a survey looks at. */
typedef struct {
	const gchar *type; /* as in the manifest's budget */
	const gchar *path;
} ListSurveyed;

static gboolean
list_survey_one(Emit *emit, const ListSurveyed *surveyed, ApiCall *call, Api *api, gboolean *partial, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *count = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = api_wait(api, call, &failed);
	const idc_record record = {.record = IDC_RECORD_RESOURCE, .id = surveyed->type, .type = surveyed->type};

	if (failed != NULL && !listing_skippable(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (failed != NULL) {
		*partial = TRUE;
		emit_attr(&attrs, "problem", failed->message);
	} else {
		const gint64 total = json_read_number(answer, "total", -1);

		count = total >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT, total) : NULL;
		emit_attr(&attrs, "count", count);
	}
	return emit_record(emit, &record, &attrs, error);
}

/* In whose name people are invited: PagerDuty refuses every invitation of somebody whom it does not know. Nothing is told of somebody whom
 * it does. */
static gboolean
list_survey_sender(Emit *emit, const Settings *settings, Api *api, gboolean *partial, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) user = NULL;
	const idc_record record = {.record = IDC_RECORD_RESOURCE, .id = LIST_SENDER, .type = LIST_SENDER};

	if (settings->from_email == NULL || settings->from_email[0] == '\0')
		return TRUE;
	user = lookup_user(api, settings->from_email, &failed);
	/* Why users cannot be read has been told with them. */
	if (user != NULL || listing_skippable(failed))
		return TRUE;
	if (failed != NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	*partial = TRUE;
	emit_attr(&attrs, "problem",
		  "Nobody in this PagerDuty account has the address in from_email, so invitations will be refused: set it to the "
		  "address of a user.");
	return emit_record(emit, &record, &attrs, error);
}

gboolean
list_survey(const idc_host *host, const Settings *settings, Api *api, const idc_sink *sink, gboolean *ret_partial, GError **error)
{
	static const ListSurveyed surveyed[] = {
	    {"principal", "/users"}, {"team", "/teams"}, {"policy", "/escalation_policies"}, {"schedule", "/schedules"}};
	const guint n = settings->include_schedules ? 4 : 3;
	ApiCall *calls[G_N_ELEMENTS(surveyed)] = {NULL};
	gboolean partial = FALSE;
	gboolean ok = TRUE;
	Emit emit;

	emit_init(&emit, host, sink, IDC_RECORD_RESOURCE);
	for (guint i = 0; i < n; i++) {
		g_autofree gchar *path = g_strdup_printf("%s?limit=1&total=true", surveyed[i].path);

		calls[i] = api_get(api, path);
	}
	for (guint i = 0; i < n; i++) {
		if (ok)
			ok = list_survey_one(&emit, &surveyed[i], calls[i], api, &partial, error);
		else
			api_drop(api, calls[i]);
	}
	ok = ok && list_survey_sender(&emit, settings, api, &partial, error);
	*ret_partial = partial;
	return ok;
}
