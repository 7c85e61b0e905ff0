/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* Invites people, one after another: PagerDuty locks the account while it makes a user. */
gboolean person_provision(Changes *changes, GError **error);
