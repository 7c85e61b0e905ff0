/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The rate limit: a window of fixed length for each owner of credentials. */
#pragma once
#include "sim.h"

GHashTable *rate_new(void);

/* Counts the request and adds the three headers. FALSE: over the limit, and the reply is the 429. */
gboolean rate_take(const Request *request, Reply *reply);
