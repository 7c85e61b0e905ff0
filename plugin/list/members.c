/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "members.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "../numbers.h"
#include "people.h"
#include "teams.h"

/* What is lacking where not all of a team's members were read: a role that nobody knows yet is listed when it is met. */
#define MEMBERS_KINDS (IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)
/* People about whom a team and their own user objects disagree; more are not asked for one by one. */
#define MEMBERS_MAX_ASK 20

/* One membership as the member list tells it. */
typedef struct {
	guint32 number;    /* in people */
	const gchar *role; /* as long as the listing */
} Member;

/* One reading of one team's members. */
typedef struct {
	Listing *listing;
	gchar *what;
	GArray *members; /* Member */
	gboolean unlisted;
} MembersReading;

static gboolean
members_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	MembersReading *reading = user;
	const gchar *role = json_read_text(row, "role");
	gboolean unlisted = FALSE;
	Member member = {.number = IDSET_NONE};
	gsize length;

	(void)id;
	/* Stakeholders that PagerDuty put on a team have no role there; its people call them observers. */
	if (role == NULL)
		role = "observer";
	length = strspn(role, G_CSET_a_2_z "_");
	if (role[length] != '\0' || length == 0 || length > IDS_MAX_ROLE) {
		errors_set_protocol(error, "The answer to %s has a member whose role is no team role.", reading->what);
		return FALSE;
	}
	if (!people_resolve(reading->listing, json_read_object(row, "user"), reading->what, &member.number, &unlisted, error))
		return FALSE;
	member.role = listing_word(reading->listing, role);
	reading->unlisted = reading->unlisted || unlisted;
	if (member.number != IDSET_NONE)
		g_array_append_val(reading->members, member);
	return TRUE;
}

static void
members_reading_clear(MembersReading *reading)
{
	g_free(reading->what);
	g_clear_pointer(&reading->members, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MembersReading, members_reading_clear)

/* Those whose user object names the team and whom the member list lacks, unless they are known to be gone; *ret_extra: whether it has
 * others. */
static GArray *
members_missing(const Listing *listing, const ListingTeam *team, const MembersReading *reading, gboolean *ret_extra)
{
	g_autoptr(GArray) told = g_array_sized_new(FALSE, FALSE, sizeof(guint32), reading->members->len);
	GArray *missing = g_array_new(FALSE, FALSE, sizeof(guint32));
	guint met = 0;

	for (guint i = 0; i < reading->members->len; i++)
		g_array_append_val(told, g_array_index(reading->members, Member, i).number);
	numbers_sort(told);
	for (guint i = 0; i < team->members->len; i++) {
		const guint32 number = g_array_index(team->members, guint32, i);

		if (numbers_has(told, number))
			met++;
		else if (idset_find(listing->gone, idset_id(listing->people, number)) == IDSET_NONE)
			g_array_append_val(missing, number);
	}
	*ret_extra = met < told->len;
	return missing;
}

/* Reads the whole list, from opened or anew. *ret_quiet: nothing moved meanwhile. */
static gboolean
members_read(MembersReading *reading, Pager *opened, gboolean *ret_quiet, GError **error)
{
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	if (!pager_run(opened, seen, members_row, reading, &outcome, error))
		return FALSE;
	*ret_quiet = outcome.quiet && outcome.whole;
	return TRUE;
}

/* The member list lacks people whose user objects named the team when they were read: do these still? */
static gboolean
members_settle(Listing *listing, ListingTeam *team, const GArray *missing, GError **error)
{
	gboolean disagree = missing->len > MEMBERS_MAX_ASK;

	for (guint i = 0; i < missing->len && !disagree; i++) {
		g_autoptr(GError) failed = NULL;

		if (people_is_on_team(listing, g_array_index(missing, guint32, i), team->id, &disagree, &failed))
			continue;
		if (!listing_skippable(failed)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		disagree = TRUE; /* as far as anybody may know */
	}
	if (disagree) {
		g_autofree gchar *reason = g_strdup_printf(
		    "The member list of the team %s lacks people who are on it by their own user objects.", team->id);

		seals_gap_resource(listing->seals, team->resource, MEMBERS_KINDS, IDC_CONFLICT, reason);
	}
	return TRUE;
}

/* A team role that is not among the three is passed on as it is, as not assignable. */
static gboolean
members_role(Listing *listing, ListingTeam *team, const gchar *role, GError **error)
{
	if (g_strv_contains(ids_team_roles, role) ||
	    (team->extra_roles != NULL && idset_find(team->extra_roles, role) != IDSET_NONE))
		return TRUE;
	if (team->extra_roles == NULL)
		team->extra_roles = idset_new();
	idset_add(team->extra_roles, role, NULL);
	return teams_entitlement(listing, team, role, FALSE, error);
}

static gboolean
members_emit(Listing *listing, ListingTeam *team, const MembersReading *reading, GError **error)
{
	for (guint i = 0; i < reading->members->len; i++) {
		const Member *member = &g_array_index(reading->members, Member, i);
		g_autofree gchar *entitlement = ids_team(team->id, member->role);
		EmitAttrs attrs = {.n = 0};

		people_attr_manages(listing, member->number, &attrs);
		if (!members_role(listing, team, member->role, error) ||
		    !listing_grant(listing, team->resource, idset_id(listing->people, member->number), entitlement, 0, &attrs,
				   error))
			return FALSE;
	}
	return TRUE;
}

/* The members cannot be read: is the team gone, or only hidden? */
static gboolean
members_failed(Listing *listing, ListingTeam *team, const GError *failed, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("/teams/%s", team->id);
	g_autoptr(GError) asked = NULL;
	g_autoptr(json_object) answer = NULL;

	if (listing_skippable(failed)) {
		seals_gap_resource(listing->seals, team->resource, MEMBERS_KINDS, failed->code, failed->message);
		return TRUE;
	}
	if (!errors_answered(failed, IDC_NOT_FOUND)) {
		g_propagate_error(error, g_error_copy(failed));
		return FALSE;
	}
	answer = api_read(listing->api, path, &asked);
	if (answer != NULL || listing_skippable(asked)) {
		seals_gap_resource(listing->seals, team->resource, MEMBERS_KINDS, IDC_NOT_FOUND, failed->message);
		return TRUE;
	}
	if (errors_answered(asked, IDC_NOT_FOUND)) {
		team->resource->removed = TRUE;
		return listing_removed(listing, IDC_RECORD_RESOURCE, team->resource->id, error);
	}
	g_propagate_error(error, g_steal_pointer(&asked));
	return FALSE;
}

static void
members_reading_init(MembersReading *reading, Listing *listing, const gchar *path)
{
	members_reading_clear(reading);
	*reading = (MembersReading){
	    .listing = listing, .what = g_strdup_printf("GET %s", path), .members = g_array_new(FALSE, FALSE, sizeof(Member))};
}

static gboolean
members_of_team(Listing *listing, ListingTeam *team, const PagerSpec *spec, Pager *opened, GError **error)
{
	g_auto(MembersReading) reading = {0};
	g_autoptr(GArray) missing = NULL;
	g_autoptr(GError) failed = NULL;
	gboolean quiet = FALSE;
	gboolean extra = FALSE;
	gboolean ok;

	members_reading_init(&reading, listing, spec->path);
	ok = members_read(&reading, opened, &quiet, &failed);
	if (ok)
		missing = members_missing(listing, team, &reading, &extra);
	if (ok && (!quiet || missing->len > 0 || (extra && listing->people_whole))) {
		g_autoptr(Pager) again = pager_open(listing->api, spec, 0, 1);

		members_reading_init(&reading, listing, spec->path);
		g_clear_pointer(&missing, g_array_unref);
		ok = members_read(&reading, again, &quiet, &failed);
		if (ok)
			missing = members_missing(listing, team, &reading, &extra);
	}
	if (!ok)
		return members_failed(listing, team, failed, error);
	if (!quiet) {
		g_autofree gchar *reason =
		    g_strdup_printf("The member list of the team %s changed while it was being read.", team->id);

		seals_gap_resource(listing->seals, team->resource, MEMBERS_KINDS, IDC_CONFLICT, reason);
	}
	if (reading.unlisted)
		seals_gap_resource(listing->seals, team->resource, MEMBERS_KINDS, IDC_OVERFLOW,
				   "Members of teams are missing because not all users could be listed.");
	return members_settle(listing, team, missing, error) && members_emit(listing, team, &reading, error);
}

/* A team's list under way. */
typedef struct {
	ListingTeam *team;
	gchar *path;
	PagerSpec spec;
	Pager *pager;
} MembersOpen;

static void
members_open_free(gpointer data)
{
	MembersOpen *open = data;

	pager_free(open->pager);
	g_free(open->path);
	g_free(open);
}

static MembersOpen *
members_open(Listing *listing, ListingTeam *team)
{
	MembersOpen *open = g_new0(MembersOpen, 1);

	open->team = team;
	open->path = g_strdup_printf("/teams/%s/members", team->id);
	open->spec = (PagerSpec){.path = open->path, .rows = "members", .inner = "user"};
	open->pager = pager_open(listing->api, &open->spec, team->members->len, listing->settings->concurrency);
	return open;
}

gboolean
members_list(Listing *listing, GError **error)
{
	g_autoptr(GQueue) ahead = g_queue_new();
	gboolean ok = TRUE;

	if (!listing->has_team_roles)
		return TRUE;
	while (ok) {
		MembersOpen *open;

		for (; listing->teams_read < listing->team_order->len && g_queue_get_length(ahead) < listing->settings->concurrency;
		     listing->teams_read++) {
			ListingTeam *team = g_ptr_array_index(listing->team_order, listing->teams_read);

			/* Whoever is on a team says so: nobody does, nobody is. */
			if (!team->resource->removed && (team->members->len > 0 || team->late || !listing->people_whole))
				g_queue_push_tail(ahead, members_open(listing, team));
		}
		open = g_queue_pop_head(ahead);
		if (open == NULL)
			break;
		ok = members_of_team(listing, open->team, &open->spec, open->pager, error);
		g_array_set_size(open->team->members, 0);
		members_open_free(open);
	}
	g_queue_clear_full(ahead, members_open_free);
	return ok;
}
