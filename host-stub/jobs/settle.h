/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Intents that an earlier run left open because its process ended: what became of them is found out by a dry run. */
#pragma once
#include "jobs/running.h"

/* Asks about each of run->waiting that this run does not ask for again, writes down what was found and tells it in the report's opens.
 * Nothing is sent: whether it is still wanted is for a person to say. FALSE where the journal could not be written. */
gboolean settle_run(Running *run, GError **error);
