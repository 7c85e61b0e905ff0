/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "http.h"

/* Takes from an answer that is no success all that the other side chose the words of, if they repeat one of the secrets that were sent
 * (NULL ends them). Before anything is made of it: what is made of words is not wiped. */
void answer_guard(HttpAnswer *answer, const gchar *const *secrets);

/* Sets error from an answer that is no success, or from what came in its place. what: "GET /users". */
void answer_set_error(GError **error, const gchar *what, const HttpAnswer *answer);
