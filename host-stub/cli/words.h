/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The attributes of results and effects, which are JSON in the store and in --json, as people read them. */
#pragma once
#include <glib.h>

/* "stays in team:1:observer; needed by policy:1 and policy:2": a phrase a key, in order of the keys. A key that is not known is its own
 * words. NULL, and what is no object, gives "". Not escaped. Free with g_free. */
char *words_attributes(const char *json);
