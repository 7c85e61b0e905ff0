/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What checks of lists have in common. */
#pragma once
#include "conform/subject.h"
#include "conform/truth.h"

/* Lists want and holds what was told against the contract and against what is so at the service; the list has to be OK where whole is TRUE.
 * Returns what was told, for more questions; a verdict is there if anything is wrong. */
Told *listing_judged(Subject *subject, uint32_t want, gboolean whole);

/* The same for who has no more questions. */
void listing_expect(Subject *subject, uint32_t want, gboolean whole);

/* The whole list by another instance of the app that does not sign in, as another process would find it. */
void listing_expect_elsewhere(Subject *subject);

/* What was told, against the contract and what was so before and after. */
void listing_judge(Subject *subject, const Told *told, uint32_t want, const Truth *before, const Truth *after);

/* How many requests a whole list makes in the world default, and the journal of it: sign-in not counted. NULL: a verdict is there. */
GPtrArray *listing_traffic(Bench *bench, const char *world);

/* The action once, at each of at most places requests of a list in turn. honest: the service does not lie about what is so, and what is told is
 * held against it; otherwise only against the contract. */
void listing_fault_at_each(Bench *bench, const char *action, guint places, gboolean honest);

/* In the world default, with a fault in place: lists, and holds what was told against what is so. The list may end in any way that does not
 * claim what is not so. Free the Told; NULL: a verdict is there. */
Told *listing_faulty(Bench *bench, const char *match, const char *action, gboolean honest);
