/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a shared object exports, read from its file without loading it. */
#pragma once
#include <glib.h>

/* The names of the defined global and weak symbols of its dynamic table, sorted. 64-bit ELF of this machine's byte order. */
GStrv exports_read(const char *path, GError **error);
