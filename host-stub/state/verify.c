/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "state/chain.h"
#include "state/journal.h"
#include "state/store-private.h"
#include <string.h>

/* How many sentences a report has at most: where everything is wrong, the first ones say it all. */
#define VERIFY_PROBLEMS 20

typedef struct {
	Chain chain;
	JournalReport *report;
	guint8 before[CHAIN_MAC]; /* of the row before, as it is written there */
	gint64 next;              /* the number that has to come */
	ChainHead heads[2];       /* the vault's and the given one; rows 0: none */
	gboolean found[2];        /* that row is there with that MAC */
	ChainHead last;
} Verify;

void
journal_report_free(JournalReport *report)
{
	if (report == NULL)
		return;
	g_free(report->head);
	g_ptr_array_unref(report->problems);
	g_free(report);
}

static void G_GNUC_PRINTF(2, 3) verify_problem(Verify *verify, const char *format, ...)
{
	va_list args;

	if (verify->report->problems->len >= VERIFY_PROBLEMS) {
		verify->report->more++;
		return;
	}
	va_start(args, format);
	g_ptr_array_add(verify->report->problems, g_strdup_vprintf(format, args));
	va_end(args);
}

static void
verify_missing(Verify *verify, gint64 from, gint64 to, const char *where)
{
	if (from == to)
		verify_problem(verify, "Row %" G_GINT64_FORMAT " is missing%s.", from, where);
	else
		verify_problem(verify, "Rows %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " are missing%s.", from, to, where);
}

static void
verify_row(Verify *verify, sqlite3_stmt *stmt)
{
	const guint8 *mac = sqlite3_column_blob(stmt, CHAIN_MAC_COLUMN);
	guint8 right[CHAIN_MAC];
	JournalRow row;
	gboolean known = chain_column(stmt, &row);
	gboolean whole = sqlite3_column_bytes(stmt, CHAIN_MAC_COLUMN) == CHAIN_MAC;
	gboolean gap = row.action > verify->next;

	if (gap)
		verify_missing(verify, verify->next, row.action - 1, "");
	if (row.action < 1)
		verify_problem(verify, "Row %" G_GINT64_FORMAT " was added: rows begin with 1.", row.action);
	chain_row(&verify->chain, verify->before, &row, right);
	/* After a gap the row itself cannot be checked; those behind it can. */
	if (!known || !whole || (!gap && sodium_memcmp(mac, right, CHAIN_MAC) != 0))
		verify_problem(verify,
			       "Row %" G_GINT64_FORMAT " is not what was written there: it was altered, put there or moved.",
			       row.action);
	memset(verify->before, 0, CHAIN_MAC);
	if (whole)
		memcpy(verify->before, mac, CHAIN_MAC);
	for (gsize i = 0; i < G_N_ELEMENTS(verify->heads); i++) {
		if (verify->heads[i].rows == row.action)
			verify->found[i] = sodium_memcmp(verify->before, verify->heads[i].mac, CHAIN_MAC) == 0;
	}
	verify->next = row.action + 1;
	verify->last.rows = row.action;
	memcpy(verify->last.mac, verify->before, CHAIN_MAC);
}

static gboolean
verify_rows(Verify *verify, sqlite3 *db, gint64 app, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    sql_prepare(db, "SELECT " CHAIN_COLUMNS " FROM actions WHERE app=:app ORDER BY action", error);
	gboolean more = TRUE;

	if (stmt == NULL)
		return FALSE;
	sql_bind_int(stmt, ":app", app);
	while (sql_step(stmt, &more, error) && more) {
		verify_row(verify, stmt);
		verify->report->rows++;
	}
	return !more;
}

static void
verify_heads(Verify *verify, gboolean there)
{
	static const char *const whose[] = {"the head kept among the secrets", "the given head"};

	if (!there && verify->last.rows > 0)
		verify_problem(verify, "The head that is kept among the secrets is missing, so rows may be missing at the end.");
	for (gsize i = 0; i < G_N_ELEMENTS(verify->heads); i++) {
		const ChainHead *head = &verify->heads[i];
		g_autofree char *where = g_strdup_printf(" at the end: %s is at row %" G_GINT64_FORMAT, whose[i], head->rows);

		if (head->rows > verify->last.rows)
			verify_missing(verify, verify->last.rows + 1, head->rows, where);
		else if (head->rows > 0 && !verify->found[i])
			verify_problem(verify, "Row %" G_GINT64_FORMAT " is not the one that %s names.", head->rows, whose[i]);
	}
}

JournalReport *
journal_verify(Store *store, Vault *vault, const char *identifier, gint64 app, const char *head, GError **error)
{
	g_autoptr(JournalReport) report = g_new0(JournalReport, 1);
	Verify verify = {.report = report, .next = 1};
	gboolean there = FALSE;
	g_autoptr(GError) error_key = NULL;
	gboolean keyed;
	gboolean read;

	report->problems = g_ptr_array_new_with_free_func(g_free);
	if (head != NULL && !chain_head_parse(head, &verify.heads[1])) {
		host_error_set(error, IDC_INVALID, "usage",
			       "--head must be what idc-host audit head printed: a number, a slash and %d hexadecimal digits.",
			       CHAIN_MAC * 2);
		return NULL;
	}
	/* Before the rows: what is appended meanwhile lies beyond it. */
	if (!chain_head_get(vault, identifier, &there, &verify.heads[0], error))
		return NULL;
	keyed = chain_open(&verify.chain, vault, identifier, FALSE, &error_key);
	/* Without a key nothing was ever written here; and if something was, it cannot be checked. */
	if (!keyed && (host_error_status(error_key) != IDC_NOT_FOUND || there)) {
		g_propagate_error(error, g_steal_pointer(&error_key));
		return NULL;
	}
	chain_start(&verify.chain, verify.before);
	read = verify_rows(&verify, store_db(store), app, error);
	chain_clear(&verify.chain);
	if (!read)
		return NULL;
	verify_heads(&verify, there);
	report->head = chain_head_text(&verify.last);
	return g_steal_pointer(&report);
}
