/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* RFC 7636: what nobody can guess, and what proves that it was known. */

/* 32 random bytes of the kernel's as 43 characters of base64url; free with secret_free(). */
gchar *pkce_random(GError **error);

/* S256 of a verifier; owned by the caller. */
gchar *pkce_challenge(const gchar *verifier);

/* Whether both are the same, in a time that does not tell where they differ. */
gboolean pkce_same(const gchar *one, const gchar *other);

/* base64url with or without padding as text; NULL where it is none, or holds a NUL. Owned by the caller. */
gchar *pkce_decode(const gchar *text);
