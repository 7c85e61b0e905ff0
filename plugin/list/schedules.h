/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Layer-based schedules and who is in their rotations, after the people were listed. */
gboolean schedules_list(Listing *listing, GError **error);

/* This one is shift-based: asking for it as if it were not is no use. */
void schedules_note_shift_based(Listing *listing, const gchar *id);

/* The people on a schedule that a policy pages: sorted numbers in listing->people. NULL without an error where they are not known, which
 * is a gap. Asks PagerDuty for a schedule that was not in the list, once. */
const GArray *schedules_people(Listing *listing, const gchar *id, GError **error);
