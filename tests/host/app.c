/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/app.h"
#include "base/error.h"
#include "load/identifier.h"
#include "support.h"
#include <glib/gstdio.h>
#include <idc/connector.h>
#include <string.h>
#include <sys/stat.h>

#define MINIMAL "{\"connector\": \"memory\", \"name\": \"Memory\", \"identifier\": \"Memory\", \"settings\": {\"file\": \"/x\"}}"

typedef struct {
	char *folder;
	HostPaths *paths;
	Manifest *manifest;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *source = g_build_filename(g_getenv("HOST_TEST_SOURCE"), "tests/host/modules/memory.json", NULL);
	g_autofree char *text = support_read(source);
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->folder = support_folder();
	fixture->paths = support_paths(fixture->folder);
	g_free(support_write(fixture->folder, "modules/memory.json", text, 0644));
	g_assert_true(paths_prepare(fixture->paths, &error));
	fixture->manifest = manifest_find(fixture->paths, "memory", &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	manifest_unref(fixture->manifest);
	paths_free(fixture->paths);
	support_remove(fixture->folder);
}

static void
assert_refused(Fixture *fixture, const char *text, const char *code, const char *part)
{
	g_autofree char *path = support_write(fixture->folder, "data/apps/Memory.json", text, 0600);
	g_autoptr(GError) error = NULL;

	g_assert_null(app_load(fixture->paths, "Memory", NULL, &error));
	support_assert_error(error, IDC_INVALID, code, part);
	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_USAGE);
	g_assert_nonnull(strstr(error->message, path));
}

/* MINIMAL with one more key. */
static void
assert_refused_with(Fixture *fixture, const char *more, const char *code, const char *part)
{
	g_autofree char *text = g_strdup_printf("{%s, %s", more, &MINIMAL[1]);

	assert_refused(fixture, text, code, part);
}

static void
test_defaults(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(App) app = NULL;

	g_free(support_write(fixture->folder, "data/apps/Memory.json", MINIMAL, 0600));
	(void)data;
	app = app_load(fixture->paths, "mEMORY", &manifest, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(app->identifier, ==, "Memory");
	g_assert_cmpstr(app->access, ==, "api");
	g_assert_cmpint(app->trust, ==, APP_READ);
	g_assert_cmpint(app->sync, ==, APP_HOURLY);
	g_assert_cmpuint(app->sync_minutes, ==, 60);
	g_assert_cmpuint(app->guard.at_least, ==, 5);
	g_assert_cmpuint(app->guard.percent, ==, 10);
	g_assert_cmpuint(app->change_guard.at_least, ==, 25);
	g_assert_cmpuint(g_strv_length(app->owners), ==, 0);
	g_assert_false(app->hr_source);
	g_assert_false(app->require_reason);
	g_assert_false(app->require_ticket);
	g_assert_null(app->account);
	g_assert_cmpstr(g_hash_table_lookup(app->settings, "file"), ==, "/x");
	g_assert_cmpstr(manifest->id, ==, "memory");
}

static void
test_round(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first_path = app_path(fixture->paths, "Memory");
	g_autoptr(App) app = app_new(fixture->manifest, "Memory");
	g_autoptr(App) again = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	struct stat st;

	(void)data;
	g_free(app->name);
	app->name = g_strdup("N\xc3\xa4me \"quoted\" \xe2\x80\xae");
	app->trust = APP_READ_WRITE;
	g_assert_true(app_parse_sync("every 90m", &app->sync, &app->sync_minutes, &error));
	g_strfreev(app->owners);
	app->owners = g_strsplit("a@example.org b@example.org", " ", -1);
	g_strfreev(app->default_entitlements);
	app->default_entitlements = g_strsplit("team:1:responder", " ", -1);
	g_strfreev(app->protected_emails);
	app->protected_emails = g_strsplit("boss@example.org", " ", -1);
	g_strfreev(app->known_partial);
	app->known_partial = g_strsplit("The schedules are not readable.", "|", -1);
	app->deactivate_on_termination = TRUE;
	app->guard = (AppGuard){7, 20};
	app->change_guard = (AppGuard){0, 100};
	app->require_reason = TRUE;
	app->require_ticket = TRUE;
	app->account = g_strdup("acc");
	app->connected_as = g_strdup("me@example.org");
	g_hash_table_insert(app->settings, g_strdup("file"), g_strdup("/y"));
	g_hash_table_insert(app->settings, g_strdup("requests_per_minute"), g_strdup("5"));
	g_assert_true(app_save(fixture->paths, app, &error));
	g_assert_no_error(error);
	first = support_read(first_path);
	g_assert_cmpint(stat(first_path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	again = app_load(fixture->paths, "Memory", NULL, &error);
	g_assert_no_error(error);
	g_assert_true(app_save(fixture->paths, again, &error));
	second = support_read(first_path);
	g_assert_cmpstr(first, ==, second);
	g_assert_nonnull(strstr(first, "\"every 90m\""));
	g_assert_true(again->require_reason);
	g_assert_true(again->require_ticket);
}

static void
test_natural(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(App) app = NULL;

	g_free(support_write(fixture->folder, "data/apps/Memory.json",
			     "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Memory\","
			     " \"settings\": {\"file\": \"/x\", \"requests_per_minute\": 30}}",
			     0600));
	(void)data;
	app = app_load(fixture->paths, "Memory", NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(g_hash_table_lookup(app->settings, "requests_per_minute"), ==, "30");
}

static void
test_bad(Fixture *fixture, gconstpointer data)
{
	(void)data;
	assert_refused_with(fixture, "\"tust\": \"read\"", "json_value", "tust is not a known key; did you mean trust?");
	assert_refused_with(fixture, "\"trust\": \"write\"", "json_value", "trust is \"write\", but must be read or read-write");
	assert_refused_with(fixture, "\"trust\": true", "json_value", "trust must be a string, not boolean");
	assert_refused_with(fixture, "\"trust\": \"read\", \"trust\": \"read-write\"", "json_duplicate_key", "trust");
	assert_refused_with(fixture, "\"sync\": \"every 15\"", "json_value", "must be hourly, daily, manual");
	assert_refused_with(fixture, "\"sync\": \"every 0m\"", "json_value", NULL);
	assert_refused_with(fixture, "\"sync\": \"every 99999h\"", "json_value", NULL);
	assert_refused_with(fixture, "\"owners\": [\"nobody\"]", "json_value", "no e-mail address");
	assert_refused_with(fixture, "\"owners\": \"a@example.org\"", "json_value", "owners must be an array");
	assert_refused_with(fixture, "\"guard\": {\"percent\": 101}", "json_value", "guard.percent must be from 0 to 100");
	assert_refused_with(fixture, "\"guard\": {\"rows\": 1}", "json_value", "guard.rows is not a known key");
	assert_refused_with(fixture, "\"require\": [\"tickets\"]", "json_value", "require names \"tickets\", but");
	assert_refused_with(fixture, "\"require\": \"ticket\"", "json_value", "require must be an array");
	assert_refused_with(fixture, "\"hr_source\": true", "hr_source_refused", "does not know who works here");
	assert_refused_with(fixture, "\"access\": \"web\"", "access_refused", "access \"web\" is refused");
	assert_refused_with(fixture, "\"provisioning\": \"saml\"", "provisioning_refused", "knows oauth");
	assert_refused(fixture, "{}", "json_value", "connector is missing");
	assert_refused(fixture, "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Other\"}", "identifier_mismatch",
		       "an identifier never changes");
	assert_refused(
	    fixture,
	    "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Memory\", \"settings\": {\"password\": \"secret\"}}",
	    "setting_is_secret", NULL);
	assert_refused(fixture,
		       "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Memory\", \"settings\": {\"fiel\": \"/x\"}}",
		       "setting_unknown", "did you mean file?");
	assert_refused(
	    fixture, "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Memory\", \"settings\": {\"file\": [\"/x\"]}}",
	    "json_value", "settings.file must be a string");
	assert_refused(
	    fixture,
	    "{\"connector\": \"memory\", \"name\": \"M\", \"identifier\": \"Memory\", \"settings\": {\"mode\": \"closed\"}}",
	    "setting_invalid", "open or strict");
}

static void
test_writable(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = support_write(fixture->folder, "data/apps/Memory.json", MINIMAL, 0666);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(app_load(fixture->paths, "Memory", NULL, &error));
	support_assert_error(error, IDC_REFUSED, "file_writable", path);
}

static void
test_unknown(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) error_other = NULL;

	(void)data;
	g_assert_null(app_load(fixture->paths, "Memory", NULL, &error));
	support_assert_error(error, IDC_NOT_FOUND, "no_such_app", "none was connected yet");
	g_free(support_write(fixture->folder, "data/apps/Memory.json", MINIMAL, 0600));
	g_assert_null(app_load(fixture->paths, "../Memory", NULL, &error_other));
	support_assert_error(error_other, IDC_NOT_FOUND, "no_such_app", "there is Memory");
}

/* A write that cannot happen leaves what was there. */
static void
test_unwritable(Fixture *fixture, gconstpointer data)
{
	g_autoptr(App) app = app_new(fixture->manifest, "Memory");
	g_autofree char *path = app_path(fixture->paths, "Memory");
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_assert_false(app_save(fixture->paths, app, &error));
	support_assert_error(error, IDC_IO, "file_not_written", path);
}

static void
test_data_writable(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(g_chmod(fixture->paths->data, 0770), ==, 0);
	g_assert_false(paths_prepare(fixture->paths, &error));
	support_assert_error(error, IDC_REFUSED, "file_writable", "The data folder");
}

static void
test_data_mode(Fixture *fixture, gconstpointer data)
{
	struct stat st;

	(void)data;
	g_assert_cmpint(stat(fixture->paths->data, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0700);
}

/* ---- identifiers ---- */

static void
test_identifier_form(void)
{
	g_autofree char *longest = g_strnfill(64, 'a');
	g_autofree char *longer = g_strnfill(65, 'a');

	g_assert_true(identifier_valid("A"));
	g_assert_true(identifier_valid("0a_b-C"));
	g_assert_true(identifier_valid(longest));
	g_assert_false(identifier_valid(longer));
	g_assert_false(identifier_valid(""));
	g_assert_false(identifier_valid("-a"));
	g_assert_false(identifier_valid("a b"));
	g_assert_false(identifier_valid("a/b"));
	g_assert_false(identifier_valid("a\n"));
	g_assert_false(identifier_valid("\xc3\xa4"));
}

static gboolean
save_nothing(gpointer user_data, GError **error)
{
	(void)user_data, (void)error;
	return TRUE;
}

static gboolean
claim(const HostPaths *paths, const char *identifier, GError **error)
{
	return identifier_claim(paths, identifier, save_nothing, NULL, error);
}

static void
test_identifier_taken(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(claim(fixture->paths, "Pager", &error));
	g_assert_true(claim(fixture->paths, "pager-2", &error));
	g_assert_no_error(error);
	g_assert_false(identifier_check_free(fixture->paths, "PAGER", &error));
	support_assert_error(error, IDC_CONFLICT, "identifier_taken", "--identifier PAGER-3");
	g_clear_error(&error);
	g_assert_false(claim(fixture->paths, "pager", &error));
	support_assert_error(error, IDC_CONFLICT, "identifier_taken", NULL);
}

static gboolean
save_fails(gpointer user_data, GError **error)
{
	const HostPaths *paths = user_data;

	/* Nobody has it before its app is there. */
	g_assert_true(identifier_check_free(paths, "One", NULL));
	host_error_set(error, IDC_IO, "file_not_written", "The disk is full.");
	return FALSE;
}

static void
test_identifier_unsaved(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = paths_in_data(fixture->paths, "identifiers");
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(claim(fixture->paths, "Two", &error));
	g_assert_false(identifier_claim(fixture->paths, "One", save_fails, fixture->paths, &error));
	support_assert_error(error, IDC_IO, "file_not_written", NULL);
	text = support_read(path);
	g_assert_cmpstr(text, ==, "Two\n");
	g_assert_true(claim(fixture->paths, "ONE", NULL));
}

static void
test_identifier_by_hand(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_free(support_write(fixture->folder, "data/apps/Memory.json", MINIMAL, 0600));
	(void)data;
	g_assert_false(identifier_check_free(fixture->paths, "memory", &error));
	support_assert_error(error, IDC_CONFLICT, "identifier_taken", NULL);
}

static void
test_identifier_long(Fixture *fixture, gconstpointer data)
{
	g_autofree char *longest = g_strnfill(64, 'a');
	g_autofree char *shorter = g_strnfill(62, 'a');
	g_autofree char *proposal = g_strdup_printf("--identifier %s-2", shorter);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(claim(fixture->paths, longest, &error));
	g_assert_false(claim(fixture->paths, longest, &error));
	support_assert_error(error, IDC_CONFLICT, "identifier_taken", proposal);
}

#define RACERS 8

static gpointer
race(gpointer user_data)
{
	const HostPaths *paths = user_data;

	return GINT_TO_POINTER(claim(paths, "Race", NULL) ? 1 : 0);
}

static void
test_identifier_race(Fixture *fixture, gconstpointer data)
{
	GThread *threads[RACERS];
	gint won = 0;

	(void)data;
	for (guint i = 0; i < RACERS; i++)
		threads[i] = g_thread_new("race", race, fixture->paths);
	for (guint i = 0; i < RACERS; i++)
		won += GPOINTER_TO_INT(g_thread_join(threads[i]));
	g_assert_cmpint(won, ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/app/what is left out has its default, and the identifier has no case", Fixture, NULL, set_up, test_defaults,
		   tear_down);
	g_test_add("/app/what is written is read back the same, mode 0600", Fixture, NULL, set_up, test_round, tear_down);
	g_test_add("/app/a number by hand is as good as its string", Fixture, NULL, set_up, test_natural, tear_down);
	g_test_add("/app/what is wrong is refused with file, path and what is allowed", Fixture, NULL, set_up, test_bad, tear_down);
	g_test_add("/app/a file that others may write to is refused", Fixture, NULL, set_up, test_writable, tear_down);
	g_test_add("/app/an unknown one names those there are", Fixture, NULL, set_up, test_unknown, tear_down);
	g_test_add("/app/a write that fails says so", Fixture, NULL, set_up, test_unwritable, tear_down);
	g_test_add("/data/a folder that others may write to is refused", Fixture, NULL, set_up, test_data_writable, tear_down);
	g_test_add("/data/it is made for its owner alone", Fixture, NULL, set_up, test_data_mode, tear_down);
	g_test_add_func("/identifier/letters, digits, _ and - up to 64", test_identifier_form);
	g_test_add("/identifier/taken is taken in any case and for ever, with a proposal", Fixture, NULL, set_up,
		   test_identifier_taken, tear_down);
	g_test_add("/identifier/one whose app could not be saved stays free", Fixture, NULL, set_up, test_identifier_unsaved,
		   tear_down);
	g_test_add("/identifier/an app file put there by hand counts", Fixture, NULL, set_up, test_identifier_by_hand, tear_down);
	g_test_add("/identifier/a proposal is never too long", Fixture, NULL, set_up, test_identifier_long, tear_down);
	g_test_add("/identifier/of many at once one gets it", Fixture, NULL, set_up, test_identifier_race, tear_down);
	return g_test_run();
}
