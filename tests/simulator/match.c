/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "match.h"

#include <string.h>

#include "route.h"

const gchar *const match_keys[] = {"method", "route", "path", "query", "nth", "every", "times", NULL};

static gboolean
match_text(json_object *object, const gchar *where, const gchar *key, gchar **ret_text, GError **error)
{
	const gchar *text = NULL;

	if (!input_string(object, where, key, &text, error))
		return FALSE;
	*ret_text = g_strdup(text);
	return TRUE;
}

gboolean
match_read(json_object *object, const gchar *where, Match *ret_match, GError **error)
{
	Match *match = ret_match;

	*match = (Match){.nth = 1, .every = 1, .times = 1};
	if (object == NULL)
		return TRUE;
	if (!match_text(object, where, "method", &match->method, error) ||
	    !match_text(object, where, "route", &match->route, error) || !match_text(object, where, "path", &match->path, error) ||
	    !match_text(object, where, "query", &match->query, error) ||
	    !input_integer(object, where, "nth", 1, G_MAXINT32, &match->nth, error) ||
	    !input_integer(object, where, "every", 1, G_MAXINT32, &match->every, error) ||
	    !input_integer(object, where, "times", 0, G_MAXINT32, &match->times, error))
		return FALSE;
	if (match->route != NULL && !route_is_template(match->route))
		return input_refuse(error, "\"route\" of %s is no operation of the service: %s.", where, match->route);
	return TRUE;
}

void
match_clear(Match *match)
{
	g_free(match->method);
	g_free(match->route);
	g_free(match->path);
	g_free(match->query);
}

static gboolean
match_fits(const Match *match, const Request *request)
{
	const gchar *mark = strchr(request->uri, '?');

	if (match->method != NULL && !g_str_equal(match->method, request->method))
		return FALSE;
	if (match->route != NULL && (request->route == NULL || !g_str_equal(match->route, request->route->template)))
		return FALSE;
	if (match->path != NULL && !g_str_equal(match->path, request->path))
		return FALSE;
	return match->query == NULL || (mark != NULL && strstr(mark, match->query) != NULL);
}

gboolean
match_wants(Match *match, const Request *request)
{
	if (!match_fits(match, request))
		return FALSE;
	match->seen++;
	if (match->times > 0 && match->fired >= match->times)
		return FALSE;
	return match->seen >= match->nth && (match->seen - match->nth) % match->every == 0;
}

void
match_fire(Match *match)
{
	match->fired++;
}
