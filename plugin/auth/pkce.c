/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "pkce.h"

#include <errno.h>
#include <idc/connector.h>
#include <string.h>
#include <sys/random.h>

#include "../errors.h"

#define PKCE_BYTES 32

static gchar *
pkce_encode(const guint8 *bytes, gsize length)
{
	gchar *text = g_base64_encode(bytes, length);

	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

gchar *
pkce_random(GError **error)
{
	guint8 bytes[PKCE_BYTES];
	gssize got;
	gchar *text;

	do
		got = getrandom(bytes, sizeof(bytes), 0);
	while (got < 0 && errno == EINTR);
	if (got != (gssize)sizeof(bytes)) {
		g_set_error_literal(error, ERRORS, IDC_IO, "The system gives no random numbers. Try again once it has started.");
		return NULL;
	}
	text = pkce_encode(bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
	return text;
}

gchar *
pkce_challenge(const gchar *verifier)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	static const guchar zeros[63]; /* one less than it takes at a time */
	guint8 digest[PKCE_BYTES];
	gsize length = sizeof(digest);

	g_checksum_update(sum, (const guchar *)verifier, (gssize)strlen(verifier));
	g_checksum_get_digest(sum, digest, &length);
	/* it still holds what it was given last */
	g_checksum_reset(sum);
	g_checksum_update(sum, zeros, sizeof(zeros));
	return pkce_encode(digest, length);
}

gboolean
pkce_same(const gchar *one, const gchar *other)
{
	const gsize length = strlen(one);
	guchar differ = 0;

	if (length != strlen(other))
		return FALSE;
	for (gsize i = 0; i < length; i++)
		differ |= (guchar)one[i] ^ (guchar)other[i];
	return differ == 0;
}

gchar *
pkce_decode(const gchar *text)
{
	const gsize padding = (4 - strlen(text) % 4) % 4;
	g_autofree gchar *padded = NULL;
	g_autofree guchar *bytes = NULL;
	gsize length = 0;

	if (!g_regex_match_simple("^[A-Za-z0-9_-]+={0,2}$", text, G_REGEX_DOLLAR_ENDONLY, 0))
		return NULL;
	padded = g_strdup_printf("%s%.*s", text, (gint)padding, "===");
	g_strdelimit(padded, "-", '+');
	g_strdelimit(padded, "_", '/');
	bytes = g_base64_decode(padded, &length);
	return memchr(bytes, '\0', length) == NULL ? g_strndup((const gchar *)bytes, length) : NULL;
}
