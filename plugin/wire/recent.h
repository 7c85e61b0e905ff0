/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

/* The texts that were noted last, in bounded memory: at least the last RECENT_KEPT, at most twice as many. */

#define RECENT_KEPT 2048

typedef struct Recent Recent;

Recent *recent_new(void);
void recent_free(Recent *recent);

/* NULL is not noted. */
void recent_note(Recent *recent, const gchar *text);
gboolean recent_has(const Recent *recent, const gchar *text);
