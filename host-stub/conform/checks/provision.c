/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Inviting: one account, one invitation, whatever happens. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include "conform/killing.h"
#include "conform/listing.h"
#include "conform/traffic.h"
#include <string.h>

/* The attributes of an object of the conformance file; {n} becomes the number. */
typedef struct {
	GArray *pairs; /* of idc_pair */
	GPtrArray *texts;
	idc_change item;
} ProvisionPerson;

static void
provision_person_free(ProvisionPerson *person)
{
	g_array_unref(person->pairs);
	g_ptr_array_unref(person->texts);
	g_free(person);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProvisionPerson, provision_person_free)

static ProvisionPerson *
provision_person(json_object *attrs, guint number, gboolean upper)
{
	ProvisionPerson *person = g_new0(ProvisionPerson, 1);
	g_autofree char *n = g_strdup_printf("%u", number);

	person->pairs = g_array_new(FALSE, FALSE, sizeof(idc_pair));
	person->texts = g_ptr_array_new_with_free_func(g_free);
	json_object_object_foreach(attrs, key, value)
	{
		g_autoptr(GString) text = g_string_new(json_object_get_string(value));
		idc_pair pair = {.key = key};

		g_string_replace(text, "{n}", n, 0);
		if (upper && strcmp(key, "email") == 0)
			g_ptr_array_add(person->texts, g_ascii_strup(text->str, -1));
		else
			g_ptr_array_add(person->texts, g_strdup(text->str));
		pair.value = g_ptr_array_index(person->texts, person->texts->len - 1);
		g_array_append_val(person->pairs, pair);
	}
	person->item = (idc_change){.attrs = (const idc_pair *)(const void *)person->pairs->data, .n_attrs = person->pairs->len};
	return person;
}

/* The person as if the attribute had not been asked for. */
static void
provision_leave_out(ProvisionPerson *person, const char *key)
{
	for (guint i = person->pairs->len; i-- > 0;) {
		if (g_strcmp0(g_array_index(person->pairs, idc_pair, i).key, key) == 0)
			g_array_remove_index(person->pairs, i);
	}
	person->item.n_attrs = person->pairs->len;
}

static ProvisionPerson *
provision_new(const Bench *bench, guint number, gboolean upper)
{
	return provision_person(plan_at(bench->plan, "provision", "attrs", NULL), number, upper);
}

static guint
provision_people(const Truth *truth)
{
	return g_hash_table_size(truth->rows[snapshot_index(IDC_RECORD_PRINCIPAL)]);
}

/* How many invitations went to the address; -1 where the fixture does not count them. */
static gint
provision_invitations(Bench *bench, const ProvisionPerson *person)
{
	const char *email = told_attr(person->item.attrs, person->item.n_attrs, "email");
	g_autoptr(json_object) answer = NULL;
	json_object *counts = NULL;
	GError *error = NULL;
	gint n = 0;

	if (!plan_can(bench->plan, "invitations") || email == NULL)
		return -1;
	answer = fixture_ask(bench->fixture, "GET", "invitations", NULL, &error);
	if (!bench_sound(bench, error) || !json_object_object_get_ex(answer, "by_email", &counts))
		return -1;
	json_object_object_foreach(counts, address, count)
	{
		if (g_ascii_strcasecmp(address, email) == 0)
			n += json_object_get_int(count);
	}
	return n;
}

/* Since before: somebody is there once, and was invited once. */
static void
provision_expect_one(Bench *bench, const ProvisionPerson *person, const Truth *before)
{
	g_autoptr(Truth) after = bench_truth(bench);

	if (after != NULL)
		bench_expect(bench, provision_people(after) == provision_people(before) + 1, "one account", "%u",
			     provision_people(after) - provision_people(before));
	bench_expect(bench, provision_invitations(bench, person) <= 1, "one invitation", "%d",
		     provision_invitations(bench, person));
}

/* One invitation, judged; the status of its result. */
static int32_t
provision_one(Subject *subject, const ProvisionPerson *person, uint32_t flags, char **ret_id)
{
	g_autoptr(Truth) before = bench_truth(subject->bench);
	g_autoptr(Told) told = subject_change(subject, SUBJECT_PROVISION, &person->item, 1, flags);
	g_autoptr(Truth) after = bench_truth(subject->bench);
	const idc_result *result = told_result(told, 0);

	changing_judge(subject, SUBJECT_PROVISION, &person->item, 1, flags, told, before, after);
	if (result != NULL && result->error != NULL)
		bench_try(subject->bench, "%s, which said: %.300s", subject->bench->tried, result->error->message);
	if (ret_id != NULL)
		*ret_id = result != NULL ? g_strdup(result->remote_id) : NULL;
	return result != NULL ? result->status : told->status;
}

static void
provision_first(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 1, FALSE);
	g_autoptr(Truth) truth = NULL;
	g_autofree char *id = NULL;
	int32_t status;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "inviting somebody new, and listing");
	status = provision_one(subject, person, 0, &id);
	bench_expect(bench, status == IDC_OK, "OK", "%s", host_status_name(status));
	truth = bench_truth(bench);
	if (truth == NULL ||
	    !bench_expect(bench, id != NULL && g_hash_table_contains(truth->rows[snapshot_index(IDC_RECORD_PRINCIPAL)], id),
			  "the id of who is there now", "%s", id != NULL ? id : "none"))
		return;
	for (guint i = 0; i < person->pairs->len; i++) {
		const idc_pair *pair = &g_array_index(person->pairs, idc_pair, i);
		const char *so = truth_text(truth, IDC_RECORD_PRINCIPAL, id, pair->key);

		if (so != NULL)
			bench_expect(bench, strcmp(so, pair->value) == 0, "everything exactly as asked", "%s is \"%s\"", pair->key,
				     so);
	}
	listing_expect(subject, subject_records(subject), TRUE);
}

/* Who is invited without something gets what the connector's settings say of it. */
static void
provision_defaults(Bench *bench, gint parameter)
{
	json_object *cases = plan_at(bench->plan, "provision", "defaults", NULL);

	(void)parameter;
	for (gsize i = 0; i < json_object_array_length(cases) && bench_good(bench); i++) {
		json_object *one = json_object_array_get_idx(cases, i);
		const char *key = json_object_get_string(json_object_object_get(one, "attribute"));
		const char *value = json_object_get_string(json_object_object_get(one, "value"));
		json_object *settings = json_object_object_get(one, "settings");
		g_autoptr(ProvisionPerson) person = provision_new(bench, 10, FALSE);
		Fixture *fixture = bench_fixture(bench, bench->plan->provision_world, -1);
		g_autoptr(Subject) subject = fixture != NULL ? subject_new(bench, fixture) : NULL;
		g_autoptr(Truth) truth = NULL;
		g_autofree char *id = NULL;
		const char *so;

		if (subject == NULL)
			return;
		bench_try(bench, "inviting somebody without %s, with the settings %s", key, json_object_to_json_string(settings));
		plan_take_strings(settings, subject->settings);
		subject->writes = TRUE;
		if (!subject_ready(subject))
			return;
		provision_leave_out(person, key);
		provision_one(subject, person, 0, &id);
		truth = bench_truth(bench);
		so = truth != NULL && id != NULL ? truth_text(truth, IDC_RECORD_PRINCIPAL, id, key) : NULL;
		bench_expect(bench, g_strcmp0(so, value) == 0, "what the settings say", "%s is \"%s\", not \"%s\"", key,
			     so != NULL ? so : "nothing", value);
	}
}

/* The second time there is nothing to do. parameter: in another case. */
static void
provision_again(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 2, FALSE);
	g_autoptr(ProvisionPerson) again = provision_new(bench, 2, parameter != 0);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	guint writes;
	int32_t status;

	if (subject == NULL)
		return;
	bench_try(bench, "inviting the same person twice%s", parameter != 0 ? ", the second time in capitals" : "");
	provision_one(subject, person, 0, &first);
	writes = changing_writes(bench);
	status = provision_one(subject, again, 0, &second);
	bench_expect(bench, status == IDC_ALREADY, "ALREADY", "%s", host_status_name(status));
	bench_expect(bench, changing_writes(bench) == writes, "no write", "%u", changing_writes(bench) - writes);
	bench_expect(bench, g_strcmp0(first, second) == 0, "the same id", "%s and %s", first != NULL ? first : "none",
		     second != NULL ? second : "none");
	bench_expect(bench, provision_invitations(bench, person) <= 1, "one invitation", "%d",
		     provision_invitations(bench, person));
}

static void
provision_existing(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(ProvisionPerson) person = provision_person(plan_at(bench->plan, "provision", "existing", NULL), 0, FALSE);
	g_autofree char *id = NULL;
	int32_t status;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "inviting somebody who is there");
	status = provision_one(subject, person, 0, &id);
	bench_expect(bench, status == IDC_ALREADY && id != NULL, "ALREADY, and who it is", "%s, %s", host_status_name(status),
		     id != NULL ? id : "nobody");
	bench_expect(bench, changing_writes(bench) == 0, "no write", "%u", changing_writes(bench));
}

static void
provision_hostile(Bench *bench, gint parameter)
{
	json_object *hostile = plan_at(bench->plan, "provision", "hostile", NULL);
	g_autoptr(Subject) subject = changing_open_provision(bench);

	(void)parameter;
	for (gsize i = 0; subject != NULL && i < json_object_array_length(hostile) && bench_good(bench); i++) {
		json_object *attrs = json_object_array_get_idx(hostile, i);
		g_autoptr(ProvisionPerson) person = provision_person(attrs, 0, FALSE);
		guint before = bench_requests(bench);
		int32_t status;

		bench_try(bench, "inviting %s", json_object_to_json_string(attrs));
		status = provision_one(subject, person, 0, NULL);
		bench_expect(bench, status >= IDC_INVALID, "a refusal", "%s", host_status_name(status));
		bench_expect(bench, bench_requests(bench) == before, "no request", "%u came", bench_requests(bench) - before);
	}
}

static void
provision_no_seat(Bench *bench, gint parameter)
{
	const char *world = json_object_get_string(plan_at(bench->plan, "provision", "no_seat", NULL));
	g_autoptr(Subject) subject = subject_open(bench, world, TRUE);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 3, FALSE);
	g_autoptr(Told) told = NULL;
	const idc_result *result;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "inviting somebody for whom there is no licence");
	told = subject_change(subject, SUBJECT_PROVISION, &person->item, 1, 0);
	result = told_result(told, 0);
	bench_expect(bench, result != NULL && result->status >= IDC_INVALID && result->error != NULL, "a refusal with the reason",
		     "%s", result != NULL ? host_status_name(result->status) : "no result");
}

static const char *const provision_actions[] = {"{\"cut\":\"after\"}", "{\"cut\":\"before\"}", "{\"status\":500,\"body\":{}}",
						"{\"status\":500,\"body\":{},\"handle\":true}",
						"{\"status\":429,\"body\":{},\"headers\":{\"Retry-After\":\"2\"}}"};

/* An action at each request of an invitation; then the same invitation once more. */
static void
provision_faulty(Bench *bench, gint parameter)
{
	guint n = 1;

	for (guint place = 1; place <= n && bench_good(bench); place++) {
		g_autoptr(Subject) subject = changing_open_provision(bench);
		g_autoptr(ProvisionPerson) person = provision_new(bench, 4, FALSE);
		g_autofree char *match = g_strdup_printf("{\"nth\":%u}", place);
		g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
		GError *error = NULL;
		guint requests;
		int32_t status;

		if (before == NULL)
			return;
		bench_try(bench, "an invitation whose %u. request meets %s, and the same once more", place,
			  provision_actions[parameter]);
		requests = bench_requests(bench);
		fixture_fault(subject->fixture, match, provision_actions[parameter], &error);
		if (!bench_sound(bench, error))
			return;
		provision_one(subject, person, 0, NULL);
		/* As many places as there were requests, the one that failed not counted. */
		if (place == 1)
			n = MIN(bench_requests(bench) - requests, 6);
		fixture_clear_faults(subject->fixture, &error);
		if (!bench_sound(bench, error))
			return;
		status = provision_one(subject, person, 0, NULL);
		bench_expect(bench, status == IDC_OK || status == IDC_ALREADY, "the second time it is OK or ALREADY", "%s",
			     host_status_name(status));
		provision_expect_one(bench, person, before);
	}
}

static void
provision_dry_run(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 5, FALSE);
	g_autoptr(Told) told = NULL;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "a dry run of an invitation");
	told = subject_change(subject, SUBJECT_PROVISION, &person->item, 1, IDC_CHANGE_DRY_RUN);
	bench_expect(bench, told->status == IDC_OK, "OK", "%s", told->error.message);
	bench_expect(bench, told_count(told, IDC_MSG_EFFECT) > 0, "effects are foretold", "none");
	bench_expect(bench, changing_writes(bench) == 0, "no write", "%u", changing_writes(bench));
}

static void
provision_batch(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)provision_person_free);
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(idc_change));
	g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
	g_autoptr(Truth) after = NULL;
	g_autoptr(Told) told = NULL;

	for (gint i = 0; i < 3; i++) {
		/* parameter 1: three times the same person. */
		ProvisionPerson *person = provision_new(bench, parameter == 1 ? 6 : 6 + (guint)i, FALSE);

		g_ptr_array_add(people, person);
		g_array_append_val(items, person->item);
	}
	if (before == NULL)
		return;
	bench_try(bench, "inviting %s in one batch", parameter == 1 ? "the same person three times" : "three people");
	told = subject_change(subject, SUBJECT_PROVISION, (const idc_change *)(const void *)items->data, items->len, 0);
	after = bench_truth(bench);
	changing_judge(subject, SUBJECT_PROVISION, (const idc_change *)(const void *)items->data, items->len, 0, told, before,
		       after);
	if (after != NULL)
		bench_expect(bench, provision_people(after) == provision_people(before) + (parameter == 1 ? 1 : 3),
			     "as many accounts as people", "%u more", provision_people(after) - provision_people(before));
	bench_expect(bench, provision_invitations(bench, g_ptr_array_index(people, 0)) <= 1, "one invitation each", "%d",
		     provision_invitations(bench, g_ptr_array_index(people, 0)));
}

static void
provision_declared(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open_provision(bench);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 9, FALSE);
	g_autoptr(GPtrArray) traffic = NULL;
	guint before;

	(void)parameter;
	if (subject == NULL)
		return;
	bench_try(bench, "an invitation, and looking at each request");
	before = bench_requests(bench);
	provision_one(subject, person, 0, NULL);
	traffic = bench_traffic(bench);
	for (guint i = before; traffic != NULL && i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);
		const ManifestWire *wire = traffic_wire(bench->manifest, entry);
		g_autofree char *text = traffic_text(entry);

		bench_expect(bench, wire != NULL && g_strv_contains((const char *const *)wire->operations, "provision"),
			     "each request stands in the manifest's wire, for provision", "%s", text);
		bench_expect(bench, entry->violation == NULL, "each request is as the service documents it", "%s: %s", text,
			     entry->violation != NULL ? entry->violation : "");
	}
}

/* ---- killed ---- */

#define PROVISION_PLACES 20

static void
provision_call(Subject *subject, gconstpointer data)
{
	const ProvisionPerson *person = data;

	told_free(subject_change(subject, SUBJECT_PROVISION, &person->item, 1, 0));
}

static void
provision_killed(Bench *bench, gint parameter)
{
	g_autoptr(ProvisionPerson) person = provision_new(bench, 11, FALSE);
	g_autoptr(Subject) untouched = changing_open_provision(bench);
	g_autoptr(Truth) before = untouched != NULL ? bench_truth(bench) : NULL;
	guint place = 1;

	for (; before != NULL && place <= PROVISION_PLACES; place++) {
		g_autoptr(Subject) subject = NULL;
		guint writes;
		int32_t status;

		bench_try(bench, "an invitation that is killed at its %u. request, %s it was done, and the same by a new instance",
			  place, parameter == KILLING_BEFORE ? "before" : "after");
		if (!killing_call(bench, bench->plan->provision_world, place, (KillingWhen)parameter, provision_call, person))
			break;
		writes = changing_writes(bench);
		subject = subject_join(bench, TRUE);
		if (subject == NULL)
			return;
		status = provision_one(subject, person, 0, NULL);
		bench_expect(bench, status == IDC_OK || status == IDC_ALREADY, "OK or ALREADY", "%s", host_status_name(status));
		provision_expect_one(bench, person, before);
		bench_expect(bench, parameter == KILLING_BEFORE || writes == 0 || changing_writes(bench) == writes,
			     "no write where it was done already", "%u", changing_writes(bench) - writes);
	}
	bench_expect(bench, place > 1, "an invitation that makes a request", "it made none");
}

/* Where a list does not show somebody new at once, an invitation is still what it was. */
static void
provision_slow(Bench *bench, gint parameter)
{
	const char *world = json_object_get_string(plan_at(bench->plan, "provision", "slow", NULL));
	g_autoptr(Subject) subject = subject_open(bench, world, TRUE);
	g_autoptr(ProvisionPerson) person = provision_new(bench, 12, FALSE);
	g_autoptr(Truth) before = subject != NULL ? bench_truth(bench) : NULL;
	g_autofree char *id = NULL;
	GError *error = NULL;
	int32_t status;

	if (before == NULL)
		return;
	bench_try(bench, "an invitation in the world %s, where lists do not show it at once%s", world,
		  parameter != 0 ? ", and whose answer is lost" : "");
	if (parameter != 0)
		fixture_fault(subject->fixture, "{\"method\":\"POST\"}", "{\"cut\":\"after\"}", &error);
	if (!bench_sound(bench, error))
		return;
	status = provision_one(subject, person, 0, &id);
	if (parameter != 0 && !bench_struck(bench))
		return;
	bench_expect(bench, status == IDC_OK && id != NULL, "OK, and who it is", "%s, %s", host_status_name(status),
		     id != NULL ? id : "nobody");
	status = provision_one(subject, person, 0, NULL);
	bench_expect(bench, status == IDC_ALREADY || status == IDC_OK, "the same once more is ALREADY", "%s",
		     host_status_name(status));
	provision_expect_one(bench, person, before);
}

const Check checks_provision[] = {
    {"provision.new", "Who is invited is there, exactly as asked, and in the next list", provision_first, CHECK_PROVISION, NULL,
     NULL, 0, 0},
    {"provision.defaults", "Who is invited without an attribute gets what the settings say", provision_defaults, CHECK_PROVISION,
     NULL, "provision.defaults", 0, 0},
    {"provision.again", "Who is invited twice is ALREADY: one account, one invitation", provision_again, CHECK_PROVISION, NULL,
     NULL, 0, 0},
    {"provision.case", "An address in capitals is the same address", provision_again, CHECK_PROVISION, NULL, NULL, 1, 0},
    {"provision.existing", "Who is there already is ALREADY, with the id and without a write", provision_existing, CHECK_PROVISION,
     NULL, "provision.existing", 0, 0},
    {"provision.hostile", "Hostile names and addresses are refused before any request", provision_hostile, CHECK_PROVISION, NULL,
     "provision.hostile", 0, 0},
    {"provision.no-seat", "Where no licence is left, that is the reason that is told", provision_no_seat, CHECK_PROVISION, NULL,
     "provision.no_seat", 0, 0},
    {"provision.lost", "An answer that is lost: one account, one invitation", provision_faulty, CHECK_PROVISION, NULL, NULL, 0,
     120},
    {"provision.cut", "A connection that ends before anything is done: one account, one invitation", provision_faulty,
     CHECK_PROVISION, NULL, NULL, 1, 120},
    {"provision.500", "500 where nothing was done: one account, one invitation", provision_faulty, CHECK_PROVISION, NULL, NULL, 2,
     120},
    {"provision.done-500", "500 although it was done: one account, one invitation", provision_faulty, CHECK_PROVISION, NULL, NULL,
     3, 120},
    {"provision.429", "A rate limit: one account, one invitation", provision_faulty, CHECK_PROVISION, NULL, NULL, 4, 120},
    {"provision.dry-run", "A dry run of an invitation writes nothing and foretells it", provision_dry_run,
     CHECK_PROVISION | CHECK_DRY_RUN, NULL, NULL, 0, 0},
    {"provision.batch", "Three people in one batch are three accounts", provision_batch, CHECK_PROVISION, NULL, NULL, 0, 0},
    {"provision.thrice", "One person three times in one batch is one account", provision_batch, CHECK_PROVISION, NULL, NULL, 1, 0},
    {"provision.declared", "Each request of an invitation stands in the manifest's wire, and is as the service documents it",
     provision_declared, CHECK_PROVISION, NULL, NULL, 0, 0},
    {"killed.provision", "Killed at any request of an invitation before it is done: one account, one invitation", provision_killed,
     CHECK_PROVISION, NULL, NULL, KILLING_BEFORE, 120},
    {"killed.done-provision", "Killed at any request of an invitation after it was done: one account, one invitation",
     provision_killed, CHECK_PROVISION, "drip", NULL, KILLING_AFTER, 120},
    {"provision.slow", "Who is not in the lists at once is no false failure: one account, one invitation", provision_slow,
     CHECK_PROVISION, "clock", "provision.slow", 0, 0},
    {"provision.slow-lost", "Who is not in the lists at once is found after an answer was lost, and not invited twice",
     provision_slow, CHECK_PROVISION, "clock", "provision.slow", 1, 0},
    {.id = NULL},
};
