/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Changes that must not be made: unknown, impossible, forbidden. None of them writes anything. */
#include "base/error.h"
#include "conform/changing.h"
#include "conform/checks.h"
#include <string.h>

/* How a change that must not be made may end: refused before any request; refused; or, when something is taken that is not held directly,
 * ALREADY. */
typedef enum { REFUSE_UNASKED, REFUSE_ALWAYS, REFUSE_OR_ALREADY } RefuseHow;

/* One change that has to end so, without a write. */
static void
refuse_one(Subject *subject, SubjectChange change, const char *principal, const char *entitlement, RefuseHow how)
{
	Bench *bench = subject->bench;
	guint before = bench_requests(bench);
	guint writes = changing_writes(bench);
	g_autoptr(Truth) truth = bench_truth(bench);
	g_autoptr(Told) told = NULL;
	g_autoptr(Truth) after = NULL;
	const idc_change item = {.principal_id = principal, .entitlement_id = entitlement};
	const idc_result *result;
	int32_t status;

	bench_try(bench, "%s \"%.80s\" \"%.80s\"", subject_change_name(change), principal != NULL ? principal : "(NULL)",
		  entitlement != NULL ? entitlement : "(NULL)");
	told = subject_change(subject, change, &item, 1, 0);
	after = bench_truth(bench);
	result = told_result(told, 0);
	status = result != NULL ? result->status : told->status;
	bench_expect(bench, status >= IDC_INVALID || (how == REFUSE_OR_ALREADY && status == IDC_ALREADY), "a refusal", "%s",
		     host_status_name(status));
	bench_expect(bench, changing_writes(bench) == writes, "no write", "%u", changing_writes(bench) - writes);
	if (how == REFUSE_UNASKED)
		bench_expect(bench, bench_requests(bench) == before, "no request at all", "%u came",
			     bench_requests(bench) - before);
	changing_judge(subject, change, &item, 1, 0, told, truth, after);
}

static void
refuse_unknown_principal(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);

	for (guint i = 0; subject != NULL && i < bench->plan->cases->len && bench_good(bench); i++)
		refuse_one(subject, (SubjectChange)parameter, bench->plan->unknown_principal,
			   ((const PlanGrant *)g_ptr_array_index(bench->plan->cases, i))->entitlement,
			   parameter == SUBJECT_ADD ? REFUSE_ALWAYS : REFUSE_OR_ALREADY);
}

static void
refuse_unknown_entitlement(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);

	if (subject != NULL)
		refuse_one(subject, (SubjectChange)parameter,
			   ((const PlanGrant *)g_ptr_array_index(bench->plan->cases, 0))->principal,
			   bench->plan->unknown_entitlement, parameter == SUBJECT_ADD ? REFUSE_ALWAYS : REFUSE_OR_ALREADY);
}

static void
refuse_not_assignable(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);

	(void)parameter;
	for (gsize i = 0; subject != NULL && bench->plan->not_assignable[i] != NULL && bench_good(bench); i++)
		refuse_one(subject, SUBJECT_ADD, ((const PlanGrant *)g_ptr_array_index(bench->plan->cases, 0))->principal,
			   bench->plan->not_assignable[i], REFUSE_ALWAYS);
}

static void
refuse_grants(Bench *bench, GPtrArray *grants, RefuseHow how)
{
	g_autoptr(Subject) subject = changing_open(bench);

	for (guint i = 0; subject != NULL && i < grants->len && bench_good(bench); i++) {
		const PlanGrant *grant = g_ptr_array_index(grants, i);

		refuse_one(subject, SUBJECT_REMOVE, grant->principal, grant->entitlement, how);
	}
}

static void
refuse_rule(Bench *bench, gint parameter)
{
	(void)parameter;
	refuse_grants(bench, bench->plan->refused, REFUSE_ALWAYS);
}

static void
refuse_indirect(Bench *bench, gint parameter)
{
	(void)parameter;
	refuse_grants(bench, bench->plan->indirect, REFUSE_OR_ALREADY);
}

/* No id of any service, and what would lead an address or a header astray. */
static const char *const refuse_ids[] = {
    "", " ", "../../admin", "a/b", "a?b=c", "a#b", "a%2fb", "a\r\nHost: b", "a\tb", "\xff\xfe", "a b", "'; --", "\u202eabc",
};

static void
refuse_hostile_principal(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);
	const char *entitlement = ((const PlanGrant *)g_ptr_array_index(bench->plan->cases, 0))->entitlement;
	g_autofree char *longest = g_strnfill(IDC_MAX_ID + 1, 'A');

	for (gsize i = 0; subject != NULL && i < G_N_ELEMENTS(refuse_ids) && bench_good(bench); i++)
		refuse_one(subject, (SubjectChange)parameter, refuse_ids[i], entitlement, REFUSE_UNASKED);
	if (subject != NULL && bench_good(bench))
		refuse_one(subject, (SubjectChange)parameter, longest, entitlement, REFUSE_UNASKED);
	if (subject != NULL && bench_good(bench))
		refuse_one(subject, (SubjectChange)parameter, NULL, entitlement, REFUSE_UNASKED);
}

static void
refuse_hostile_entitlement(Bench *bench, gint parameter)
{
	g_autoptr(Subject) subject = changing_open(bench);
	const PlanGrant *grant = g_ptr_array_index(bench->plan->cases, 0);
	const char *colon = strchr(grant->entitlement, ':');
	g_autofree char *longest = g_strnfill(IDC_MAX_ID + 1, 'A');

	for (gsize i = 0; subject != NULL && i < G_N_ELEMENTS(refuse_ids) && bench_good(bench); i++) {
		g_autofree char *inside =
		    colon != NULL ? g_strdup_printf("%.*s:%s", (int)(colon - grant->entitlement), grant->entitlement, refuse_ids[i])
				  : NULL;
		g_autofree char *behind = g_strdup_printf("%s%s", grant->entitlement, refuse_ids[i]);

		refuse_one(subject, (SubjectChange)parameter, grant->principal, refuse_ids[i], REFUSE_UNASKED);
		if (inside != NULL && bench_good(bench) && parameter == SUBJECT_ADD)
			refuse_one(subject, (SubjectChange)parameter, grant->principal, inside, REFUSE_UNASKED);
		if (*refuse_ids[i] != '\0' && bench_good(bench))
			refuse_one(subject, (SubjectChange)parameter, grant->principal, behind, REFUSE_UNASKED);
	}
	if (subject != NULL && bench_good(bench))
		refuse_one(subject, (SubjectChange)parameter, grant->principal, longest, REFUSE_UNASKED);
	if (subject != NULL && bench_good(bench))
		refuse_one(subject, (SubjectChange)parameter, grant->principal, NULL, REFUSE_UNASKED);
}

const Check checks_refuse[] = {
    {"refuse.nobody-add", "Nothing is given to somebody whom the service does not know", refuse_unknown_principal, CHECK_ADD, NULL,
     "changes.unknown_principal", SUBJECT_ADD, 0},
    {"refuse.nobody-remove", "Nothing is taken from somebody whom the service does not know", refuse_unknown_principal,
     CHECK_REMOVE, NULL, "changes.unknown_principal", SUBJECT_REMOVE, 0},
    {"refuse.nothing-add", "What the service does not know is not given", refuse_unknown_entitlement, CHECK_ADD, NULL,
     "changes.unknown_entitlement", SUBJECT_ADD, 0},
    {"refuse.nothing-remove", "What the service does not know is not taken", refuse_unknown_entitlement, CHECK_REMOVE, NULL,
     "changes.unknown_entitlement", SUBJECT_REMOVE, 0},
    {"refuse.not-assignable", "What cannot be given is not given, and nothing is written", refuse_not_assignable, CHECK_ADD, NULL,
     "changes.not_assignable", 0, 0},
    {"refuse.rule", "A removal that a rule forbids is refused, and nothing is written", refuse_rule, CHECK_REMOVE, NULL,
     "changes.refused", 0, 0},
    {"refuse.indirect", "What is held through something else is not taken, and nothing is written", refuse_indirect, CHECK_REMOVE,
     NULL, "changes.indirect", 0, 0},
    {"refuse.principal-add", "A hostile principal is refused before any request", refuse_hostile_principal, CHECK_ADD, NULL, NULL,
     SUBJECT_ADD, 0},
    {"refuse.principal-remove", "A hostile principal is refused before any request, when taking too", refuse_hostile_principal,
     CHECK_REMOVE, NULL, NULL, SUBJECT_REMOVE, 0},
    {"refuse.entitlement-add", "A hostile entitlement is refused before any request", refuse_hostile_entitlement, CHECK_ADD, NULL,
     NULL, SUBJECT_ADD, 0},
    {"refuse.entitlement-remove", "A hostile entitlement is refused before any request, when taking too",
     refuse_hostile_entitlement, CHECK_REMOVE, NULL, NULL, SUBJECT_REMOVE, 0},
    {.id = NULL},
};
