/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Secrets where they should not be. The harness keeps its own copies masked (each byte by a constant), so that a search of the memory of
 * this process finds the connector's only.
 */
#pragma once
#include "conform/fixture.h"
#include "conform/instrument.h"

/* The values of all secrets of the plan and the fixture that are long enough to be told from chance, masked. Free with g_strfreev. */
char **secrecy_values(const Plan *plan, Fixture *fixture);

/* values, and what stands under a name with token, secret or verifier in what the connector has stored since. Takes values over. */
char **secrecy_with_stored(char **values, const Instrument *instrument);

/* A value as it is looked for. */
char *secrecy_mask(const char *value);

/* Whether text holds one of the masked values, as it is or percent-encoded. */
gboolean secrecy_in_text(const char *text, char *const *values);

/* *ret_found: the name of the first mapping of this process that can be written and holds one of the values, or NULL; free with g_free.
 * FALSE: the memory cannot be looked at here. */
gboolean secrecy_in_memory(char *const *values, char **ret_found);
