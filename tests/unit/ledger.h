/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* A sink that holds a list to its contract, message by message: nothing twice, every grant names what was listed and is not gone, sizes
 * and encoding, one seal of the whole for each wanted kind, counts. Breaches end the test. What was listed and not taken back is kept as
 * facts, in the words of the model ("P user", "R resource", "E entitlement", "G user entitlement", "I user entitlement"). */

typedef struct {
	idc_sink sink;
	idc_host host; /* does nothing, never cancels */
	guint32 want;
	GHashTable *listed;  /* facts, those of things that are gone included */
	GHashTable *removed; /* "P user" and "R resource" */
	GHashTable *attrs;   /* fact to its attributes as "key=value;..." */
	GHashTable *sealed;  /* "kind resource" of the scoped COMPLETE seals */
	guint32 sealed_all;  /* kinds that ended */
	guint32 complete;    /* kinds that ended COMPLETE */
	guint64 emitted[4];
	guint64 gone[4];
	GHashTable *under; /* "kind resource" to how many were listed under it */
	gchar *reasons[4]; /* of the kinds that ended PARTIAL */
	gint32 statuses[4];
	gint64 as_of_unix_ms;
	guint messages;
	guint refuses_at; /* the message of that number is refused */
	gint32 refuses_with;
	void (*on_refusal)(gpointer user);
	gpointer user;
} Ledger;

Ledger *ledger_new(guint32 want);
void ledger_free(Ledger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)

/* Whether a fact was listed and nothing took it back. */
gboolean ledger_holds(const Ledger *ledger, const gchar *fact);

/* NULL, or good UTF-8 of at most limit bytes, or the process ends. */
void ledger_text(const gchar *text, gsize limit);

/* The resource of an entitlement by the form of its id; owned by the caller. */
gchar *ledger_resource_of(const gchar *entitlement);

/* Once the list has returned: every wanted kind has its seal, and partial says what the seals do. */
void ledger_close(const Ledger *ledger, gboolean partial);
