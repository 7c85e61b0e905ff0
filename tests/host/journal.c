/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The journal of actions: what was done to its rows behind its back is found and named. */
#include "state/journal.h"
#include "base/error.h"
#include "state/store-private.h"
#include "support.h"
#include <glib/gstdio.h>
#include <string.h>

#define APP "Pager"
#define ROWS 6

typedef struct {
	char *folder;
	Store *store;
	Vault *vault;
	gint64 app;
} Fixture;

static Journal *
fixture_open(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	Journal *journal = journal_open(fixture->store, fixture->vault, APP, fixture->app, &error);

	g_assert_no_error(error);
	return journal;
}

static void
fixture_append(Fixture *fixture, guint n)
{
	g_autoptr(Journal) journal = fixture_open(fixture);
	g_autoptr(GError) error = NULL;

	g_assert_true(journal_begin(journal, &error));
	for (guint i = 0; i < n; i++) {
		g_autofree char *user = g_strdup_printf("U%u", i);
		JournalRow row = {.time = 1000 + i,
				  .phase = JOURNAL_INTENT,
				  .verb = "add",
				  .user_id = user,
				  .entitlement_id = "team:1",
				  .detail = "{\"run\":\"1\"}"};

		g_assert_true(journal_append(journal, &row, &error));
	}
	g_assert_true(journal_commit(journal, &error));
	g_assert_true(journal_seal(journal, &error));
	g_assert_no_error(error);
}

static void
fixture_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->folder = support_folder();
	fixture->store = store_open(fixture->folder, &error);
	g_assert_no_error(error);
	fixture->vault = vault_open(fixture->folder, NULL);
	g_assert_true(store_add_app(fixture->store, APP, &fixture->app, &error));
	fixture_append(fixture, ROWS);
}

static void
fixture_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	store_close(fixture->store);
	vault_close(fixture->vault);
	support_remove(fixture->folder);
}

static void
fixture_exec(Fixture *fixture, const char *sql)
{
	g_autoptr(GError) error = NULL;

	sql_exec(store_db(fixture->store), sql, &error);
	g_assert_no_error(error);
}

/* The report's sentences, one a line. */
static char *
fixture_verify(Fixture *fixture, const char *head)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JournalReport) report = journal_verify(fixture->store, fixture->vault, APP, fixture->app, head, &error);
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < report->problems->len; i++)
		g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(report->problems, i));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
fixture_assert(Fixture *fixture, const char *head, const char *wanted)
{
	g_autofree char *told = fixture_verify(fixture, head);

	g_assert_cmpstr(told, ==, wanted);
}

#define ALTERED(n) "Row " n " is not what was written there: it was altered, put there or moved.\n"

static void
test_good(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_assert(fixture, NULL, "");
	fixture_append(fixture, 3);
	fixture_assert(fixture, NULL, "");
}

/* Each field, so that none is left out of the MAC. */
static void
test_altered(Fixture *fixture, gconstpointer data)
{
	static const char *const fields[] = {"time=time+1", "phase='result'", "intent=1",      "verb='remove'",
					     "record=8",    "user_id='U9'",   "user_id=NULL",  "entitlement_id='team:2'",
					     "status=1",    "flags=1",        "request_id=''", "detail='{}'",
					     "detail=NULL"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *sql = g_strdup_printf("UPDATE actions SET %s WHERE action=3", fields[i]);

		g_test_message("%s", fields[i]);
		fixture_exec(fixture, "CREATE TEMP TABLE kept AS SELECT * FROM actions WHERE action=3");
		fixture_exec(fixture, sql);
		fixture_assert(fixture, NULL, ALTERED("3"));
		fixture_exec(fixture,
			     "DELETE FROM actions WHERE action=3; INSERT INTO actions SELECT * FROM kept; DROP TABLE temp.kept");
		fixture_assert(fixture, NULL, "");
	}
}

static void
test_mac_altered(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_exec(fixture, "UPDATE actions SET mac=zeroblob(32) WHERE action=2");
	fixture_assert(fixture, NULL, ALTERED("2") ALTERED("3"));
}

static void
test_dropped(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_exec(fixture, "DELETE FROM actions WHERE action=3");
	fixture_assert(fixture, NULL, "Row 3 is missing.\n");
	fixture_exec(fixture, "DELETE FROM actions WHERE action=1");
	fixture_assert(fixture, NULL, "Row 1 is missing.\nRow 3 is missing.\n");
}

/* Whoever closes the gap changes the numbers of all rows behind it. */
static void
test_renumbered(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_exec(fixture, "DELETE FROM actions WHERE action=4");
	fixture_exec(fixture, "UPDATE actions SET action=4 WHERE action=5; UPDATE actions SET action=5 WHERE action=6");
	fixture_assert(fixture, NULL,
		       ALTERED("4") ALTERED("5") "Row 6 is missing at the end: the head kept among the secrets is at row 6.\n");
}

static void
test_swapped(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_exec(fixture, "UPDATE actions SET action=99 WHERE action=2; UPDATE actions SET action=2 WHERE action=4;"
			      "UPDATE actions SET action=4 WHERE action=99");
	fixture_assert(fixture, NULL, ALTERED("2") ALTERED("3") ALTERED("4") ALTERED("5"));
}

static void
test_last_dropped(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture_exec(fixture, "DELETE FROM actions WHERE action=6");
	fixture_assert(fixture, NULL, "Row 6 is missing at the end: the head kept among the secrets is at row 6.\n");
	fixture_exec(fixture, "DELETE FROM actions");
	fixture_assert(fixture, NULL, "Rows 1 to 6 are missing at the end: the head kept among the secrets is at row 6.\n");
}

/* Rows of another app's good chain are no rows of this one. */
static void
test_other_app(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JournalReport) report = NULL;
	gint64 other = 0;

	(void)data;
	g_assert_true(store_add_app(fixture->store, "Other", &other, &error));
	fixture_exec(fixture, "UPDATE actions SET app=2 WHERE action<=1");
	report = journal_verify(fixture->store, fixture->vault, "Other", other, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(other, ==, 2);
	g_assert_cmpuint(report->problems->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(report->problems, 0), ==,
			"Row 1 is not what was written there: it was altered, put there or moved.");
}

/* A process that was killed between its rows and the head leaves more rows than the head says: they prove themselves. */
static void
test_beyond_head(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Journal) journal = fixture_open(fixture);
	JournalRow row = {.time = 1, .phase = JOURNAL_INTENT, .verb = "add", .user_id = "U1"};

	(void)data;
	g_assert_true(journal_begin(journal, &error));
	g_assert_true(journal_append(journal, &row, &error));
	g_assert_true(journal_commit(journal, &error));
	fixture_assert(fixture, NULL, "");
	fixture_exec(fixture, "UPDATE actions SET user_id='U2' WHERE action=7");
	fixture_assert(fixture, NULL, ALTERED("7"));
}

/* A head that was written down elsewhere finds what database and vault together no longer show. */
static void
test_given_head(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Journal) journal = fixture_open(fixture);
	g_autofree char *head = journal_head(journal);
	g_autofree char *other = g_strdup(head);

	(void)data;
	g_assert_true(g_str_has_prefix(head, "6/"));
	fixture_assert(fixture, head, "");
	other[2] = other[2] == '0' ? '1' : '0';
	fixture_assert(fixture, other, "Row 6 is not the one that the given head names.\n");
	fixture_exec(fixture, "DELETE FROM actions");
	vault_clear(fixture->vault, "audit/pager", NULL);
	fixture_assert(fixture, head, "Rows 1 to 6 are missing at the end: the given head is at row 6.\n");
	g_assert_null(journal_verify(fixture->store, fixture->vault, APP, fixture->app, "6", &error));
	support_assert_error(error, IDC_INVALID, "usage", "--head must be");
}

static void
test_head_lost(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	vault_clear(fixture->vault, "audit/pager", NULL);
	fixture_assert(fixture, NULL, "The head that is kept among the secrets is missing, so rows may be missing at the end.\n");
	g_assert_null(journal_open(fixture->store, fixture->vault, APP, fixture->app, &error));
	support_assert_error(error, IDC_CONFLICT, "journal_broken", "audit verify Pager");
}

static void
test_no_append_when_cut(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture_exec(fixture, "DELETE FROM actions WHERE action=6");
	g_assert_null(journal_open(fixture->store, fixture->vault, APP, fixture->app, &error));
	support_assert_error(error, IDC_CONFLICT, "journal_broken", "nothing is changed");
}

/* A new key would make every row look altered. */
static void
test_key_lost(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->folder, "key", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) error_verify = NULL;

	(void)data;
	g_assert_cmpint(g_unlink(key), ==, 0);
	g_assert_null(journal_open(fixture->store, fixture->vault, APP, fixture->app, &error));
	support_assert_error(error, IDC_INVALID, "no_key", "Put it back");
	g_assert_false(g_file_test(key, G_FILE_TEST_EXISTS));
	g_assert_null(journal_verify(fixture->store, fixture->vault, APP, fixture->app, NULL, &error_verify));
	support_assert_error(error_verify, IDC_INVALID, "no_key", NULL);
}

/* The secrets gone as well, nothing says that the key was there. */
static void
test_all_lost(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->folder, "key", NULL);
	g_autofree char *secrets = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(g_unlink(key), ==, 0);
	g_assert_cmpint(g_unlink(secrets), ==, 0);
	g_assert_null(journal_open(fixture->store, fixture->vault, APP, fixture->app, &error));
	support_assert_error(error, IDC_NOT_FOUND, "no_key", "Put it back");
	g_assert_false(g_file_test(key, G_FILE_TEST_EXISTS));
}

static void
test_key_mode(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->folder, "key", NULL);
	g_autoptr(GError) error = NULL;
	GStatBuf info;

	(void)data;
	g_assert_cmpint(g_stat(key, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 07777, ==, 0600);
	g_assert_cmpint(g_chmod(key, 0640), ==, 0);
	g_assert_null(journal_open(fixture->store, fixture->vault, APP, fixture->app, &error));
	support_assert_error(error, IDC_REFUSED, "file_readable", "chmod 0600");
}

static void
test_other_key(Fixture *fixture, gconstpointer data)
{
	g_autofree char *secrets = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autofree char *told = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_free(support_write(fixture->folder, "key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600));
	g_assert_null(journal_verify(fixture->store, fixture->vault, APP, fixture->app, NULL, &error));
	support_assert_error(error, IDC_INVALID, "wrong_key", "another key");
	g_assert_cmpint(g_unlink(secrets), ==, 0);
	told = fixture_verify(fixture, NULL);
	g_assert_nonnull(strstr(told, ALTERED("1")));
	g_assert_nonnull(strstr(told, ALTERED("6")));
}

/* The journal's key outlives the one it was derived from, and rows go on where they were. */
static void
test_rekey(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	guint values = 0;

	(void)data;
	for (guint i = 0; i < 2; i++) {
		g_assert_true(vault_rekey(fixture->vault, NULL, &values, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(values, ==, 2);
		fixture_assert(fixture, NULL, "");
	}
}

/* What is taken back leaves neither a row nor a hole in the chain. */
static void
test_abort(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Journal) journal = fixture_open(fixture);
	JournalRow row = {.time = 1, .phase = JOURNAL_INTENT, .verb = "add", .user_id = "U1"};

	(void)data;
	g_assert_true(journal_begin(journal, &error));
	g_assert_true(journal_append(journal, &row, &error));
	journal_abort(journal);
	g_assert_true(journal_begin(journal, &error));
	g_assert_true(journal_append(journal, &row, &error));
	g_assert_cmpint(row.action, ==, ROWS + 1);
	g_assert_true(journal_commit(journal, &error));
	fixture_assert(fixture, NULL, "");
}

static void
test_open_intents(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Journal) journal = fixture_open(fixture);
	g_autoptr(GPtrArray) open = NULL;
	JournalRow result = {.time = 2, .phase = JOURNAL_RESULT, .verb = "add", .intent = 2, .status = IDC_REFUSED};
	JournalRow effect = {.time = 2, .phase = JOURNAL_EFFECT, .verb = "added", .intent = 3};
	JournalRow settled = {.time = 2, .phase = JOURNAL_SETTLED, .verb = "add", .intent = 5};

	(void)data;
	g_assert_true(journal_begin(journal, &error));
	g_assert_true(journal_append(journal, &result, &error));
	g_assert_true(journal_append(journal, &effect, &error));
	g_assert_true(journal_append(journal, &settled, &error));
	g_assert_true(journal_commit(journal, &error));
	open = journal_open_intents(fixture->store, fixture->app, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(open->len, ==, 4);
	for (guint i = 0; i < open->len; i++) {
		static const gint64 wanted[] = {1, 3, 4, 6};
		const JournalOpen *intent = g_ptr_array_index(open, i);

		g_assert_cmpint(intent->action, ==, wanted[i]);
	}
}

static void
add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
	g_test_add(path, Fixture, NULL, fixture_up, test, fixture_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/journal/rows that nobody touched are good", test_good);
	add("/journal/a row of which any field was altered is named", test_altered);
	add("/journal/a MAC that was altered is named with the row that follows it", test_mac_altered);
	add("/journal/a row that was dropped is named", test_dropped);
	add("/journal/rows that were renumbered are named", test_renumbered);
	add("/journal/rows that were swapped are named", test_swapped);
	add("/journal/the last row that was dropped is named", test_last_dropped);
	add("/journal/a row of another app is named", test_other_app);
	add("/journal/rows beyond the kept head prove themselves", test_beyond_head);
	add("/journal/a head kept elsewhere finds what was rolled back", test_given_head);
	add("/journal/a lost head is told and nothing is added", test_head_lost);
	add("/journal/nothing is added to rows that were cut off", test_no_append_when_cut);
	add("/journal/a lost key is told and not made anew", test_key_lost);
	add("/journal/a lost key with lost secrets is not made anew either", test_all_lost);
	add("/journal/a new key for the secrets leaves every row good", test_rekey);
	add("/journal/a key that others may read is refused", test_key_mode);
	add("/journal/another key fits no row", test_other_key);
	add("/journal/what is taken back leaves no trace", test_abort);
	add("/journal/intents without result or settlement are open", test_open_intents);
	return g_test_run();
}
