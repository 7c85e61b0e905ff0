/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* Text that is wiped when it is freed. */
void secret_free(gchar *text);
void secret_string_free(GString *text);

typedef GString SecretString;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretString, secret_string_free)

/* As g_string_append_len(), but what the text had to move from is wiped. */
void secret_append(GString *to, const gchar *bytes, gsize length);

/* A copy of a secret that the host keeps, as text; free with secret_free(). NULL without an error: there is none. */
gchar *secret_get(const idc_host *host, const gchar *name, GError **error);

/* Stores it for good; NULL deletes it. */
gboolean secret_put(const idc_host *host, const gchar *name, const gchar *text, GError **error);

/* Whether text has the beginning of the secret in it: as it is, URL-encoded or in base64. NULL has none. */
gboolean secret_in(const gchar *text, const gchar *secret);
