/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../settings.h"

/* A person's way to PagerDuty's page and back: what was begun is kept in a secret of the host's, so that another process can complete it, and
 * is gone once the callback came, whatever it brought. Call both under the lock. */

/* What the callback brought, and what was begun. */
typedef struct {
	gchar *code;
	gchar *verifier;
	gchar *redirect_uri;
	gchar *asked; /* scopes */
} Login;

void login_clear(Login *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Login, login_clear)

/* Keeps a state and a verifier, and emits the challenge. */
gboolean login_begin(const idc_host *host, const Settings *settings, const gchar *purpose, const gchar *redirect_uri,
		     const gchar *asked, const idc_sink *sink, GError **error);

/* Finds what the callback belongs to, and forgets it. INVALID: the callback is none, or not of anything begun here, which stays open. CONSENT,
 * SCOPE, UNAVAILABLE, REFUSED: PagerDuty sent the person back without a code. EXPIRED: it was begun too long ago. */
gboolean login_complete(const idc_host *host, const gchar *purpose, const idc_auth_request *request, Login *ret_login,
			GError **error);

/* Forgets everything that was begun. */
gboolean login_forget(const idc_host *host, GError **error);
