/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "secret.h"

#include <string.h>

#include "errors.h"

#define SECRET_MAX 65536

void
secret_free(gchar *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	g_free(text);
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
