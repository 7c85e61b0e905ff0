/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the files behind vault.h share. */
#pragma once
#include "state/seal.h"
#include "state/sql.h"
#include "state/vault.h"

/* What a value is, as it is bound to it and stands in the row. */
#define VAULT_VALUE "value"
#define VAULT_FILE "file"

struct Vault {
	char *data;
	char *key_file; /* NULL: not given */
	char *path;
	char *clear_path;
	Vault *base;         /* staged: where it will be written */
	GMutex mutex;        /* for what follows */
	GPtrArray *staged;   /* of VaultEntry; NULL unless staged */
	GHashTable *origins; /* app -> origin */
	VaultWarn warn;
	gpointer warn_data;
};

/* A secret in the clear. */
typedef struct {
	char *app;
	char *name;
	GBytes *value; /* in memory that is locked and wiped; NULL: a reference, or deleted */
	char *path;    /* NULL: no reference */
} VaultEntry;

VaultEntry *vault_entry_new(const char *app, const char *name, GBytes *value, const char *path);
void vault_entry_free(gpointer data);

/* A secret as it lies in the database. */
typedef struct {
	char *app;
	char *name;
	char *kind;
	char *origin; /* NULL: not bound */
	char *key_id;
	GBytes *sealed;
} VaultRow;

void vault_row_free(VaultRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VaultRow, vault_row_free)

/* ---- vault-rows.c: the database ---- */

/* Whether to change, and whether to make the database where it is not there. */
typedef enum { ROWS_READ, ROWS_WRITE, ROWS_MAKE } RowsMode;

/* Begins a transaction, in which the keys have to be read as well: a reader holds off the end of a rekey, a writer its beginning. What
 * lies in the clear is taken over first. *ret_db is NULL where there is no database and none is made. Ended by
 * rows_commit(), or by closing it, which takes back. */
gboolean rows_begin(Vault *vault, RowsMode mode, sqlite3 **ret_db, GError **error);
gboolean rows_commit(sqlite3 *db, GError **error);

/* Those of an app, or with app NULL all; of a name, or with name NULL all: a GPtrArray of VaultRow, sorted. db NULL: none. */
GPtrArray *rows_find(sqlite3 *db, const char *app, const char *name, GError **error);

gboolean rows_put(sqlite3 *db, const VaultRow *row, GError **error);

/* name NULL: all of the app. */
gboolean rows_delete(sqlite3 *db, const char *app, const char *name, GError **error);

/* The keys, and which of them seals: the one that the rows are sealed with, where there are any. make: whether DATA/key may be made, as
 * long as nothing is sealed. None at all: IDC_NOT_FOUND where nothing is sealed, else IDC_INVALID; not the right one: IDC_INVALID,
 * "wrong_key". */
gboolean rows_keys(Vault *vault, sqlite3 *db, gboolean make, KeyRing **ret_ring, guint *ret_index, GError **error);

/* The value in locked memory; what does not open is named. */
GBytes *rows_open(Vault *vault, const KeyRing *ring, const VaultRow *row, GError **error);

/* A row with the value sealed. */
VaultRow *rows_seal(const KeyRing *ring, guint index, const SealLabel *label, GBytes *value);

/* Stores an entry, or deletes what has its name where it is empty; origin as in SealLabel. ring may be NULL for the latter. */
gboolean rows_apply(sqlite3 *db, const KeyRing *ring, guint index, const VaultEntry *entry, const char *origin, GError **error);

/* ---- vault-clear.c: the file of before ---- */

/* What lies in the clear: a GPtrArray of VaultEntry, NULL where there is no such file. */
gboolean clear_load(const char *path, GPtrArray **ret_entries, GError **error);

/* Overwrites and removes it. */
gboolean clear_remove(const char *path, GError **error);

/* ---- vault-file.c: secrets in files of their own ---- */

/* Whether group or others may read it. */
gboolean vault_file_is_open(const char *path);
