/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "wire/pager.h"

#include <string.h>

#include "errors.h"

/* A model of a PagerDuty list that stands in for wire/api: rows in a fixed order, pages computed at the moment of asking, and a script of
 * what somebody else does between one answer and the next. */

typedef struct Model Model;
struct Model {
	GPtrArray *rows; /* ids */
	guint next_id;
	guint requests;
	guint limit; /* the server's own bound, 0: none */
	gboolean tells_total;
	void (*before)(Model *model); /* called before each answer */
	GRand *rand;
	guint changes_left;
	gboolean repeats_first_page;
	gboolean endless;
	gboolean grows; /* each page begins where the last one ended, has new rows, and says that it is the first */
	guint64 lie;
};

struct ApiCall {
	guint limit;
	guint offset;
	gboolean total;
};

/* The model is all there is of an Api here. */
ApiCall *
api_get(Api *api, const gchar *path)
{
	ApiCall *call = g_new0(ApiCall, 1);
	const gchar *query = strchr(path, '?');
	g_auto(GStrv) parts = g_strsplit(query + 1, "&", -1);

	(void)api;
	for (guint i = 0; parts[i] != NULL; i++) {
		if (g_str_has_prefix(parts[i], "limit="))
			call->limit = (guint)g_ascii_strtoull(parts[i] + 6, NULL, 10);
		else if (g_str_has_prefix(parts[i], "offset="))
			call->offset = (guint)g_ascii_strtoull(parts[i] + 7, NULL, 10);
		else if (strcmp(parts[i], "total=true") == 0)
			call->total = TRUE;
	}
	g_assert_cmpuint(call->limit, <=, 100);
	g_assert_cmpuint(call->offset + call->limit, <=, 10000);
	return call;
}

void
api_drop(Api *api, ApiCall *call)
{
	(void)api;
	g_free(call);
}

static gchar *
model_new_id(Model *model)
{
	return g_strdup_printf("P%06u", model->next_id++);
}

json_object *
api_wait(Api *api, ApiCall *call, GError **error)
{
	Model *model = (Model *)api;
	json_object *root = json_object_new_object();
	json_object *rows = json_object_new_array();
	guint limit = call->limit;
	guint offset = model->repeats_first_page ? 0 : call->offset;

	(void)error;
	if (model->limit > 0)
		limit = MIN(limit, model->limit);
	if (model->before != NULL)
		model->before(model);
	model->requests++;
	if (model->grows) {
		g_assert_cmpuint(model->requests, <, 1000);
		offset = model->requests == 1 ? 0 : model->rows->len - 1;
		while (model->rows->len < offset + 100)
			g_ptr_array_add(model->rows, model_new_id(model));
		call->offset = 0;
	}
	for (guint i = offset; i < offset + limit && i < model->rows->len; i++) {
		json_object *row = json_object_new_object();

		json_object_object_add(row, "id", json_object_new_string(g_ptr_array_index(model->rows, i)));
		json_object_array_add(rows, row);
	}
	json_object_object_add(root, "things", rows);
	json_object_object_add(root, "offset", json_object_new_int64(call->offset));
	json_object_object_add(root, "limit", json_object_new_int64(limit));
	json_object_object_add(root, "more", json_object_new_boolean(model->endless || offset + limit < model->rows->len));
	if (call->total && model->tells_total)
		json_object_object_add(root, "total", json_object_new_int64((int64_t)(model->rows->len + model->lie)));
	g_free(call);
	return root;
}

static void
model_init(Model *model, guint n)
{
	*model = (Model){.rows = g_ptr_array_new_with_free_func(g_free), .tells_total = TRUE};
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(model->rows, model_new_id(model));
}

static void
model_clear(Model *model)
{
	g_ptr_array_unref(model->rows);
	g_clear_pointer(&model->rand, g_rand_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Model, model_clear)

static gboolean
count_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	guint *count = user;

	(void)id;
	(void)row;
	(void)error;
	(*count)++;
	return TRUE;
}

static const PagerSpec spec = {.path = "/things", .rows = "things", .counts = TRUE};

static gboolean
run(Model *model, IdSet *seen, guint64 expected, guint ahead, PagerOutcome *outcome, GError **error)
{
	g_autoptr(Pager) pager = pager_open((Api *)model, &spec, expected, ahead);
	guint count = 0;
	const gboolean ok = pager_run(pager, seen, count_row, &count, outcome, error);

	g_assert_cmpuint(count, ==, idset_size(seen));
	return ok;
}

static guint
pages(guint n)
{
	return n <= 1 ? 1 : MAX(1, (n - 1 + 98) / 99);
}

static void
test_every_size_costs_what_it_should(void)
{
	const guint sizes[] = {0, 1, 2, 99, 100, 101, 198, 199, 200, 1000, 9900, 9999, 10000};

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (guint ahead = 1; ahead <= 16; ahead += 5) {
			g_auto(Model) model = {0};
			g_autoptr(IdSet) seen = idset_new();
			g_autoptr(GError) error = NULL;
			PagerOutcome outcome;

			model_init(&model, sizes[i]);
			g_assert_true(run(&model, seen, 0, ahead, &outcome, &error));
			g_assert_no_error(error);
			g_assert_true(outcome.whole);
			g_assert_true(outcome.quiet);
			g_assert_cmpuint(idset_size(seen), ==, sizes[i]);
			g_assert_cmpuint(model.requests, ==, pages(sizes[i]));
		}
}

static void
test_a_clamped_limit_changes_nothing(void)
{
	const guint limits[] = {2, 3, 25, 99};

	for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_auto(Model) model = {0};
		g_autoptr(IdSet) seen = idset_new();
		PagerOutcome outcome;

		model_init(&model, 260);
		model.limit = limits[i];
		g_assert_true(run(&model, seen, 0, 4, &outcome, NULL));
		g_assert_true(outcome.whole && outcome.quiet);
		g_assert_cmpuint(idset_size(seen), ==, 260);
	}
}

static void
test_the_ceiling_is_told(void)
{
	g_auto(Model) model = {0};
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	model_init(&model, 12000);
	g_assert_true(run(&model, seen, 0, 4, &outcome, NULL));
	g_assert_false(outcome.whole);
	g_assert_true(outcome.ceiling);
	g_assert_cmpint(outcome.total, ==, 12000);
	g_assert_cmpuint(idset_size(seen), ==, 10000);
}

/* Somebody adds or removes a row, anywhere. */
static void
change_something(Model *model)
{
	if (model->changes_left == 0 || g_rand_int_range(model->rand, 0, 3) != 0)
		return;
	model->changes_left--;
	if (g_rand_boolean(model->rand) && model->rows->len > 0)
		g_ptr_array_remove_index(model->rows, (guint)g_rand_int_range(model->rand, 0, (gint32)model->rows->len));
	else
		g_ptr_array_insert(model->rows, g_rand_int_range(model->rand, 0, (gint32)model->rows->len + 1),
				   model_new_id(model));
}

/* Whoever was there from the first page to the last must be in a list that calls itself whole, quiet or not: a row is never lost by a page
 * that moved. Lists without a count too: there it is the overlap alone that finds it. */
static void
test_nobody_who_stayed_is_lost(void)
{
	guint whole = 0;

	for (guint32 seed = 0; seed < 20000; seed++) {
		g_auto(Model) model = {0};
		g_autoptr(IdSet) seen = idset_new();
		g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
		PagerOutcome outcome;

		model_init(&model, 250 + seed % 300);
		model.rand = g_rand_new_with_seed(seed);
		model.changes_left = 1 + seed % 4;
		model.before = change_something;
		model.tells_total = seed % 2 == 0;
		for (guint i = 0; i < model.rows->len; i++)
			g_ptr_array_add(before, g_strdup(g_ptr_array_index(model.rows, i)));
		g_assert_true(run(&model, seen, 0, seed % 3 == 0 ? 4 : 1, &outcome, NULL));
		if (!outcome.whole)
			continue;
		whole++;
		for (guint i = 0; i < before->len; i++) {
			const gchar *id = g_ptr_array_index(before, i);

			if (idset_find(seen, id) == IDSET_NONE)
				g_assert_false(g_ptr_array_find_with_equal_func(model.rows, id, g_str_equal, NULL));
		}
	}
	g_assert_cmpuint(whole, >, 19000);
}

/* A block of rows before the reader's place goes away between two pages. */
static void
remove_many(Model *model)
{
	if (model->requests == 2)
		g_ptr_array_remove_range(model->rows, 0, 120);
}

static void
test_a_gap_is_stepped_over_backwards(void)
{
	g_auto(Model) model = {0};
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	model_init(&model, 600);
	model.before = remove_many;
	g_assert_true(run(&model, seen, 0, 1, &outcome, NULL));
	g_assert_true(outcome.whole);
	g_assert_false(outcome.quiet);
	g_assert_cmpuint(idset_size(seen), ==, 600); /* those that went were read before */
}

static void
replace_all(Model *model)
{
	for (guint i = 0; i < model->rows->len; i++) {
		g_free(g_ptr_array_index(model->rows, i));
		g_ptr_array_index(model->rows, i) = model_new_id(model);
	}
}

static void
test_pages_that_never_join_end(void)
{
	g_auto(Model) model = {0};
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	model_init(&model, 600);
	model.before = replace_all;
	g_assert_true(run(&model, seen, 0, 4, &outcome, NULL));
	g_assert_false(outcome.whole);
	g_assert_nonnull(outcome.reason);
	g_assert_cmpuint(model.requests, <=, 6);
}

static void
test_lies_end_bounded(void)
{
	for (guint lie = 0; lie < 3; lie++) {
		g_auto(Model) model = {0};
		g_autoptr(IdSet) seen = idset_new();
		g_autoptr(GError) error = NULL;
		PagerOutcome outcome;

		model_init(&model, lie == 2 ? 0 : 300);
		model.repeats_first_page = lie == 0;
		model.endless = lie > 0;
		g_assert_false(run(&model, seen, 0, 4, &outcome, &error));
		g_assert_error(error, ERRORS, IDC_PROTOCOL);
		g_assert_cmpuint(model.requests, <, 30);
	}
}

static void
test_a_list_that_only_grows_ends_bounded(void)
{
	g_auto(Model) model = {0};
	g_autoptr(IdSet) seen = idset_new();
	g_autoptr(GError) error = NULL;
	PagerOutcome outcome;

	model_init(&model, 0);
	model.endless = model.grows = TRUE;
	model.tells_total = FALSE;
	g_assert_false(run(&model, seen, 0, 1, &outcome, &error));
	g_assert_error(error, ERRORS, IDC_PROTOCOL);
	g_assert_cmpuint(idset_size(seen), <, 30000);
}

static void
test_a_wrong_total_is_not_quiet(void)
{
	g_auto(Model) model = {0};
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	model_init(&model, 300);
	model.lie = 5;
	g_assert_true(run(&model, seen, 0, 1, &outcome, NULL));
	g_assert_true(outcome.whole);
	g_assert_false(outcome.quiet);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pager/every size costs what the budget says and is whole", test_every_size_costs_what_it_should);
	g_test_add_func("/pager/a server that clamps the page changes nothing", test_a_clamped_limit_changes_nothing);
	g_test_add_func("/pager/beyond the ceiling the list says so, with the total", test_the_ceiling_is_told);
	g_test_add_func("/pager/whoever stayed is never lost by pages that moved", test_nobody_who_stayed_is_lost);
	g_test_add_func("/pager/a gap is stepped over backwards until pages join", test_a_gap_is_stepped_over_backwards);
	g_test_add_func("/pager/pages that never join end as not whole", test_pages_that_never_join_end);
	g_test_add_func("/pager/repeated and endless pages end bounded as a protocol error", test_lies_end_bounded);
	g_test_add_func("/pager/a list that grows for ever and always says to be at its beginning ends bounded",
			test_a_list_that_only_grows_ends_bounded);
	g_test_add_func("/pager/a total that is not the number of rows is noticed", test_a_wrong_total_is_not_quiet);
	return g_test_run();
}
