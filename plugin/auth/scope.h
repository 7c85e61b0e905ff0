/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../settings.h"

/* Scopes: the host speaks of the manifest's, a scoped app has these and its account's, a classic one read and write alone. */

/* What reading needs: where the host does not say. */
extern const gchar scope_reading[];

/* What PagerDuty is asked for, so that the asked ones of the manifest's are granted; owned by the caller. */
gchar *scope_request(const Settings *settings, const gchar *asked);

/* Whether what was granted allows what one of the manifest's scopes does. */
gboolean scope_allows(const Settings *settings, const gchar *granted, const gchar *scope);

/* What was granted, as the host is told: of a classic app in the manifest's words, too. Owned by the caller. */
gchar *scope_told(const Settings *settings, const gchar *granted, const gchar *asked);

/* Compares what was granted with what is needed: FALSE with SCOPE that names each missing one; of optional ones the log tells. */
gboolean scope_enough(const idc_host *host, const Settings *settings, const gchar *granted, const gchar *asked, GError **error);
