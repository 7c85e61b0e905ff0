/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* Direct targets of escalation policies. */
gboolean policy_add(Changes *changes, GError **error);
gboolean policy_remove(Changes *changes, GError **error);
