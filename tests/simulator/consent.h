/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The identity host's pages for people: /oauth/authorize, where somebody logs in and consents, or does not. */
#pragma once
#include "input.h"
#include "sim.h"

/* GET: checks the request and shows the log-in page. */
void consent_show(Request *request, Reply *reply);

/* POST of the pages' forms: request, email, password, answer (allow or deny). With all of them it needs no page in between. */
void consent_answer(Request *request, Reply *reply);

/* What a test does instead of a person: {"url", "as" (a base role, an id or an e-mail), "answer" (allow or deny), "scopes" (only these are
 * given)} writes {"status", "redirect" (null where the service shows a page instead)}. */
gboolean consent_without_browser(Sim *sim, json_object *body, GString *out, GError **error);
