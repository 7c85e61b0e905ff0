/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* Arrays of guint32: what an IdSet's numbers are kept in. */

void numbers_sort(GArray *numbers);

/* Of an array that is sorted. */
gboolean numbers_has(const GArray *sorted, guint32 number);

/* Sorts it and leaves each number once. */
void numbers_once(GArray *numbers);
