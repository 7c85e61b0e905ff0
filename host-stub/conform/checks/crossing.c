/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Somebody else changes the same thing while something is given: what they did stays, or the result says that it may not have. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include "conform/traffic.h"

typedef struct {
	PlanGrant grant; /* borrowed from the plan */
	json_object *changes;
	gboolean stays;
	Truth *before, *others; /* the world without and with what somebody else did */
} Crossing;

static void
crossing_clear(Crossing *crossing)
{
	truth_free(crossing->before);
	truth_free(crossing->others);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Crossing, crossing_clear)

/* What somebody else does, with nobody else there. */
static gboolean
crossing_read(Bench *bench, json_object *object, Crossing *crossing)
{
	g_autoptr(Subject) subject = changing_open(bench);
	GError *error = NULL;

	crossing->grant.principal = (char *)json_object_get_string(json_object_object_get(object, "principal"));
	crossing->grant.entitlement = (char *)json_object_get_string(json_object_object_get(object, "entitlement"));
	crossing->changes = json_object_object_get(object, "changes");
	crossing->stays = json_object_get_boolean(json_object_object_get(object, "stays"));
	if (subject == NULL)
		return FALSE;
	crossing->before = bench_truth(bench);
	fixture_mutate(subject->fixture, crossing->changes, NULL, &error);
	crossing->others = bench_sound(bench, error) ? bench_truth(bench) : NULL;
	return crossing->before != NULL && crossing->others != NULL;
}

/* What they made of one row is not so any more: which member, or NULL. */
static const char *
crossing_row_lost(json_object *before, json_object *others, json_object *after)
{
	json_object_object_foreach(others, key, value)
	{
		json_object *was = before != NULL ? json_object_object_get(before, key) : NULL;
		json_object *is = after != NULL ? json_object_object_get(after, key) : NULL;

		if ((before == NULL || !json_object_equal(was, value)) && !json_object_equal(is, value))
			return key;
	}
	return NULL;
}

/* The first thing that somebody else did and that is undone, or NULL. *ret_seen counts what they did. */
static char *
crossing_lost(const Crossing *crossing, const Truth *after, guint *ret_seen)
{
	g_autofree char *lost = NULL;

	*ret_seen = 0;
	for (gint kind = 0; kind < SNAPSHOT_KINDS; kind++) {
		GHashTableIter iter;
		gpointer key;
		gpointer row;

		g_hash_table_iter_init(&iter, crossing->others->rows[kind]);
		while (g_hash_table_iter_next(&iter, &key, &row)) {
			json_object *was = g_hash_table_lookup(crossing->before->rows[kind], key);
			const char *member = crossing_row_lost(was, row, g_hash_table_lookup(after->rows[kind], key));

			*ret_seen += was == NULL || !json_object_equal(was, row) ? 1 : 0;
			if (member != NULL && lost == NULL)
				lost = g_strdup_printf("of %s among the %s, %s is not what it became", (char *)key,
						       snapshot_name(kind), member);
		}
		g_hash_table_iter_init(&iter, crossing->before->rows[kind]);
		while (g_hash_table_iter_next(&iter, &key, NULL)) {
			if (g_hash_table_contains(crossing->others->rows[kind], key))
				continue;
			(*ret_seen)++;
			if (g_hash_table_contains(after->rows[kind], key) && lost == NULL)
				lost = g_strdup_printf("%s among the %s is there again", (char *)key, snapshot_name(kind));
		}
	}
	return g_steal_pointer(&lost);
}

/* The requests of the change where nobody crosses it. */
static guint
crossing_requests(Bench *bench, const Crossing *crossing)
{
	g_autoptr(Subject) subject = changing_open(bench);
	guint before;
	int32_t status;

	if (subject == NULL)
		return 0;
	bench_try(bench, "add %s %s, uncrossed", crossing->grant.principal, crossing->grant.entitlement);
	before = bench_requests(bench);
	status = changing_one(subject, SUBJECT_ADD, &crossing->grant);
	bench_expect(bench, status == IDC_OK, "OK", "%s", host_status_name(status));
	return bench_requests(bench) - before;
}

static void
crossing_at(Bench *bench, const Crossing *crossing, guint place, guint places)
{
	const idc_change item = changing_item(&crossing->grant);
	g_autoptr(Subject) subject = changing_open(bench);
	g_autoptr(json_object) at = json_object_new_object();
	g_autoptr(Told) told = NULL;
	g_autoptr(Truth) after = NULL;
	g_autofree char *lost = NULL;
	const idc_result *result;
	GError *error = NULL;
	int32_t status;
	gint64 fired;
	guint seen = 0;

	if (subject == NULL)
		return;
	bench_try(bench, "add %s %s while, before the %u. request of %u, somebody else does %s", crossing->grant.principal,
		  crossing->grant.entitlement, place, places, json_object_to_json_string(crossing->changes));
	json_object_object_add(at, "nth", json_object_new_int64(place));
	json_object_object_add(at, "when", json_object_new_string("before"));
	fixture_mutate(subject->fixture, crossing->changes, at, &error);
	if (!bench_sound(bench, error))
		return;
	told = subject_change(subject, SUBJECT_ADD, &item, 1, 0);
	fired = fixture_triggered(subject->fixture, &error);
	if (error == NULL && fired == 0)
		error = host_error_new(IDC_INTERNAL, "not_fired", "The change that was scheduled did not happen.");
	after = bench_sound(bench, error) ? bench_truth(bench) : NULL;
	if (after == NULL)
		return;
	result = told_result(told, 0);
	status = result != NULL ? result->status : told->status;
	lost = crossing_lost(crossing, after, &seen);
	if (seen == 0)
		bench_sound(bench, host_error_new(IDC_INTERNAL, "unseen", "The fixture's state does not show what is changed."));
	else
		bench_expect(bench, lost == NULL || (!crossing->stays && status != IDC_OK && status != IDC_ALREADY),
			     crossing->stays ? "what somebody else did stays"
					     : "what somebody else did stays, or the result says so",
			     "%s, and %s", host_status_name(status), lost);
}

static void
crossing_each(Bench *bench, gint parameter)
{
	json_object *cases = plan_at(bench->plan, "changes", "crossing", NULL);

	(void)parameter;
	for (gsize i = 0; i < json_object_array_length(cases) && bench_good(bench); i++) {
		g_auto(Crossing) crossing = {0};
		guint places =
		    crossing_read(bench, json_object_array_get_idx(cases, i), &crossing) ? crossing_requests(bench, &crossing) : 0;

		for (guint place = 1; place <= places && bench_good(bench); place++)
			crossing_at(bench, &crossing, place, places);
	}
}

const Check checks_crossing[] = {
    {"crossing.add", "What somebody else changes on the same thing meanwhile stays, or the result says that it may not have",
     crossing_each, CHECK_ADD, "triggers", "changes.crossing", 0, 120},
    {.id = NULL},
};
