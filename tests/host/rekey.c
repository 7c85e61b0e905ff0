/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A new key for all secrets. This program stands between its libraries and the calls that make things last (fsync, fdatasync, rename,
 * unlink), so that a child can be killed before and after each of them.
 */
#include "base/error.h"
#include "state/sql.h"
#include "state/vault.h"
#include "support.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY_ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define KEY_TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"
#define N_VALUES 9

static int calls;
static int die_at; /* 0: never; 2n - 1: before call n, 2n: after it */

#define EXPORT __attribute__((visibility("default")))

static void
count_before(void)
{
	if (++calls * 2 - 1 == die_at)
		raise(SIGKILL);
}

static int
count_after(long result)
{
	if (calls * 2 == die_at)
		raise(SIGKILL);
	return (int)result;
}

EXPORT int
fsync(int fd)
{
	count_before();
	return count_after(syscall(SYS_fsync, fd));
}

EXPORT int
fdatasync(int fildes)
{
	count_before();
	return count_after(syscall(SYS_fdatasync, fildes));
}

EXPORT int
rename(const char *old, const char *new)
{
	count_before();
	return count_after(syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0));
}

EXPORT int
unlink(const char *name)
{
	count_before();
	return count_after(syscall(SYS_unlinkat, AT_FDCWD, name, 0));
}

typedef struct {
	char *folder;
	char *new_key; /* where it is to come from a file */
	Vault *vault;
} Fixture;

static void
fill(Vault *vault)
{
	for (guint i = 0; i < N_VALUES; i++) {
		g_autofree char *app = g_strdup_printf("app%u", i % 3);
		g_autofree char *name = g_strdup_printf("name%u", i);

		g_assert_true(vault_put(vault, app, name, name, strlen(name), NULL));
	}
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->folder = support_folder();
	fixture->vault = vault_open(fixture->folder, NULL);
	fill(fixture->vault);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	vault_close(fixture->vault);
	g_free(fixture->new_key);
	support_remove(fixture->folder);
}

static void
assert_all(Vault *vault)
{
	for (guint i = 0; i < N_VALUES; i++) {
		g_autofree char *app = g_strdup_printf("app%u", i % 3);
		g_autofree char *name = g_strdup_printf("name%u", i);
		g_autoptr(GError) error = NULL;
		g_autoptr(GBytes) value = vault_get(vault, app, name, &error);

		g_assert_no_error(error);
		g_assert_cmpmem(g_bytes_get_data(value, NULL), g_bytes_get_size(value), name, strlen(name));
	}
}

static char *
key_text(Fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->folder, "key", NULL);

	return support_read(path);
}

static void
test_new(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *before = key_text(fixture);
	g_autofree char *after = NULL;
	g_autofree char *again = NULL;
	guint8 derived[2][32];
	guint values = 0;

	(void)data;
	g_assert_true(vault_derive(fixture->vault, "idcaudit", FALSE, derived[0], &error));
	g_assert_true(vault_rekey(fixture->vault, NULL, &values, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(values, ==, N_VALUES + 1);
	after = key_text(fixture);
	g_assert_cmpuint(strlen(after), ==, 65);
	g_assert_cmpstr(before, !=, after);
	assert_all(fixture->vault);
	g_assert_true(vault_derive(fixture->vault, "idcaudit", FALSE, derived[1], &error));
	g_assert_cmpmem(derived[0], 32, derived[1], 32);
	g_assert_true(vault_rekey(fixture->vault, NULL, &values, &error));
	again = key_text(fixture);
	g_assert_cmpstr(again, !=, after);
	g_assert_true(vault_derive(fixture->vault, "idcaudit", FALSE, derived[1], &error));
	g_assert_cmpmem(derived[0], 32, derived[1], 32);
	assert_all(fixture->vault);
	/* The old one opens nothing. */
	g_free(support_write(fixture->folder, "key", before, 0600));
	g_assert_null(vault_get(fixture->vault, "app0", "name0", &error));
	support_assert_error(error, IDC_INVALID, "wrong_key", NULL);
}

static int
run_rekey(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(Vault) vault = vault_open(fixture->folder, NULL);
	guint values = 0;

	calls = 0;
	return vault_rekey(vault, fixture->new_key, &values, NULL) ? 0 : 1;
}

/* At every point; afterwards all can be read, written and given a new key. Returns how many points there were. */
static int
kill_everywhere(Fixture *fixture, void (*check)(Fixture *fixture))
{
	for (int point = 1;; point++) {
		int ended;

		die_at = point;
		ended = support_fork(run_rekey, fixture);
		die_at = 0;
		check(fixture);
		if (ended == 0)
			return point;
		g_assert_cmpint(ended, ==, 128 + SIGKILL);
	}
}

static void
check_own(Fixture *fixture)
{
	g_autofree char *text = NULL;

	assert_all(fixture->vault);
	fill(fixture->vault);
	assert_all(fixture->vault);
	text = key_text(fixture);
	g_assert_true(strlen(text) == 65 || strlen(text) == 130);
}

static void
test_killed(Fixture *fixture, gconstpointer data)
{
	int points = kill_everywhere(fixture, check_own);
	g_autofree char *text = key_text(fixture);

	(void)data;
	g_test_message("killed at %d points", points - 1);
	/* Two key files with two syncs and a rename each, and at least the database's journal, file and folder. */
	g_assert_cmpint(points, >, 2 * (2 * 3 + 3));
	g_assert_cmpuint(strlen(text), ==, 65);
}

/* Whichever of both keys opens the first value opens all. */
static void
check_given(Fixture *fixture)
{
	g_autoptr(Vault) with_new = vault_open(fixture->folder, fixture->new_key);
	g_autoptr(GBytes) value = vault_get(fixture->vault, "app0", "name0", NULL);

	assert_all(value != NULL ? fixture->vault : with_new);
}

/* Once it is over, the old key is no use for another try, so each point has a folder of its own. */
static void
test_killed_given(void)
{
	int ended = 1;
	int point;

	for (point = 1; ended != 0; point++) {
		Fixture fixture = {0};

		set_up(&fixture, NULL);
		fixture.new_key = support_write(fixture.folder, "new", KEY_ONE, 0600);
		die_at = point;
		ended = support_fork(run_rekey, &fixture);
		die_at = 0;
		g_assert_true(ended == 0 || ended == 128 + SIGKILL);
		check_given(&fixture);
		tear_down(&fixture, NULL);
	}
	g_test_message("killed at %d points", point - 2);
	/* The database's journal, file and folder, and the old key. */
	g_assert_cmpint(point, >, 2 * (3 + 1));
}

static void
test_given(Fixture *fixture, gconstpointer data)
{
	g_autofree char *own = g_build_filename(fixture->folder, "key", NULL);
	g_autofree char *two = support_write(fixture->folder, "two", KEY_TWO, 0600);
	g_autoptr(Vault) with_one = NULL;
	g_autoptr(Vault) with_two = NULL;
	g_autoptr(GError) error = NULL;
	guint values = 0;

	(void)data;
	fixture->new_key = support_write(fixture->folder, "new", KEY_ONE, 0600);
	g_assert_true(vault_rekey(fixture->vault, fixture->new_key, &values, &error));
	g_assert_no_error(error);
	g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
	with_one = vault_open(fixture->folder, fixture->new_key);
	assert_all(with_one);
	g_assert_null(vault_get(fixture->vault, "app0", "name0", &error));
	support_assert_error(error, IDC_INVALID, "no_key", NULL);
	g_clear_error(&error);
	g_assert_true(vault_rekey(with_one, two, &values, &error));
	with_two = vault_open(fixture->folder, two);
	assert_all(with_two);
	g_assert_false(vault_rekey(with_two, two, &values, &error));
	support_assert_error(error, IDC_INVALID, "same_key", NULL);
	g_clear_error(&error);
	g_assert_false(vault_rekey(with_two, NULL, &values, &error));
	support_assert_error(error, IDC_INVALID, "key_elsewhere", "--new-key-file");
	g_assert_true(g_file_test(fixture->new_key, G_FILE_TEST_EXISTS));
}

/* Nothing is changed, and what is damaged is named. */
static void
test_damaged(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autofree char *before = key_text(fixture);
	g_autofree char *after = NULL;
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GError) error = NULL;
	guint values = 77;

	(void)data;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_true(sql_exec(db, "UPDATE secrets SET sealed=zeroblob(60) WHERE name='name7'", NULL));
	g_assert_false(vault_rekey(fixture->vault, NULL, &values, &error));
	support_assert_error(error, IDC_IO, "secret_damaged", "The secret name7 of app1");
	g_assert_cmpuint(values, ==, 77);
	after = key_text(fixture);
	g_assert_cmpstr(before, ==, after);
	g_assert_true(vault_put(fixture->vault, "app1", "name7", "name7", 5, NULL));
	assert_all(fixture->vault);
}

static int
run_busy(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(Vault) vault = vault_open(fixture->folder, NULL);

	for (guint i = 0; i < 30; i++) {
		g_autoptr(GBytes) value = NULL;

		if (!vault_put(vault, "busy", "a", "x", 1, NULL))
			return 1;
		value = vault_get(vault, "app0", "name0", NULL);
		if (value == NULL)
			return 2;
	}
	return 0;
}

/* Others read and write meanwhile, and two keys are made at once. */
static void
test_busy(Fixture *fixture, gconstpointer data)
{
	int (*const runs[])(gpointer user_data) = {run_busy, run_rekey, run_busy, run_rekey, run_rekey};
	pid_t pids[G_N_ELEMENTS(runs)];
	g_autofree char *text = NULL;

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(runs[i](fixture));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		int status = 0;

		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_cmpint(status, ==, 0);
	}
	assert_all(fixture->vault);
	text = key_text(fixture);
	g_assert_cmpuint(strlen(text), ==, 65);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("CREDENTIALS_DIRECTORY");
#define add(name, func) g_test_add("/rekey/" name, Fixture, NULL, set_up, func, tear_down)
	add("all values are under the new key, and what was derived stays", test_new);
	add("killed at any point the values and their key are there", test_killed);
	add("a key from elsewhere takes over, and the one in the data goes", test_given);
	add("a damaged value is named and nothing is changed", test_damaged);
	add("readers, writers and others with a new key do not get in each other's way", test_busy);
	g_test_add_func("/rekey/killed at any point of that, one of both keys opens all", test_killed_given);
	return g_test_run();
}
