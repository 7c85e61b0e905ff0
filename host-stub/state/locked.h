/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Memory for secrets: locked, fenced, and wiped when it is freed. Not having it ends the program, like g_malloc(). */
#pragma once
#include <glib.h>

/* Free with sodium_free(). */
void *locked_alloc(gsize size);

/* Takes memory of locked_alloc(), of which the first length bytes count. */
GBytes *locked_bytes_take(void *memory, gsize length);

/* A copy. */
GBytes *locked_bytes_new(const void *bytes, gsize length);

/* All that fd holds from where it stands, at most max bytes; path is for the sentence. fd stays open. */
GBytes *locked_read(int fd, const char *path, gsize max, GError **error);
