/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A secret from standard input. */
#pragma once
#include <glib.h>

/* All of standard input, without the line end at its end; on a terminal one line, asked for by name and not shown. The buffer is wiped
 * when the last reference goes. */
GBytes *secret_read_stdin(const char *key, GError **error);
