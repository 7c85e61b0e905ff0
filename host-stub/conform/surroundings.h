/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What of this process belongs to the host: descriptors, threads, folder, environment, locale, signals, limits. Taken before and after. */
#pragma once
#include <glib.h>

typedef struct Surroundings Surroundings;

Surroundings *surroundings_take(void);

void surroundings_free(Surroundings *surroundings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Surroundings, surroundings_free)

/* The first thing in which now differs from before, as a sentence, or NULL; free with g_free. A thread that is just ending is waited for,
 * a second at most. */
char *surroundings_changed(const Surroundings *before);

/* A new descriptor whose target begins so is no change. */
void surroundings_allow(Surroundings *before, const char *prefix);

/* Whether this program runs with a sanitizer, which has a heap of its own that keeps what was freed and cannot be measured. */
gboolean surroundings_sanitized(void);

/* Bytes of the heap that are in use. */
gsize surroundings_heap(void);

/* The most memory that this process ever had resident since the last surroundings_forget_peak(), in KiB; 0 where that is not told. */
gsize surroundings_peak(void);
void surroundings_forget_peak(void);
