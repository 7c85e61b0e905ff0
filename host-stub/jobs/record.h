/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a run writes down: the intents of a batch before it is sent, and how each item ended, with the snapshot that follows. */
#pragma once
#include "jobs/running.h"

/* Commits an intent for each item, and settles those of an earlier run that asked for the same: it is being asked for again. */
gboolean record_intents(Running *run, GPtrArray *items, GError **error);

/* Commits effects and result of one item, and what the snapshot takes over of them, at once. */
gboolean record_result(Running *run, Item *item, GError **error);

/* Commits what became of an intent that an earlier run left open. */
gboolean record_settled(Running *run, const JournalOpen *open, OpenOutcome outcome, int32_t status, GError **error);

/* Opens a task, and writes down who left it; within the journal's transaction. */
gboolean record_task(Running *run, Task *task, GError **error);

/* The items of a run and an intent of an earlier one: whether they ask for the same. */
gboolean record_same(const Item *item, const JournalOpen *open);

/* What an intent asked for that is not in its columns; NULL: it names none. Free with g_free. */
char *record_email(const JournalOpen *open);
