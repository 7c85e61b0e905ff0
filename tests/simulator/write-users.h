/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Creating, changing and deleting users. */
#pragma once
#include "sim.h"

void write_users_create(Request *request, Reply *reply);

void write_users_update(Request *request, Reply *reply);

void write_users_delete(Request *request, Reply *reply);

/* How many invitations were mailed to each address, as JSON: what no answer of the service tells. */
void write_users_invitations(const World *world, GString *out);
