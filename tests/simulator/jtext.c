/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jtext.h"

#include <string.h>

void
jtext_string(GString *out, const gchar *text)
{
	const gchar *plain = text;

	if (text == NULL) {
		g_string_append(out, "null");
		return;
	}
	g_string_append_c(out, '"');
	for (const gchar *p = text; *p != '\0'; p++) {
		guchar c = (guchar)*p;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		g_string_append_len(out, plain, p - plain);
		plain = p + 1;
		switch (c) {
		case '"':
			g_string_append(out, "\\\"");
			break;
		case '\\':
			g_string_append(out, "\\\\");
			break;
		case '\n':
			g_string_append(out, "\\n");
			break;
		case '\t':
			g_string_append(out, "\\t");
			break;
		default:
			g_string_append_printf(out, "\\u%04x", c);
		}
	}
	g_string_append(out, plain);
	g_string_append_c(out, '"');
}

void
jtext_pair(GString *out, const gchar *key, const gchar *text)
{
	g_string_append_c(out, '"');
	g_string_append(out, key);
	g_string_append(out, "\":");
	jtext_string(out, text);
}

void
jtext_comma(GString *out)
{
	if (out->len > 0 && strchr("[{", out->str[out->len - 1]) == NULL)
		g_string_append_c(out, ',');
}

void
jtext_time(GString *out, gint64 unix_ms)
{
	g_autoptr(GDateTime) when = unix_ms < 0 ? NULL : g_date_time_new_from_unix_utc(unix_ms / 1000);
	g_autofree gchar *text = when == NULL ? NULL : g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ");

	jtext_string(out, text);
}

void
jtext_time_in(GString *out, gint64 unix_ms, const gchar *zone)
{
	g_autoptr(GTimeZone) tz = zone == NULL ? NULL : g_time_zone_new_identifier(zone);
	g_autoptr(GDateTime) when = NULL;
	g_autofree gchar *text = NULL;

	if (tz == NULL || unix_ms < 0) {
		jtext_time(out, unix_ms);
		return;
	}
	{
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(unix_ms / 1000);
		when = g_date_time_to_timezone(utc, tz);
	}
	text = g_date_time_format(when, "%Y-%m-%dT%H:%M:%S%:z");
	jtext_string(out, text);
}
