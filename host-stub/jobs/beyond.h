/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What somebody who leaves may hold beyond the last snapshot, from which all that is taken comes. */
#pragma once
#include "jobs/running.h"

/* Tells in the report why somebody may hold more than was taken: the snapshot is not whole, a list is held, or the service said of something
 * that it stays. Does nothing where nobody leaves. */
gboolean beyond_run(Running *run, GError **error);
