/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The one key of a DATA folder, from which the others are derived: it seals the secrets, and it signs the journal. Whoever has it and DATA
 * can read and write whatever this host can. It lies in --key-file, else in $CREDENTIALS_DIRECTORY/idc-key where there is one, else in
 * DATA/key, which is made on first use. The file holds 64 hexadecimal digits a line, so that it can be kept on paper; a second line is
 * there only while DATA/key is being replaced.
 */
#pragma once
#include <glib.h>

#define KEY_BYTES 32
/* With its end. */
#define KEY_ID_SIZE 17

typedef struct KeyRing KeyRing;

/* Reads the file anew. None there: IDC_NOT_FOUND, "no_key". Wrong owner, mode or content: refused. key_file: NULL unless --key-file. */
KeyRing *key_ring_read(const char *data, const char *key_file, GError **error);

/* The same; where DATA/key is meant and not there, it is made. */
KeyRing *key_ring_make(const char *data, const char *key_file, GError **error);

void key_ring_free(KeyRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRing, key_ring_free)

/* Where it was read from; whether that is DATA/key. */
const char *key_ring_path(const KeyRing *ring);
gboolean key_ring_is_own(const KeyRing *ring);

/* How many keys there are (at least one), and what each is known by: 16 hexadecimal digits that say nothing of it. */
guint key_ring_length(const KeyRing *ring);
const char *key_ring_id(const KeyRing *ring, guint index);
gboolean key_ring_find(const KeyRing *ring, const char *id, guint *ret_index);

/* Derives the key for a purpose ("idcaudit": exactly eight letters) into KEY_BYTES of the caller's memory, to be wiped by it. */
void key_ring_derive(const KeyRing *ring, guint index, const char *purpose, guint8 *ret_key);

/* ---- replacing DATA/key, under key_lock() ---- */

/* A lock as of files_lock(), or -1. */
int key_lock(const char *data, GError **error);

/* Writes DATA/key with the one at index first and a new one second, and makes ring these two. */
gboolean key_ring_extend(KeyRing *ring, guint index, GError **error);

/* Writes DATA/key with the one at index alone, and makes ring this one. */
gboolean key_ring_keep(KeyRing *ring, guint index, GError **error);
