/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* /users */
#pragma once
#include "sim.h"

void users_list(Request *request, Reply *reply);

void users_show(Request *request, Reply *reply);

void users_me(Request *request, Reply *reply);

/* The user as JSON, for lists that include users. */
void users_write(const Request *request, GString *out, User *user);
