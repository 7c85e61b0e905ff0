/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "../settings.h"

/* What an id_token says of the account. Its signature is not looked at: it came from PagerDuty over TLS, and nothing but a mistake of
 * whoever set the connection up is found with it. */

/* Whether it is for the account and the region of the settings; else INVALID that names both. What it does not say, or says in words that
 * are not known, is no difference. */
gboolean claims_check(const Settings *settings, const gchar *id_token, GError **error);
