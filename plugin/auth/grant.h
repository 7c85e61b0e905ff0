/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "endpoint.h"
#include "token.h"

/* Getting tokens and giving them back. What comes is in the host's store before it is returned. All of it is called under the lock. */

typedef struct {
	Endpoint endpoint;
	gchar *purpose; /* what a stored token has to be for */
} Grant;

/* A token for the app itself, for these scopes of the manifest's. */
Token *grant_for_app(const Grant *grant, const gchar *asked, GError **error);

/* The tokens that a callback stands for. Where they are no use (another account, a required scope is missing), those that were stored before
 * stay. */
Token *grant_first(const Grant *grant, const idc_auth_request *request, GError **error);

/* The next token of a consent. EXPIRED: there is none, a person has to authorize again; before then says so, and the store too. */
Token *grant_next(const Grant *grant, Token *before, GError **error);

/* Gives back what is stored, as far as PagerDuty takes it, and forgets it. */
gboolean grant_forget(const Grant *grant, GError **error);
