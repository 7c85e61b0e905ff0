/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Text that somebody else wrote, made fit to be shown. */
#pragma once
#include <glib.h>

/* A copy in which nothing moves the cursor, changes colours, hides or re-orders text: control characters (C0, DEL, C1), bidi
 * marks, embeddings and isolates, zero-width characters, line and paragraph separators and invalid bytes are shown as \n, \t, \xNN or
 * \u{NNNN}; a backslash stays as it is. NULL gives "". Never for CSV or JSON, which are exact. */
char *text_escape(const char *text);

/* The same, appended. */
void text_escape_append(GString *target, const char *text);

/* Which of candidates (NULL-terminated) is nearest to word by edit distance, or NULL where none is near enough to propose. */
const char *text_nearest(const char *word, const char *const *candidates);

/* "a", "a and b", "a, b and c". */
char *text_join(const char *const *words, const char *last_word);

/* A copy that ends as a sentence does: what others say may or may not have its full stop. NULL gives "". */
char *text_sentence(const char *text);

/* RFC 3339 UTC with seconds ("2026-01-31T08:15:00Z"); milliseconds since 1970. */
char *text_time(gint64 unix_ms);
