/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Where things lie: DATA and the modules. */
#pragma once
#include <glib.h>

typedef struct {
	char *data;                /* absolute */
	char *modules;             /* absolute; where modules and manifests are looked for */
	char *manifests;           /* absolute; where manifests are looked for beside that */
	char *key_file;            /* absolute; --key-file, or NULL */
	gboolean allow_plain_path; /* load a module by its path where memfd or /proc is missing */
} HostPaths;

/* data: --data or NULL (then $IDC_DATA, /var/lib/idc-host for root or a service user, else $XDG_STATE_HOME/idc-host or
 * ~/.local/state/idc-host). modules: --modules or NULL (then $IDC_MODULES, else the installed folders); with one given manifests are
 * also looked for in its sister folder "manifest". Nothing is created or looked at. */
HostPaths *paths_new(const char *data, const char *modules, gboolean allow_plain_path);

void paths_free(HostPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostPaths, paths_free)

/* Makes DATA and DATA/apps where missing (mode 0700), and refuses a DATA that others may write to or that someone else owns. */
gboolean paths_prepare(const HostPaths *paths, GError **error);

/* DATA/name. Free with g_free. */
char *paths_in_data(const HostPaths *paths, const char *name);
