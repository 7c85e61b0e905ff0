/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "http.h"

/* Sets error from an answer that is no success, or from what came in its place. what: "GET /users". */
void answer_set_error(GError **error, const gchar *what, const HttpAnswer *answer);
