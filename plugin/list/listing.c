/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "listing.h"

#include "../errors.h"

/* More rows than this that came in one of two readings only are not asked for one by one: the account is in upheaval. */
#define LISTING_MAX_CONFIRM 100

void
listing_team_free(gpointer data)
{
	ListingTeam *team = data;

	g_free(team->id);
	g_free(team->name);
	g_free(team->parent_id);
	g_free(team->url);
	g_free(team->description);
	g_array_unref(team->members);
	g_clear_pointer(&team->extra_roles, idset_free);
	g_free(team);
}

gboolean
listing_grant(Listing *listing, SealsResource *resource, const gchar *principal_id, const gchar *entitlement_id, guint32 flags,
	      const EmitAttrs *attrs, GError **error)
{
	const idc_record record = {
	    .record = IDC_RECORD_GRANT, .flags = flags, .principal_id = principal_id, .entitlement_id = entitlement_id};

	resource->grants++;
	return emit_record(listing->emit, &record, attrs, error);
}

gboolean
listing_entitlement(Listing *listing, SealsResource *resource, const gchar *kind, const gchar *id, const gchar *name,
		    EmitAttrs *attrs, GError **error)
{
	const idc_record record = {
	    .record = IDC_RECORD_ENTITLEMENT, .id = id, .type = kind, .name = name, .parent_id = resource->id};

	emit_attr(attrs, "kind", kind);
	resource->entitlements++;
	return emit_record(listing->emit, &record, attrs, error);
}

gboolean
listing_removed(Listing *listing, guint32 kind, const gchar *id, GError **error)
{
	const idc_record record = {.record = kind, .flags = IDC_RECORD_REMOVED, .id = id};

	/* what cannot be seen any more may be there all the same */
	if (listing->hidden != 0) {
		seals_gap(
		    listing->seals, kind, IDC_NOT_FOUND,
		    "Something was deleted in PagerDuty while the list was made, or hidden from whoever authorized this app: list "
		    "again.");
		return TRUE;
	}
	if (!emit_wants(listing->emit, kind)) {
		g_autofree gchar *reason =
		    g_strdup_printf("\"%s\" was deleted in PagerDuty while the list was made: list again.", id);

		seals_gap(listing->seals, IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT, IDC_CONFLICT, reason);
	}
	return emit_record(listing->emit, &record, NULL, error);
}

gboolean
listing_skippable(const GError *error)
{
	return errors_answered(error, IDC_FORBIDDEN) || errors_answered(error, IDC_SCOPE) || errors_answered(error, IDC_PAYMENT);
}

/* Asks for one row by its id: was it there after all? */
static gboolean
listing_confirm(Listing *listing, const ListingRead *read, const gchar *id, GError **error)
{
	g_autofree gchar *path = g_strdup_printf("%s/%s", read->spec->path, id);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = api_read(listing->api, path, &failed);

	if (answer != NULL)
		return TRUE;
	if (errors_answered(failed, IDC_NOT_FOUND))
		return read->gone(read->user, id, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Those in one that are not in the other. */
static void
listing_collect_once(const IdSet *one, const IdSet *other, GPtrArray *once)
{
	for (guint32 i = 0; i < idset_size(one); i++)
		if (idset_find(other, idset_id(one, i)) == IDSET_NONE)
			g_ptr_array_add(once, (gpointer)idset_id(one, i));
}

/* What the second reading hands on: only rows that the first did not have. */
typedef struct {
	const ListingRead *read;
	const IdSet *first;
} ListingSecond;

static gboolean
listing_second_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	const ListingSecond *second = user;

	return idset_find(second->first, id) != IDSET_NONE || second->read->row(second->read->user, id, row, error);
}

/* Reads it; a second time where something moved, and asks for each row that came in one reading only. */
static gboolean
listing_read(Listing *listing, const ListingRead *read, Pager *opened, IdSet *seen, PagerOutcome *ret_outcome, GError **error)
{
	g_autoptr(Pager) again = NULL;
	g_autoptr(IdSet) seen_again = idset_new();
	g_autoptr(GPtrArray) once = g_ptr_array_new();
	ListingSecond second = {.read = read, .first = seen};
	PagerOutcome outcome;

	if (!pager_run(opened, seen, read->row, read->user, &outcome, error))
		return FALSE;
	if (outcome.quiet || outcome.ceiling) {
		*ret_outcome = outcome;
		return TRUE;
	}
	again = pager_open(listing->api, read->spec, 0, listing->settings->concurrency);
	if (!pager_run(again, seen_again, listing_second_row, &second, &outcome, error))
		return FALSE;
	listing_collect_once(seen, seen_again, once);
	listing_collect_once(seen_again, seen, once);
	if (once->len > LISTING_MAX_CONFIRM)
		outcome.quiet = FALSE;
	for (guint i = 0; i < once->len && once->len <= LISTING_MAX_CONFIRM && read->gone != NULL; i++)
		if (!listing_confirm(listing, read, g_ptr_array_index(once, i), error))
			return FALSE;
	*ret_outcome = outcome;
	return TRUE;
}

/* count: how many rows were read. */
static void
listing_judge(Listing *listing, const PagerOutcome *outcome, const gchar *what, guint32 count, guint32 kinds)
{
	g_autofree gchar *reason = NULL;

	if (outcome->ceiling && outcome->total > (gint64)count)
		reason = g_strdup_printf("PagerDuty lets nobody read more than 10,000 of a list: %u of %" G_GINT64_FORMAT
					 " %s were read.",
					 count, outcome->total, what);
	else if (!outcome->whole)
		reason = g_strdup_printf("The list of %s is not complete: %s.", what, outcome->reason);
	else if (!outcome->quiet)
		reason = g_strdup_printf("The list of %s changed while it was being read.", what);
	if (reason != NULL)
		seals_gap(listing->seals, kinds, outcome->ceiling ? IDC_OVERFLOW : IDC_CONFLICT, reason);
}

/* PagerDuty's own count of what was read, -1: not told. Of entitlements and grants it keeps none. */
static void
listing_count(Listing *listing, guint32 kinds, gint64 total)
{
	if ((kinds & IDC_RECORD_PRINCIPAL) != 0 && total >= 0)
		listing->emit->expected[emit_index(IDC_RECORD_PRINCIPAL)] = (guint64)total;
	if ((kinds & IDC_RECORD_RESOURCE) == 0)
		return;
	if (total >= 0)
		listing->resources_counted += (guint64)total;
	else
		listing->uncounted = TRUE;
}

gboolean
listing_take(Listing *listing, const ListingRead *read, Pager *opened, const gchar *what, guint32 kinds, gboolean *ret_whole,
	     GError **error)
{
	g_autoptr(Pager) pager = opened != NULL ? opened : pager_open(listing->api, read->spec, 0, listing->settings->concurrency);
	g_autoptr(IdSet) seen = idset_new();
	g_autoptr(GError) failed = NULL;
	PagerOutcome outcome;

	*ret_whole = FALSE;
	if (listing_read(listing, read, pager, seen, &outcome, &failed)) {
		listing_judge(listing, &outcome, what, idset_size(seen), kinds);
		*ret_whole = outcome.whole && outcome.quiet;
		if (read->spec->counts)
			listing_count(listing, kinds, outcome.total);
		return TRUE;
	}
	if (listing_skippable(failed)) {
		listing_count(listing, kinds, -1);
		seals_gap_error(listing->seals, kinds, failed);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

void
listing_common_attrs(EmitAttrs *attrs, json_object *row, gboolean sanitized, gchar **keep_description)
{
	emit_attr(attrs, "url", json_read_plain(row, "html_url", IDC_MAX_URL));
	*keep_description = json_read_name(row, "description", IDC_MAX_VALUE, &sanitized);
	emit_attr(attrs, "description", *keep_description);
	if (sanitized)
		emit_attr_flag(attrs, "idc.sanitized", TRUE);
}

const gchar *
listing_word(Listing *listing, const gchar *text)
{
	return idset_id(listing->words, idset_add(listing->words, text, NULL));
}
