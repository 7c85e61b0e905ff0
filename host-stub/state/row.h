/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One row of the journal. */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef enum {
	JOURNAL_INTENT,  /* about to be sent */
	JOURNAL_EFFECT,  /* one thing that it did; verb is the effect's */
	JOURNAL_RESULT,  /* how it ended */
	JOURNAL_SETTLED, /* found out later, because no result was written */
	JOURNAL_KEYS,    /* the keys of the app's file, seen for the first time or other than before; of no intent */
	JOURNAL_TASK,    /* left to a person; verb is what it is about */
} JournalPhase;

/* Strings may be NULL. */
typedef struct {
	gint64 action; /* its number, 1, 2, ...; given by journal_append() */
	gint64 time;   /* ms since 1970 */
	JournalPhase phase;
	gint64 intent; /* the row that it belongs to; 0 for an intent */
	const char *verb;
	uint32_t record; /* effects: IDC_RECORD_*, else 0 */
	const char *user_id;
	const char *entitlement_id;
	gint32 status;  /* results: IDC_* */
	uint32_t flags; /* effects: IDC_EFFECT_* */
	const char *request_id;
	const char *detail; /* JSON */
} JournalRow;

/* "intent", ... Static. */
const char *journal_phase_word(JournalPhase phase);

/* The phase of that word; FALSE where it is none. */
gboolean journal_phase_parse(const char *word, JournalPhase *ret_phase);
