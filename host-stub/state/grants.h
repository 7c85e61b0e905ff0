/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Grants of a list. They come in any order and by the million, so they are only written down, and sorted once all are there. */
#pragma once
#include "state/staging.h"

gboolean grants_prepare(Stage *stage, GError **error);

/* A record of a grant, its seal already judged. */
gboolean grants_take(Stage *stage, const idc_record *record, GError **error);

/* After the last record: puts them into stage_grant, in order of user and entitlement, each once. */
gboolean grants_sort(Stage *stage, GError **error);

/* Drops those that were taken back, by themselves or with the user or entitlement that they hang on. */
gboolean grants_take_back(Stage *stage, GError **error);
