/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/module.h"
#include "base/error.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A module that no test here loads: one that was would be handed out again without a look at its file. */
#define NEVER_LOADED "faulty-init"

typedef struct {
	char *folder;
	HostPaths *paths;
	char *modules;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->folder = support_folder();
	fixture->paths = support_paths(fixture->folder);
	fixture->modules = g_strdup(fixture->paths->modules);
	g_assert_cmpint(g_mkdir_with_parents(fixture->modules, 0755), ==, 0);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	paths_free(fixture->paths);
	g_free(fixture->modules);
	support_remove(fixture->folder);
}

static Module *
load(Fixture *fixture, GError **error)
{
	g_autoptr(Manifest) manifest = manifest_find(fixture->paths, "faulty", error);

	return manifest != NULL ? module_load(fixture->paths, manifest, error) : NULL;
}

static void
assert_refused(Fixture *fixture, int32_t status, const char *code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(load(fixture, &error));
	support_assert_error(error, status, code, part);
}

static void
install(Fixture *fixture, const char *from)
{
	support_install(fixture->modules, from, "faulty.so", "faulty", "1.0.0", NULL);
}

static void
test_good(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Module *module;

	(void)data;
	install(fixture, "faulty-good");
	module = load(fixture, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(module_connector(module)->id, ==, "faulty");
	g_assert_false(module_by_path(module));
	g_assert_true(load(fixture, &error) == module);
}

/* A connector that does what the descriptor's test name says. */
static void
test_fault(Fixture *fixture, gconstpointer data)
{
	const char *const *expected = data;

	install(fixture, expected[0]);
	assert_refused(fixture, IDC_ABI, expected[1], expected[2]);
}

static void
test_capability(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(GError) error = NULL;
	Module *module;

	(void)data;
	install(fixture, "faulty-capability");
	manifest = manifest_find(fixture->paths, "faulty", &error);
	module = module_load(fixture->paths, manifest, &error);
	g_assert_no_error(error);
	g_assert_false(module_compare_capabilities(module, manifest, &error));
	support_assert_error(error, IDC_ABI, "module_descriptor",
			     "list_entitlements is not supported in capabilities() and supported in the manifest");
}

static void
test_version(Fixture *fixture, gconstpointer data)
{
	(void)data;
	install(fixture, "faulty-newer");
	assert_refused(fixture, IDC_ABI, "module_descriptor", "its version is \"1.0.1\", its manifest says \"1.0.0\"");
}

static void
test_one_byte(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);
	struct stat st;
	guint8 byte = 0;
	int fd;

	(void)data;
	install(fixture, NEVER_LOADED);
	fd = open(path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fstat(fd, &st), ==, 0);
	/* The last byte: a section header that no loader ever reads. */
	g_assert_cmpint(pread(fd, &byte, 1, st.st_size - 1), ==, 1);
	byte ^= 1;
	g_assert_cmpint(pwrite(fd, &byte, 1, st.st_size - 1), ==, 1);
	close(fd);
	assert_refused(fixture, IDC_REFUSED, "module_changed", "its SHA-256 is");
}

static void
test_truncated(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(truncate(path, 100), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "module_changed", NULL);
}

static void
test_no_hash(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = support_manifest("faulty", "1.0.0", "faulty.so", NULL);

	(void)data;
	install(fixture, "faulty-good");
	g_free(support_write(fixture->modules, "faulty.json", text, 0644));
	assert_refused(fixture, IDC_REFUSED, "module_no_hash", NULL);
}

static void
test_absent(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(unlink(path), ==, 0);
	assert_refused(fixture, IDC_NOT_FOUND, "no_such_file", "faulty.so does not exist");
}

static void
test_group_writable(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(g_chmod(path, 0664), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "file_writable", "mode 0664");
}

static void
test_others_writable(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(g_chmod(path, 0646), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "file_writable", "chmod go-w");
}

static void
test_folder_writable_module(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	install(fixture, NEVER_LOADED);
	manifest = manifest_find(fixture->paths, "faulty", &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(fixture->folder, 0777), ==, 0);
	g_assert_null(module_load(fixture->paths, manifest, &error));
	support_assert_error(error, IDC_REFUSED, "file_writable", fixture->folder);
}

static void
test_owner(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	if (geteuid() != 0) {
		g_test_skip("only root can give files away");
		return;
	}
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "file_owner", "belongs to user 65534");
}

static void
test_link(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);
	g_autofree char *real = g_build_filename(fixture->modules, "real.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(rename(path, real), ==, 0);
	g_assert_cmpint(symlink(real, path), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "file_link", "faulty.so is a symbolic link");
}

static void
test_folder_link(Fixture *fixture, gconstpointer data)
{
	g_autofree char *aside = g_build_filename(fixture->folder, "aside", NULL);
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	install(fixture, NEVER_LOADED);
	manifest = manifest_find(fixture->paths, "faulty", &error);
	g_assert_cmpint(rename(fixture->modules, aside), ==, 0);
	g_assert_cmpint(symlink(aside, fixture->modules), ==, 0);
	g_assert_null(module_load(fixture->paths, manifest, &error));
	support_assert_error(error, IDC_REFUSED, "file_link", "modules is a symbolic link");
}

static void
test_fifo(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);

	(void)data;
	install(fixture, NEVER_LOADED);
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	assert_refused(fixture, IDC_REFUSED, "file_type", "not a regular file");
}

/* What is on disk may change after the hash was taken: what is loaded does not. Two modules of one file name, one after the other at the
 * same path, are two. */
static void
test_two(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Module *first;
	Module *second;

	(void)data;
	support_install(fixture->modules, "faulty-good", "faulty.so", "faulty", "1.0.0", NULL);
	first = load(fixture, &error);
	g_assert_no_error(error);
	support_install(fixture->modules, "faulty-newer", "faulty.so", "faulty", "1.0.1", NULL);
	second = load(fixture, &error);
	g_assert_no_error(error);
	g_assert_true(first != second);
	g_assert_true(module_connector(first) != module_connector(second));
	g_assert_cmpstr(module_connector(first)->version, ==, "1.0.0");
	g_assert_cmpstr(module_connector(second)->version, ==, "1.0.1");
}

/* A refused module has used its descriptor's number up as well: the next one must not be taken for it. */
static void
test_after_refused(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Module *module;

	(void)data;
	install(fixture, "faulty-null-op");
	assert_refused(fixture, IDC_ABI, "module_descriptor", "its operation remove is NULL");
	install(fixture, "faulty-good");
	module = load(fixture, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(module_connector(module)->id, ==, "faulty");
}

/* memfd_create() answers ENOSYS from here on, in this process only. */
static gboolean
forbid_memfd(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = G_N_ELEMENTS(filter), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#define CHILD_NO_SECCOMP 77

static int
run_without_memfd(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(GError) error = NULL;
	Module *module;

	if (!forbid_memfd())
		return CHILD_NO_SECCOMP;
	if (load(fixture, &error) != NULL || host_error_status(error) != IDC_UNSUPPORTED ||
	    strstr(error->message, "--allow-plain-path") == NULL)
		return 1;
	fixture->paths->allow_plain_path = TRUE;
	module = load(fixture, NULL);
	return module != NULL && module_by_path(module) ? 0 : 2;
}

static void
test_no_memfd(Fixture *fixture, gconstpointer data)
{
	int status;

	(void)data;
	/* One that no test before has loaded in this process. */
	support_install(fixture->modules, "faulty-message", "faulty.so", "faulty", "1.0.0", NULL);
	status = support_fork(run_without_memfd, fixture);
	if (status == CHILD_NO_SECCOMP)
		g_test_skip("no seccomp here");
	else
		g_assert_cmpint(status, ==, 0);
}

static int
run_without_memfd_changed(gpointer user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(GError) error = NULL;

	if (!forbid_memfd())
		return CHILD_NO_SECCOMP;
	fixture->paths->allow_plain_path = TRUE;
	return load(fixture, &error) == NULL && host_error_status(error) == IDC_REFUSED ? 0 : 1;
}

static void
test_plain_changed(Fixture *fixture, gconstpointer data)
{
	static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
	int status;

	(void)data;
	support_install(fixture->modules, NEVER_LOADED, "faulty.so", "faulty", "1.0.0", wrong);
	status = support_fork(run_without_memfd_changed, fixture);
	if (status == CHILD_NO_SECCOMP)
		g_test_skip("no seccomp here");
	else
		g_assert_cmpint(status, ==, 0);
}

static void
test_environment(void)
{
	static const char *const names[] = {"SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "HOSTALIASES"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_setenv(names[i], "/tmp/x", TRUE);
	module_clean_environment();
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_null(g_getenv(names[i]));
}

/* The file itself is free to change once it is loaded: nothing of it is mapped. */
static void
test_sealed(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->modules, "faulty.so", NULL);
	g_autofree char *maps = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	install(fixture, "faulty-good");
	g_assert_nonnull(load(fixture, &error));
	maps = support_read("/proc/self/maps");
	g_assert_null(strstr(maps, path));
	g_assert_nonnull(strstr(maps, "memfd:faulty.so"));
}

int
main(int argc, char **argv)
{
	static const char *const faults[][3] = {
	    {"faulty-major", "module_abi", "version 2.0 of the ABI"},
	    {"faulty-no-symbol", "module_abi", "does not export idc_connector_v1"},
	    {"faulty-short", "module_descriptor", "has 40 bytes"},
	    {"faulty-id", "module_descriptor", "its id is \"other\""},
	    {"faulty-null-op", "module_descriptor", "its operation remove is NULL"},
	    {"faulty-no-ops", "module_descriptor", "lacks ops"},
	    {"faulty-null", "module_descriptor", "returned NULL"},
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add("/module/a good one is verified and loaded once", Fixture, NULL, set_up, test_good, tear_down);
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *name = g_strdup_printf("/module/%s is refused", faults[i][0]);

		g_test_add(name, Fixture, faults[i], set_up, test_fault, tear_down);
	}
	g_test_add("/module/capabilities that differ from the manifest are refused", Fixture, NULL, set_up, test_capability,
		   tear_down);
	g_test_add("/module/another version than the manifest's is refused", Fixture, NULL, set_up, test_version, tear_down);
	g_test_add("/module/one changed byte is refused", Fixture, NULL, set_up, test_one_byte, tear_down);
	g_test_add("/module/a truncated file is refused", Fixture, NULL, set_up, test_truncated, tear_down);
	g_test_add("/module/a manifest without a hash loads nothing", Fixture, NULL, set_up, test_no_hash, tear_down);
	g_test_add("/module/an absent file is told", Fixture, NULL, set_up, test_absent, tear_down);
	g_test_add("/module/a file that the group may write to is refused", Fixture, NULL, set_up, test_group_writable, tear_down);
	g_test_add("/module/a file that others may write to is refused", Fixture, NULL, set_up, test_others_writable, tear_down);
	g_test_add("/module/a folder above that others may write to is refused", Fixture, NULL, set_up, test_folder_writable_module,
		   tear_down);
	g_test_add("/module/a file of another user is refused", Fixture, NULL, set_up, test_owner, tear_down);
	g_test_add("/module/a link in the file's place is refused", Fixture, NULL, set_up, test_link, tear_down);
	g_test_add("/module/a link in a folder's place is refused", Fixture, NULL, set_up, test_folder_link, tear_down);
	g_test_add("/module/a FIFO in the file's place is refused without waiting", Fixture, NULL, set_up, test_fifo, tear_down);
	g_test_add("/module/two of one file name are two", Fixture, NULL, set_up, test_two, tear_down);
	g_test_add("/module/after a refused one comes the right one", Fixture, NULL, set_up, test_after_refused, tear_down);
	g_test_add("/module/what is mapped is the sealed copy", Fixture, NULL, set_up, test_sealed, tear_down);
	g_test_add("/module/without memfd it is refused unless a plain path is allowed", Fixture, NULL, set_up, test_no_memfd,
		   tear_down);
	g_test_add("/module/a plain path is verified as well", Fixture, NULL, set_up, test_plain_changed, tear_down);
	g_test_add_func("/module/the environment loses what changes libraries", test_environment);
	return g_test_run();
}
