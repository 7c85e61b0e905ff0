/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/session.h"
#include "base/error.h"
#include "load/message.h"
#include "support.h"
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *folder;
	HostPaths *paths;
	Manifest *manifest;
	Vault *vault;
	App *app;
} Fixture;

static void
put_setting(App *app, const char *key, const char *value)
{
	g_hash_table_insert(app->settings, g_strdup(key), g_strdup(value));
}

static void
write_world(Fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = support_write(fixture->folder, name, text, 0600);

	if (strcmp(name, "world") == 0)
		put_setting(fixture->app, "file", path);
}

/* data: the built module that is to be found as "faulty", or NULL for the memory connector. */
static void
set_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->folder = support_folder();
	if (data != NULL) {
		fixture->paths = support_paths(fixture->folder);
		g_assert_cmpint(g_mkdir_with_parents(fixture->paths->modules, 0700), ==, 0);
		support_install(fixture->paths->modules, data, "faulty.so", "faulty", "1.0.0", NULL);
	} else {
		fixture->paths = paths_new(fixture->folder, g_getenv("HOST_TEST_MODULES"), FALSE);
	}
	g_assert_true(paths_prepare(fixture->paths, &error));
	fixture->manifest = manifest_find(fixture->paths, data != NULL ? "faulty" : "memory", &error);
	g_assert_no_error(error);
	fixture->vault = vault_open(fixture->paths->data, NULL);
	fixture->app = app_new(fixture->manifest, "Test");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	app_free(fixture->app);
	vault_close(fixture->vault);
	manifest_unref(fixture->manifest);
	paths_free(fixture->paths);
	support_remove(fixture->folder);
}

static Session *
open_session(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	Session *session = session_open(fixture->paths, fixture->app, fixture->manifest, fixture->vault, &error);

	g_assert_no_error(error);
	return session;
}

#define ALL (IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

/* Writes down what comes; refuses the refuse_at-th message. */
typedef struct {
	GString *text;
	guint n;
	guint refuse_at;
	int32_t refuse_with;
} Taken;

static int32_t
take(const idc_message *message, gpointer user_data)
{
	Taken *taken = user_data;

	if (++taken->n == taken->refuse_at)
		return taken->refuse_with;
	if (message->kind == IDC_MSG_RECORD) {
		const idc_record *record = (const idc_record *)(const void *)message;

		g_string_append_printf(taken->text, "record %u %s;", record->record, record->id != NULL ? record->id : "-");
	} else if (message->kind == IDC_MSG_SEAL) {
		const idc_seal *seal = (const idc_seal *)(const void *)message;

		g_string_append_printf(taken->text, "seal %u %u %" G_GUINT64_FORMAT ";", seal->record, seal->state, seal->emitted);
	}
	return IDC_OK;
}

static int32_t
list(Session *session, Taken *taken, const char *cursor, GError **error)
{
	taken->text = g_string_new(NULL);
	taken->n = 0;
	return session_list(session, ALL, cursor, take, taken, error);
}

#define WORLD                                                                                                                      \
	"resource\tteam:1\tteam\tOps\nentitlement\te1\tgroup\tOps\tteam:1\nprincipal\tp1\tAnn\temail=a@example."                   \
	"org\ngrant\tp1\te1\n"
#define WORLD_TEXT "record 2 team:1;record 4 e1;record 1 p1;record 8 -;seal 2 1 1;seal 4 1 1;seal 1 1 1;seal 8 1 1;"

static void
test_list(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(SessionIdentity) identity = NULL;
	g_autoptr(GError) error = NULL;
	Taken taken = {0};
	idc_usage usage;

	(void)data;
	write_world(fixture, "world", WORLD);
	session = open_session(fixture);
	g_assert_true(session_sign_in(session, &identity, &error));
	g_assert_cmpstr(identity->subject, ==, "memory@example.org");
	g_assert_cmpstr(identity->account, ==, "memory-account");
	g_assert_cmpstr(identity->scopes[0], ==, "read.all");
	g_assert_cmpint(identity->expires_in_s, ==, 3600);
	g_assert_true(vault_has(fixture->vault, "Test", "idc.token"));
	g_assert_cmpint(list(session, &taken, NULL, &error), ==, IDC_OK);
	g_assert_no_error(error);
	g_assert_cmpstr(taken.text->str, ==, WORLD_TEXT);
	g_string_free(taken.text, TRUE);
	g_assert_true(session_usage(session, &usage));
	g_assert_cmpuint(usage.requests, ==, 2);
}

static void
test_partial(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;
	Taken taken = {0};

	(void)data;
	write_world(fixture, "world", WORLD "seal\tgrant\tpartial\tstatus=202\treason=Not allowed.\n");
	session = open_session(fixture);
	g_assert_cmpint(list(session, &taken, NULL, &error), ==, IDC_PARTIAL);
	g_assert_no_error(error);
	g_assert_nonnull(strstr(taken.text->str, "seal 8 4 1;"));
	g_string_free(taken.text, TRUE);
}

static void
test_delta(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;
	Taken taken = {0};

	(void)data;
	write_world(fixture, "world", WORLD);
	write_world(fixture, "world.delta", "removed\tprincipal\tp1\n");
	session = open_session(fixture);
	g_assert_cmpint(list(session, &taken, "c1", &error), ==, IDC_OK);
	g_assert_cmpstr(taken.text->str, ==, "record 1 p1;seal 2 2 0;seal 4 2 0;seal 1 2 0;seal 8 2 0;");
	g_string_free(taken.text, TRUE);
}

static void
test_failed(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;
	HostErrorDetail detail;
	Taken taken = {0};

	(void)data;
	write_world(fixture, "world", WORLD "fail\t302\tToo many requests. Try again later.\n");
	session = open_session(fixture);
	g_assert_cmpint(list(session, &taken, NULL, &error), ==, IDC_RATE_LIMITED);
	g_string_free(taken.text, TRUE);
	support_assert_error(error, IDC_RATE_LIMITED, "memory-302", "Too many requests");
	host_error_detail(error, &detail);
	g_assert_cmpstr(detail.request_id, ==, "memory-request");
	g_assert_cmpint(detail.retry_after_ms, ==, 30000);
	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_LATER);
}

static void
test_refused_by_host(Fixture *fixture, gconstpointer data)
{
	static const struct {
		int32_t answer;
		int32_t status;
	} cases[] = {{IDC_IO, IDC_IO}, {IDC_PARTIAL, IDC_INTERNAL}};
	g_autoptr(Session) session = NULL;

	(void)data;
	write_world(fixture, "world", WORLD);
	session = open_session(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Taken taken = {.refuse_at = 2, .refuse_with = cases[i].answer};

		g_assert_cmpint(list(session, &taken, NULL, &error), ==, cases[i].status);
		g_assert_cmpstr(taken.text->str, ==, "record 2 team:1;");
		support_assert_error(error, cases[i].status, "stopped", NULL);
		g_string_free(taken.text, TRUE);
	}
}

static void
test_cancelled(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;
	Taken taken = {0};

	(void)data;
	write_world(fixture, "world", WORLD);
	session = open_session(fixture);
	services_cancel(session_services(session), TRUE);
	g_assert_cmpint(list(session, &taken, NULL, &error), ==, IDC_CANCELLED);
	g_string_free(taken.text, TRUE);
}

static void
test_unauthenticated(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	put_setting(fixture->app, "mode", "strict");
	write_world(fixture, "world", WORLD);
	g_assert_true(vault_put(fixture->vault, "Test", "password", "wrong", 5, &error));
	session = open_session(fixture);
	g_assert_false(session_sign_in(session, NULL, &error));
	support_assert_error(error, IDC_UNAUTHENTICATED, "memory-200", "refused the password");
	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_REAUTHORIZE);
	g_clear_error(&error);
	g_assert_true(vault_put(fixture->vault, "Test", "password", "secret", 6, &error));
	g_assert_true(session_sign_in(session, NULL, &error));
}

static void
test_account(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	write_world(fixture, "world", WORLD);
	fixture->app->account = g_strdup("somebody-else");
	session = open_session(fixture);
	g_assert_false(session_sign_in(session, NULL, &error));
	support_assert_error(error, IDC_CONFLICT, "other_account", "somebody-else");
}

static void
test_init(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(session_open(fixture->paths, fixture->app, fixture->manifest, fixture->vault, &error));
	support_assert_error(error, IDC_INVALID, "memory-100", "The setting file is missing");
}

static void
test_init_liar(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(session_open(fixture->paths, fixture->app, fixture->manifest, fixture->vault, &error));
	g_assert_cmpint(host_error_status(error), ==, IDC_INTERNAL);
}

static void
test_capabilities(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(session_open(fixture->paths, fixture->app, fixture->manifest, fixture->vault, &error));
	support_assert_error(error, IDC_ABI, "module_descriptor", "list_entitlements is not supported");
}

static void
test_contract(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = open_session(fixture);
	g_autoptr(GError) error = NULL;
	Taken taken = {0};

	(void)data;
	g_assert_cmpint(list(session, &taken, NULL, &error), ==, IDC_PROTOCOL);
	g_assert_cmpstr(taken.text->str, ==, "");
	g_string_free(taken.text, TRUE);
	support_assert_error(error, IDC_PROTOCOL, "connector_contract",
			     "The connector faulty emitted a record whose id is missing");
}

static void
test_no_extensions(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = open_session(fixture);
	g_autoptr(GError) error = NULL;
	idc_usage usage;

	(void)data;
	g_assert_null(session_survey(session, &error));
	support_assert_error(error, IDC_UNSUPPORTED, "no_survey", NULL);
	g_assert_false(session_usage(session, &usage));
	g_assert_cmpuint(usage.requests, ==, 0);
}

static void
test_survey(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Session) session = NULL;
	g_autoptr(GPtrArray) surveys = NULL;
	g_autoptr(GError) error = NULL;
	const SessionSurvey *principals;
	const SessionSurvey *teams;

	(void)data;
	write_world(fixture, "world", WORLD "survey-problem\n");
	session = open_session(fixture);
	surveys = session_survey(session, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(surveys->len, ==, 2);
	principals = g_ptr_array_index(surveys, 0);
	teams = g_ptr_array_index(surveys, 1);
	g_assert_cmpstr(principals->type, ==, "principal");
	g_assert_true(principals->counted);
	g_assert_cmpuint(principals->count, ==, 1);
	g_assert_null(principals->problem);
	g_assert_false(teams->counted);
	g_assert_nonnull(teams->problem);
}

/* ---- single messages ---- */

static void
assert_message(const idc_message *message, const char *fault)
{
	g_autoptr(GError) error = NULL;
	gboolean good = message_check(message, "test", &error);

	if (fault == NULL) {
		g_assert_no_error(error);
		g_assert_true(good);
		return;
	}
	g_assert_false(good);
	support_assert_error(error, IDC_PROTOCOL, "connector_contract", fault);
}

static idc_record
good_record(void)
{
	return (idc_record){.msg = {sizeof(idc_record), IDC_MSG_RECORD}, .record = IDC_RECORD_PRINCIPAL, .id = "p1", .name = "Ann"};
}

static void
test_records(void)
{
	g_autofree char *id = g_strnfill(IDC_MAX_ID, 'a');
	g_autofree char *long_id = g_strnfill(IDC_MAX_ID + 1, 'a');
	g_autofree char *long_name = g_strnfill(IDC_MAX_NAME + 1, 'a');
	g_autofree char *long_value = g_strnfill(IDC_MAX_VALUE + 1, 'a');
	idc_pair pairs[IDC_MAX_ATTRS + 1];
	idc_record record = good_record();

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		pairs[i] = (idc_pair){"key", "value"};
	assert_message(&record.msg, NULL);
	record.id = id;
	assert_message(&record.msg, NULL);
	record.id = long_id;
	assert_message(&record.msg, "id is too long");
	record.id = "";
	assert_message(&record.msg, "id is empty");
	record.id = "p\xff";
	assert_message(&record.msg, "id is not valid UTF-8");
	record = good_record();
	record.name = long_name;
	assert_message(&record.msg, "name is too long");
	record = good_record();
	record.record = IDC_RECORD_PRINCIPAL | IDC_RECORD_GRANT;
	assert_message(&record.msg, "record is not exactly one kind");
	record = good_record();
	record.msg.struct_size--;
	assert_message(&record.msg, "msg is shorter than in 1.0");
	record = good_record();
	record.n_attrs = 1;
	assert_message(&record.msg, "attrs are missing");
	record.attrs = pairs;
	record.n_attrs = IDC_MAX_ATTRS;
	assert_message(&record.msg, NULL);
	record.n_attrs++;
	assert_message(&record.msg, "attrs are too many");
	record.n_attrs = 1;
	pairs[0].value = NULL;
	assert_message(&record.msg, NULL);
	pairs[0].value = long_value;
	assert_message(&record.msg, "attrs have a value that is too long");
	pairs[0] = (idc_pair){NULL, "value"};
	assert_message(&record.msg, "attrs have a key");
	record = good_record();
	record.record = IDC_RECORD_GRANT;
	record.id = NULL;
	assert_message(&record.msg, "principal_id is missing");
	record.principal_id = "p1";
	assert_message(&record.msg, "entitlement_id is missing");
	record.entitlement_id = "e1";
	assert_message(&record.msg, NULL);
	record = good_record();
	record.record = IDC_RECORD_ENTITLEMENT;
	assert_message(&record.msg, "type is missing");
	record.flags = IDC_RECORD_REMOVED;
	assert_message(&record.msg, NULL);
	assert_message(NULL, "emitted NULL");
}

static void
test_seals(void)
{
	idc_seal seal = {.msg = {sizeof(idc_seal), IDC_MSG_SEAL}, .record = IDC_RECORD_GRANT, .state = IDC_SEAL_COMPLETE};

	assert_message(&seal.msg, NULL);
	seal.scope = IDC_SCOPE_RESOURCE;
	assert_message(&seal.msg, "scope_id is missing");
	seal.scope_id = "team:1";
	assert_message(&seal.msg, NULL);
	seal.scope = 9;
	assert_message(&seal.msg, "scope is unknown");
	seal.scope = IDC_SCOPE_ALL;
	seal.state = IDC_SEAL_PARTIAL;
	assert_message(&seal.msg, "status does not say why");
	seal.state = 77;
	assert_message(&seal.msg, "status does not say why");
	seal.status = IDC_FORBIDDEN;
	assert_message(&seal.msg, NULL);
	seal.cursor = "a\nb";
	assert_message(&seal.msg, "cursor is not printable ASCII");
	seal.cursor = "abc";
	assert_message(&seal.msg, NULL);
	seal.record = 0;
	assert_message(&seal.msg, "record is not exactly one kind");
}

static void
test_unknown_kind(void)
{
	const idc_message message = {sizeof(idc_message), 99};
	const idc_message zero = {sizeof(idc_message), 0};

	assert_message(&message, NULL);
	assert_message(&zero, NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/session/a list comes through as it was emitted", Fixture, NULL, set_up, test_list, tear_down);
	g_test_add("/session/a partial list is no error", Fixture, NULL, set_up, test_partial, tear_down);
	g_test_add("/session/a cursor asks for what changed", Fixture, NULL, set_up, test_delta, tear_down);
	g_test_add("/session/a failure keeps code, request id and wait", Fixture, NULL, set_up, test_failed, tear_down);
	g_test_add("/session/what the host refuses ends the list with its status", Fixture, NULL, set_up, test_refused_by_host,
		   tear_down);
	g_test_add("/session/a cancelled list is cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
	g_test_add("/session/wrong credentials need a person", Fixture, NULL, set_up, test_unauthenticated, tear_down);
	g_test_add("/session/another account is refused", Fixture, NULL, set_up, test_account, tear_down);
	g_test_add("/session/a failed init says why", Fixture, NULL, set_up, test_init, tear_down);
	g_test_add("/session/an init that gives nothing is a failure", Fixture, "faulty-init", set_up, test_init_liar, tear_down);
	g_test_add("/session/capabilities that differ from the manifest are refused", Fixture, "faulty-capability", set_up,
		   test_capabilities, tear_down);
	g_test_add("/session/a message that breaks the contract ends the list", Fixture, "faulty-message", set_up, test_contract,
		   tear_down);
	g_test_add("/session/extensions may be missing", Fixture, "faulty-good", set_up, test_no_extensions, tear_down);
	g_test_add("/session/a survey counts and tells what cannot be read", Fixture, NULL, set_up, test_survey, tear_down);
	g_test_add_func("/message/records are held to their limits", test_records);
	g_test_add_func("/message/seals are held to their rules", test_seals);
	g_test_add_func("/message/unknown kinds pass", test_unknown_kind);
	return g_test_run();
}
