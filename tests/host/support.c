/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "support.h"
#include "base/error.h"
#include "base/text.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char *
support_folder(void)
{
	g_autoptr(GError) error = NULL;
	char *folder = g_dir_make_tmp(NULL, &error);

	g_assert_no_error(error);
	return folder;
}

static void
support_remove_tree(const char *path)
{
	GDir *dir;
	const char *name;

	if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
		g_unlink(path);
		return;
	}
	g_chmod(path, 0700);
	dir = g_dir_open(path, 0, NULL);
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		support_remove_tree(child);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_rmdir(path);
}

void
support_remove(char *folder)
{
	support_remove_tree(folder);
	g_free(folder);
}

char *
support_write(const char *folder, const char *name, const char *text, guint mode)
{
	g_autoptr(GError) error = NULL;
	char *path = g_build_filename(folder, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
	g_file_set_contents(path, text, -1, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(path, (int)mode), ==, 0);
	return path;
}

char *
support_read(const char *path)
{
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

void
support_copy(const char *from, const char *to, guint mode)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *bytes = NULL;
	g_autofree char *parent = g_path_get_dirname(to);
	gsize length = 0;

	g_file_get_contents(from, &bytes, &length, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
	g_file_set_contents(to, bytes, (gssize)length, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(to, (int)mode), ==, 0);
}

char *
support_module(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".so", NULL);

	g_assert_nonnull(g_getenv("HOST_TEST_MODULES"));
	return g_build_filename(g_getenv("HOST_TEST_MODULES"), file, NULL);
}

char *
support_manifest(const char *id, const char *version, const char *file, const char *sha256)
{
	g_autofree char *hash = sha256 != NULL ? g_strdup_printf(", \"sha256\": \"%s\"", sha256) : g_strdup("");

	return g_strdup_printf(
	    "{\"manifest\": 1, \"id\": \"%s\", \"name\": \"Faulty\", \"version\": \"%s\", \"abi\": \"1.0\",\n"
	    " \"default_identifier\": \"Faulty\", \"module\": {\"file\": \"%s\"%s}, \"access\": [\"api\"],\n"
	    " \"provisioning\": [\"oauth\"], \"source_of_truth\": false, \"thread_model\": 2000,\n"
	    " \"capabilities\": [{\"key\": \"list_entitlements\", \"label\": \"List\", \"supported\": true}],\n"
	    " \"kinds\": [], \"principal\": {\"attributes\": []}, \"settings\": [], \"limits\": {\"max_batch\": 1}}\n",
	    id, version, file, hash);
}

void
support_install(const char *folder, const char *from_name, const char *file, const char *id, const char *version,
		const char *sha256)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *from = support_module(from_name);
	g_autofree char *to = g_build_filename(folder, file, NULL);
	g_autofree char *name = g_strconcat(id, ".json", NULL);
	g_autofree char *bytes = NULL;
	g_autofree char *hash = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	support_copy(from, to, 0644);
	g_file_get_contents(to, &bytes, &length, &error);
	g_assert_no_error(error);
	hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, length);
	text = support_manifest(id, version, file, sha256 != NULL ? sha256 : hash);
	g_free(support_write(folder, name, text, 0644));
}

HostPaths *
support_paths(const char *folder)
{
	g_autofree char *data = g_build_filename(folder, "data", NULL);
	g_autofree char *modules = g_build_filename(folder, "modules", NULL);

	return paths_new(data, modules, FALSE);
}

void
support_assert_error(const GError *error, int32_t status, const char *code, const char *part)
{
	HostErrorDetail detail;
	g_autofree char *shown = NULL;

	g_assert_nonnull(error);
	shown = text_escape(error->message);
	host_error_detail(error, &detail);
	g_test_message("%s", shown);
	g_assert_cmpstr(detail.code, ==, code);
	g_assert_cmpint(host_error_status(error), ==, status);
	if (part != NULL && strstr(error->message, part) == NULL)
		g_error("\"%s\" does not contain \"%s\"", error->message, part);
}

int
support_fork(int (*run)(gpointer user_data), gpointer user_data)
{
	int status = 0;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0)
		_exit(run(user_data));
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
