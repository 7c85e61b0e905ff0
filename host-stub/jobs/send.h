/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Batches on their way to the connector and back. */
#pragma once
#include "jobs/running.h"

/* Sends all waiting items of one action, in batches of what the connector takes. Each is ended or not attempted afterwards; why the run
 * cannot go on is in the report's ended. FALSE where the journal could not be written. */
gboolean send_action(Running *run, SessionChange action, GError **error);

/* Asks for items of one action as a dry run without writing anything down. FALSE and an error where the connector broke it off before all
 * were ended. */
gboolean send_dry(Running *run, GPtrArray *items, GError **error);
