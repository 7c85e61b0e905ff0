/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What is left to a person when somebody leaves. */
#pragma once
#include "jobs/running.h"

/* Tells in the report what a person has to do, and opens a task for each thing for which none is open; a dry run only tells. Does nothing
 * where nobody leaves. */
gboolean todo_run(Running *run, GError **error);
