/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who may ask: tokens that were issued, and the account's API keys. */
#pragma once
#include <glib.h>

#include "world.h"

typedef enum {
	CREDENTIAL_APP,       /* scoped app token: acts as the app */
	CREDENTIAL_ACCOUNT,   /* general access key */
	CREDENTIAL_READ_ONLY, /* general access key that only reads */
	CREDENTIAL_USER,      /* user API key */
} CredentialKind;

typedef struct {
	CredentialKind kind;
	gchar *owner;  /* whose rate limit it eats into */
	gchar *scope;  /* granted scopes, separated by blanks; NULL: keys have none */
	gchar *region; /* where it is good */
	gchar *user_id;
	gint64 expires_ms; /* 0: never */
} Credential;

typedef struct Credentials Credentials;

Credentials *credentials_new(const gchar *region);

void credentials_free(Credentials *credentials);

/* A new app token, which is good until expires_ms. Borrowed. */
const gchar *credentials_issue(Credentials *credentials, const gchar *scope, const gchar *region, gint64 expires_ms);

void credentials_revoke_all(Credentials *credentials);

/* Whose the Authorization header is, or NULL: missing, malformed, unknown, expired, revoked. The credential is borrowed until the next
 * revocation. *ret_fingerprint is set where there is a token at all, even a bad one; the caller frees it. */
const Credential *credentials_find(Credentials *credentials, const World *world, const gchar *authorization, gint64 now_ms,
				   gchar **ret_fingerprint);

gboolean credentials_has_scope(const Credential *credential, const gchar *scope);
