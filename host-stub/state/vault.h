/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Secrets of apps, by app and name. They lie in DATA/secrets.db, each sealed under DATA's key (key.h) and bound to app, name and the
 * address that it may be sent to, so that a value that was altered or put elsewhere does not open. Safe between threads and processes:
 * each call reads what is there now, keys included, and a change is a transaction. Values are in memory that is locked and wiped; SQLite
 * never sees one. What an older version left in the clear, DATA/secrets, is taken over by the first call and overwritten.
 *
 * Errors beside those of files: "no_key" and "wrong_key" (IDC_INVALID), "secret_damaged" and "secrets_broken" (IDC_IO).
 */
#pragma once
#include <glib.h>

typedef struct Vault Vault;

/* Called where group or others may read the file that a reference leads to. */
typedef void (*VaultWarn)(const char *path, gpointer user_data);

/* The vault in the folder DATA, which has to exist once something is put; nothing is read yet. key_file: --key-file, or NULL. */
Vault *vault_open(const char *data, const char *key_file);

/* A vault over another in which everything that is put stays in memory until vault_commit(): for an app that is not saved yet. base is
 * borrowed and outlives it. */
Vault *vault_stage(Vault *base);

/* Forgets and wipes. */
void vault_close(Vault *vault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vault, vault_close)

/* Who hears of files that are open to others; called by vault_bind() on its thread. Not for a staged vault: set it for its base. */
void vault_set_warn(Vault *vault, VaultWarn warn, gpointer user_data);

/* Says where the app's secrets may be sent, before any of them is used: they are sealed with that from now on. Checks all that the app has
 * already (for a staged vault what is not staged over): one that was given for another origin is IDC_UNAUTHENTICATED, "address_changed";
 * one that does not open is named. What is not bound to any origin yet is bound now. */
gboolean vault_bind(Vault *vault, const char *app, const char *origin, GError **error);

/* The secret's bytes, wiped when the last reference goes; a reference to a file is read anew each time. No such secret:
 * IDC_NOT_FOUND, no_such_secret. */
GBytes *vault_get(Vault *vault, const char *app, const char *name, GError **error);

/* Whether there is one, without opening it or reading a referenced file. */
gboolean vault_has(Vault *vault, const char *app, const char *name);

/* Stores it for good (fsync) before it returns; length 0 deletes. At most 65,536 bytes. */
gboolean vault_put(Vault *vault, const char *app, const char *name, const void *bytes, gsize length, GError **error);

/* Keeps only where it lies: an absolute path, read at each use, not necessarily there yet. */
gboolean vault_put_reference(Vault *vault, const char *app, const char *name, const char *path, GError **error);

/* Forgets every secret of an app; needs no key. */
gboolean vault_clear(Vault *vault, const char *app, GError **error);

/* The names of an app's secrets, sorted. */
GStrv vault_names(Vault *vault, const char *app, GError **error);

/* Writes all that was put into a staged vault to its base, at once. */
gboolean vault_commit(Vault *staged, GError **error);

/* The key for a purpose ("idcaudit": exactly eight letters) into 32 bytes of the caller's memory, to be wiped by it. It is derived from
 * DATA's key, and stays what it is when that is replaced: vault_rekey() keeps it among the values. No key: made where make says so and
 * nothing is sealed, else IDC_NOT_FOUND, "no_key". */
gboolean vault_derive(Vault *vault, const char *purpose, gboolean make, guint8 *ret_key, GError **error);

/* Seals every value under a new key, in one transaction: the one of new_key_file, or, where that is NULL, a new one in DATA/key. Killed at
 * any moment it leaves the old or the new state, and the key for it. A value that does not open stops it, and nothing is changed.
 * *ret_values is how many were sealed. */
gboolean vault_rekey(Vault *vault, const char *new_key_file, guint *ret_values, GError **error);

/* Reads a secret from a file that may be a link (mounted secrets are): refused where others may write to it or it belongs to neither
 * root nor the effective user. One line end at its end is not part of it. */
GBytes *vault_read_file(const char *path, GError **error);
