/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../settings.h"
#include "../wire/api.h"

/* Who the connector is at PagerDuty: gets tokens, keeps them in the host's secrets, and knows what they allow. */

typedef struct Auth Auth;

/* host and settings outlive it. */
Auth *auth_new(const idc_host *host, const Settings *settings);
void auth_free(Auth *auth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Auth, auth_free)

/* The way to PagerDuty, which itself asks auth_token() for the token; set once, before anything else. */
void auth_attach(Auth *auth, Api *api);

/* An ApiToken (user: the Auth): the token that holds now, from memory, from the secrets, or asked for anew. */
const gchar *auth_token(gpointer user, gboolean renew, GError **error);

/* Whether the token that holds now has a scope; a token is got first where there is none. */
gboolean auth_has_scope(Auth *auth, const gchar *scope, gboolean *ret_has, GError **error);

/* The kinds of records of which something may be hidden from the token without a word; 0: none. *ret_reason is then the caller's. Asks PagerDuty
 * where a person consented. */
gboolean auth_hidden(Auth *auth, guint32 *ret_kinds, gchar **ret_reason, GError **error);

/* The steps of idc_ops.authorize. *ret_status is IDC_OK, or IDC_PENDING after BEGIN. */
gboolean auth_step(Auth *auth, const idc_auth_request *request, const idc_sink *sink, gint32 *ret_status, GError **error);
