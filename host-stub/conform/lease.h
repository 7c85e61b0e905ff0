/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Memory that is lent to a connector for one call: each piece ends exactly where a page without access begins, so that whoever reads or
 * writes one byte beyond it dies of it; and after the call all of it is without access for ever, so that whoever kept a pointer dies of
 * that. Very many pieces share pages (their ends are then not guarded, their life is). One thread at a time.
 */
#pragma once
#include <glib.h>
#include <idc/connector.h>

typedef struct Lease Lease;

Lease *lease_new(void);

/* Takes the memory away from everybody; nothing is ever put in its place. */
void lease_end(Lease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lease, lease_end)

/* size bytes, aligned for any type where size is a multiple of 8, filled with a pattern. */
void *lease_bytes(Lease *lease, gsize size);

/* The first size bytes of what is at from; beyond length the pattern stays. */
void *lease_copy(Lease *lease, const void *from, gsize length, gsize size);

/* A copy of the string; NULL stays NULL. */
const char *lease_text(Lease *lease, const char *text);

/* A copy of the pairs and their strings; NULL where there are none. */
const idc_pair *lease_pairs(Lease *lease, const idc_pair *pairs, gsize n);

/* Whether size bytes at p still hold the pattern. */
gboolean lease_untouched(const void *p, gsize size);
