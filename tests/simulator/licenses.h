/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /licenses and who holds which */
#pragma once
#include "sim.h"

void licenses_list(Request *request, Reply *reply);

void licenses_allocations(Request *request, Reply *reply);

void licenses_of_user(Request *request, Reply *reply);

/* The licence that a user of that role is to hold: the one that is asked for, else the present one, else the first with a free seat.
 * user: NULL for a new one. NULL: refused, and the reply says why. */
const License *licenses_pick(const Request *request, Reply *reply, const gchar *role, const gchar *wanted, const User *user);

/* Seats that are taken. */
gint64 licenses_used(const World *world, const License *license);
