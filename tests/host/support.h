/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the tests of the host share: a folder of their own, files in it, and asserts on errors. */
#pragma once
#include "base/paths.h"
#include "load/manifest.h"
#include <glib.h>

/* A new empty folder, mode 0700, under the system's temporary one. Free with support_remove(). */
char *support_folder(void);

/* Removes it with all in it and frees the name. */
void support_remove(char *folder);

/* Writes text to folder/name (folders between are made) with mode; returns the path, to be freed. */
char *support_write(const char *folder, const char *name, const char *text, guint mode);

/* The whole file; fails the test where it cannot be read. */
char *support_read(const char *path);

void support_copy(const char *from, const char *to, guint mode);

/* The built test module of that name, without ".so". Free with g_free. */
char *support_module(const char *name);

/* Puts the built module from_name into folder as file and writes folder/id.json that names it, with its hash (sha256 NULL) or the given
 * one. The manifest is a small valid one for the given version. */
void support_install(const char *folder, const char *from_name, const char *file, const char *id, const char *version,
		     const char *sha256);

/* DATA and modules under folder. */
HostPaths *support_paths(const char *folder);

/* The text of a small valid manifest without a hash, whose module is file. */
char *support_manifest(const char *id, const char *version, const char *file, const char *sha256);

/* error is a HOST_ERROR with this status, and its code is this word; the sentence contains part (may be NULL). */
void support_assert_error(const GError *error, int32_t status, const char *code, const char *part);

/* Runs the function in a child process and returns how it ended: its exit status, or 128 + the signal. */
int support_fork(int (*run)(gpointer user_data), gpointer user_data);
