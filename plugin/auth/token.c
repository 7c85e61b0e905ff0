/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "token.h"

#include <string.h>

#include "../errors.h"
#include "../secret.h"
#include "../wire/wiped.h"

#define TOKEN_SECRET "idc.token"
#define TOKEN_MAX_LIFE_S (30 * 24 * 3600)
#define TOKEN_UNKNOWN_LIFE_S 3600   /* where PagerDuty does not say; a 401 corrects it */
#define TOKEN_MARGIN_MS (60 * 1000) /* a token is replaced so long before its end, or at half its life where that is short */

void
token_free(Token *token)
{
	if (token == NULL)
		return;
	secret_free(token->access_token);
	secret_free(token->refresh_token);
	g_free(token->scope);
	g_free(token->asked);
	g_free(token);
}

/* The seconds that a token lives: a number, or a number as text; what is no life at all is taken as not said. */
static gint64
token_life_s(json_object *answer)
{
	const gchar *text = json_read_text(answer, "expires_in");
	gint64 life = json_read_number(answer, "expires_in", 0);

	if (text != NULL && !g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, &life, NULL))
		life = 0;
	return life > 0 ? MIN(life, TOKEN_MAX_LIFE_S) : TOKEN_UNKNOWN_LIFE_S;
}

/* A member that is absent, or a text that can be a token or a list of scopes. */
static gboolean
token_usable(json_object *answer, const gchar *key, const gchar *pattern)
{
	json_object *member = NULL;
	const gchar *text = json_read_text(answer, key);

	if (!json_object_object_get_ex(answer, key, &member) || member == NULL)
		return TRUE;
	return text != NULL && g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0);
}

Token *
token_read(json_object *answer, gint64 now_unix_ms, const gchar *asked, const gchar *scope, const Token *before, GError **error)
{
	static const gchar word[] = "^[!-~]{1,4096}$";
	g_autoptr(Token) token = g_new0(Token, 1);
	const gchar *refresh = json_read_text(answer, "refresh_token");
	const gchar *granted = json_read_text(answer, "scope");
	const gint64 life_ms = token_life_s(answer) * 1000;

	if (json_read_text(answer, "access_token") == NULL || !token_usable(answer, "access_token", word) ||
	    !token_usable(answer, "refresh_token", word) || !token_usable(answer, "scope", "^[ -~]{0,8192}$") ||
	    secret_in(granted, json_read_text(answer, "access_token")) || secret_in(granted, refresh)) {
		g_set_error_literal(
		    error, ERRORS, IDC_PROTOCOL,
		    "The answer to POST /oauth/token holds no usable access token or scope: check identity_url and any "
		    "proxy in between.");
		return NULL;
	}
	if (before != NULL) {
		scope = before->scope;
		refresh = refresh != NULL ? refresh : before->refresh_token;
	}
	token->access_token = g_strdup(json_read_text(answer, "access_token"));
	token->refresh_token = g_strdup(refresh);
	token->scope = g_strdup(granted != NULL ? granted : scope);
	token->asked = g_strdup(asked);
	token->expires_unix_ms = now_unix_ms + life_ms;
	token->renew_unix_ms = token->expires_unix_ms - MIN(TOKEN_MARGIN_MS, life_ms / 2);
	return g_steal_pointer(&token);
}

Token *
token_load(const idc_host *host, const gchar *purpose, GError **error)
{
	g_autoptr(Token) token = g_new0(Token, 1);
	gchar *stored = secret_get(host, TOKEN_SECRET, error);
	g_autoptr(WipedJson) root = stored != NULL ? wiped_read(stored, strlen(stored), "the stored token", NULL) : NULL;
	gboolean known = FALSE;

	secret_free(stored);
	if (root == NULL || g_strcmp0(json_read_text(root, "for"), purpose) != 0)
		return NULL;
	token->access_token = g_strdup(json_read_text(root, "access_token"));
	token->refresh_token = g_strdup(json_read_text(root, "refresh_token"));
	token->scope = g_strdup(json_read_text(root, "scope"));
	token->asked = g_strdup(json_read_text(root, "asked"));
	token->expires_unix_ms = json_read_number(root, "expires_unix_ms", 0);
	token->renew_unix_ms = json_read_number(root, "renew_unix_ms", 0);
	token->ended = json_read_flag(root, "ended", &known);
	if (token->access_token == NULL || token->scope == NULL || token->asked == NULL)
		return NULL;
	return g_steal_pointer(&token);
}

gboolean
token_store(const idc_host *host, const gchar *purpose, const Token *token, GError **error)
{
	g_autoptr(WipedJson) root = json_object_new_object();

	json_object_object_add(root, "for", json_object_new_string(purpose));
	json_object_object_add(root, "access_token", json_object_new_string(token->access_token));
	if (token->refresh_token != NULL)
		json_object_object_add(root, "refresh_token", json_object_new_string(token->refresh_token));
	json_object_object_add(root, "scope", json_object_new_string(token->scope));
	json_object_object_add(root, "asked", json_object_new_string(token->asked));
	json_object_object_add(root, "expires_unix_ms", json_object_new_int64(token->expires_unix_ms));
	json_object_object_add(root, "renew_unix_ms", json_object_new_int64(token->renew_unix_ms));
	if (token->ended)
		json_object_object_add(root, "ended", json_object_new_boolean(TRUE));
	return wiped_put(host, TOKEN_SECRET, root, error);
}

gboolean
token_forget(const idc_host *host, GError **error)
{
	return secret_put(host, TOKEN_SECRET, NULL, error);
}

gboolean
token_lives(const idc_host *host, const Token *token)
{
	return token != NULL && token->renew_unix_ms > host->unix_ms(host->ctx);
}
