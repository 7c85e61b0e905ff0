/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Who may ask: tokens that were issued, and the account's API keys. */
#pragma once
#include <glib.h>

#include "world.h"

typedef enum {
	CREDENTIAL_APP,       /* scoped app token: acts as the app */
	CREDENTIAL_PERSON,    /* OAuth token of somebody who consented: acts as that user */
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
	gchar *consent;    /* the id of the consent that it hangs on; NULL: none */
	gboolean classic;  /* read and write are all its scopes */
	gint64 expires_ms; /* 0: never */
} Credential;

/* A token to issue; strings are copied. */
typedef struct {
	const gchar *scope;
	const gchar *region;
	const gchar *user_id; /* NULL: the app's own */
	const gchar *consent; /* NULL: likewise */
	gboolean classic;
	gint64 expires_ms;
} CredentialIssue;

typedef struct Credentials Credentials;

Credentials *credentials_new(const gchar *region);

void credentials_free(Credentials *credentials);

/* A new token. Borrowed. */
const gchar *credentials_issue(Credentials *credentials, const CredentialIssue *issue);

void credentials_revoke_all(Credentials *credentials);

/* Those that hang on the consent. */
void credentials_revoke_consent(Credentials *credentials, const gchar *consent);

/* One token; FALSE where it is not good anyhow. */
gboolean credentials_revoke(Credentials *credentials, const gchar *token);

/* All of them end now. */
void credentials_expire(Credentials *credentials);

/* Whose the Authorization header is, or NULL: missing, malformed, unknown, expired, revoked. The credential is borrowed until the next
 * revocation. *ret_fingerprint is set where there is a token at all, even a bad one; the caller frees it. */
const Credential *credentials_find(Credentials *credentials, const World *world, const gchar *authorization, gint64 now_ms,
				   gchar **ret_fingerprint);

gboolean credentials_has_scope(const Credential *credential, const gchar *scope);
