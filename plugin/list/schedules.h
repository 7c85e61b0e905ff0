/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Layer-based schedules and who is in their rotations, after the people were listed. */
gboolean schedules_list(Listing *listing, GError **error);

/* The people on a schedule that a policy pages: numbers in listing->people. NULL without an error where they are not known. Asks PagerDuty
 * for a schedule that was not in the list. */
const GArray *schedules_people(Listing *listing, const gchar *id, GError **error);
