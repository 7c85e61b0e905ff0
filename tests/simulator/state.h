/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What an auditor should see: computed from the world by itself, without the code that answers the service's operations. */
#pragma once
#include "world.h"

typedef struct {
	gboolean v3;     /* shift-based schedules, too */
	gboolean header; /* of the CSV */
} StateOptions;

/* {"principals":[…],"entitlements":[…],"resources":[…],"grants":[…],"licenses":[…],"counts":{…}} */
void state_write(const World *world, GString *out, const StateOptions *options);

/* {"counts":{…}} */
void state_counts(const World *world, GString *out, const StateOptions *options);

/* user_id,email,entitlement_id,kind,entitlement_name,via,effective: a line each grant, quoted where RFC 4180 wants it, byte for byte,
 * LF, sorted bytewise. */
void state_csv(const World *world, GString *out, const StateOptions *options);
