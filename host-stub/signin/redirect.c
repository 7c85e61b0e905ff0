/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "signin/redirect.h"
#include "base/error.h"
#include <string.h>

#define REDIRECT_MAX 2048

void
redirect_free(Redirect *redirect)
{
	if (redirect == NULL)
		return;
	g_free(redirect->uri);
	g_free(redirect->authority);
	g_free(redirect->path);
	g_free(redirect);
}

char *
redirect_default(const char *path, const char *identifier)
{
	g_auto(GStrv) parts = g_strsplit(path != NULL ? path : "/", "{identifier}", -1);
	g_autofree char *filled = g_strjoinv(identifier, parts);

	return g_strdup_printf("http://localhost:%d%s", REDIRECT_PORT, filled);
}

/* Which sentence belongs to an address that cannot be one; NULL: it can. */
static const char *
redirect_wrong(const char *uri, GUri *parsed)
{
	const char *scheme = parsed != NULL ? g_uri_get_scheme(parsed) : "";
	const char *host = parsed != NULL && g_uri_get_host(parsed) != NULL ? g_uri_get_host(parsed) : "";
	gboolean loopback = strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;

	if (parsed == NULL || *host == '\0' || strlen(uri) > REDIRECT_MAX ||
	    !g_regex_match_simple("^[!-~]+$", uri, G_REGEX_DOLLAR_ENDONLY, 0))
		return "must be a whole address, such as http://localhost:8765/callback";
	if (g_uri_get_query(parsed) != NULL || g_uri_get_fragment(parsed) != NULL || g_uri_get_userinfo(parsed) != NULL)
		return "must have no user, no ? and no # in it";
	if (strcmp(scheme, "https") == 0)
		return NULL;
	if (strcmp(scheme, "http") != 0 || !loopback)
		return "must begin with https://, or be http:// to localhost, 127.0.0.1 or [::1]: anything else could be read on "
		       "its "
		       "way";
	if (g_uri_get_port(parsed) == 0)
		return "has no port that can be listened on";
	return NULL;
}

Redirect *
redirect_new(const char *uri, GError **error)
{
	g_autoptr(GUri) parsed = g_uri_parse(uri, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
	const char *wrong = redirect_wrong(uri, parsed);
	g_autoptr(Redirect) redirect = g_new0(Redirect, 1);
	const char *authority;
	const char *path;
	gboolean plain;

	if (wrong != NULL) {
		host_error_set(error, IDC_INVALID, "redirect_invalid", "The redirect address \"%s\" %s.", uri, wrong);
		return NULL;
	}
	plain = strcmp(g_uri_get_scheme(parsed), "http") == 0;
	/* Byte for byte what was written: the service compares it so. */
	authority = strstr(uri, "://") + 3;
	path = strchr(authority, '/');
	redirect->uri = g_strdup(uri);
	redirect->authority = g_ascii_strdown(authority, path != NULL ? path - authority : -1);
	redirect->path = g_strdup(path != NULL ? path : "/");
	redirect->port = REDIRECT_PORT;
	if (plain)
		redirect->port = g_uri_get_port(parsed) > 0 ? (guint16)g_uri_get_port(parsed) : 80;
	/* A browser takes either address for localhost, and what listens on the other one would get the code. */
	redirect->ipv4 = !plain || strcmp(g_uri_get_host(parsed), "::1") != 0;
	redirect->ipv6 = plain && strcmp(g_uri_get_host(parsed), "127.0.0.1") != 0;
	return g_steal_pointer(&redirect);
}
