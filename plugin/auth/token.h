/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../wire/json.h"

/* What PagerDuty gives out: an access token, what it allows and how long, and what gets the next one. Kept in one secret of the host's, so
 * that an access token and its refresh token are replaced together or not at all. */

typedef struct {
	gchar *access_token;
	gchar *refresh_token; /* NULL: none */
	gchar *scope;         /* granted, in PagerDuty's words */
	gchar *asked;         /* for which of the manifest's scopes it was asked */
	gint64 expires_unix_ms;
	gint64 renew_unix_ms; /* from when on it is not used any more */
	gboolean ended;       /* PagerDuty said that its refresh token is no good any more */
} Token;

void token_free(Token *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Token, token_free)

/* From the endpoint's answer. before: the token that was renewed, NULL for the first; what the answer leaves out stays as it was there, or
 * else is: scope for the scope. */
Token *token_read(json_object *answer, gint64 now_unix_ms, const gchar *asked, const gchar *scope, const Token *before,
		  GError **error);

/* What an earlier process, or another one right now, has left for this purpose; NULL without an error where it is no use. */
Token *token_load(const idc_host *host, const gchar *purpose, GError **error);

/* For good, before it returns. */
gboolean token_store(const idc_host *host, const gchar *purpose, const Token *token, GError **error);

gboolean token_forget(const idc_host *host, GError **error);

/* NULL is no token and does not live. */
gboolean token_lives(const idc_host *host, const Token *token);
