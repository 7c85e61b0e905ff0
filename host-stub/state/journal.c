/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/journal.h"
#include "base/error.h"
#include "state/chain.h"
#include "state/store-private.h"
#include <string.h>

struct Journal {
	Store *store;
	Vault *vault;
	char *identifier;
	gint64 app;
	Chain chain;
	ChainHead head;  /* of the rows that are committed */
	ChainHead ahead; /* with those of the transaction that is open */
	sqlite3_stmt *insert;
};

/* The last row as it stands. */
static gboolean
journal_last(sqlite3 *db, gint64 app, ChainHead *ret_head, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(db, "SELECT action, mac FROM actions WHERE app=:app ORDER BY action DESC LIMIT 1", error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_head = (ChainHead){0};
	if (!row)
		return TRUE;
	ret_head->rows = sqlite3_column_int64(stmt, 0);
	if (sqlite3_column_bytes(stmt, 1) == CHAIN_MAC)
		memcpy(ret_head->mac, sqlite3_column_blob(stmt, 1), CHAIN_MAC);
	return TRUE;
}

/* Rows beyond the vault's head are those of a process that ended in between; fewer were cut off. */
static gboolean
journal_check_head(Journal *journal, GError **error)
{
	gboolean there = FALSE;
	ChainHead kept = {0};

	if (!chain_head_get(journal->vault, journal->identifier, &there, &kept, error))
		return FALSE;
	if (there && kept.rows <= journal->head.rows)
		return TRUE;
	if (!there && journal->head.rows == 0)
		return chain_head_put(journal->vault, journal->identifier, &journal->head, error);
	host_error_set(error, IDC_CONFLICT, "journal_broken",
		       "The journal of %s does not agree with what is kept among the secrets, so nothing is changed. Look at "
		       "idc-host audit verify %s; put back a backup of both.",
		       journal->identifier, journal->identifier);
	return FALSE;
}

Journal *
journal_open(Store *store, Vault *vault, const char *identifier, gint64 app, GError **error)
{
	g_autoptr(Journal) journal = g_new0(Journal, 1);

	journal->store = store;
	journal->vault = vault;
	journal->identifier = g_strdup(identifier);
	journal->app = app;
	if (!journal_last(store_db(store), app, &journal->head, error) ||
	    !chain_open(&journal->chain, vault, identifier, journal->head.rows == 0, error) || !journal_check_head(journal, error))
		return NULL;
	journal->insert = sql_prepare(store_db(store),
				      "INSERT INTO actions(app, action, time, phase, intent, verb, record, user_id, entitlement_id,"
				      " status, flags, request_id, detail, mac) VALUES(:app, :action, :time, :phase,"
				      " nullif(:intent, 0), :verb, nullif(:record, 0), :user, :entitlement, :status, :flags,"
				      " :request, :detail, :mac)",
				      error);
	return journal->insert != NULL ? g_steal_pointer(&journal) : NULL;
}

void
journal_close(Journal *journal)
{
	if (journal == NULL)
		return;
	sqlite3_finalize(journal->insert);
	chain_clear(&journal->chain);
	g_free(journal->identifier);
	g_free(journal);
}

gboolean
journal_begin(Journal *journal, GError **error)
{
	if (!sql_exec(store_db(journal->store), "BEGIN IMMEDIATE", error))
		return FALSE;
	journal->ahead = journal->head;
	return TRUE;
}

gboolean
journal_append(Journal *journal, JournalRow *row, GError **error)
{
	sqlite3_stmt *stmt = journal->insert;
	guint8 before[CHAIN_MAC];

	if (journal->ahead.rows == 0)
		chain_start(&journal->chain, before);
	else
		memcpy(before, journal->ahead.mac, CHAIN_MAC);
	row->action = journal->ahead.rows + 1;
	chain_row(&journal->chain, before, row, journal->ahead.mac);
	journal->ahead.rows = row->action;
	sql_bind_int(stmt, ":app", journal->app);
	sql_bind_int(stmt, ":action", row->action);
	sql_bind_int(stmt, ":time", row->time);
	sql_bind_text(stmt, ":phase", journal_phase_word(row->phase));
	sql_bind_int(stmt, ":intent", row->intent);
	sql_bind_text(stmt, ":verb", row->verb);
	sql_bind_int(stmt, ":record", row->record);
	sql_bind_text(stmt, ":user", row->user_id);
	sql_bind_text(stmt, ":entitlement", row->entitlement_id);
	sql_bind_int(stmt, ":status", row->status);
	sql_bind_int(stmt, ":flags", row->flags);
	sql_bind_text(stmt, ":request", row->request_id);
	sql_bind_text(stmt, ":detail", row->detail);
	sqlite3_bind_blob(stmt, sqlite3_bind_parameter_index(stmt, ":mac"), journal->ahead.mac, CHAIN_MAC, SQLITE_STATIC);
	return sql_done(stmt, error);
}

gboolean
journal_commit(Journal *journal, GError **error)
{
	if (!sql_exec(store_db(journal->store), "COMMIT", error)) {
		journal_abort(journal);
		return FALSE;
	}
	journal->head = journal->ahead;
	return TRUE;
}

void
journal_abort(Journal *journal)
{
	if (sqlite3_get_autocommit(store_db(journal->store)) == 0)
		sqlite3_exec(store_db(journal->store), "ROLLBACK", NULL, NULL, NULL);
}

gboolean
journal_seal(Journal *journal, GError **error)
{
	return chain_head_put(journal->vault, journal->identifier, &journal->head, error);
}

char *
journal_head(const Journal *journal)
{
	return chain_head_text(&journal->head);
}

gboolean
journal_each(Store *store, gint64 app, JournalFunc func, gpointer user_data, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store), "SELECT " CHAIN_COLUMNS " FROM actions WHERE app=:app ORDER BY action", error);
	gboolean more = TRUE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &more, error) && more) {
		char hex[CHAIN_MAC * 2 + 1] = "";
		JournalRow row;

		chain_column(stmt, &row);
		if (sqlite3_column_bytes(stmt, CHAIN_MAC_COLUMN) == CHAIN_MAC)
			sodium_bin2hex(hex, sizeof(hex), sqlite3_column_blob(stmt, CHAIN_MAC_COLUMN), CHAIN_MAC);
		if (!func(&row, hex, user_data, error))
			return FALSE;
	}
	return !more;
}

gboolean
journal_last_detail(Store *store, gint64 app, JournalPhase phase, char **ret_detail, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(
	    store_db(store), "SELECT detail FROM actions WHERE app=:app AND phase=:phase ORDER BY action DESC LIMIT 1", error);
	gboolean row = FALSE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	sql_bind_text(stmt, ":phase", journal_phase_word(phase));
	if (!sql_step(stmt, &row, error))
		return FALSE;
	*ret_detail = row ? sql_dup_text(stmt, 0) : NULL;
	return TRUE;
}

void
journal_open_free(JournalOpen *open)
{
	if (open == NULL)
		return;
	g_free(open->verb);
	g_free(open->user_id);
	g_free(open->entitlement_id);
	g_free(open->detail);
	g_free(open);
}

GPtrArray *
journal_open_intents(Store *store, gint64 app, GError **error)
{
	g_autoptr(GPtrArray) intents = g_ptr_array_new_with_free_func((GDestroyNotify)journal_open_free);
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(store_db(store),
			"SELECT a.action, a.time, a.verb, a.user_id, a.entitlement_id, a.detail FROM actions a WHERE a.app=:app AND"
			" a.phase='intent' AND NOT EXISTS (SELECT 1 FROM actions r WHERE r.app=:app AND r.intent=a.action AND"
			" r.phase IN ('result', 'settled')) ORDER BY a.action",
			error);
	gboolean row = TRUE;

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &row, error) && row) {
		JournalOpen *open = g_new0(JournalOpen, 1);

		open->action = sqlite3_column_int64(stmt, 0);
		open->time = sqlite3_column_int64(stmt, 1);
		open->verb = sql_dup_text(stmt, 2);
		open->user_id = sql_dup_text(stmt, 3);
		open->entitlement_id = sql_dup_text(stmt, 4);
		open->detail = sql_dup_text(stmt, 5);
		g_ptr_array_add(intents, open);
	}
	return row ? NULL : g_steal_pointer(&intents);
}
