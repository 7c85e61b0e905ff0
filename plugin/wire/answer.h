/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "http.h"

/* Sets error from an answer that is no success, or from what came in its place. what: "GET /users". sent: the token that went with the
 * request, or NULL; a refusal that repeats it is told without its words, which go from the answer. */
void answer_set_error(GError **error, const gchar *what, HttpAnswer *answer, const gchar *sent);

/* Takes from an answer all that the other side chose the words of. */
void answer_hush(HttpAnswer *answer);
