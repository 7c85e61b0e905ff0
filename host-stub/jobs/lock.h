/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One sync and one run of changes of an app at a time, over all processes. The two go on side by side. */
#pragma once
#include "base/paths.h"
#include <glib.h>

/* Takes the app's lock at once, or fails: "sync_running", exit HOST_EXIT_LATER. Given back by lock_release(), or by the kernel when the
 * process dies. Returns a descriptor, or -1. */
int lock_take(const HostPaths *paths, const char *identifier, GError **error);

/* The same for changes: "change_running". */
int lock_take_changes(const HostPaths *paths, const char *identifier, GError **error);

void lock_release(int lock);

/* Whether somebody holds the one of syncs, or of changes, now. */
gboolean lock_is_held(const HostPaths *paths, const char *identifier);
gboolean lock_changes_is_held(const HostPaths *paths, const char *identifier);
