/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Makes the snapshot what compare_run() found that it should be. */
#pragma once
#include "state/merging.h"

gboolean apply_run(Merging *merging, GError **error);
