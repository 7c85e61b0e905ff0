/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/chain.h"
#include "base/error.h"
#include "state/key.h"
#include <string.h>

#define CHAIN_PURPOSE "idcaudit"
#define CHAIN_SECRET "head"

/* Identifiers are unique without case, so that one chain is one app's whatever the case. */
static void
chain_mac(const guint8 *key, const guint8 *before, const void *bytes, gsize length, guint8 *ret_mac)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, crypto_auth_hmacsha256_KEYBYTES);
	if (before != NULL)
		crypto_auth_hmacsha256_update(&state, before, CHAIN_MAC);
	crypto_auth_hmacsha256_update(&state, bytes, length);
	crypto_auth_hmacsha256_final(&state, ret_mac);
	sodium_memzero(&state, sizeof(state));
}

gboolean
chain_open(Chain *ret_chain, Vault *vault, const char *identifier, gboolean make, GError **error)
{
	g_autofree char *lower = g_ascii_strdown(identifier, -1);
	guint8 key[KEY_BYTES];

	if (!vault_derive(vault, CHAIN_PURPOSE, make, key, error))
		return FALSE;
	/* A key for each app, so that no row of one passes in another. */
	chain_mac(key, NULL, lower, strlen(lower), ret_chain->key);
	sodium_memzero(key, sizeof(key));
	return TRUE;
}

void
chain_clear(Chain *chain)
{
	sodium_memzero(chain, sizeof(*chain));
}

void
chain_start(const Chain *chain, guint8 ret_mac[CHAIN_MAC])
{
	static const char start[] = "idc-host actions 1";

	chain_mac(chain->key, NULL, start, sizeof(start), ret_mac);
}

/* Each field with its length before it, so that no two rows have the same bytes. */
static void
chain_add_text(GString *bytes, const char *text)
{
	if (text == NULL)
		g_string_append(bytes, "-;");
	else
		g_string_append_printf(bytes, "%" G_GSIZE_FORMAT ":%s;", strlen(text), text);
}

static void
chain_add_number(GString *bytes, gint64 number)
{
	g_string_append_printf(bytes, "%" G_GINT64_FORMAT ";", number);
}

void
chain_row(const Chain *chain, const guint8 before[CHAIN_MAC], const JournalRow *row, guint8 ret_mac[CHAIN_MAC])
{
	g_autoptr(GString) bytes = g_string_new(NULL);

	chain_add_number(bytes, row->action);
	chain_add_number(bytes, row->time);
	chain_add_text(bytes, journal_phase_word(row->phase));
	chain_add_number(bytes, row->intent);
	chain_add_text(bytes, row->verb);
	chain_add_number(bytes, row->record);
	chain_add_text(bytes, row->user_id);
	chain_add_text(bytes, row->entitlement_id);
	chain_add_number(bytes, row->status);
	chain_add_number(bytes, row->flags);
	chain_add_text(bytes, row->request_id);
	chain_add_text(bytes, row->detail);
	chain_mac(chain->key, before, bytes->str, bytes->len, ret_mac);
}

gboolean
chain_column(sqlite3_stmt *stmt, JournalRow *ret_row)
{
	JournalPhase phase = JOURNAL_INTENT;
	gboolean known = journal_phase_parse((const char *)sqlite3_column_text(stmt, 2), &phase);

	*ret_row = (JournalRow){
	    .action = sqlite3_column_int64(stmt, 0),
	    .time = sqlite3_column_int64(stmt, 1),
	    .phase = phase,
	    .intent = sqlite3_column_int64(stmt, 3),
	    .verb = (const char *)sqlite3_column_text(stmt, 4),
	    .record = (uint32_t)sqlite3_column_int64(stmt, 5),
	    .user_id = (const char *)sqlite3_column_text(stmt, 6),
	    .entitlement_id = (const char *)sqlite3_column_text(stmt, 7),
	    .status = sqlite3_column_int(stmt, 8),
	    .flags = (uint32_t)sqlite3_column_int64(stmt, 9),
	    .request_id = (const char *)sqlite3_column_text(stmt, 10),
	    .detail = (const char *)sqlite3_column_text(stmt, 11),
	};
	return known;
}

char *
chain_head_text(const ChainHead *head)
{
	char hex[CHAIN_MAC * 2 + 1];

	if (head->rows == 0)
		return g_strdup("0");
	sodium_bin2hex(hex, sizeof(hex), head->mac, CHAIN_MAC);
	return g_strdup_printf("%" G_GINT64_FORMAT "/%s", head->rows, hex);
}

gboolean
chain_head_parse(const char *text, ChainHead *ret_head)
{
	const char *slash = strchr(text, '/');
	g_autofree char *number = slash != NULL ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
	ChainHead head = {0};
	guint64 rows = 0;
	gsize length = 0;

	if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT64, &rows, NULL) || (rows == 0) != (slash == NULL))
		return FALSE;
	head.rows = (gint64)rows;
	if (slash != NULL && (strlen(slash + 1) != CHAIN_MAC * 2 ||
			      sodium_hex2bin(head.mac, CHAIN_MAC, slash + 1, CHAIN_MAC * 2, NULL, &length, NULL) != 0))
		return FALSE;
	*ret_head = head;
	return TRUE;
}

/* In the vault beside the app's secrets, under a name that no app can have: no connector reads or writes it. */
static char *
chain_app(const char *identifier)
{
	g_autofree char *lower = g_ascii_strdown(identifier, -1);

	return g_strdup_printf("audit/%s", lower);
}

gboolean
chain_head_get(Vault *vault, const char *identifier, gboolean *ret_there, ChainHead *ret_head, GError **error)
{
	g_autofree char *app = chain_app(identifier);
	g_autoptr(GError) error_local = NULL;
	g_autoptr(GBytes) bytes = vault_get(vault, app, CHAIN_SECRET, &error_local);
	g_autofree char *text = NULL;

	if (bytes == NULL && host_error_status(error_local) == IDC_NOT_FOUND) {
		*ret_there = FALSE;
		return TRUE;
	}
	if (bytes == NULL) {
		g_propagate_error(error, g_steal_pointer(&error_local));
		return FALSE;
	}
	text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	*ret_there = TRUE;
	if (chain_head_parse(text, ret_head))
		return TRUE;
	host_error_set(error, IDC_IO, "journal_broken", "The journal's head of %s among the secrets is not readable.", identifier);
	return FALSE;
}

gboolean
chain_head_put(Vault *vault, const char *identifier, const ChainHead *head, GError **error)
{
	g_autofree char *app = chain_app(identifier);
	g_autofree char *text = chain_head_text(head);

	return vault_put(vault, app, CHAIN_SECRET, text, strlen(text), error);
}
