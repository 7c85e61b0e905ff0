/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/vault.h"
#include "base/error.h"
#include "base/files.h"
#include "load/services.h"
#include "support.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	char *folder;
	char *file;
	Vault *vault;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->folder = support_folder();
	fixture->file = g_build_filename(fixture->folder, "secrets.db", NULL);
	fixture->vault = vault_open(fixture->folder, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	vault_close(fixture->vault);
	g_free(fixture->file);
	support_remove(fixture->folder);
}

static void
put(Vault *vault, const char *app, const char *name, const char *text)
{
	g_autoptr(GError) error = NULL;

	vault_put(vault, app, name, text, strlen(text), &error);
	g_assert_no_error(error);
}

static void
assert_secret(Vault *vault, const char *app, const char *name, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) value = vault_get(vault, app, name, &error);

	g_assert_no_error(error);
	g_assert_cmpmem(g_bytes_get_data(value, NULL), g_bytes_get_size(value), text, strlen(text));
}

static void
assert_none(Vault *vault, const char *app, const char *name)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vault_get(vault, app, name, &error));
	support_assert_error(error, IDC_NOT_FOUND, "no_such_secret", NULL);
	g_assert_false(vault_has(vault, app, name));
}

static void
test_put(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Vault) again = vault_open(fixture->folder, NULL);
	g_auto(GStrv) names = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	assert_none(fixture->vault, "A", "client_secret");
	put(fixture->vault, "A", "client_secret", "one");
	put(fixture->vault, "A", "idc.token", "two");
	put(fixture->vault, "B", "client_secret", "three");
	put(fixture->vault, "A", "client_secret", "four");
	assert_secret(again, "A", "client_secret", "four");
	assert_secret(again, "B", "client_secret", "three");
	names = vault_names(again, "A", &error);
	g_assert_cmpuint(g_strv_length(names), ==, 2);
	g_assert_cmpstr(names[0], ==, "client_secret");
	vault_put(again, "A", "client_secret", NULL, 0, &error);
	g_assert_no_error(error);
	assert_none(fixture->vault, "A", "client_secret");
	g_assert_true(vault_clear(again, "A", &error));
	assert_none(fixture->vault, "A", "idc.token");
	assert_secret(fixture->vault, "B", "client_secret", "three");
}

static void
test_bytes(Fixture *fixture, gconstpointer data)
{
	guint8 all[IDC_MAX_VALUE];
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) value = NULL;

	(void)data;
	for (gsize i = 0; i < sizeof(all); i++)
		all[i] = (guint8)i;
	for (gsize length = 1; length < 6; length++) {
		g_autoptr(GBytes) small = NULL;

		g_assert_true(vault_put(fixture->vault, "A", "b", all, length, &error));
		small = vault_get(fixture->vault, "A", "b", &error);
		g_assert_cmpmem(g_bytes_get_data(small, NULL), g_bytes_get_size(small), all, length);
	}
	g_assert_true(vault_put(fixture->vault, "A", "b", all, sizeof(all), &error));
	value = vault_get(fixture->vault, "A", "b", &error);
	g_assert_cmpmem(g_bytes_get_data(value, NULL), g_bytes_get_size(value), all, sizeof(all));
	g_assert_false(vault_put(fixture->vault, "A", "b", all, sizeof(all) + 1, &error));
	support_assert_error(error, IDC_OVERFLOW, "secret_too_large", NULL);
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = {"", "a\tb", "a\nb", "\xc3\xa4"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(vault_put(fixture->vault, "A", names[i], "x", 1, &error));
		support_assert_error(error, IDC_INVALID, "secret_name", NULL);
	}
}

static void
test_mode(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct stat st;

	(void)data;
	put(fixture->vault, "A", "a", "x");
	g_assert_cmpint(stat(fixture->file, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	g_assert_cmpint(g_chmod(fixture->file, 0640), ==, 0);
	g_assert_null(vault_get(fixture->vault, "A", "a", &error));
	support_assert_error(error, IDC_REFUSED, "file_readable", "chmod 0600");
	g_clear_error(&error);
	g_assert_false(vault_put(fixture->vault, "A", "b", "x", 1, &error));
	support_assert_error(error, IDC_REFUSED, "file_readable", NULL);
}

static void
test_link(Fixture *fixture, gconstpointer data)
{
	g_autofree char *aside = g_build_filename(fixture->folder, "aside", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	put(fixture->vault, "A", "a", "x");
	g_assert_cmpint(rename(fixture->file, aside), ==, 0);
	g_assert_cmpint(symlink(aside, fixture->file), ==, 0);
	g_assert_null(vault_get(fixture->vault, "A", "a", &error));
	support_assert_error(error, IDC_REFUSED, "file_link", NULL);
}

static void
test_broken(Fixture *fixture, gconstpointer data)
{
	static const char *const texts[] = {"no database", "SQLite format 3"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = support_write(fixture->folder, "secrets.db", texts[i], 0600);
		g_autofree char *after = NULL;
		g_autoptr(GError) error = NULL;

		g_assert_null(vault_get(fixture->vault, "A", "a", &error));
		support_assert_error(error, IDC_IO, "secrets_broken", "is damaged");
		g_clear_error(&error);
		/* What cannot be understood is not overwritten either. */
		g_assert_false(vault_put(fixture->vault, "B", "b", "x", 1, &error));
		after = support_read(path);
		g_assert_cmpstr(after, ==, texts[i]);
	}
}

/* The disk is full in the middle of a write: the old secrets stay. */
static int
run_full(gpointer user_data)
{
	Fixture *fixture = user_data;
	const struct rlimit limit = {5000, 5000};
	g_autoptr(GError) error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	return vault_put(fixture->vault, "A", "a", "a new one", 9, &error) ? 2 : 0;
}

static void
test_full(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;

	(void)data;
	put(fixture->vault, "A", "a", "old");
	g_assert_cmpint(support_fork(run_full, fixture), ==, 0);
	assert_secret(fixture->vault, "A", "a", "old");
	dir = g_dir_open(fixture->folder, 0, NULL);
	while ((name = g_dir_read_name(dir)) != NULL)
		g_assert_null(strstr(name, ".new-"));
}

/* Processes that write at once lose nothing of each other's. */
static int
run_writer(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(Vault) vault = vault_open(fixture->folder, NULL);

	for (guint i = 0; i < 10; i++) {
		g_autofree char *name = g_strdup_printf("p%d.%u", (int)getpid(), i);

		if (!vault_put(vault, "A", name, "x", 1, NULL))
			return 1;
	}
	return 0;
}

static void
test_processes(Fixture *fixture, gconstpointer data)
{
	g_auto(GStrv) names = NULL;
	pid_t pids[4];

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(run_writer(fixture));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
		int status = 0;

		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_cmpint(status, ==, 0);
	}
	names = vault_names(fixture->vault, "A", NULL);
	g_assert_cmpuint(g_strv_length(names), ==, 40);
}

static void
test_reference(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = support_write(fixture->folder, "mounted/token", "first\n", 0400);
	g_autofree char *link = g_build_filename(fixture->folder, "link", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(symlink(path, link), ==, 0);
	g_assert_true(vault_put_reference(fixture->vault, "A", "a", link, &error));
	assert_secret(fixture->vault, "A", "a", "first");
	g_assert_cmpint(g_chmod(path, 0600), ==, 0);
	g_free(support_write(fixture->folder, "mounted/token", "second", 0400));
	assert_secret(fixture->vault, "A", "a", "second");
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_null(vault_get(fixture->vault, "A", "a", &error));
	support_assert_error(error, IDC_IO, "secret_file", "cannot be opened");
	g_assert_true(vault_has(fixture->vault, "A", "a"));
	g_clear_error(&error);
	g_assert_false(vault_put_reference(fixture->vault, "A", "b", "relative", &error));
	support_assert_error(error, IDC_INVALID, "secret_file", "must be absolute");
	g_clear_error(&error);
	g_assert_false(vault_put_reference(fixture->vault, "A", "b", "/a\nb", &error));
	support_assert_error(error, IDC_INVALID, "secret_file", "control character");
}

static void
test_reference_writable(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = support_write(fixture->folder, "token", "x", 0620);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(vault_read_file(path, &error));
	support_assert_error(error, IDC_REFUSED, "secret_file", "nobody else may write");
}

static void
test_file_forms(Fixture *fixture, gconstpointer data)
{
	static const char *const texts[][2] = {{"x", "x"}, {"x\n", "x"}, {"x\r\n", "x"}, {"x\n\n", "x\n"}, {" x ", " x "}};
	g_autofree char *empty = support_write(fixture->folder, "empty", "\n", 0600);
	g_autoptr(GError) error = NULL;

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = support_write(fixture->folder, "token", texts[i][0], 0600);
		g_autoptr(GBytes) value = vault_read_file(path, &error);

		g_assert_no_error(error);
		g_assert_cmpmem(g_bytes_get_data(value, NULL), g_bytes_get_size(value), texts[i][1], strlen(texts[i][1]));
	}
	g_assert_null(vault_read_file(empty, &error));
	support_assert_error(error, IDC_INVALID, "secret_file", "is empty");
}

static void
test_stage(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Vault) staged = vault_stage(fixture->vault);
	g_autoptr(Vault) dropped = vault_stage(fixture->vault);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = NULL;

	(void)data;
	put(fixture->vault, "A", "kept", "k");
	put(fixture->vault, "A", "gone", "g");
	put(dropped, "A", "never", "n");
	put(staged, "A", "new", "n");
	g_assert_true(vault_put(staged, "A", "gone", NULL, 0, &error));
	assert_secret(staged, "A", "kept", "k");
	assert_secret(staged, "A", "new", "n");
	assert_none(staged, "A", "gone");
	assert_none(fixture->vault, "A", "new");
	assert_secret(fixture->vault, "A", "gone", "g");
	names = vault_names(staged, "A", &error);
	g_assert_cmpuint(g_strv_length(names), ==, 2);
	g_assert_true(vault_commit(staged, &error));
	assert_secret(fixture->vault, "A", "new", "n");
	assert_none(fixture->vault, "A", "gone");
	assert_none(fixture->vault, "A", "never");
}

/* ---- what a connector gets of it ---- */

static Services *
services(Fixture *fixture)
{
	g_autofree char *locks = g_build_filename(fixture->folder, "locks", NULL);

	return services_new(fixture->vault, "A", locks);
}

static void
test_two_calls(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Services) own = services(fixture);
	const idc_host *host = services_host(own);
	char buffer[8] = "-------";
	size_t length = 99;

	(void)data;
	put(fixture->vault, "A", "client_secret", "sesame");
	g_assert_cmpint(host->secret_get(host->ctx, "client_secret", NULL, 0, &length), ==, IDC_OVERFLOW);
	g_assert_cmpuint(length, ==, 6);
	g_assert_cmpint(host->secret_get(host->ctx, "client_secret", buffer, 5, &length), ==, IDC_OVERFLOW);
	g_assert_cmpstr(buffer, ==, "-------");
	g_assert_cmpint(host->secret_get(host->ctx, "client_secret", buffer, 6, &length), ==, IDC_OK);
	g_assert_cmpmem(buffer, 7, "sesame-", 7);
	length = 99;
	g_assert_cmpint(host->secret_get(host->ctx, "other", buffer, 6, &length), ==, IDC_NOT_FOUND);
	g_assert_cmpuint(length, ==, 99);
}

static void
test_read_only(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Services) own = services(fixture);
	const idc_host *host = services_host(own);

	(void)data;
	g_assert_cmpint(host->secret_put(host->ctx, "client_secret", "x", 1), ==, IDC_INVALID);
	g_assert_cmpint(host->secret_put(host->ctx, "idc.refresh", "x", 1), ==, IDC_OK);
	assert_secret(fixture->vault, "A", "idc.refresh", "x");
	g_assert_cmpint(host->secret_put(host->ctx, "idc.refresh", NULL, 0), ==, IDC_OK);
	assert_none(fixture->vault, "A", "idc.refresh");
}

static gpointer
try_lock(gpointer user_data)
{
	g_autoptr(Services) own = services(user_data);
	const idc_host *host = services_host(own);

	return GINT_TO_POINTER(host->secret_lock(host->ctx, "idc.token", 50));
}

static int
run_try_lock(gpointer user_data)
{
	return GPOINTER_TO_INT(try_lock(user_data)) == IDC_TIMEOUT ? 0 : 1;
}

static void
test_lock(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Services) own = services(fixture);
	const idc_host *host = services_host(own);
	gpointer in_thread;

	(void)data;
	g_assert_cmpint(host->secret_lock(host->ctx, "idc.token", 0), ==, IDC_OK);
	g_assert_cmpint(host->secret_lock(host->ctx, "idc.other", 0), ==, IDC_OK);
	in_thread = g_thread_join(g_thread_new("lock", try_lock, fixture));
	g_assert_cmpint(GPOINTER_TO_INT(in_thread), ==, IDC_TIMEOUT);
	g_assert_cmpint(support_fork(run_try_lock, fixture), ==, 0);
	host->secret_unlock(host->ctx, "idc.token");
	in_thread = g_thread_join(g_thread_new("lock", try_lock, fixture));
	g_assert_cmpint(GPOINTER_TO_INT(in_thread), ==, IDC_OK);
	host->secret_unlock(host->ctx, "idc.other");
	host->secret_unlock(host->ctx, "idc.never");
}

static int
run_die_with_lock(gpointer user_data)
{
	Services *own = services(user_data);
	const idc_host *host = services_host(own);

	if (host->secret_lock(host->ctx, "idc.token", 0) != IDC_OK)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void
test_lock_death(Fixture *fixture, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(support_fork(run_die_with_lock, fixture), ==, 128 + SIGKILL);
	g_assert_cmpint(GPOINTER_TO_INT(try_lock(fixture)), ==, IDC_OK);
}

static void
test_cancel(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Services) holder = services(fixture);
	g_autoptr(Services) own = services(fixture);
	const idc_host *host = services_host(own);
	gint64 before = g_get_monotonic_time();

	(void)data;
	g_assert_cmpint(host->cancelled(host->ctx), ==, 0);
	services_host(holder)->secret_lock(holder, "idc.token", 0);
	services_cancel(own, TRUE);
	g_assert_cmpint(host->cancelled(host->ctx), !=, 0);
	g_assert_cmpint(host->sleep_ms(host->ctx, 60000), ==, IDC_CANCELLED);
	g_assert_cmpint(host->secret_lock(host->ctx, "idc.token", 60000), ==, IDC_CANCELLED);
	services_cancel(own, FALSE);
	g_assert_cmpint(host->sleep_ms(host->ctx, 30), ==, IDC_OK);
	g_assert_cmpint(g_get_monotonic_time() - before, <, 10 * G_USEC_PER_SEC);
	g_assert_cmpint(g_get_monotonic_time() - before, >=, 30 * 1000);
}

static int
run_signal(gpointer user_data)
{
	g_autoptr(Services) own = services(user_data);
	const idc_host *host = services_host(own);

	services_catch_signals();
	raise(SIGPIPE);
	if (host->cancelled(host->ctx) != 0)
		return 1;
	raise(SIGTERM);
	if (host->cancelled(host->ctx) == 0 || services_signal() != SIGTERM)
		return 2;
	/* The second one ends the process. */
	raise(SIGTERM);
	return 3;
}

static void
test_signal(Fixture *fixture, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(support_fork(run_signal, fixture), ==, 128 + SIGTERM);
}

static void
keep_line(uint32_t level, const char *text, gpointer user_data)
{
	char **kept = user_data;

	g_free(*kept);
	*kept = g_strdup_printf("%u %s", level, text);
}

static void
test_log(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Services) own = services(fixture);
	const idc_host *host = services_host(own);
	g_autofree char *line = NULL;

	(void)data;
	host->log(host->ctx, IDC_LOG_INFO, "nobody listens");
	services_set_log(own, keep_line, &line);
	host->log(host->ctx, IDC_LOG_WARNING, "a\nb\x1b[31m");
	g_assert_cmpstr(line, ==, "2 a\\nb\\x1b[31m");
	host->log(host->ctx, IDC_LOG_WARNING, NULL);
	g_assert_null(host->extension(host->ctx, "none/1"));
	g_assert_cmpuint(host->struct_size, ==, sizeof(idc_host));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/vault/what is put is there, and only there", Fixture, NULL, set_up, test_put, tear_down);
	g_test_add("/vault/secrets are bytes of any value up to the limit", Fixture, NULL, set_up, test_bytes, tear_down);
	g_test_add("/vault/a name that would break the file is refused", Fixture, NULL, set_up, test_names, tear_down);
	g_test_add("/vault/the file is 0600 and refused otherwise", Fixture, NULL, set_up, test_mode, tear_down);
	g_test_add("/vault/a link in its place is refused", Fixture, NULL, set_up, test_link, tear_down);
	g_test_add("/vault/a broken file is told and left alone", Fixture, NULL, set_up, test_broken, tear_down);
	g_test_add("/vault/a full disk leaves the old secrets", Fixture, NULL, set_up, test_full, tear_down);
	g_test_add("/vault/processes lose nothing of each other's", Fixture, NULL, set_up, test_processes, tear_down);
	g_test_add("/vault/a reference is read at each use, through links", Fixture, NULL, set_up, test_reference, tear_down);
	g_test_add("/vault/a secret's file that others may write to is refused", Fixture, NULL, set_up, test_reference_writable,
		   tear_down);
	g_test_add("/vault/one line end is no part of a secret", Fixture, NULL, set_up, test_file_forms, tear_down);
	g_test_add("/vault/a stage is seen by itself alone until it is committed", Fixture, NULL, set_up, test_stage, tear_down);
	g_test_add("/services/a secret is got in two calls and never in part", Fixture, NULL, set_up, test_two_calls, tear_down);
	g_test_add("/services/the manifest's secrets are read-only to a connector", Fixture, NULL, set_up, test_read_only,
		   tear_down);
	g_test_add("/services/a lock is exclusive over threads and processes", Fixture, NULL, set_up, test_lock, tear_down);
	g_test_add("/services/a lock ends with the process that holds it", Fixture, NULL, set_up, test_lock_death, tear_down);
	g_test_add("/services/cancelling ends waits at once", Fixture, NULL, set_up, test_cancel, tear_down);
	g_test_add("/services/a signal cancels, a second one ends the process", Fixture, NULL, set_up, test_signal, tear_down);
	g_test_add("/services/a log line is escaped", Fixture, NULL, set_up, test_log, tear_down);
	return g_test_run();
}
