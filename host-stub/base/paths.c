/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/paths.h"
#include "base/error.h"
#include "base/files.h"
#include "idc-config.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

static char *
paths_default_data(void)
{
	const char *from_environment = g_getenv("IDC_DATA");

	if (from_environment != NULL && *from_environment != '\0')
		return g_canonicalize_filename(from_environment, NULL);
	/* A service user is who owns the folder that an administrator laid out; people have their own. */
	if (geteuid() == 0 || (g_access("/var/lib/idc-host", W_OK) == 0 && g_access("/var/lib/idc-host", X_OK) == 0))
		return g_strdup("/var/lib/idc-host");
	return g_build_filename(g_get_user_state_dir(), "idc-host", NULL);
}

HostPaths *
paths_new(const char *data, const char *modules, gboolean allow_plain_path)
{
	HostPaths *paths = g_new0(HostPaths, 1);

	paths->data = data != NULL && *data != '\0' ? g_canonicalize_filename(data, NULL) : paths_default_data();
	if (modules == NULL || *modules == '\0')
		modules = g_getenv("IDC_MODULES");
	if (modules != NULL && *modules != '\0') {
		g_autofree char *folder = g_canonicalize_filename(modules, NULL);

		paths->manifests = g_canonicalize_filename("../manifest", folder);
		paths->modules = g_steal_pointer(&folder);
	} else {
		paths->modules = g_strdup(IDC_CONNECTOR_DIR);
		paths->manifests = g_strdup(IDC_MANIFEST_DIR);
	}
	paths->allow_plain_path = allow_plain_path;
	return paths;
}

void
paths_free(HostPaths *paths)
{
	if (paths == NULL)
		return;
	g_free(paths->data);
	g_free(paths->modules);
	g_free(paths->manifests);
	g_free(paths->key_file);
	g_free(paths);
}

char *
paths_in_data(const HostPaths *paths, const char *name)
{
	return g_build_filename(paths->data, name, NULL);
}

gboolean
paths_prepare(const HostPaths *paths, GError **error)
{
	g_autofree char *apps = paths_in_data(paths, "apps");
	int fd;

	if (g_mkdir_with_parents(apps, 0700) != 0) {
		host_error_set(
		    error, IDC_IO, "data_not_writable",
		    "The data folder %s cannot be made (%s). Give another one with --data, or make it writable for this user.",
		    paths->data, g_strerror(errno));
		return FALSE;
	}
	fd = files_open_trusted_folder(apps, "The data folder", error);
	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}
