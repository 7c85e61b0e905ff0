/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The MACs of a journal and its head in the vault. For the files behind journal.h alone. */
#pragma once
#include "state/row.h"
#include "state/sql.h"
#include "state/vault.h"
#include <sodium.h>

#define CHAIN_MAC crypto_auth_hmacsha256_BYTES

typedef struct {
	guint8 key[crypto_auth_hmacsha256_KEYBYTES];
} Chain;

/* A head: how many rows, and the MAC of the last. */
typedef struct {
	gint64 rows;
	guint8 mac[CHAIN_MAC];
} ChainHead;

/* Columns of actions in the order of chain_row(); the MAC is column CHAIN_MAC_COLUMN. */
#define CHAIN_COLUMNS "action, time, phase, intent, verb, record, user_id, entitlement_id, status, flags, request_id, detail, mac"
#define CHAIN_MAC_COLUMN 12

/* The key of the app's chain. make: whether DATA/key may be made. chain_clear() wipes it. */
gboolean chain_open(Chain *ret_chain, Vault *vault, const char *identifier, gboolean make, GError **error);
void chain_clear(Chain *chain);

/* What stands for the MAC before the first row. */
void chain_start(const Chain *chain, guint8 ret_mac[CHAIN_MAC]);

/* The MAC of a row after one with the MAC before. */
void chain_row(const Chain *chain, const guint8 before[CHAIN_MAC], const JournalRow *row, guint8 ret_mac[CHAIN_MAC]);

/* The row that a statement over CHAIN_COLUMNS stands at; strings are borrowed from it. FALSE where its phase is no word of ours. */
gboolean chain_column(sqlite3_stmt *stmt, JournalRow *ret_row);

/* "N/hex". Free with g_free. */
char *chain_head_text(const ChainHead *head);
gboolean chain_head_parse(const char *text, ChainHead *ret_head);

/* The vault's head; *ret_there says whether there is one. */
gboolean chain_head_get(Vault *vault, const char *identifier, gboolean *ret_there, ChainHead *ret_head, GError **error);
gboolean chain_head_put(Vault *vault, const char *identifier, const ChainHead *head, GError **error);
