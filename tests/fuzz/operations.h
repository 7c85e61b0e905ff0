/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../unit/wire.h"

/* What an input of the fuzzer operations says, one thing a line:
 *
 *   > OPERATION WORD...              what the host does, in this order; operations.c knows the words
 *   METHOD /PATH STATUS BODY         what is answered to a request: the first of its METHOD and PATH (without query) to the first one, the
 *                                    next to the second, the last to all that follow; STATUS 0: no answer comes. To any other: 404.
 *                                    The n-th answer of all has the request id req-n
 *
 * The app acts for a person where the first line is "> person"; licences are read where any are answered. */

typedef struct {
	GStrv lines;
	GHashTable *asked; /* "METHOD /PATH" to how often */
	guint requests;
	gboolean may_write;
	guint writes;
	gboolean closed; /* a message was refused: nothing may be asked for any more */
} Script;

Script *script_new(const gchar *text);
void script_free(Script *script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Script, script_free)

/* A WireServer; wire->user is the Script. Fails the process where a write comes that must not. */
void script_serve(Wire *wire, const gchar *method, const gchar *url, const gchar *token, HttpAnswer *answer);

/* Holds the messages of authorize and of a change to the contract. */
typedef struct {
	idc_sink sink;
	Script *script;
	guint n; /* changes */
	gboolean dry_run;
	gboolean *ended; /* of each change: its result is there */
	guint results;
	guint failures;
	guint refuse_at; /* the message of that number is refused, 0: none */
	guint messages;
	gchar *state; /* of the last challenge */
} Teller;

#define TELLER_REFUSES IDC_IO

/* Reads a message; a breach of the contract ends the process. */
Teller *teller_new(Script *script);
void teller_free(Teller *teller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Teller, teller_free)

/* For n changes to come. */
void teller_begin(Teller *teller, guint n, gboolean dry_run);

/* The batch returned so. */
void teller_close(const Teller *teller, gint32 status);
