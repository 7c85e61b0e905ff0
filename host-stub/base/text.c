/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include <string.h>

static gboolean
text_is_hidden(gunichar c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return TRUE;
	if (c == 0xad || c == 0x61c || c == 0x180e || c == 0xfeff)
		return TRUE;
	/* zero-width, bidi marks, separators; embeddings and overrides; isolates and invisible operators */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f))
		return TRUE;
	/* interlinear annotation and tags */
	return (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* Joiners between letters belong to how names are written (Persian, Indic scripts, emoji); alone they hide. */
static gboolean
text_is_joiner(gunichar c)
{
	return c == 0x200c || c == 0x200d;
}

void
text_escape_append(GString *target, const char *text)
{
	gunichar before = 0;

	if (text == NULL)
		return;
	for (const char *p = text; *p != '\0';) {
		gunichar c = g_utf8_get_char_validated(p, -1);
		const char *next;
		gboolean joins;

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(target, "\\x%02x", (unsigned char)*p);
			p++;
			before = 0;
			continue;
		}
		next = g_utf8_offset_to_pointer(p, 1);
		joins = text_is_joiner(c) && before > 0x7f && (unsigned char)*next > 0x7f;
		if (c == '\n')
			g_string_append(target, "\\n");
		else if (c == '\t')
			g_string_append(target, "\\t");
		else if (joins || !text_is_hidden(c))
			g_string_append_len(target, p, next - p);
		else
			g_string_append_printf(target, c < 0x80 ? "\\x%02x" : "\\u{%04x}", c);
		before = text_is_hidden(c) ? 0 : c;
		p = next;
	}
}

char *
text_escape(const char *text)
{
	GString *escaped = g_string_new(NULL);

	text_escape_append(escaped, text);
	return g_string_free(escaped, FALSE);
}

static guint
text_distance(const char *a, const char *b)
{
	gsize length = strlen(b);
	g_autofree guint *row = g_new(guint, length + 1);

	for (gsize j = 0; j <= length; j++)
		row[j] = j;
	for (gsize i = 1; a[i - 1] != '\0'; i++) {
		guint diagonal = row[0];

		row[0] = i;
		for (gsize j = 1; j <= length; j++) {
			guint above = row[j];
			guint change = diagonal + (g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 1]) ? 0 : 1);

			row[j] = MIN(change, MIN(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[length];
}

const char *
text_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	guint best_distance = G_MAXUINT;

	/* Words come from people and files; what is far longer than any key has no neighbour. */
	if (strlen(word) > 256)
		return NULL;
	for (gsize i = 0; candidates[i] != NULL; i++) {
		guint distance = text_distance(word, candidates[i]);
		guint enough = MAX(2, strlen(candidates[i]) / 3);

		/* "client" for "client_id": the beginning of a word is what people remember of it. */
		if (strlen(word) >= 3 && g_str_has_prefix(candidates[i], word))
			distance = MIN(distance, enough);
		if (distance <= enough && distance < best_distance) {
			best = candidates[i];
			best_distance = distance;
		}
	}
	return best;
}

char *
text_join(const char *const *words, const char *last_word)
{
	GString *joined = g_string_new(NULL);

	for (gsize i = 0; words[i] != NULL; i++) {
		if (i > 0 && words[i + 1] == NULL)
			g_string_append_printf(joined, " %s ", last_word);
		else if (i > 0)
			g_string_append(joined, ", ");
		g_string_append(joined, words[i]);
	}
	return g_string_free(joined, FALSE);
}

char *
text_sentence(const char *text)
{
	gsize length = text != NULL ? strlen(text) : 0;

	return g_strconcat(text != NULL ? text : "", length > 0 && strchr(".!?", text[length - 1]) == NULL ? "." : "", NULL);
}

char *
text_time(gint64 unix_ms)
{
	gint64 seconds = unix_ms / 1000 - (unix_ms % 1000 < 0 ? 1 : 0);
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

	/* Beyond the year 9999 there is no RFC 3339. */
	return time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("9999-12-31T23:59:59Z");
}
