/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Tasks that a list shows to be done. */
#pragma once
#include "state/merging.h"

/* After apply_run() and changes_write(): closes the tasks whose user or grant this list proves to be gone. */
gboolean done_close(Merging *merging, GError **error);
