/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The identity host's pages as HTML: plain, without a script, so that a browser can be led through them. */
#pragma once
#include "grants.h"
#include "sim.h"

/* A page; content is HTML. */
void pages_write(Reply *reply, guint status, const gchar *title, const gchar *content);

/* E-mail and password. again: the last ones were wrong. */
void pages_login(Reply *reply, const gchar *request, gboolean again);

/* What the app asks for, as whom; allow or deny. */
void pages_consent(Reply *reply, const Sim *sim, const Asking *asking);
