/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "pager.h"

#include "../errors.h"

#define PAGER_LIMIT 100
#define PAGER_CEILING 10000 /* offset + limit may not exceed it */
#define PAGER_STEPS_BACK 4
#define PAGER_MAX_IDLE 8 /* pages in a row without anything new */
/* What can be read, and as much again for what moves; more rows mean that offsets are not what they say. */
#define PAGER_MAX_ROWS (2 * PAGER_CEILING)

typedef struct {
	guint64 offset;
	ApiCall *call;
} PagerAhead;

struct Pager {
	Api *api;
	const PagerSpec *spec;
	gchar *what;
	guint ahead_limit;
	guint64 expected; /* rows in all, 0: unknown */
	GQueue ahead;     /* of PagerAhead, pages asked for before their turn */
	GArray *last;     /* numbers in seen of the rows of the page before */
};

/* One page as it came. */
typedef struct {
	json_object *root; /* owned */
	json_object *rows; /* borrowed from root */
	gsize received;
	guint64 offset;
	gint64 total;
	gboolean more;
} PagerPage;

static void
pager_page_clear(PagerPage *page)
{
	g_clear_pointer(&page->root, json_object_put);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PagerPage, pager_page_clear)

static ApiCall *
pager_ask(const Pager *pager, guint64 offset)
{
	const guint64 limit = MIN(PAGER_LIMIT, PAGER_CEILING - offset);
	/* The count costs PagerDuty something: only the first page and the last one ask for it. */
	const gboolean count = pager->spec->counts && (offset == 0 || pager->expected == 0 || offset + limit >= pager->expected);
	g_autofree gchar *path =
	    g_strdup_printf("%s?limit=%" G_GUINT64_FORMAT "&offset=%" G_GUINT64_FORMAT "%s%s%s", pager->spec->path, limit, offset,
			    count ? "&total=true" : "", pager->spec->team != NULL ? "&team_ids%5B%5D=" : "",
			    pager->spec->team != NULL ? pager->spec->team : "");

	return api_get(pager->api, path);
}

/* Asks for what will follow if nothing moves. */
static void
pager_fill_ahead(Pager *pager, guint64 offset, gsize received)
{
	guint64 next = offset;
	const PagerAhead *tail = g_queue_peek_tail(&pager->ahead);

	if (tail != NULL)
		next = tail->offset;
	while (g_queue_get_length(&pager->ahead) < pager->ahead_limit && next + received < pager->expected &&
	       next + received - 1 + 1 < PAGER_CEILING) {
		PagerAhead *item = g_new0(PagerAhead, 1);

		next += received - 1;
		item->offset = next;
		item->call = pager_ask(pager, next);
		g_queue_push_tail(&pager->ahead, item);
	}
}

static void
pager_drop_ahead(Pager *pager)
{
	PagerAhead *item;

	while ((item = g_queue_pop_head(&pager->ahead)) != NULL) {
		api_drop(pager->api, item->call);
		g_free(item);
	}
}

Pager *
pager_open(Api *api, const PagerSpec *spec, guint64 expected, guint ahead)
{
	Pager *pager = g_new0(Pager, 1);
	PagerAhead *first = g_new0(PagerAhead, 1);

	pager->api = api;
	pager->spec = spec;
	pager->what = g_strdup_printf("GET %s", spec->path);
	pager->ahead_limit = ahead;
	pager->expected = expected;
	pager->last = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_queue_init(&pager->ahead);
	first->call = pager_ask(pager, 0);
	g_queue_push_tail(&pager->ahead, first);
	if (ahead > 1)
		pager_fill_ahead(pager, 0, PAGER_LIMIT);
	return pager;
}

void
pager_free(Pager *pager)
{
	if (pager == NULL)
		return;
	pager_drop_ahead(pager);
	g_array_unref(pager->last);
	g_free(pager->what);
	g_free(pager);
}

static gboolean
pager_take(Pager *pager, guint64 offset, PagerPage *page, GError **error)
{
	PagerAhead *item = g_queue_pop_head(&pager->ahead);
	ApiCall *call = NULL;
	gboolean more_known = FALSE;

	if (item != NULL && item->offset == offset)
		call = g_steal_pointer(&item->call);
	if (item != NULL)
		api_drop(pager->api, item->call);
	g_free(item);
	if (call == NULL) {
		pager_drop_ahead(pager);
		call = pager_ask(pager, offset);
	}
	page->root = api_wait(pager->api, call, error);
	if (page->root == NULL)
		return FALSE;
	page->rows = json_read_array(page->root, pager->spec->rows);
	page->more = json_read_flag(page->root, "more", &more_known);
	if (page->rows == NULL || !more_known) {
		errors_set_protocol(error, "The answer to %s has no \"%s\".", pager->what,
				    page->rows == NULL ? pager->spec->rows : "more");
		return FALSE;
	}
	page->received = json_object_array_length(page->rows);
	if (page->received > PAGER_LIMIT) {
		errors_set_protocol(error, "The answer to %s has more rows than were asked for.", pager->what);
		return FALSE;
	}
	page->offset = (guint64)json_read_number(page->root, "offset", (gint64)offset);
	page->total = json_read_number(page->root, "total", -1);
	return TRUE;
}

static const gchar *
pager_row_id(const Pager *pager, json_object *row, GError **error)
{
	json_object *holder = pager->spec->inner != NULL ? json_read_object(row, pager->spec->inner) : row;

	return json_read_id(holder, "id", pager->what, error);
}

static gboolean
pager_in_last(const Pager *pager, guint32 number)
{
	for (guint i = 0; i < pager->last->len; i++)
		if (g_array_index(pager->last, guint32, i) == number)
			return TRUE;
	return FALSE;
}

/* How a page hangs together with the one before: *ret_joined if it holds a row of that, *ret_moved if that is not its first row. */
static gboolean
pager_join(const Pager *pager, const IdSet *seen, const PagerPage *page, gboolean *ret_joined, gboolean *ret_moved, GError **error)
{
	gboolean joined = pager->last->len == 0;
	gboolean moved = FALSE;

	for (gsize i = 0; i < page->received && !joined; i++) {
		const gchar *id = pager_row_id(pager, json_object_array_get_idx(page->rows, i), error);
		guint32 number;

		if (id == NULL)
			return FALSE;
		number = idset_find(seen, id);
		joined = number != IDSET_NONE && pager_in_last(pager, number);
		if (joined)
			moved = i != 0 || number != g_array_index(pager->last, guint32, pager->last->len - 1);
	}
	*ret_joined = joined;
	*ret_moved = moved;
	return TRUE;
}

/* Hands on what is new; *ret_new counts it. */
static gboolean
pager_rows(Pager *pager, IdSet *seen, const PagerPage *page, PagerRow row, gpointer user, guint *ret_new, GError **error)
{
	guint fresh = 0;

	g_array_set_size(pager->last, 0);
	for (gsize i = 0; i < page->received; i++) {
		json_object *item = json_object_array_get_idx(page->rows, i);
		const gchar *id = pager_row_id(pager, item, error);
		gboolean is_new = FALSE;
		guint32 number;

		if (id == NULL)
			return FALSE;
		number = idset_add(seen, id, &is_new);
		g_array_append_val(pager->last, number);
		if (!is_new)
			continue;
		fresh++;
		if (!row(user, id, item, error))
			return FALSE;
	}
	*ret_new = fresh;
	return TRUE;
}

static gboolean
pager_endless(const Pager *pager, GError **error)
{
	errors_set_protocol(error, "%s says again and again that there is more: the list does not end.", pager->what);
	return FALSE;
}

gboolean
pager_run(Pager *pager, IdSet *seen, PagerRow row, gpointer user, PagerOutcome *ret_outcome, GError **error)
{
	static const guint64 steps[PAGER_STEPS_BACK] = {50, 200, 350, 500};
	PagerOutcome outcome = {.whole = TRUE, .quiet = TRUE, .total = -1};
	const guint32 before = idset_size(seen);
	guint64 offset = 0;
	guint64 wanted = 0; /* where the next page belongs, whatever was stepped back */
	guint stepped = 0;
	guint idle = 0;
	gint64 last_total = -1;
	gboolean more = TRUE;

	while (more) {
		g_auto(PagerPage) page = {0};
		gboolean joined = FALSE;
		gboolean moved = FALSE;
		guint fresh = 0;

		if (!pager_take(pager, offset, &page, error) || !pager_join(pager, seen, &page, &joined, &moved, error))
			return FALSE;
		if (!joined) {
			outcome.quiet = FALSE;
			pager_drop_ahead(pager);
			if (stepped == PAGER_STEPS_BACK) {
				outcome.whole = FALSE;
				outcome.reason = "it changed while it was read";
				break;
			}
			offset = wanted > steps[stepped] ? wanted - steps[stepped] : 0;
			stepped++;
			continue;
		}
		if (moved || stepped > 0)
			outcome.quiet = FALSE;
		stepped = 0;
		if (outcome.total < 0)
			outcome.total = page.total;
		last_total = page.total;
		if (page.total >= 0)
			pager->expected = (guint64)page.total;
		more = page.more;
		if (more && page.received > 1)
			pager_fill_ahead(pager, page.offset, page.received);
		if (!pager_rows(pager, seen, &page, row, user, &fresh, error))
			return FALSE;
		if (!more)
			break;
		idle = fresh == 0 ? idle + 1 : 0;
		if (page.received < 2 || idle >= PAGER_MAX_IDLE || idset_size(seen) - before > PAGER_MAX_ROWS)
			return pager_endless(pager, error);
		offset = wanted = page.offset + page.received - 1;
		if (offset + 1 >= PAGER_CEILING) {
			outcome.whole = FALSE;
			outcome.ceiling = TRUE;
			outcome.reason = "PagerDuty's lists end after 10,000 rows";
			break;
		}
	}
	if (outcome.whole && outcome.total >= 0 &&
	    (last_total != outcome.total || (gint64)(idset_size(seen) - before) != outcome.total))
		outcome.quiet = FALSE;
	*ret_outcome = outcome;
	return TRUE;
}
