/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The host's side of the ABI as the harness supplies it: it watches every call that a connector makes to it, keeps what is logged and
 * stored, and lets a check decide when time passes, when a call is to end and what of it fails.
 *
 * One Instrument serves the instances of one app; those on several threads may share it. What it holds against a connector are sentences in
 * faults.
 */
#pragma once
#include "conform/fixture.h"
#include <idc/connector.h>

typedef struct {
	uint32_t level;
	char *text;
} InstrumentLine;

typedef struct {
	GMutex mutex;
	Fixture *fixture;    /* whose clock goes along, or NULL */
	gint64 ahead_ms;     /* what was slept on this clock; nobody waits for it */
	GHashTable *secrets; /* name -> GBytes */
	GHashTable *locks;   /* name -> the thread that holds it */
	GCond unlocked;
	GPtrArray *lines;    /* of InstrumentLine: everything that was logged */
	GPtrArray *faults;   /* of char *: how the contract was broken */
	GHashTable *calling; /* threads on which an operation runs now */
	GHashTable *own;     /* names that the manifest knows as secrets */
	guint64 slept_ms, sleeps, polls, progresses, puts, gets;
	gint64 last_poll_us; /* of cancelled() or sleep_ms(), 0: none in this call */
	gint64 longest_gap_us;
	/* What a check wants to happen. */
	gboolean cancelled;      /* cancelled() says yes */
	gint64 cancel_at_us;     /* from this moment of g_get_monotonic_time() on, 0: never */
	guint64 cancel_at_sleep; /* at this sleep, counted from 1; 0: never */
	guint grow_secret;       /* so many times a secret is longer when asked again than when its length was told */
	int32_t put_status;      /* what secret_put answers instead of storing; 0: it stores */
	gint64 cancel_seen_us;   /* when cancelled() first said yes */
	idc_host host;           /* to be copied into lent memory */
} Instrument;

/* fixture may be NULL. secret_keys: the names of the manifest's secrets, NULL-terminated. */
Instrument *instrument_new(Fixture *fixture, const char *const *secret_keys);

void instrument_free(Instrument *instrument);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Instrument, instrument_free)

void instrument_set_secret(Instrument *instrument, const char *name, const char *value);

/* Around each operation, on its thread. */
void instrument_enter(Instrument *instrument);
void instrument_leave(Instrument *instrument);

/* Adds a sentence to the faults. */
void instrument_blame(Instrument *instrument, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether now a call is to end; counts as no poll. */
gboolean instrument_is_cancelled(Instrument *instrument);
