/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A connector's module: verified, then loaded. The file is opened without following links, owner and mode of it and of every folder
 * above are checked, it is copied into a sealed memfd, the SHA-256 of that is compared with the manifest's, and that memfd is what the
 * loader opens, as /proc/self/fd/N with local binding. N stays open as long as the process: the loader knows modules by name, and a
 * reused number would hand out the first module for the second one's hash. A module is never unloaded.
 */
#pragma once
#include "base/paths.h"
#include "load/manifest.h"
#include <idc/connector.h>

typedef struct Module Module;

/* Drops what would change how a module's libraries behave (SSLKEYLOGFILE, OPENSSL_CONF, OPENSSL_MODULES, OPENSSL_ENGINES,
 * HOSTALIASES). Called by main before threads exist, and again by module_load(). */
void module_clean_environment(void);

/* Finds, verifies and loads; a second call for the same id and hash gives the same Module. It lives as long as the process.
 * Errors: no_such_file, module_writable and module_owner (owner and mode), module_link, module_changed (hash), module_no_hash, module_no_memfd,
 * module_not_loadable, module_abi, module_descriptor (id, version, thread model, a missing operation). Thread-safe. */
Module *module_load(const HostPaths *paths, const Manifest *manifest, GError **error);

/* Everything up to the hash, without loading: what `modules` shows. *ret_path (may be NULL) is the file looked at. */
gboolean module_verify(const HostPaths *paths, const Manifest *manifest, char **ret_path, GError **error);

/* Never NULL; static in the module. */
const idc_connector *module_connector(const Module *module);

/* Lower-case hex of what was loaded. */
const char *module_sha256(const Module *module);

/* Whether it had to be loaded by its path (--allow-plain-path). */
gboolean module_by_path(const Module *module);

/* The module's own table against the manifest's: FALSE and the first difference, each side named. */
gboolean module_compare_capabilities(const Module *module, const Manifest *manifest, GError **error);
