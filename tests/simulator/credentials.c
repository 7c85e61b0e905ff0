/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "credentials.h"

#include <string.h>

#include "rng.h"

struct Credentials {
	gchar *region;
	GHashTable *tokens; /* gchar* to Credential* */
	GHashTable *keys;   /* gchar* to Credential*: made when first seen */
};

/* Counts on over resets: a token of an earlier world is never good again. */
static guint64 credentials_issued;

static void
credentials_free_one(gpointer data)
{
	Credential *credential = data;

	g_free(credential->owner);
	g_free(credential->scope);
	g_free(credential->region);
	g_free(credential->user_id);
	g_free(credential->consent);
	g_free(credential);
}

Credentials *
credentials_new(const gchar *region)
{
	Credentials *credentials = g_new0(Credentials, 1);

	credentials->region = g_strdup(region);
	credentials->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, credentials_free_one);
	credentials->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, credentials_free_one);
	return credentials;
}

void
credentials_free(Credentials *credentials)
{
	g_free(credentials->region);
	g_hash_table_unref(credentials->tokens);
	g_hash_table_unref(credentials->keys);
	g_free(credentials);
}

const gchar *
credentials_issue(Credentials *credentials, const CredentialIssue *issue)
{
	Credential *credential = g_new0(Credential, 1);
	guint64 number = ++credentials_issued;
	gchar *token;

	/* a plus in the middle, as real ones have: it does not survive a form that is not encoded */
	token = g_strdup_printf("pd%ss+_0NORTHW_%016" G_GINT64_MODIFIER "x+%016" G_GINT64_MODIFIER "x",
				g_str_equal(issue->region, "eu") ? "e" : "u", rng_mix(number), rng_mix(number ^ 0x5eed));
	credential->kind = issue->user_id != NULL ? CREDENTIAL_PERSON : CREDENTIAL_APP;
	credential->owner = g_strdup(issue->user_id != NULL ? issue->user_id : "app");
	credential->scope = g_strdup(issue->scope);
	credential->region = g_strdup(issue->region);
	credential->user_id = g_strdup(issue->user_id);
	credential->consent = g_strdup(issue->consent);
	credential->classic = issue->classic;
	credential->expires_ms = issue->expires_ms;
	g_hash_table_insert(credentials->tokens, token, credential);
	return token;
}

void
credentials_revoke_all(Credentials *credentials)
{
	g_hash_table_remove_all(credentials->tokens);
}

static gboolean
credentials_is_of(gpointer token, gpointer credential, gpointer consent)
{
	(void)token;
	return g_strcmp0(((const Credential *)credential)->consent, consent) == 0;
}

void
credentials_revoke_consent(Credentials *credentials, const gchar *consent)
{
	g_hash_table_foreach_remove(credentials->tokens, credentials_is_of, (gpointer)consent);
}

gboolean
credentials_revoke(Credentials *credentials, const gchar *token)
{
	return g_hash_table_remove(credentials->tokens, token);
}

void
credentials_expire(Credentials *credentials)
{
	GHashTableIter each;
	gpointer credential;

	g_hash_table_iter_init(&each, credentials->tokens);
	while (g_hash_table_iter_next(&each, NULL, &credential))
		((Credential *)credential)->expires_ms = 1;
}

/* The account's keys are the same in each world: account-key, read-only-key, and user-key-<id> for each user. */
static const Credential *
credentials_key(Credentials *credentials, const World *world, const gchar *key)
{
	CredentialKind kind;
	Credential *credential;
	const gchar *user_id = NULL;

	if (g_str_equal(key, "account-key")) {
		kind = CREDENTIAL_ACCOUNT;
	} else if (g_str_equal(key, "read-only-key")) {
		kind = CREDENTIAL_READ_ONLY;
	} else if (g_str_has_prefix(key, "user-key-")) {
		kind = CREDENTIAL_USER;
		user_id = key + strlen("user-key-");
		if (!world_is_advanced(world) || shelf_find(&world->users, user_id) == NULL)
			return NULL;
	} else {
		return NULL;
	}
	credential = g_hash_table_lookup(credentials->keys, key);
	if (credential == NULL) {
		credential = g_new0(Credential, 1);
		credential->kind = kind;
		credential->owner = g_strdup(key);
		credential->region = g_strdup(credentials->region);
		credential->user_id = g_strdup(user_id);
		g_hash_table_insert(credentials->keys, g_strdup(key), credential);
	}
	return credential;
}

const Credential *
credentials_find(Credentials *credentials, const World *world, const gchar *authorization, gint64 now_ms, gchar **ret_fingerprint)
{
	const Credential *credential = NULL;
	const gchar *token;
	gboolean bearer = FALSE;

	if (authorization == NULL)
		return NULL;
	if (g_str_has_prefix(authorization, "Bearer ")) {
		bearer = TRUE;
		token = authorization + strlen("Bearer ");
	} else if (g_str_has_prefix(authorization, "Token token=")) {
		token = authorization + strlen("Token token=");
	} else {
		return NULL;
	}
	{
		g_autofree gchar *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, token, -1);
		*ret_fingerprint = g_strndup(sum, 12);
	}
	if (bearer) {
		credential = g_hash_table_lookup(credentials->tokens, token);
		if (credential != NULL && credential->expires_ms > 0 && credential->expires_ms <= now_ms)
			return NULL;
		/* what somebody consented to ends with them */
		if (credential != NULL && credential->user_id != NULL && shelf_find(&world->users, credential->user_id) == NULL)
			return NULL;
		return credential;
	}
	return credentials_key(credentials, world, token);
}

gboolean
credentials_has_scope(const Credential *credential, const gchar *scope)
{
	g_auto(GStrv) scopes = NULL;

	if (scope == NULL || credential->scope == NULL)
		return TRUE;
	scopes = g_strsplit(credential->scope, " ", -1);
	if (credential->classic)
		return g_strv_contains((const gchar *const *)scopes, "write") ||
		       (g_str_has_suffix(scope, ".read") && g_strv_contains((const gchar *const *)scopes, "read"));
	return g_strv_contains((const gchar *const *)scopes, scope);
}
