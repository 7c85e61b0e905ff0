/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What only a whole list shows to be wrong is refused, and names the thing. */
#include "base/error.h"
#include "lists.h"
#include "state/store-private.h"
#include "support.h"
#include <string.h>

#define WORLD                                                                                                                      \
	"resource r1 team\n"                                                                                                       \
	"entitlement e1 group r1\n"                                                                                                \
	"entitlement e2 group r1\n"                                                                                                \
	"user u1 name=Ann\n"                                                                                                       \
	"user u2 name=Bob\n"
#define DUMP                                                                                                                       \
	"resource r1 team\n"                                                                                                       \
	"entitlement e1 group r1\n"                                                                                                \
	"entitlement e2 group r1\n"                                                                                                \
	"user u1 name=Ann\n"                                                                                                       \
	"user u2 name=Bob\n"

/* Each is refused with a sentence that contains part, on an empty store and on one that has something to lose. */
typedef struct {
	const char *script;
	const char *part;
} Refusal;

static void
refuse_all(Lists *lists, const Refusal *refusals, gsize n)
{
	for (gsize i = 0; i < n; i++)
		lists_refuse(lists, refusals[i].script, refusals[i].part);
	lists_take(lists, WORLD "grant u1 e1\nindirect u2 e2 via=s1\n");
	for (gsize i = 0; i < n; i++)
		lists_refuse(lists, refusals[i].script, refusals[i].part);
}

static void
test_twice(Lists *lists, gconstpointer data)
{
	static const Refusal refusals[] = {
	    {WORLD "user u1 name=Other\n", "listed the user \"u1\" twice"},
	    {WORLD "resource r1 team\n", "listed the resource \"r1\" twice"},
	    {WORLD "entitlement e2 group r1\n", "listed the entitlement \"e2\" twice"},
	    {WORLD "grant u1 e1\ngrant u2 e1\ngrant u1 e1\n", "listed the grant of \"e1\" to \"u1\" twice"},
	    {WORLD "grant u1 e1\nindirect u1 e1 via=a\nindirect u1 e1 via=b\n",
	     "listed the indirect grant of \"e1\" to \"u1\" twice"},
	    {WORLD "removed user u1\nremoved user u1\n", "said twice that the user \"u1\" is gone"},
	    {WORLD "grant u1 e1\nremoved grant u1 e1\nremoved grant u1 e1\n",
	     "said twice that the grant of \"e1\" to \"u1\" is gone"},
	};

	(void)data;
	refuse_all(lists, refusals, G_N_ELEMENTS(refusals));
}

static void
test_not_listed(Lists *lists, gconstpointer data)
{
	static const Refusal refusals[] = {
	    {WORLD "grant u9 e1\n", "listed the grant of \"e1\" to \"u9\", but that user was not listed before it"},
	    {WORLD "grant u1 e9\n", "listed the grant of \"e9\" to \"u1\", but that entitlement was not listed before it"},
	    {"user u1\ngrant u1 e1\nresource r1 team\nentitlement e1 group r1\n", "that entitlement was not listed before it"},
	    {"entitlement e1 group r1\nresource r1 team\n",
	     "listed the entitlement \"e1\" of the resource \"r1\", which was not listed"},
	    {WORLD "removed user u1\ngrant u1 e1\n", "but that user was said to be gone"},
	    {WORLD "removed entitlement e1\ngrant u1 e1\n", "but that entitlement was said to be gone"},
	    {WORLD "removed resource r1\nentitlement e3 group r1\n", "of the resource \"r1\", which it said to be gone"},
	    {WORLD "removed user u3\nuser u3\n", "listed the user \"u3\" after it had said that it is gone"},
	    {WORLD "removed grant u1 e1\ngrant u1 e1\n", "listed the grant of \"e1\" to \"u1\" after it had said that it is gone"},
	    {WORLD "indirect u1 e1\n", "listed the indirect grant of \"e1\" to \"u1\" without saying via what"},
	};

	(void)data;
	refuse_all(lists, refusals, G_N_ELEMENTS(refusals));
}

static void
test_order(Lists *lists, gconstpointer data)
{
	static const Refusal refusals[] = {
	    {WORLD "seal users complete\nuser u3\n", "emitted a record of \"u3\" after it had sealed the users"},
	    {WORLD "seal grants complete\nremoved grant u1 e1\n", "emitted a record of \"u1\" after it had sealed the grants"},
	    {WORLD "seal users complete\nseal users complete\n", "emitted a seal after it had sealed the users"},
	    {WORLD "seal users complete cursor=c\nseal grants complete\n", "emitted a seal after its last seal"},
	    {WORLD "seal users complete cursor=c\ngrant u1 e1\n", "emitted a record of \"u1\" after its last seal"},
	    {WORLD "grant u1 e1\nseal grants complete resource=r1\nseal grants complete resource=r1\n",
	     "sealed the grants of \"r1\" twice"},
	};

	(void)data;
	refuse_all(lists, refusals, G_N_ELEMENTS(refusals));
}

static void
test_counts(Lists *lists, gconstpointer data)
{
	static const Refusal refusals[] = {
	    {WORLD "seal users complete emitted=3\n", "sealed the users with 3 listed and 0 gone, but emitted 2 and 0"},
	    {WORLD "removed user u2\nseal users complete removed=0\n",
	     "sealed the users with 2 listed and 0 gone, but emitted 2 and 1"},
	    {WORLD "grant u1 e1\nseal grants complete resource=r1 emitted=2\n", "sealed 2 grants of \"r1\", but emitted 1"},
	    {WORLD "grant u1 e1\nseal grants complete entitlement=e2 emitted=1\n", "sealed 1 grant of \"e2\", but emitted 0"},
	    {WORLD "grant u1 e1\ngrant u1 e2\nseal grants complete user=u1 emitted=1\n", "sealed 1 grant of \"u1\", but emitted 2"},
	    {WORLD "seal entitlements complete resource=r1 emitted=5\n", "sealed 5 entitlements of \"r1\", but emitted 2"},
	    /* One more came after the seal of its resource. */
	    {WORLD "grant u1 e1\nseal grants complete resource=r1\ngrant u2 e1\n", "sealed 1 grant of \"r1\", but emitted 2"},
	};

	(void)data;
	refuse_all(lists, refusals, G_N_ELEMENTS(refusals));
}

static void
test_seals(Lists *lists, gconstpointer data)
{
	static const Refusal refusals[] = {
	    {WORLD "seal users delta\n", "sealed the users as DELTA, although everything was asked for"},
	    {WORLD "seal grants unchanged\n", "sealed the grants as UNCHANGED, although everything was asked for"},
	    {WORLD "grant u1 e1\nseal grants partial resource=r1\n",
	     "sealed the grants of \"r1\" as PARTIAL and then all grants as COMPLETE"},
	    {WORLD "grant u1 e1\nseal grants delta resource=r1\n", "as DELTA, which only a whole kind can be"},
	};

	(void)data;
	refuse_all(lists, refusals, G_N_ELEMENTS(refusals));
}

static void
test_status(Lists *lists, gconstpointer data)
{
	const struct {
		const char *script;
		int32_t status;
		const char *part;
	} endings[] = {
	    {WORLD "seal users partial\n", IDC_OK, "ended its list with OK, but sealed a kind as PARTIAL"},
	    {WORLD, IDC_PARTIAL, "ended its list with PARTIAL, but sealed every kind as whole"},
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Stage) stage = lists_stage(lists, endings[i].script, endings[i].status, &error);

		g_assert_null(stage);
		support_assert_error(error, IDC_PROTOCOL, "connector_contract", endings[i].part);
	}
}

static void
test_missing_seal(Lists *lists, gconstpointer data)
{
	(void)data;
	for (Kind kind = 0; kind < N_KINDS; kind++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Stage) stage = stage_new(lists->store, lists->app, KINDS_ALL, FALSE, NULL);
		g_autofree char *part = g_strdup_printf("ended its list without a seal for the %s", kind_words(kind, 0));

		for (Kind sealed = 0; sealed < N_KINDS; sealed++) {
			const idc_seal seal = {
			    .msg = {sizeof(seal), IDC_MSG_SEAL}, .record = kind_record(sealed), .state = IDC_SEAL_COMPLETE};

			if (sealed != kind)
				g_assert_cmpint(stage_take(&seal.msg, stage), ==, IDC_OK);
		}
		g_assert_false(stage_finish(stage, IDC_OK, &error));
		support_assert_error(error, IDC_PROTOCOL, "connector_contract", part);
	}
}

static void
test_not_wanted(Lists *lists, gconstpointer data)
{
	(void)data;
	lists->want = IDC_RECORD_PRINCIPAL;
	lists_refuse(lists, "user u1\nresource r1 team\n", "although no resource was asked for");
	lists_take(lists, "user u1\n");
	lists_assert(lists, "user u1\n");
}

/* In a list of changes a grant may name what an earlier list had, and what is sealed COMPLETE may not. */
static void
test_named(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "grant u1 e1\ncursor c1\n");
	lists->seal = IDC_SEAL_DELTA;
	lists_take(lists, "grant u2 e2\ncursor c2\n");
	lists_assert(lists, DUMP "grant u1 e1\ngrant u2 e2\n");
	lists_refuse(lists, "grant u9 e2\n", "that user was not listed before it");
	lists_refuse(lists, "grant u2 e1\nuser u2\n", "listed the user \"u2\" after what names it");
	lists_refuse(lists, "grant u2 e1\nseal users complete\n",
		     "named the user \"u2\" without listing it and sealed the users as COMPLETE");
	lists_refuse(lists, "grant u2 e1\nremoved resource r1\n", "of which one is gone by its own word");
	lists_refuse(lists, "user u1\nseal users unchanged\n", "sealed the users as UNCHANGED, but emitted some");
}

/* What was listed and is found gone is taken back with all that hangs on it. */
static void
test_taken_back(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(lists, WORLD "resource r2 team\nentitlement e3 group r2\n"
				"grant u1 e1\ngrant u2 e1\ngrant u2 e2\ngrant u1 e3\nindirect u1 e2 via=s\ngrant u1 e2\n"
				"removed grant u1 e1\nremoved indirect u1 e2\nremoved resource r2\n");
	lists_assert(lists, DUMP "grant u1 e2\ngrant u2 e1\ngrant u2 e2\n");
	lists_take(lists, WORLD "grant u1 e1\ngrant u2 e1\ngrant u2 e2\nremoved user u2\n");
	lists_assert(lists, "resource r1 team\nentitlement e1 group r1\nentitlement e2 group r1\nuser u1 name=Ann\ngrant u1 e1\n");
	lists_take(lists, WORLD "grant u1 e1\ngrant u2 e1\nremoved entitlement e1\n");
	lists_assert(lists, "resource r1 team\nentitlement e2 group r1\nuser u1 name=Ann\nuser u2 name=Bob\n");
}

/* After the first refusal everything is: a connector that does not listen changes nothing. */
static void
test_refused_stays_refused(Lists *lists, gconstpointer data)
{
	g_autoptr(Stage) stage = stage_new(lists->store, lists->app, KINDS_ALL, FALSE, NULL);
	g_autoptr(GError) error = NULL;
	const idc_record grant = {
	    .msg = {sizeof(grant), IDC_MSG_RECORD}, .record = IDC_RECORD_GRANT, .principal_id = "u1", .entitlement_id = "e1"};
	const idc_record user = {.msg = {sizeof(user), IDC_MSG_RECORD}, .record = IDC_RECORD_PRINCIPAL, .id = "u1"};

	(void)data;
	g_assert_cmpint(stage_take(&grant.msg, stage), ==, IDC_PROTOCOL);
	g_assert_cmpint(stage_take(&user.msg, stage), ==, IDC_PROTOCOL);
	g_assert_false(stage_finish(stage, IDC_OK, &error));
	support_assert_error(error, IDC_PROTOCOL, "connector_contract", "to \"u1\"");
}

static void
test_unknown_messages(Lists *lists, gconstpointer data)
{
	g_autoptr(Stage) stage = stage_new(lists->store, lists->app, KINDS_ALL, FALSE, NULL);
	const idc_message message = {sizeof(message), 4711};

	(void)data;
	g_assert_cmpint(stage_take(&message, stage), ==, IDC_OK);
	g_assert_cmpuint(stage_records(stage), ==, 0);
}

/* Attributes are compared as sets: the order in which they come means nothing. */
static void
test_attributes(Lists *lists, gconstpointer data)
{
	(void)data;
	lists_take(
	    lists,
	    "resource r1 team z=1 a=2\nentitlement e1 group r1\nuser u1 b=2 a=1 b=1 empty=\nindirect u1 e1 via=s2 x=9 via=s1\n");
	lists_assert(lists, "resource r1 team a=2 z=1\nentitlement e1 group r1\nuser u1 a=1 b=1 b=2 empty=\n"
			    "indirect u1 e1 via=s1;s2 x=9\n");
	lists_take(
	    lists,
	    "resource r1 team a=2 z=1\nentitlement e1 group r1\nuser u1 a=1 empty= b=1 b=2\nindirect u1 e1 via=s1 via=s2 x=9\n");
	lists_assert_changes(lists, "");
}

/* Nothing of a list may be seen outside, and nothing of it may stay. */
static void
test_temporary(Lists *lists, gconstpointer data)
{
	g_autofree char *folder = g_build_filename(lists->folder, "tmp", NULL);
	g_autofree char *stray = g_build_filename(folder, "etilqs_left0123456789", NULL);
	g_autofree char *other = g_build_filename(folder, "not-ours", NULL);
	g_autoptr(GString) script = g_string_new(WORLD);
	g_autoptr(GDir) dir = NULL;
	g_autoptr(Store) again = NULL;

	(void)data;
	for (guint i = 0; i < 20000; i++)
		g_string_append_printf(script, "user x%u text=%0500u\n", i, i);
	{
		g_autoptr(Stage) stage = lists_stage(lists, script->str, IDC_OK, NULL);
		g_autofree char *dump = lists_dump(lists);

		g_assert_nonnull(stage);
		g_assert_cmpstr(dump, ==, "");
		g_assert_cmpstr(sqlite3_temp_directory, ==, folder);
		dir = g_dir_open(folder, 0, NULL);
		g_assert_null(g_dir_read_name(dir));
	}
	g_assert_true(g_file_set_contents(stray, "x", 1, NULL));
	g_assert_true(g_file_set_contents(other, "x", 1, NULL));
	again = store_open(lists->folder, NULL);
	g_assert_nonnull(again);
	g_assert_false(g_file_test(stray, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/stage/a thing twice is refused", Lists, NULL, lists_set_up, test_twice, lists_tear_down);
	g_test_add("/stage/what names something that was not listed is refused", Lists, NULL, lists_set_up, test_not_listed,
		   lists_tear_down);
	g_test_add("/stage/what comes after its seal is refused", Lists, NULL, lists_set_up, test_order, lists_tear_down);
	g_test_add("/stage/counts that do not agree are refused", Lists, NULL, lists_set_up, test_counts, lists_tear_down);
	g_test_add("/stage/seals that contradict what was asked for or each other are refused", Lists, NULL, lists_set_up,
		   test_seals, lists_tear_down);
	g_test_add("/stage/a status that contradicts the seals is refused", Lists, NULL, lists_set_up, test_status,
		   lists_tear_down);
	g_test_add("/stage/a kind without a seal is refused", Lists, NULL, lists_set_up, test_missing_seal, lists_tear_down);
	g_test_add("/stage/a kind that was not asked for is refused", Lists, NULL, lists_set_up, test_not_wanted, lists_tear_down);
	g_test_add("/stage/a list of changes may name what was listed earlier", Lists, NULL, lists_set_up, test_named,
		   lists_tear_down);
	g_test_add("/stage/what is taken back takes along what hangs on it", Lists, NULL, lists_set_up, test_taken_back,
		   lists_tear_down);
	g_test_add("/stage/after a refusal everything is refused", Lists, NULL, lists_set_up, test_refused_stays_refused,
		   lists_tear_down);
	g_test_add("/stage/unknown messages are passed over", Lists, NULL, lists_set_up, test_unknown_messages, lists_tear_down);
	g_test_add("/stage/attributes are compared without their order", Lists, NULL, lists_set_up, test_attributes,
		   lists_tear_down);
	g_test_add("/stage/what is staged lies unseen in DATA and is gone afterwards", Lists, NULL, lists_set_up, test_temporary,
		   lists_tear_down);
	return g_test_run();
}
