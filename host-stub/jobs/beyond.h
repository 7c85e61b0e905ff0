/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What somebody holds, or may hold, beyond what was taken. */
#pragma once
#include "jobs/running.h"

/* Tells of each removal what is still held through something else. Of who leaves it tells in the report why they may hold more than was taken:
 * the snapshot is not whole, a list is held, or the service said of something that it stays. */
gboolean beyond_run(Running *run, GError **error);
