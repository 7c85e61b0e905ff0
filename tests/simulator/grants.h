/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What people consented to at the identity host: requests that are being answered, codes, refresh tokens, and whose consent each hangs on. */
#pragma once
#include <glib.h>

/* One person's consent; it outlives the codes and tokens that were made of it. */
typedef struct {
	gchar *id;
	gchar *user_id;
	gchar *scope; /* granted */
	gchar *region;
	gint64 ends_ms; /* no refresh token is good any more */
	gboolean withdrawn;
} Consent;

/* A request to authorize, from its page to its answer. */
typedef struct {
	gchar *id;
	gchar *redirect_uri;
	gchar *scope;     /* asked for */
	gchar *state;     /* NULL: not sent */
	gchar *challenge; /* NULL: none */
	gchar *user_id;   /* who logged in; NULL: nobody yet */
} Asking;

typedef struct {
	Consent *consent;
	gchar *redirect_uri;
	gchar *challenge;
	gint64 expires_ms;
	gboolean used;
} Code;

typedef struct {
	Consent *consent;
	gint64 expires_ms;
	gboolean used;
} Refresh;

typedef enum {
	GRANTS_CODE,
	GRANTS_REFRESH,
	GRANTS_CLIENT,
	GRANTS_REVOKE,
	GRANTS_OTHER,
	GRANTS_LAST,
} GrantsKind;

typedef struct Grants Grants;

Grants *grants_new(void);

void grants_free(Grants *grants);

/* Everything that these return is borrowed, and lasts as long as the grants. NULL from a find: there is none such. */
Asking *grants_ask(Grants *grants, const gchar *redirect_uri, const gchar *scope, const gchar *state, const gchar *challenge);

Asking *grants_find_asking(Grants *grants, const gchar *id);

Consent *grants_consent(Grants *grants, const gchar *user_id, const gchar *scope, const gchar *region, gint64 ends_ms);

const gchar *grants_code(Grants *grants, Consent *consent, const gchar *redirect_uri, const gchar *challenge, gint64 expires_ms);

Code *grants_find_code(Grants *grants, const gchar *code);

const gchar *grants_refresh(Grants *grants, Consent *consent, gint64 expires_ms);

Refresh *grants_find_refresh(Grants *grants, const gchar *token);

/* Every consent; codes and refresh tokens of it are no good any more. */
void grants_withdraw_all(Grants *grants);

/* Every refresh token ends now. */
void grants_expire(Grants *grants);

/* A request of that kind came; granted: and was answered with what it wanted. */
void grants_count(Grants *grants, GrantsKind kind, gboolean granted);

/* {"requests":{kind: n},"granted":{kind: n},"consents":[{"id","user_id","scope","region","withdrawn"}]} */
void grants_write(const Grants *grants, GString *out);
