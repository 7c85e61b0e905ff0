/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Who is there and who is in which club. The service's lists are in the order of ids and a page is asked for by the id that it comes
 * after, so what is added or removed meanwhile moves nothing else.
 *
 * The one rule that matters: an error is never a shorter list. What may not be read (403) is a gap, and its kind is sealed PARTIAL;
 * anything else ends the list with its status, and the host keeps what it had.
 */
#include "example.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_KINDS 4
/* No service of this kind has more; a list without an end has. */
#define LIST_MAX_ROWS 1000000

typedef struct {
	char *id;
	uint64_t members; /* clubs: those that were told */
	int empty;        /* clubs: nobody was in it when it was told */
	int open;         /* clubs: what is known of them is not whole, or they are gone */
} ListRow;

/* In the order of their ids. */
typedef struct {
	ListRow *rows;
	size_t n;
	size_t room;
} ListRows;

typedef struct {
	idc_instance *instance;
	const idc_sink *sink;
	idc_error *problem;
	uint32_t want;
	ListRows people;
	ListRows clubs;
	ListRow *club; /* whose members are being read */
	uint64_t emitted[LIST_KINDS];
	uint64_t removed[LIST_KINDS];
	uint32_t gaps; /* mask of kinds that are not whole */
	idc_error why; /* the first gap's reason */
	int64_t as_of_unix_ms;
} Listing;

typedef int32_t (*ListTake)(Listing *listing, const char *id, json_object *row);

static unsigned
list_index(uint32_t kind)
{
	return kind == IDC_RECORD_PRINCIPAL ? 0 : kind == IDC_RECORD_RESOURCE ? 1 : kind == IDC_RECORD_ENTITLEMENT ? 2 : 3;
}

/* ---- rows that have to be remembered ---- */

/* Where the id is, or would be. */
static size_t
rows_place(const ListRows *rows, const char *id, int *ret_there)
{
	size_t low = 0;
	size_t high = rows->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(rows->rows[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_there = low < rows->n && strcmp(rows->rows[low].id, id) == 0;
	return low;
}

static int32_t
rows_insert(ListRows *rows, size_t place, const char *id, idc_error *problem)
{
	char *copy = strdup(id);

	if (copy != NULL && rows->n == rows->room) {
		const size_t room = rows->room + rows->room / 8 + 64;
		ListRow *more = realloc(rows->rows, room * sizeof(*more));

		if (more == NULL) {
			free(copy);
			copy = NULL;
		} else {
			rows->rows = more;
			rows->room = room;
		}
	}
	if (copy == NULL)
		return problem_set(problem, IDC_NOMEM, "There is not enough memory for the list.");
	memmove(&rows->rows[place + 1], &rows->rows[place], (rows->n - place) * sizeof(*rows->rows));
	rows->rows[place] = (ListRow){.id = copy};
	rows->n++;
	return IDC_OK;
}

static void
rows_clear(ListRows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->rows[i].id);
	free(rows->rows);
}

/* ---- messages ---- */

static int32_t
list_emit(Listing *listing, idc_record *record)
{
	const unsigned kind = list_index(record->record);
	int32_t status;

	if ((listing->want & record->record) == 0)
		return IDC_OK;
	record->msg = (idc_message){.struct_size = sizeof(*record), .kind = IDC_MSG_RECORD};
	status = problem_emit(listing->sink, &record->msg, listing->problem);
	if (status == IDC_OK && (record->flags & IDC_RECORD_REMOVED) != 0)
		listing->removed[kind]++;
	else if (status == IDC_OK)
		listing->emitted[kind]++;
	return status;
}

static int32_t
list_seal(Listing *listing, idc_seal *seal)
{
	seal->msg = (idc_message){.struct_size = sizeof(*seal), .kind = IDC_MSG_SEAL};
	seal->expected = IDC_COUNT_UNKNOWN;
	seal->as_of_unix_ms = listing->as_of_unix_ms;
	return problem_emit(listing->sink, &seal->msg, listing->problem);
}

static void
list_gap(Listing *listing, uint32_t kinds, const idc_error *why)
{
	if (listing->gaps == 0)
		listing->why = *why;
	listing->gaps |= kinds;
}

/* ---- pages ---- */

static int32_t
list_broken(Listing *listing, const char *path, const char *what)
{
	return problem_set(listing->problem, IDC_PROTOCOL, "The answer to %s %s. Check the setting url.", path, what);
}

/* Takes one page; *ret_more: whether another follows. after is the id of the last row, of the page before and then of this one. */
static int32_t
list_page(Listing *listing, const char *path, json_object *page, ListTake take, char *after, int *ret_more)
{
	json_object *rows = fields_array(page, "rows");
	const int more = fields_flag(page, "more");
	const size_t n = rows != NULL ? json_object_array_length(rows) : 0;

	if (rows == NULL || more < 0)
		return list_broken(listing, path, "is no list");
	if (more && n == 0)
		return list_broken(listing, path, "says that there is more, and has none of it");
	for (size_t i = 0; i < n; i++) {
		json_object *row = json_object_array_get_idx(rows, i);
		const char *id = fields_id(row, "id");
		int32_t status;

		if (id == NULL)
			return list_broken(listing, path, "has a row without an id");
		/* What does not go forwards goes round in circles. */
		if (strcmp(id, after) <= 0)
			return list_broken(listing, path, "is not in the order of ids");
		snprintf(after, EXAMPLE_MAX_ID + 1, "%s", id);
		status = take(listing, id, row);
		if (status != IDC_OK)
			return status;
	}
	*ret_more = more;
	return IDC_OK;
}

static int32_t
list_pages(Listing *listing, const char *path, ListTake take)
{
	const idc_host *host = listing->instance->host;
	char after[EXAMPLE_MAX_ID + 1] = "";
	int more = 1;

	for (unsigned pages = 0; more; pages++) {
		char url[256];
		WireAnswer answer;
		int32_t status;

		if (pages == LIST_MAX_ROWS / EXAMPLE_PAGE)
			return list_broken(listing, path, "has no end");
		snprintf(url, sizeof(url), "%s?limit=%d%s%s", path, EXAMPLE_PAGE, after[0] != '\0' ? "&after=" : "", after);
		status = wire_read(listing->instance, url, &answer, listing->problem);
		if (status != IDC_OK)
			return status;
		if (listing->as_of_unix_ms == 0)
			listing->as_of_unix_ms = answer.date_unix_ms != 0 ? answer.date_unix_ms : host->unix_ms(host->ctx);
		status = list_page(listing, path, answer.json, take, after, &more);
		json_object_put(answer.json);
		if (status != IDC_OK)
			return status;
	}
	return IDC_OK;
}

/* Where the pages of a kind ended with that status: a gap, or the end of the list. */
static int32_t
list_forgive(Listing *listing, uint32_t kinds, int32_t status)
{
	if (status != IDC_FORBIDDEN || listing->problem->remote_status != 403)
		return status;
	list_gap(listing, kinds, listing->problem);
	return IDC_OK;
}

/* ---- what the pages hold ---- */

static int32_t
list_person(Listing *listing, const char *id, json_object *row)
{
	const idc_host *host = listing->instance->host;
	const char *name = fields_text(row, "name", IDC_MAX_NAME);
	const char *email = fields_text(row, "email", IDC_MAX_NAME);
	const idc_pair attrs[] = {{"email", email}};
	idc_record record = {.record = IDC_RECORD_PRINCIPAL, .id = id, .name = name, .attrs = attrs, .n_attrs = email != NULL};
	int there = 0;
	const size_t place = rows_place(&listing->people, id, &there);
	int32_t status;

	if (name == NULL)
		return list_broken(listing, "/people", "has a person without a name");
	/* Only to know of whom a grant may tell. */
	status = (listing->want & IDC_RECORD_GRANT) != 0 ? rows_insert(&listing->people, place, id, listing->problem) : IDC_OK;
	if (status == IDC_OK)
		status = list_emit(listing, &record);
	if (status == IDC_OK)
		host->progress(host->ctx, IDC_RECORD_PRINCIPAL, listing->emitted[0], IDC_COUNT_UNKNOWN);
	return status;
}

static int32_t
list_club(Listing *listing, const char *id, json_object *row)
{
	const char *name = fields_text(row, "name", IDC_MAX_NAME);
	const int open = fields_flag(row, "open");
	const int64_t members = fields_count(row, "members");
	char resource[EXAMPLE_MAX_NAME];
	char entitlement[EXAMPLE_MAX_NAME];
	const idc_pair attrs[] = {{"kind", "group"}, {"assignable", open ? "true" : "false"}};
	idc_record club = {.record = IDC_RECORD_RESOURCE, .id = resource, .type = "club", .name = name};
	idc_record member = {.record = IDC_RECORD_ENTITLEMENT,
			     .id = entitlement,
			     .type = "group",
			     .name = name,
			     .parent_id = resource,
			     .attrs = attrs,
			     .n_attrs = 2};
	int32_t status;

	if (name == NULL || open < 0 || members < 0)
		return list_broken(listing, "/clubs", "has a club without a name, or does not say what it is like");
	snprintf(resource, sizeof(resource), "club:%s", id);
	snprintf(entitlement, sizeof(entitlement), "club:%s:member", id);
	status = rows_insert(&listing->clubs, listing->clubs.n, id, listing->problem);
	if (status == IDC_OK) {
		listing->clubs.rows[listing->clubs.n - 1].empty = members == 0;
		status = list_emit(listing, &club);
	}
	return status != IDC_OK ? status : list_emit(listing, &member);
}

/* A member who came after the people had been read: every grant names somebody who was listed. *ret_gone: nobody any more. */
static int32_t
list_latecomer(Listing *listing, const char *id, int *ret_gone)
{
	char path[EXAMPLE_MAX_NAME];
	WireAnswer answer;
	int32_t status;

	snprintf(path, sizeof(path), "/people/%s", id);
	status = wire_read(listing->instance, path, &answer, listing->problem);
	if (status == IDC_NOT_FOUND) {
		*ret_gone = 1;
		return IDC_OK;
	}
	if (status != IDC_OK)
		return status;
	status = list_person(listing, id, answer.json);
	json_object_put(answer.json);
	return status;
}

static int32_t
list_member(Listing *listing, const char *id, json_object *row)
{
	char entitlement[EXAMPLE_MAX_NAME];
	idc_record grant = {.record = IDC_RECORD_GRANT, .principal_id = id, .entitlement_id = entitlement};
	int there = 0;
	int gone = 0;
	int32_t status = IDC_OK;

	(void)row;
	if ((listing->want & IDC_RECORD_PRINCIPAL) != 0)
		rows_place(&listing->people, id, &there);
	if ((listing->want & IDC_RECORD_PRINCIPAL) != 0 && !there)
		status = list_latecomer(listing, id, &gone);
	if (status != IDC_OK || gone)
		return status;
	snprintf(entitlement, sizeof(entitlement), "club:%s:member", listing->club->id);
	listing->club->members++;
	return list_emit(listing, &grant);
}

/* The members of a club cannot be found: was it deleted? Then what was told of it is taken back. Else nobody knows who they are. */
static int32_t
list_club_missing(Listing *listing)
{
	char resource[EXAMPLE_MAX_NAME];
	char path[EXAMPLE_MAX_NAME];
	idc_record gone = {.record = IDC_RECORD_RESOURCE, .flags = IDC_RECORD_REMOVED, .id = resource};
	WireAnswer answer;
	int32_t status;

	listing->club->open = 1;
	snprintf(path, sizeof(path), "/clubs/%s", listing->club->id);
	status = wire_read(listing->instance, path, &answer, listing->problem);
	if (status == IDC_OK) {
		json_object_put(answer.json);
		problem_set(listing->problem, IDC_NOT_FOUND, "A club is there, but not who is in it. List again.");
		list_gap(listing, IDC_RECORD_GRANT, listing->problem);
		return IDC_OK;
	}
	if (status != IDC_NOT_FOUND)
		return list_forgive(listing, IDC_RECORD_GRANT, status);
	if ((listing->want & IDC_RECORD_RESOURCE) == 0) {
		problem_set(listing->problem, IDC_CONFLICT, "A club was deleted while the list was made. List again.");
		list_gap(listing, IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT, listing->problem);
		return IDC_OK;
	}
	snprintf(resource, sizeof(resource), "club:%s", listing->club->id);
	return list_emit(listing, &gone);
}

static int32_t
list_members(Listing *listing)
{
	for (size_t i = 0; i < listing->clubs.n; i++) {
		char path[EXAMPLE_MAX_NAME + 16];
		int32_t status;

		listing->club = &listing->clubs.rows[i];
		if (listing->club->empty)
			continue;
		snprintf(path, sizeof(path), "/clubs/%s/members", listing->club->id);
		status = list_pages(listing, path, list_member);
		if (status == IDC_NOT_FOUND && listing->problem->remote_status == 404)
			status = list_club_missing(listing);
		else if (status == IDC_FORBIDDEN)
			listing->club->open = 1;
		status = list_forgive(listing, IDC_RECORD_GRANT, status);
		if (status != IDC_OK)
			return status;
	}
	return IDC_OK;
}

/* ---- the end ---- */

/* What is whole of a kind that is not. */
static int32_t
list_seal_clubs(Listing *listing)
{
	for (size_t i = 0; i < listing->clubs.n; i++) {
		const ListRow *club = &listing->clubs.rows[i];
		char resource[EXAMPLE_MAX_NAME];
		idc_seal seal = {.record = IDC_RECORD_GRANT,
				 .state = IDC_SEAL_COMPLETE,
				 .scope = IDC_SCOPE_RESOURCE,
				 .scope_id = resource,
				 .emitted = club->members};
		int32_t status;

		snprintf(resource, sizeof(resource), "club:%s", club->id);
		status = club->open ? IDC_OK : list_seal(listing, &seal);
		if (status != IDC_OK)
			return status;
	}
	return IDC_OK;
}

static int32_t
list_seals(Listing *listing, int members_read)
{
	int partial = 0;

	for (uint32_t kind = IDC_RECORD_PRINCIPAL; kind <= IDC_RECORD_GRANT; kind <<= 1) {
		const int gap = (listing->gaps & kind) != 0;
		idc_seal seal = {.record = kind,
				 .state = gap ? IDC_SEAL_PARTIAL : IDC_SEAL_COMPLETE,
				 .status = gap ? listing->why.status : IDC_OK,
				 .reason = gap ? listing->why.message : NULL,
				 .emitted = listing->emitted[list_index(kind)],
				 .removed = listing->removed[list_index(kind)]};
		int32_t status = IDC_OK;

		if ((listing->want & kind) == 0)
			continue;
		partial = partial || gap;
		if (gap && kind == IDC_RECORD_GRANT && members_read)
			status = list_seal_clubs(listing);
		if (status == IDC_OK)
			status = list_seal(listing, &seal);
		if (status != IDC_OK)
			return status;
	}
	return partial ? problem_set(listing->problem, IDC_PARTIAL, "Not everything could be read; the seals say what is missing.")
		       : IDC_OK;
}

/* What is named comes before what names it: clubs and people before who is in which. */
static int32_t
list_parts(Listing *listing)
{
	const uint32_t grants = listing->want & IDC_RECORD_GRANT;
	int32_t status = IDC_OK;
	int members;

	if ((listing->want & ~(uint32_t)IDC_RECORD_PRINCIPAL) != 0) {
		const uint32_t kinds = IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT;

		status = list_forgive(listing, kinds, list_pages(listing, "/clubs", list_club));
	}
	if (status == IDC_OK && (listing->want & IDC_RECORD_PRINCIPAL) != 0)
		status =
		    list_forgive(listing, IDC_RECORD_PRINCIPAL | IDC_RECORD_GRANT, list_pages(listing, "/people", list_person));
	/* Of people who may not be read nothing can be told. */
	members = grants != 0 && (listing->gaps & IDC_RECORD_GRANT) == 0;
	if (status == IDC_OK && members)
		status = list_members(listing);
	return status != IDC_OK ? status : list_seals(listing, members);
}

int32_t
list_all(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *problem)
{
	const uint32_t kinds = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT;
	Listing listing = {.instance = instance, .sink = sink, .problem = problem, .want = request->want};
	int32_t status;

	if ((request->want & ~kinds) != 0)
		return problem_set(problem, IDC_INVALID, "The list asks for kinds of records that this connector does not know.");
	status = list_parts(&listing);
	rows_clear(&listing.people);
	rows_clear(&listing.clubs);
	return status;
}
