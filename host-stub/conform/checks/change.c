/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Giving and taking where nothing goes wrong: done, told, and done once. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"

static const PlanGrant *
change_case(const Bench *bench, guint i)
{
	return g_ptr_array_index(bench->plan->cases, i);
}

/* One step of a check, with what it has to end with. */
static gboolean
change_step(Subject *subject, SubjectChange change, const PlanGrant *grant, int32_t wanted, const char *how)
{
	Bench *bench = subject->bench;
	guint before = changing_writes(bench);
	int32_t status;

	bench_try(bench, "%s: %s %s %s", how, subject_change_name(change), grant->principal, grant->entitlement);
	status = changing_one(subject, change, grant);
	bench_expect(bench, status == wanted, host_status_name(wanted), "%s", host_status_name(status));
	if (wanted == IDC_ALREADY)
		bench_expect(bench, changing_writes(bench) == before, "ALREADY makes no write", "%u writes",
			     changing_writes(bench) - before);
	return bench_good(bench);
}

static void
change_add(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);

		if (subject != NULL)
			change_step(subject, SUBJECT_ADD, change_case(bench, i), IDC_OK, "giving what is not held");
	}
}

static void
change_add_again(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);

		if (subject != NULL && change_step(subject, SUBJECT_ADD, change_case(bench, i), IDC_OK, "the first time"))
			change_step(subject, SUBJECT_ADD, change_case(bench, i), IDC_ALREADY, "the second time");
	}
}

static void
change_listed(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);

		if (subject == NULL || !change_step(subject, SUBJECT_ADD, change_case(bench, i), IDC_OK, "giving"))
			return;
		bench_try(bench, "a list after giving %s %s", change_case(bench, i)->principal, change_case(bench, i)->entitlement);
		listing_expect(subject, subject_records(subject), TRUE);
	}
}

static void
change_remove(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->held->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);

		if (subject != NULL)
			change_step(subject, SUBJECT_REMOVE, g_ptr_array_index(bench->plan->held, i), IDC_OK,
				    "taking what is held");
	}
}

static void
change_remove_again(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->held->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		const PlanGrant *grant = g_ptr_array_index(bench->plan->held, i);

		if (subject != NULL && change_step(subject, SUBJECT_REMOVE, grant, IDC_OK, "the first time"))
			change_step(subject, SUBJECT_REMOVE, grant, IDC_ALREADY, "the second time");
	}
}

/* What was never held is not taken, and nothing else either. */
static void
change_remove_unheld(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		guint writes;
		int32_t status;

		if (subject == NULL)
			return;
		bench_try(bench, "taking what was never held: %s %s", change_case(bench, i)->principal,
			  change_case(bench, i)->entitlement);
		writes = changing_writes(bench);
		status = changing_one(subject, SUBJECT_REMOVE, change_case(bench, i));
		/* Something higher may be held that the connector will not take by the way. */
		bench_expect(bench, status == IDC_ALREADY || status == IDC_CONFLICT || status == IDC_REFUSED,
			     "ALREADY, or why it stays", "%s", host_status_name(status));
		bench_expect(bench, changing_writes(bench) == writes, "no write", "%u", changing_writes(bench) - writes);
	}
}

/* Whoever holds one entitlement of a resource loses nothing when another one of it is taken. */
static void
change_remove_other(Bench *bench, gint parameter)
{
	(void)parameter;
	for (guint i = 0; i < bench->plan->other->len && bench_good(bench); i++) {
		const PlanGrant *grant = g_ptr_array_index(bench->plan->other, i);
		g_autoptr(Subject) subject = changing_open(bench);
		guint writes;

		if (subject == NULL)
			return;
		bench_try(bench, "taking %s from %s, who holds another entitlement of that resource", grant->entitlement,
			  grant->principal);
		writes = changing_writes(bench);
		changing_one(subject, SUBJECT_REMOVE, grant);
		bench_expect(bench, changing_writes(bench) == writes, "no write", "%u", changing_writes(bench) - writes);
	}
}

/* Whether the case can be undone by taking it: what is exclusive leaves something else in its place. */
static gboolean
change_is_exclusive(const Bench *bench, const Truth *truth, const PlanGrant *grant)
{
	const char *word = truth_text(truth, IDC_RECORD_ENTITLEMENT, grant->entitlement, "kind");
	const ManifestKind *kind = word != NULL ? manifest_kind(bench->manifest, word) : NULL;

	return kind != NULL && kind->exclusive != NULL;
}

static void
change_to_and_fro(Bench *bench, gint parameter)
{
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
		g_autoptr(Truth) after = NULL;
		g_autoptr(GHashTable) came = NULL;
		g_autoptr(GHashTable) went = NULL;

		for (gint round = 0; before != NULL && round < parameter; round++) {
			change_step(subject, SUBJECT_ADD, change_case(bench, i), IDC_OK, "to and fro");
			change_step(subject, SUBJECT_REMOVE, change_case(bench, i), IDC_OK, "to and fro");
		}
		after = before != NULL ? bench_truth(bench) : NULL;
		if (after == NULL || change_is_exclusive(bench, before, change_case(bench, i)))
			continue;
		came = truth_grants_without(after, before);
		went = truth_grants_without(before, after);
		bench_expect(bench, g_hash_table_size(came) == 0 && g_hash_table_size(went) == 0, "all is as it was",
			     "%u grants more, %u fewer", g_hash_table_size(came), g_hash_table_size(went));
	}
}

/* ---- batches ---- */

static Told *
change_batch(Subject *subject, SubjectChange change, GArray *items, uint32_t flags)
{
	const idc_change *changes = (const idc_change *)(const void *)items->data;
	g_autoptr(Truth) before = bench_truth(subject->bench);
	Told *told = subject_change(subject, change, changes, items->len, flags);
	g_autoptr(Truth) after = bench_truth(subject->bench);

	changing_judge(subject, change, changes, items->len, flags, told, before, after);
	return told;
}

static void
change_append(GArray *items, const char *principal, const char *entitlement)
{
	const idc_change item = {.principal_id = principal, .entitlement_id = entitlement};

	g_array_append_val(items, item);
}

static void
change_all(Bench *bench, gint parameter)
{
	GPtrArray *grants = parameter == SUBJECT_ADD ? bench->plan->cases : bench->plan->held;
	g_autoptr(Subject) subject = changing_open(bench);
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));
	g_autoptr(Told) told = NULL;

	for (guint i = 0; i < grants->len; i++) {
		const PlanGrant *grant = g_ptr_array_index(grants, i);

		change_append(items, grant->principal, grant->entitlement);
	}
	if (subject == NULL)
		return;
	bench_try(bench, "%s of all cases in one batch of %u", subject_change_name((SubjectChange)parameter), items->len);
	told = change_batch(subject, (SubjectChange)parameter, items, 0);
	bench_expect(bench, told->status == IDC_OK, "OK", "%s (%s)", host_status_name(told->status), told->error.message);
}

/* The items of a case of changes.together; what they point to is the plan's. */
static GArray *
change_together_items(json_object *grants)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(idc_change));

	for (gsize i = 0; json_object_is_type(grants, json_type_array) && i < json_object_array_length(grants); i++) {
		json_object *grant = json_object_array_get_idx(grants, i);

		change_append(items, json_object_get_string(json_object_object_get(grant, "principal")),
			      json_object_get_string(json_object_object_get(grant, "entitlement")));
	}
	return items;
}

/* What the service can do at once is done at once. */
static void
change_together(Bench *bench, gint parameter)
{
	json_object *cases = plan_at(bench->plan, "changes", "together", NULL);

	(void)parameter;
	for (gsize i = 0; i < json_object_array_length(cases) && bench_good(bench); i++) {
		json_object *one = json_object_array_get_idx(cases, i);
		g_autoptr(GArray) items = change_together_items(json_object_object_get(one, "items"));
		guint most = (guint)json_object_get_int(json_object_object_get(one, "writes"));
		g_autoptr(Subject) subject = changing_open(bench);

		for (gint change = SUBJECT_ADD; subject != NULL && change <= SUBJECT_REMOVE; change++) {
			guint before = changing_writes(bench);
			g_autoptr(Told) told = NULL;

			if (!changing_offers(bench, (SubjectChange)change))
				continue;
			bench_try(bench, "%s of %s in one batch", subject_change_name((SubjectChange)change),
				  json_object_to_json_string(json_object_object_get(one, "items")));
			told = change_batch(subject, (SubjectChange)change, items, 0);
			bench_expect(bench, told->status == IDC_OK, "OK", "%s (%s)", host_status_name(told->status),
				     told->error.message);
			bench_expect(bench, changing_writes(bench) - before <= most,
				     "no more writes than the conformance file says that it takes", "%u, where %u will do",
				     changing_writes(bench) - before, most);
		}
	}
}

static void
change_mixed(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));
	const char *nobody = bench->plan->unknown_principal;
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	change_append(items, nobody, change_case(bench, 0)->entitlement);
	change_append(items, change_case(bench, 0)->principal, change_case(bench, 0)->entitlement);
	change_append(items, "a/b?c", change_case(bench, 0)->entitlement);
	bench_try(bench, "a batch of somebody unknown, a good one, and an id that cannot be one");
	told = change_batch(subject, SUBJECT_ADD, items, 0);
	bench_expect(bench, told->status == IDC_PARTIAL, "PARTIAL, and the good one is done", "%s (%s)",
		     host_status_name(told->status), told->error.message);
	bench_expect(bench, told_result(told, 1) != NULL && told_result(told, 1)->status == IDC_OK, "the good one is OK", "%s",
		     told_result(told, 1) != NULL ? host_status_name(told_result(told, 1)->status) : "no result");
}

static void
change_twice_in_one(Bench *bench, gint parameter)
{
	for (guint i = 0; i < bench->plan->cases->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));
		g_autoptr(Told) told = NULL;

		if (subject == NULL)
			return;
		for (gint j = 0; j < parameter; j++)
			change_append(items, change_case(bench, i)->principal, change_case(bench, i)->entitlement);
		bench_try(bench, "a batch in which %s %s stands %d times", change_case(bench, i)->principal,
			  change_case(bench, i)->entitlement, parameter);
		told = change_batch(subject, SUBJECT_ADD, items, 0);
		bench_expect(bench, told->status == IDC_OK, "OK, the others ALREADY", "%s (%s)", host_status_name(told->status),
			     told->error.message);
	}
}

/* Nothing, and too much: no request either way. */
static void
change_bounds(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = subject_open(bench, "default", TRUE);
	const idc_capabilities *capabilities = NULL;
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));

	if (subject == NULL)
		return;
	subject->connector->ops->capabilities(NULL, &capabilities, NULL);
	for (guint i = 0; parameter == 1 && i <= capabilities->max_batch; i++)
		change_append(items, bench->plan->unknown_principal, bench->plan->unknown_entitlement);
	for (gint change = SUBJECT_PROVISION; change <= SUBJECT_REMOVE && bench_good(bench); change++) {
		g_autoptr(Told) told = NULL;
		int32_t wanted = parameter == 1 ? IDC_OVERFLOW : IDC_OK;
		guint before = bench_requests(bench);

		if (!changing_offers(bench, (SubjectChange)change))
			continue;
		bench_try(bench, "%s of %u items", subject_change_name((SubjectChange)change), items->len);
		told = subject_change(subject, (SubjectChange)change, (const idc_change *)(const void *)items->data, items->len, 0);
		bench_expect(bench, told->status == wanted, host_status_name(wanted), "%s", host_status_name(told->status));
		bench_expect(bench, told->messages->len == 0, "nothing is told", "%u messages", told->messages->len);
		bench_expect(bench, bench_requests(bench) == before, "no request", "%u came", bench_requests(bench) - before);
	}
}

/* ---- foretelling ---- */

static GHashTable *
change_foretold(const Told *told)
{
	GHashTable *effects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_effect *effect = &message->of.effect;

		if (message->kind == IDC_MSG_EFFECT)
			g_hash_table_add(effects, g_strdup_printf("%u %u %s %s", effect->verb, effect->record, effect->principal_id,
								  effect->entitlement_id != NULL ? effect->entitlement_id : ""));
	}
	return effects;
}

static void
change_dry_run(Bench *bench, gint parameter)
{
	GPtrArray *grants = parameter == SUBJECT_ADD ? bench->plan->cases : bench->plan->held;

	for (guint i = 0; i < grants->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));
		const PlanGrant *grant = g_ptr_array_index(grants, i);
		g_autoptr(Told) foretold = NULL;
		g_autoptr(Told) told = NULL;
		g_autoptr(GHashTable) expected = NULL;
		g_autoptr(GHashTable) came = NULL;
		GHashTableIter iter;
		gpointer key;

		if (subject == NULL)
			return;
		change_append(items, grant->principal, grant->entitlement);
		bench_try(bench, "a dry run, and then %s %s %s itself", subject_change_name((SubjectChange)parameter),
			  grant->principal, grant->entitlement);
		foretold = change_batch(subject, (SubjectChange)parameter, items, IDC_CHANGE_DRY_RUN);
		bench_expect(bench, changing_writes(bench) == 0, "a dry run makes no write", "%u", changing_writes(bench));
		told = change_batch(subject, (SubjectChange)parameter, items, 0);
		bench_expect(bench, foretold->status == told->status, "the same end as foretold", "%s, foretold was %s",
			     host_status_name(told->status), host_status_name(foretold->status));
		expected = change_foretold(foretold);
		came = change_foretold(told);
		bench_expect(bench, g_hash_table_size(expected) == g_hash_table_size(came), "as many effects as foretold",
			     "%u, foretold were %u", g_hash_table_size(came), g_hash_table_size(expected));
		g_hash_table_iter_init(&iter, came);
		while (g_hash_table_iter_next(&iter, &key, NULL))
			bench_expect(bench, g_hash_table_contains(expected, key), "the effects that were foretold", "also: %s",
				     (char *)key);
	}
}

/* ---- requests ---- */

static void
change_declared(Bench *bench, gint parameter)
{
	GPtrArray *grants = parameter == SUBJECT_ADD ? bench->plan->cases : bench->plan->held;
	const char *name = subject_change_name((SubjectChange)parameter);

	for (guint i = 0; i < grants->len && bench_good(bench); i++) {
		g_autoptr(Subject) subject = changing_open(bench);
		g_autoptr(GPtrArray) traffic = NULL;
		guint before;

		if (subject == NULL)
			return;
		before = bench_requests(bench);
		changing_one(subject, (SubjectChange)parameter, g_ptr_array_index(grants, i));
		traffic = bench_traffic(bench);
		bench_try(bench, "%s, and looking at each request", name);
		for (guint j = before; traffic != NULL && j < traffic->len; j++) {
			const TrafficEntry *entry = g_ptr_array_index(traffic, j);
			const ManifestWire *wire = traffic_wire(bench->manifest, entry);
			g_autofree char *text = traffic_text(entry);

			bench_expect(bench, wire != NULL && g_strv_contains((const char *const *)wire->operations, name),
				     "each request stands in the manifest's wire, for this operation", "%s", text);
			bench_expect(bench, entry->violation == NULL, "each request is as the service documents it", "%s: %s", text,
				     entry->violation != NULL ? entry->violation : "");
		}
	}
}

const Check checks_change[] = {
    {"change.add", "What is given is held afterwards, and its effects are exactly what happened", change_add, CHECK_ADD, NULL, NULL,
     0, 0},
    {"change.add-again", "What is held already is ALREADY, without a write", change_add_again, CHECK_ADD, NULL, NULL, 0, 0},
    {"change.listed", "What was given is in the next list", change_listed, CHECK_ADD | CHECK_LIST, NULL, NULL, 0, 0},
    {"change.remove", "What is taken is gone afterwards, and its effects are exactly what happened", change_remove, CHECK_REMOVE,
     NULL, NULL, 0, 0},
    {"change.remove-again", "Taking again what is gone is ALREADY, without a write, and no error", change_remove_again,
     CHECK_REMOVE, NULL, NULL, 0, 0},
    {"change.remove-unheld", "Taking what was never held takes nothing", change_remove_unheld, CHECK_REMOVE, NULL, NULL, 0, 0},
    {"change.remove-other", "Taking one entitlement is not taking another one of the same resource", change_remove_other,
     CHECK_REMOVE, NULL, "changes.other", 0, 0},
    {"change.to-and-fro", "Given and taken three times, all is as it was", change_to_and_fro, CHECK_ADD | CHECK_REMOVE, NULL, NULL,
     3, 0},
    {"change.batch-add", "A batch of all that can be given is done, each with its result", change_all, CHECK_ADD, NULL, NULL,
     SUBJECT_ADD, 0},
    {"change.batch-remove", "A batch of all that can be taken is done, each with its result", change_all, CHECK_REMOVE, NULL, NULL,
     SUBJECT_REMOVE, 0},
    {"change.together", "What the service can do in one write takes one, however many stand in a batch", change_together, CHECK_ADD,
     NULL, "changes.together", 0, 0},
    {"change.mixed", "In a mixed batch the good ones are done and the others say why not", change_mixed, CHECK_ADD, NULL,
     "changes.unknown_principal", 0, 0},
    {"change.twice-in-one", "What stands twice in a batch is done once", change_twice_in_one, CHECK_ADD, NULL, NULL, 2, 0},
    {"change.empty", "An empty batch is OK, without a request", change_bounds, 0, NULL, "changes.world", 0, 0},
    {"change.too-many", "More than max_batch is OVERFLOW, without a request", change_bounds, 0, NULL, "changes.unknown_principal",
     1, 0},
    {"change.dry-run-add", "A dry run of giving writes nothing and foretells the same effects", change_dry_run,
     CHECK_ADD | CHECK_DRY_RUN, NULL, NULL, SUBJECT_ADD, 0},
    {"change.dry-run-remove", "A dry run of taking writes nothing and foretells the same effects", change_dry_run,
     CHECK_REMOVE | CHECK_DRY_RUN, NULL, NULL, SUBJECT_REMOVE, 0},
    {"change.declared-add", "Each request of giving stands in the manifest's wire, and is as the service documents it",
     change_declared, CHECK_ADD, NULL, NULL, SUBJECT_ADD, 0},
    {"change.declared-remove", "Each request of taking stands in the manifest's wire, and is as the service documents it",
     change_declared, CHECK_REMOVE, NULL, NULL, SUBJECT_REMOVE, 0},
    {.id = NULL},
};
