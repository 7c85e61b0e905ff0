/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What checks of changes have in common. */
#pragma once
#include "conform/subject.h"
#include "conform/truth.h"

/* An instance that is ready and may write, in the world of the changes, or of those who are invited. NULL: a verdict is there. */
Subject *changing_open(Bench *bench);
Subject *changing_open_provision(Bench *bench);

/* Judges a change against the contract and what was so before and after: effects tell exactly the difference, who is said to hold holds, who is said
 * not to hold does not. */
void changing_judge(Subject *subject, SubjectChange change, const idc_change *items, gsize n, uint32_t flags, const Told *told,
		    const Truth *before, const Truth *after);

/* One change, judged; its result's status, or the call's where there is no result. */
int32_t changing_one(Subject *subject, SubjectChange change, const PlanGrant *grant);

/* How many writes came since the last reset. */
guint changing_writes(Bench *bench);

/* The plan's case or held grant as a change. */
idc_change changing_item(const PlanGrant *grant);

/* Whether the manifest declares the operation. */
gboolean changing_offers(const Bench *bench, SubjectChange change);
