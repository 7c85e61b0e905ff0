/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Looking names up. This program has a getaddrinfo() of its own, which goes before the C library's for all that is loaded into it: so a check can
 * have a look-up that does not come back. Any thread.
 */
#pragma once
#include <glib.h>

/* From here on no look-up comes back before 15 s, or all do, those that are under way by failing. */
void lookup_hold(gboolean held);

/* How many look-ups were made while they were held, and how many of these have not come back yet. */
guint lookup_asked(void);
guint lookup_open(void);
