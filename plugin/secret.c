/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "secret.h"

#include <string.h>

#include "errors.h"

#define SECRET_MAX 65536
#define SECRET_TELLING 8 /* bytes that tell something of it */

void
secret_free(gchar *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	g_free(text);
}

/* What it moves from is wiped. */
void
secret_append(GString *to, const gchar *bytes, gsize length)
{
	if (to->allocated_len - to->len <= length) {
		GString *larger = g_string_sized_new(2 * to->len + length);
		const GString small = *to;

		g_string_append_len(larger, to->str, (gssize)to->len);
		*to = *larger;
		*larger = small;
		secret_string_free(larger);
	}
	g_string_append_len(to, bytes, (gssize)length);
}

void
secret_string_free(GString *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text->str, text->allocated_len);
	g_string_free(text, TRUE);
}

gchar *
secret_get(const idc_host *host, const gchar *name, GError **error)
{
	gsize capacity = 1024;

	/* It may grow between asking for its length and copying it. */
	for (guint round = 0; round < 8; round++) {
		gchar *text = g_malloc0(capacity + 1);
		size_t length = 0;
		const gint32 status = host->secret_get(host->ctx, name, text, capacity, &length);

		if (status == IDC_OK && length <= capacity && strlen(text) == length)
			return text;
		explicit_bzero(text, capacity);
		g_free(text);
		if (status == IDC_NOT_FOUND)
			return NULL;
		if (status == IDC_OK) {
			g_set_error(error, ERRORS, IDC_INVALID, "The secret %s is no text: it holds a NUL byte.", name);
			return NULL;
		}
		if (status != IDC_OVERFLOW || length > SECRET_MAX) {
			g_set_error(error, ERRORS, status >= 100 ? status : IDC_INTERNAL, "The host could not read the secret %s.",
				    name);
			return NULL;
		}
		capacity = length;
	}
	g_set_error(error, ERRORS, IDC_INTERNAL, "The secret %s changes faster than it can be read.", name);
	return NULL;
}

gboolean
secret_put(const idc_host *host, const gchar *name, const gchar *text, GError **error)
{
	const gint32 status = host->secret_put(host->ctx, name, text != NULL ? text : "", text != NULL ? strlen(text) : 0);

	if (status == IDC_OK)
		return TRUE;
	g_set_error(error, ERRORS, status >= 100 ? status : IDC_INTERNAL, "The host could not store the secret %s.", name);
	return FALSE;
}

/* Three bytes make four letters, so where it stands in what was encoded decides which letters it becomes. */
static gboolean
secret_in_base64(const gchar *text, const gchar *secret)
{
	for (gsize skip = 0; skip < 3 && strlen(secret) >= skip + 6; skip++) {
		gchar *encoded = g_base64_encode((const guchar *)secret + skip, 6);
		gboolean found = strstr(text, encoded) != NULL;

		g_strdelimit(encoded, "+", '-');
		g_strdelimit(encoded, "/", '_');
		found = found || strstr(text, encoded) != NULL;
		secret_free(encoded);
		if (found)
			return TRUE;
	}
	return FALSE;
}

gboolean
secret_in(const gchar *text, const gchar *secret)
{
	gchar *beginning;
	gchar *encoded;
	gboolean found;

	if (text == NULL || secret == NULL || secret[0] == '\0')
		return FALSE;
	beginning = g_strndup(secret, SECRET_TELLING);
	encoded = g_uri_escape_bytes((const guint8 *)beginning, strlen(beginning), NULL);
	found = strstr(text, beginning) != NULL || strstr(text, encoded) != NULL || secret_in_base64(text, secret);
	secret_free(beginning);
	secret_free(encoded);
	return found;
}
