/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Secrets of apps, by app and name. They lie in DATA/secrets, mode 0600, written atomically; callers see only this interface, so that
 * the file can give way to an encrypted store. Safe between threads and processes: each call reads what is there now, and changes are
 * made under a lock. Buffers are wiped before they are freed.
 */
#pragma once
#include <glib.h>

typedef struct Vault Vault;

/* The vault in the folder DATA, which has to exist once something is put; nothing is read yet. */
Vault *vault_open(const char *data);

/* A vault over another in which everything that is put stays in memory until vault_commit(): for an app that is not saved yet. base is
 * borrowed and outlives it. */
Vault *vault_stage(Vault *base);

/* Forgets and wipes. */
void vault_close(Vault *vault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vault, vault_close)

/* The secret's bytes, wiped when the last reference goes; a reference to a file is read anew each time. No such secret:
 * IDC_NOT_FOUND, no_such_secret. */
GBytes *vault_get(Vault *vault, const char *app, const char *name, GError **error);

/* Whether there is one, without reading a referenced file. */
gboolean vault_has(Vault *vault, const char *app, const char *name);

/* Stores it for good (fsync) before it returns; length 0 deletes. At most 65,536 bytes. */
gboolean vault_put(Vault *vault, const char *app, const char *name, const void *bytes, gsize length, GError **error);

/* Keeps only where it lies: an absolute path, read at each use, not necessarily there yet. */
gboolean vault_put_reference(Vault *vault, const char *app, const char *name, const char *path, GError **error);

/* Forgets every secret of an app. */
gboolean vault_clear(Vault *vault, const char *app, GError **error);

/* The names of an app's secrets, sorted. */
GStrv vault_names(Vault *vault, const char *app, GError **error);

/* Writes all that was put into a staged vault to its base, at once. */
gboolean vault_commit(Vault *staged, GError **error);

/* Reads a secret from a file that may be a link (mounted secrets are): refused where others may write to it or it belongs to neither
 * root nor the effective user. One line end at its end is not part of it. */
GBytes *vault_read_file(const char *path, GError **error);
