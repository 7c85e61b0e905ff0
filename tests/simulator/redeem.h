/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Tokens for each grant type, once the client is known. All write the answer, and return whether it is what was wanted. */
#pragma once
#include "grants.h"
#include "sim.h"

gboolean redeem_client_credentials(const Request *request, Reply *reply, const Query *form);

gboolean redeem_authorization_code(const Request *request, Reply *reply, const Query *form);

gboolean redeem_refresh(const Request *request, Reply *reply, const Query *form);

/* The consent and every token of it. */
void redeem_withdraw(Sim *sim, Consent *consent);
