/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Whose doing a difference is. */
#pragma once
#include "state/kinds.h"

/* changes.origin */
typedef enum {
	ORIGIN_BASELINE, /* nobody's: seen for the first time */
	ORIGIN_OUTSIDE,
	ORIGIN_PLATFORM, /* this host's: it matches an action */
	ORIGIN_UNKNOWN,  /* an action whose outcome is not known could explain it */
} Origin;
