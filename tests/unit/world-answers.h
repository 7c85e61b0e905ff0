/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "world.h"

/* What PagerDuty answers to a GET of path at this moment; owned by the caller. NULL: error says what it refused. */
json_object *world_answer(World *world, const gchar *path, GError **error);
