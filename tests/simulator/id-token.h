/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The id_token: who consented, on which account, in which region; RS256 with a key of this process. */
#pragma once
#include "grants.h"
#include "sim.h"

/* The caller frees it. */
gchar *id_token_new(const Sim *sim, const Consent *consent);

/* The public key as a JWK. */
void id_token_key(GString *out);

/* base64url without padding. The caller frees it. */
gchar *id_token_base64url(gconstpointer bytes, gsize length);
