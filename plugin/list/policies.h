/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "listing.h"

/* Escalation policies, their levels, and who is paged there, directly or through a schedule; after people and schedules were listed. */
gboolean policies_list(Listing *listing, GError **error);
