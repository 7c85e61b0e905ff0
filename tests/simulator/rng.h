/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Deterministic numbers: the same seed gives the same world on every machine. Not thread-safe, never fails. */
#pragma once
#include <glib.h>

typedef struct {
	guint64 state;
} Rng;

/* A stream of its own for each (seed, stream), so that more users do not change how teams are made. */
void rng_init(Rng *rng, guint64 seed, guint64 stream);

guint64 rng_next(Rng *rng);

/* 0 ≤ n < limit; limit > 0. */
guint rng_below(Rng *rng, guint limit);

/* True in about percent of 100 cases. */
gboolean rng_percent(Rng *rng, guint percent);

/* A number that depends on value alone. */
guint64 rng_mix(guint64 value);
