/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* JSON as text, written straight into a GString: answers are put together from prepared pieces, never from trees. */
#pragma once
#include <glib.h>

/* The string in quotes, escaped; NULL becomes null. The text is UTF-8 and is passed on unchanged but for what JSON forbids. */
void jtext_string(GString *out, const gchar *text);

/* "key": and the string. */
void jtext_pair(GString *out, const gchar *key, const gchar *text);

/* A comma, unless nothing stands in the array or object yet (the last byte is [ or {). */
void jtext_comma(GString *out);

/* Time as RFC 3339 in UTC with whole seconds, or null where ms is negative. */
void jtext_time(GString *out, gint64 unix_ms);

/* Time as RFC 3339 in the time zone (an IANA name; anything unknown is UTC), or null where ms is negative. */
void jtext_time_in(GString *out, gint64 unix_ms, const gchar *zone);
