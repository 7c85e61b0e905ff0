/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What lies on the disk of a secret, and what of it is believed. */
#include "base/error.h"
#include "state/sql.h"
#include "state/vault.h"
#include "support.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "quokka~canary/1+"
#define KEY_ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define KEY_TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"

typedef struct {
	char *folder;
	char *key;
	Vault *vault;
} Fixture;

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
assert_refused(Vault *vault, const char *app, const char *name, int32_t status, const char *code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vault_get(vault, app, name, &error));
	support_assert_error(error, status, code, part);
}

/* Two apps, each bound to an address, with a secret of the same name. */
static void
set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->folder = support_folder();
	fixture->key = g_build_filename(fixture->folder, "key", NULL);
	fixture->vault = vault_open(fixture->folder, NULL);
	g_assert_true(vault_bind(fixture->vault, "A", "url=https://one.example:443", NULL));
	g_assert_true(vault_bind(fixture->vault, "B", "url=https://one.example:443", NULL));
	put(fixture->vault, "A", "client_secret", SECRET);
	put(fixture->vault, "A", "idc.token", "token of a");
	put(fixture->vault, "B", "client_secret", "secret of b");
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	vault_close(fixture->vault);
	g_free(fixture->key);
	support_remove(fixture->folder);
}

/* What somebody does who can write to the database. */
static void
tamper(Fixture *fixture, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	sql_exec(db, text, &error);
	g_assert_no_error(error);
	g_assert_cmpint(sqlite3_total_changes(db), >, 0);
}

static void
test_nothing_clear(Fixture *fixture, gconstpointer data)
{
	g_autofree char *base64 = g_base64_encode((const guchar *)SECRET, strlen(SECRET));
	g_autofree char *escaped = g_uri_escape_string(SECRET, NULL, FALSE);
	g_autofree char *path = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autofree char *bytes = NULL;
	gsize length = 0;

	(void)data;
	/* The base64 without the last group, which depends on what follows. */
	base64[strlen(base64) - 4] = '\0';
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_assert_null(memmem(bytes, length, SECRET, strlen(SECRET)));
	g_assert_null(memmem(bytes, length, base64, strlen(base64)));
	g_assert_null(memmem(bytes, length, escaped, strlen(escaped)));
	g_assert_nonnull(memmem(bytes, length, "client_secret", strlen("client_secret")));
}

static void
test_same_differs(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->folder, "secrets.db", NULL);
	g_autoptr(sqlite3) db = NULL;
	g_autoptr(sqlite3_stmt) stmt = NULL;
	gint64 different = 0;

	(void)data;
	put(fixture->vault, "A", "same", SECRET);
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	stmt = sql_prepare(db, "SELECT count(DISTINCT substr(sealed, 1, 24)) = 4 AND count(*) = 4 FROM secrets", NULL);
	g_assert_true(sql_int(stmt, &different, NULL));
	g_assert_cmpint(different, ==, 1);
}

/* Statement of a row that is not believed any more: A's client_secret. */
static const struct {
	const char *name;
	const char *text;
} tampers[] = {
    {"a flipped bit of the nonce", "CASE WHEN substr(sealed,1,1)=X'00' THEN X'01' ELSE X'00' END || substr(sealed, 2)"},
    {"a flipped bit of the value",
     "substr(sealed, 1, 30) || CASE WHEN substr(sealed,31,1)=X'00' THEN X'01' ELSE X'00' END || substr(sealed, 32)"},
    {"a value that is cut", "substr(sealed, 1, length(sealed) - 1)"},
    {"a value of nothing", "X''"},
    {"a value that is longer", "sealed || X'00'"},
    {"another name's value", "(SELECT sealed FROM secrets WHERE app='A' AND name='idc.token')"},
    {"another app's value", "(SELECT sealed FROM secrets WHERE app='B')"},
};

static void
test_tampered(Fixture *fixture, gconstpointer data)
{
	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(tampers); i++) {
		g_autofree char *text = g_strdup_printf(
		    "UPDATE secrets SET sealed=CAST(%s AS BLOB) WHERE app='A' AND name='client_secret'", tampers[i].text);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", tampers[i].name);
		tamper(fixture, text);
		assert_refused(fixture->vault, "A", "client_secret", IDC_IO, "secret_damaged", "The secret client_secret of A");
		g_assert_false(vault_bind(fixture->vault, "A", "url=https://one.example:443", &error));
		support_assert_error(error, IDC_IO, "secret_damaged", "The secret client_secret of A");
		assert_secret(fixture->vault, "A", "idc.token", "token of a");
		assert_secret(fixture->vault, "B", "client_secret", "secret of b");
		/* It can be replaced. */
		put(fixture->vault, "A", "client_secret", SECRET);
		assert_secret(fixture->vault, "A", "client_secret", SECRET);
	}
}

static void
test_moved(Fixture *fixture, gconstpointer data)
{
	(void)data;
	tamper(fixture, "UPDATE secrets SET app='C' WHERE app='B'");
	g_assert_true(vault_bind(fixture->vault, "A", "url=https://one.example:443", NULL));
	g_assert_false(vault_bind(fixture->vault, "C", "url=https://one.example:443", NULL));
	assert_refused(fixture->vault, "C", "client_secret", IDC_IO, "secret_damaged", "of C");
	tamper(fixture, "UPDATE secrets SET name='other' WHERE name='idc.token'");
	assert_refused(fixture->vault, "A", "other", IDC_IO, "secret_damaged", "The secret other of A");
	tamper(fixture, "UPDATE secrets SET kind='file' WHERE app='A' AND name='client_secret'");
	assert_refused(fixture->vault, "A", "client_secret", IDC_IO, "secret_damaged", NULL);
	tamper(fixture, "UPDATE secrets SET key_id='0123456789abcdef' WHERE app='A' AND name='other'");
	assert_refused(fixture->vault, "A", "other", IDC_IO, "secret_damaged", NULL);
}

static void
test_address(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Vault) again = vault_open(fixture->folder, NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(vault_bind(again, "A", "url=https://two.example:443", &error));
	support_assert_error(error, IDC_UNAUTHENTICATED, "address_changed",
			     "given for another address (url=https://one.example:443)");
	assert_refused(again, "A", "client_secret", IDC_UNAUTHENTICATED, "address_changed", "The secret client_secret of A");
	/* Nor where the column says what is wanted, or nothing. */
	tamper(fixture, "UPDATE secrets SET origin='url=https://two.example:443' WHERE app='A'");
	assert_refused(again, "A", "client_secret", IDC_IO, "secret_damaged", "The secret client_secret of A");
	tamper(fixture, "UPDATE secrets SET origin=NULL WHERE app='A'");
	assert_refused(again, "A", "client_secret", IDC_IO, "secret_damaged", "The secret client_secret of A");
	tamper(fixture, "UPDATE secrets SET origin='url=https://one.example:443' WHERE app='A'");
	assert_secret(fixture->vault, "A", "client_secret", SECRET);
	/* Given again, it is for the new address. */
	put(again, "A", "client_secret", "new");
	assert_secret(again, "A", "client_secret", "new");
	assert_refused(fixture->vault, "A", "client_secret", IDC_UNAUTHENTICATED, "address_changed", NULL);
}

/* A reference leads to a secret too. */
static void
test_reference_address(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Vault) again = vault_open(fixture->folder, NULL);
	g_autofree char *path = support_write(fixture->folder, "token", "x", 0600);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(vault_put_reference(fixture->vault, "C", "a", path, &error));
	g_assert_true(vault_bind(again, "C", "url=https://one.example:443", &error));
	assert_secret(again, "C", "a", "x");
	/* It was not bound; now it is. */
	g_assert_false(vault_bind(again, "C", "url=https://two.example:443", &error));
	support_assert_error(error, IDC_UNAUTHENTICATED, "address_changed", "The secret a of C");
}

static void
count_warnings(const char *path, gpointer user_data)
{
	g_assert_true(g_str_has_suffix(path, "/token"));
	(*(guint *)user_data)++;
}

static void
test_reference_open(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = support_write(fixture->folder, "token", "x", 0644);
	g_autoptr(Vault) staged = vault_stage(fixture->vault);
	guint count = 0;

	(void)data;
	vault_set_warn(fixture->vault, count_warnings, &count);
	g_assert_true(vault_put_reference(staged, "C", "a", path, NULL));
	g_assert_true(vault_bind(staged, "C", "", NULL));
	g_assert_cmpuint(count, ==, 1);
	g_assert_true(vault_commit(staged, NULL));
	g_assert_true(vault_bind(fixture->vault, "C", "", NULL));
	g_assert_cmpuint(count, ==, 2);
	g_assert_cmpint(g_chmod(path, 0600), ==, 0);
	g_assert_true(vault_bind(fixture->vault, "C", "", NULL));
	g_assert_cmpuint(count, ==, 2);
	assert_secret(fixture->vault, "C", "a", "x");
}

/* What is staged over counts no more: that is how a person gives secrets for a new address. */
static void
test_staged_over(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Vault) again = vault_open(fixture->folder, NULL);
	g_autoptr(Vault) staged = vault_stage(again);

	(void)data;
	g_assert_true(vault_clear(staged, "A", NULL));
	put(staged, "A", "client_secret", "new");
	g_assert_true(vault_bind(staged, "A", "url=https://two.example:443", NULL));
	assert_secret(staged, "A", "client_secret", "new");
	assert_secret(fixture->vault, "A", "client_secret", SECRET);
	g_assert_true(vault_commit(staged, NULL));
	assert_secret(again, "A", "client_secret", "new");
	g_assert_false(vault_has(again, "A", "idc.token"));
}

/* ---- keys ---- */

static void
test_no_key(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(g_unlink(fixture->key), ==, 0);
	assert_refused(fixture->vault, "A", "client_secret", IDC_INVALID, "no_key", "Put it back");
	g_assert_true(vault_has(fixture->vault, "A", "client_secret"));
	g_assert_false(vault_put(fixture->vault, "A", "b", "x", 1, &error));
	support_assert_error(error, IDC_INVALID, "no_key", "Put it back");
	g_assert_false(g_file_test(fixture->key, G_FILE_TEST_EXISTS));
	/* What is to go needs none. */
	g_assert_true(vault_clear(fixture->vault, "A", NULL));
	g_assert_false(vault_has(fixture->vault, "A", "client_secret"));
	g_assert_true(vault_has(fixture->vault, "B", "client_secret"));
}

static void
test_wrong_key(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_free(support_write(fixture->folder, "key", KEY_ONE, 0600));
	assert_refused(fixture->vault, "A", "client_secret", IDC_INVALID, "wrong_key", "sealed with another key");
	g_assert_false(vault_put(fixture->vault, "A", "b", "x", 1, &error));
	support_assert_error(error, IDC_INVALID, "wrong_key", "/secrets.db");
	g_assert_false(vault_has(fixture->vault, "A", "b"));
}

static void
test_key_content(Fixture *fixture, gconstpointer data)
{
	static const char *const texts[] = {"",          "\n",
					    "00",        "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
					    KEY_ONE " ", KEY_ONE KEY_ONE "\n"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_free(support_write(fixture->folder, "key", texts[i], 0600));
		g_assert_null(vault_get(fixture->vault, "A", "client_secret", &error));
		g_assert_true(host_error_status(error) == IDC_INVALID || host_error_status(error) == IDC_OVERFLOW);
	}
}

static void
test_key_modes(Fixture *fixture, gconstpointer data)
{
	static const guint modes[] = {0640, 0604, 0620, 0601};
	g_autofree char *elsewhere = support_write(fixture->folder, "elsewhere", KEY_ONE, 0600);
	g_autoptr(Vault) given = vault_open(fixture->folder, elsewhere);
	g_autofree char *aside = g_build_filename(fixture->folder, "aside", NULL);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(g_chmod(fixture->key, (int)modes[i]), ==, 0);
		g_assert_null(vault_get(fixture->vault, "A", "client_secret", &error));
		g_assert_cmpint(host_error_status(error), ==, IDC_REFUSED);
		if (modes[i] == 0640)
			continue;
		g_assert_cmpint(g_chmod(elsewhere, (int)modes[i]), ==, 0);
		assert_refused(given, "A", "client_secret", IDC_REFUSED, "key_refused", elsewhere);
	}
	g_assert_cmpint(g_chmod(fixture->key, 0600), ==, 0);
	g_assert_cmpint(rename(fixture->key, aside), ==, 0);
	g_assert_cmpint(symlink(aside, fixture->key), ==, 0);
	assert_refused(fixture->vault, "A", "client_secret", IDC_REFUSED, "file_link", NULL);
}

static void
test_key_owner(Fixture *fixture, gconstpointer data)
{
	g_autofree char *elsewhere = support_write(fixture->folder, "elsewhere", KEY_ONE, 0600);
	g_autoptr(Vault) given = vault_open(fixture->folder, elsewhere);

	(void)data;
	if (geteuid() != 0) {
		g_test_skip("only root can give files away");
		return;
	}
	g_assert_cmpint(chown(elsewhere, 65534, 65534), ==, 0);
	assert_refused(given, "A", "client_secret", IDC_REFUSED, "key_refused", elsewhere);
	g_assert_cmpint(chown(fixture->key, 65534, 65534), ==, 0);
	assert_refused(fixture->vault, "A", "client_secret", IDC_REFUSED, "file_owner", NULL);
}

/* --key-file, then the service manager's credential, then DATA/key, which is made only where it is meant. */
static void
test_key_places(void)
{
	char *folder = support_folder();
	g_autofree char *one = support_write(folder, "one", KEY_ONE, 0400);
	g_autofree char *two = support_write(folder, "credentials/idc-key", KEY_TWO, 0400);
	g_autofree char *credentials = g_build_filename(folder, "credentials", NULL);
	g_autofree char *own = g_build_filename(folder, "key", NULL);
	g_autofree char *missing = g_build_filename(folder, "missing", NULL);
	g_autoptr(Vault) with_file = vault_open(folder, one);
	g_autoptr(Vault) without = vault_open(folder, NULL);
	g_autoptr(Vault) with_missing = vault_open(folder, missing);
	g_autoptr(GError) error = NULL;

	g_assert_false(vault_put(with_missing, "A", "a", "x", 1, &error));
	support_assert_error(error, IDC_NOT_FOUND, "no_key", missing);
	g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS) || g_file_test(missing, G_FILE_TEST_EXISTS));
	g_setenv("CREDENTIALS_DIRECTORY", credentials, TRUE);
	put(with_file, "A", "a", "x");
	assert_refused(without, "A", "a", IDC_INVALID, "wrong_key", two);
	g_assert_true(vault_clear(with_file, "A", NULL));
	put(without, "A", "a", "y");
	assert_refused(with_file, "A", "a", IDC_INVALID, "wrong_key", one);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	assert_refused(without, "A", "a", IDC_INVALID, "no_key", own);
	g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
	support_remove(folder);
}

/* ---- what lay in the clear ---- */

static void
test_taken_over(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path =
	    support_write(fixture->folder, "secrets",
			  "idc-secrets/1\nA\tclient_secret\tvalue\tb2xk\nC\ta\tvalue\tcXVva2th\nC\tb\tfile\t/nowhere\n", 0600);
	g_autofree char *link = g_build_filename(fixture->folder, "link", NULL);
	g_autofree char *left = NULL;
	g_autoptr(Vault) again = vault_open(fixture->folder, NULL);

	(void)data;
	/* Another name for the same bytes shows that they are overwritten and not only unlinked. */
	g_assert_cmpint(linkat(AT_FDCWD, path, AT_FDCWD, link, 0), ==, 0);
	assert_secret(again, "C", "a", "quokka");
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	left = support_read(link);
	g_assert_cmpstr(left, ==, "");
	assert_refused(again, "C", "b", IDC_IO, "secret_file", "/nowhere");
	/* What is sealed already is newer. */
	assert_secret(fixture->vault, "A", "client_secret", SECRET);
	/* The first address it is used with is the one it is for. */
	g_assert_true(vault_bind(again, "C", "url=https://one.example:443", NULL));
	assert_secret(again, "C", "a", "quokka");
	g_assert_false(vault_bind(again, "C", "url=https://two.example:443", NULL));
	assert_refused(again, "C", "a", IDC_UNAUTHENTICATED, "address_changed", NULL);
}

static void
test_clear_broken(void)
{
	static const char *const texts[] = {
	    "",
	    "idc-secrets/2\n",
	    "idc-secrets/1\nA\ta\tvalue\teA==",
	    "idc-secrets/1\nA\ta\tvalue\n",
	    "idc-secrets/1\nA\ta\tvalue\t!!\n",
	    "idc-secrets/1\nA\ta\tother\teA==\n",
	    "idc-secrets/1\nA\ta\tfile\trelative\n",
	    "idc-secrets/1\nA\ta\tvalue\teA==\tx\n",
	    "idc-secrets/1\n\ta\tvalue\teA==\n",
	    "idc-secrets/1\n\n",
	};
	char *folder = support_folder();
	g_autoptr(Vault) vault = vault_open(folder, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = support_write(folder, "secrets", texts[i], 0600);
		g_autofree char *after = NULL;
		g_autoptr(GError) error = NULL;

		assert_refused(vault, "A", "a", IDC_IO, "secrets_broken", "is broken in line");
		g_assert_false(vault_put(vault, "B", "b", "x", 1, &error));
		after = support_read(path);
		g_assert_cmpstr(after, ==, texts[i]);
	}
	g_free(support_write(folder, "secrets", "idc-secrets/1\n", 0640));
	assert_refused(vault, "A", "a", IDC_REFUSED, "file_readable", NULL);
	support_remove(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("CREDENTIALS_DIRECTORY");
#define add(name, func) g_test_add("/sealed/" name, Fixture, NULL, set_up, func, tear_down)
	add("nothing of a secret is in the file, raw, in base64 or escaped", test_nothing_clear);
	add("the same value twice is sealed differently", test_same_differs);
	add("a value that was altered is refused by name and the others are read", test_tampered);
	add("a value under another app, name, kind or key is refused", test_moved);
	add("a changed address gets no secret until it is given again", test_address);
	add("a reference is bound to its address like a value", test_reference_address);
	add("a reference to a file that others may read is told at each use", test_reference_open);
	add("what is staged over does not stand in the way of a new address", test_staged_over);
	add("a missing key is told and not made anew, and what goes needs none", test_no_key);
	add("a wrong key is told and seals nothing", test_wrong_key);
	add("a file that is no key is refused", test_key_content);
	add("a key that others may use is refused", test_key_modes);
	add("a key of somebody else is refused", test_key_owner);
	add("what lay in the clear is taken over once, bound at first use, and overwritten", test_taken_over);
	g_test_add_func("/sealed/a key comes from the file, the credential or the data, in that order", test_key_places);
	g_test_add_func("/sealed/a file in the clear that is broken or open to others is told and left alone", test_clear_broken);
	return g_test_run();
}
