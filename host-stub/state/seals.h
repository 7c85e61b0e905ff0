/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Seals: what a list says about its own completeness, and whether that holds together. */
#pragma once
#include "state/staging.h"

gboolean seals_prepare(Stage *stage, GError **error);

/* Takes one. */
gboolean seals_take(Stage *stage, const idc_seal *seal, GError **error);

/* Whether a record or seal of that kind may still come; what ("the user "u1"") is for the sentence. */
gboolean seals_check_open(Stage *stage, Kind kind, const char *what, GError **error);

/* After the list ended with status: each wanted kind is sealed, and status says what the seals say. */
gboolean seals_finish(Stage *stage, int32_t status, GError **error);

/* After grants_sort(): what the seals of a smaller scope counted is there. */
gboolean seals_check_counts(Stage *stage, GError **error);
