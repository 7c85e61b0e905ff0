/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* Text that is wiped when it is freed. */
void secret_free(gchar *text);

/* A copy of a secret that the host keeps, as text; free with secret_free(). NULL without an error: there is none. */
gchar *secret_get(const idc_host *host, const gchar *name, GError **error);

/* Stores it for good; NULL deletes it. */
gboolean secret_put(const idc_host *host, const gchar *name, const gchar *text, GError **error);

/* Whether the message, code or request id of an error has the beginning of the secret in it: as it is, URL-encoded or in base64. */
gboolean secret_shown(const GError *error, const gchar *secret);
