/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What this host was going to do and what it did, one append-only row each, chained: the MAC of a row is over the MAC of the one before
 * and over the row itself, under a key that is not in the database. Number and MAC of the last row also stand in the vault. So a row that
 * was altered, dropped, put elsewhere or cut off at the end is found by journal_verify(); not found are database and vault rolled back
 * together, or a writer who has the key.
 *
 * A Journal writes by the store's own connection, so that what is written beside a row (the snapshot) is there with it or not at all.
 * Only one process at a time writes an app's rows: its caller holds the app's lock for changes.
 */
#pragma once
#include "state/row.h"
#include "state/store.h"
#include "state/vault.h"

typedef struct Journal Journal;

/* Opens the rows of an app for writing. The key is made on first use; where there are rows and no key, or fewer rows than the vault
 * knows, nothing may be added: "journal_broken". store and vault are borrowed and outlive it. */
Journal *journal_open(Store *store, Vault *vault, const char *identifier, gint64 app, GError **error);

void journal_close(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_close)

/* Rows are appended between journal_begin() and journal_commit(), which has them on disk before it returns; journal_abort() takes them
 * back. */
gboolean journal_begin(Journal *journal, GError **error);
gboolean journal_append(Journal *journal, JournalRow *row, GError **error);
gboolean journal_commit(Journal *journal, GError **error);
void journal_abort(Journal *journal);

/* Writes number and MAC of the last row into the vault: after the intents of a batch, and once their results are in. */
gboolean journal_seal(Journal *journal, GError **error);

/* "12/9f86d0…": number and MAC of the last row, "0" where there is none. Free with g_free. */
char *journal_head(const Journal *journal);

/* ---- reading ---- */

/* Called for each row in order; FALSE with an error ends. */
typedef gboolean (*JournalFunc)(const JournalRow *row, const char *mac_hex, gpointer user_data, GError **error);

gboolean journal_each(Store *store, gint64 app, JournalFunc func, gpointer user_data, GError **error);

/* The detail of the last row of a phase; *ret_detail is NULL where there is none. Free with g_free. */
gboolean journal_last_detail(Store *store, gint64 app, JournalPhase phase, char **ret_detail, GError **error);

/* An intent without a result: what became of it is not known. */
typedef struct {
	gint64 action;
	gint64 time;
	char *verb;
	char *user_id; /* NULL for provision */
	char *entitlement_id;
	char *detail;
} JournalOpen;

void journal_open_free(JournalOpen *open);

/* Those of an app, oldest first: a GPtrArray of JournalOpen. */
GPtrArray *journal_open_intents(Store *store, gint64 app, GError **error);

/* What journal_verify() found. */
typedef struct {
	gint64 rows;
	char *head;          /* of the rows as they are, as journal_head() */
	GPtrArray *problems; /* of char *: a sentence each; empty: good */
	guint64 more;        /* problems beyond those listed */
} JournalReport;

void journal_report_free(JournalReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalReport, journal_report_free)

/* Checks every row of an app against the one before it and the last one against the vault, and, where head is not NULL, against a head
 * that was kept elsewhere. What is wrong is in the report; an error means that it could not be checked. */
JournalReport *journal_verify(Store *store, Vault *vault, const char *identifier, gint64 app, const char *head, GError **error);
