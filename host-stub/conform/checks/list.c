/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Lists of a service that behaves: whole, equal, and as the contract says. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/contract.h"
#include "conform/listing.h"

/* One list of the default world, OK, for a look at one side of it. */
static Told *
list_default(Bench *bench, Subject **ret_subject)
{
	Told *told;
	g_autofree char *status = NULL;

	*ret_subject = subject_open(bench, "default", FALSE);
	if (*ret_subject == NULL)
		return NULL;
	bench_try(bench, "listing everything of the world default");
	told = subject_list(*ret_subject, subject_records(*ret_subject), NULL);
	status = told_status(told);
	bench_expect(bench, told->status == IDC_OK, "a whole list is OK", "%s", status);
	return told;
}

static void
list_equal(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);
	g_autoptr(Truth) truth = told != NULL ? bench_truth(bench) : NULL;

	(void)parameter;
	if (truth != NULL)
		bench_expect_none(bench, "exactly what the fixture's state has",
				  truth_differs(truth, truth, bench->manifest, told, subject_records(subject)));
}

static void
list_order(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);

	(void)parameter;
	if (told != NULL)
		bench_expect_none(bench, "each thing once, and grants after what they name",
				  contract_order(told, subject_records(subject)));
}

static void
list_seals(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);

	(void)parameter;
	if (told != NULL)
		bench_expect_none(bench, "one seal a kind with the counts that were told",
				  contract_seals(told, subject_records(subject)));
}

static void
list_declared(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);

	(void)parameter;
	if (told != NULL)
		bench_expect_none(bench, "kinds, ids and attributes as the manifest says",
				  contract_declared(told, bench->manifest));
}

/* Every kind that the manifest names has to come up in the default world, or nobody has looked at it. */
static void
list_every_kind(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);

	(void)parameter;
	for (guint i = 0; told != NULL && i < bench->manifest->kinds->len; i++) {
		const ManifestKind *kind = g_ptr_array_index(bench->manifest->kinds, i);
		gboolean there = FALSE;

		for (guint j = 0; !there && j < told->messages->len; j++) {
			const ToldMessage *message = g_ptr_array_index(told->messages, j);

			there = message->kind == IDC_MSG_RECORD && message->of.record.record == IDC_RECORD_ENTITLEMENT &&
				g_strcmp0(message->of.record.type, kind->kind) == 0;
		}
		bench_expect(bench, there, "every kind that the manifest declares is listed", "none is of the kind %s", kind->kind);
	}
}

/* What state says is held through something else comes with that flag, and only that. */
static void
list_indirect(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);
	g_autoptr(Truth) truth = told != NULL ? bench_truth(bench) : NULL;

	(void)parameter;
	for (guint i = 0; truth != NULL && i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_record *record = &message->of.record;
		g_autofree char *key = NULL;

		if (message->kind != IDC_MSG_RECORD || record->record != IDC_RECORD_GRANT)
			continue;
		key = snapshot_key(record);
		bench_expect(bench, g_hash_table_contains(truth->rows[snapshot_index(IDC_RECORD_GRANT)], key),
			     "a grant is flagged INDIRECT and names through what exactly where it is held through something", "%s",
			     key);
	}
}

static void
list_names(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = NULL;
	g_autoptr(Told) told = list_default(bench, &subject);
	g_autoptr(Truth) truth = told != NULL ? bench_truth(bench) : NULL;

	(void)parameter;
	for (guint i = 0; truth != NULL && i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_record *record = &message->of.record;
		const char *so;

		if (message->kind != IDC_MSG_RECORD || record->record == IDC_RECORD_GRANT)
			continue;
		so = truth_text(truth, record->record, record->id, "name");
		bench_expect(bench, so == NULL || g_strcmp0(so, record->name) == 0, "names byte for byte",
			     "%s is called \"%s\", told was \"%s\"", record->id, so, record->name != NULL ? record->name : "");
	}
}

/* Every kind alone, and every pair. */
static void
list_wanted(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	uint32_t all = subject != NULL ? subject_records(subject) : 0;

	(void)parameter;
	for (uint32_t want = 1; want < 16 && bench_good(bench) && all != 0; want++) {
		if ((want & ~all) != 0 || __builtin_popcount(want) > 2)
			continue;
		bench_try(bench, "listing the kinds %#x alone", want);
		listing_expect(subject, want, TRUE);
	}
}

static void
list_nothing(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "listing with a want that holds only bits that nobody knows");
	told = subject_list(subject, 0x40000000, NULL);
	bench_expect(bench, told_count(told, IDC_MSG_RECORD) == 0 && told_count(told, IDC_MSG_SEAL) == 0,
		     "INVALID, or OK with nothing told", "%u records and %u seals", told_count(told, IDC_MSG_RECORD),
		     told_count(told, IDC_MSG_SEAL));
}

/* A snapshot that is applied twice is the same; what changed meanwhile is seen. */
static void
list_again(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);

	(void)parameter;
	for (guint i = 0; subject != NULL && i < 3 && bench_good(bench); i++) {
		bench_try(bench, "listing everything for the %u. time with the same instance", i + 1);
		listing_expect(subject, subject_records(subject), TRUE);
	}
}

static void
list_cursor(Bench *bench, gint parameter)
{
	static const char *const cursors[] = {"", "1", "not a cursor of this connector", "{\"v\":99}",
					      "0000000000000000000000000000000000000000"};
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Truth) truth = subject != NULL ? bench_truth(bench) : NULL;

	(void)parameter;
	for (gsize i = 0; truth != NULL && i < G_N_ELEMENTS(cursors) && bench_good(bench); i++) {
		g_autoptr(Told) told = NULL;
		g_autofree char *status = NULL;

		bench_try(bench, "listing with the cursor \"%s\", which this connector never gave", cursors[i]);
		told = subject_list(subject, subject_records(subject), cursors[i]);
		status = told_status(told);
		bench_expect(bench, told->status == IDC_OK || told->status == IDC_INVALID, "everything, or INVALID", "%s", status);
		listing_judge(subject, told, subject_records(subject), truth, truth);
		for (guint j = 0; told->status == IDC_OK && j < SNAPSHOT_KINDS; j++) {
			const idc_seal *seal = told_seal(told, snapshot_kind((gint)j));

			bench_expect(bench, seal == NULL || seal->state == IDC_SEAL_COMPLETE || seal->state == IDC_SEAL_PARTIAL,
				     "in doubt everything is listed", "the %s are sealed as a delta", snapshot_name((gint)j));
		}
	}
}

/* Every cursor that was given brings what changed since, or everything. */
static void
list_delta(Bench *bench, gint parameter)
{
	json_object *mutations = plan_at(bench->plan, "mutations", NULL);
	g_autoptr(Subject) subject = subject_open(bench, "default", FALSE);
	g_autoptr(Snapshot) known = snapshot_new();
	g_autoptr(GPtrArray) tolds = g_ptr_array_new_with_free_func((GDestroyNotify)told_free);
	g_autofree char *cursor = NULL;

	(void)parameter;
	for (gsize i = 0; subject != NULL && bench_good(bench) && i <= json_object_array_length(mutations); i++) {
		json_object *mutation = i > 0 ? json_object_array_get_idx(mutations, i - 1) : NULL;
		g_autoptr(Truth) truth = NULL;
		GError *error = NULL;
		Told *told;

		if (mutation != NULL) {
			bench_try(bench, "listing since the last cursor after: %s",
				  json_object_get_string(json_object_object_get(mutation, "title")));
			fixture_mutate(subject->fixture, json_object_object_get(mutation, "changes"), NULL, &error);
			if (!bench_sound(bench, error))
				return;
		}
		truth = bench_truth(bench);
		told = subject_list(subject, subject_records(subject), cursor);
		g_ptr_array_add(tolds, told);
		for (gint j = 0; j < SNAPSHOT_KINDS; j++) {
			const idc_seal *seal = told_seal(told, snapshot_kind(j));

			if (seal != NULL && seal->cursor != NULL) {
				g_free(cursor);
				cursor = g_strdup(seal->cursor);
			}
		}
		g_free(snapshot_apply(known, told));
		if (truth != NULL && told->status == IDC_OK)
			bench_expect_none(bench, "what was known and what was told since are all that is so",
					  truth_differs_from(truth, bench->manifest, known));
	}
}

static void
list_empty(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "empty", FALSE);

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "listing the world empty");
	listing_expect(subject, subject_records(subject), TRUE);
}

/* Each world that the conformance file has: pages that the service cuts shorter, another order, a full account. */
static void
list_worlds(Bench *bench, gint parameter)
{
	json_object *worlds = plan_at(bench->plan, "worlds", NULL);

	(void)parameter;
	json_object_object_foreach(worlds, name, world)
	{
		g_autoptr(Subject) subject = bench_good(bench) && world != NULL ? subject_open(bench, name, FALSE) : NULL;

		if (subject == NULL)
			return;
		bench_try(bench, "listing the world %s", name);
		listing_expect(subject, subject_records(subject), TRUE);
	}
}

const Check checks_list[] = {
    {"list.equal", "A list equals what the service holds, exactly", list_equal, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.once", "Each thing comes once, and grants come after what they name", list_order, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.seals", "Each wanted kind ends with one seal that counts right", list_seals, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.declared", "Kinds, ids, resources and attributes are the manifest's", list_declared, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.kinds", "Every kind that the manifest declares is listed", list_every_kind, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.indirect", "What is held through something else is told so, with what it is held through", list_indirect, CHECK_LIST,
     NULL, NULL, 0, 0},
    {"list.names", "Names come byte for byte, in every script", list_names, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.wanted", "Only the wanted kinds are listed, alone and in pairs", list_wanted, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.unknown-kind", "A wanted kind that nobody knows is not listed", list_nothing, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.again", "A list that is repeated with the same instance is the same", list_again, CHECK_LIST, NULL, NULL, 0, 0},
    {"list.cursor", "A cursor that the connector never gave brings everything or INVALID", list_cursor, CHECK_LIST, NULL, NULL, 0,
     0},
    {"list.delta", "After every kind of change an incremental list and what was known are all that is so", list_delta,
     CHECK_LIST | CHECK_DELTA, NULL, "mutations", 0, 0},
    {"list.empty", "An account in which there is nobody yet is listed", list_empty, CHECK_LIST, NULL, "worlds.empty", 0, 0},
    {.id = "list.worlds",
     .sentence = "Every world of the conformance file is listed whole",
     .run = list_worlds,
     .needs = CHECK_LIST},
    {.id = NULL},
};
