/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* Base roles. */
gboolean role_add(Changes *changes, GError **error);
gboolean role_remove(Changes *changes, GError **error);
