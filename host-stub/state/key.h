/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* DATA/key: the one key of a DATA folder, from which the others are derived. Mode 0600; whoever has it can write whatever this host can. */
#pragma once
#include <glib.h>

#define KEY_BYTES 32

/* Derives the key for a purpose ("idcaudit": exactly eight letters) into memory of the caller's, to be wiped by it. The file is read
 * anew. Not there: made where make says so, else IDC_NOT_FOUND, "no_key". Wrong owner, mode or content: refused. */
gboolean key_derive(const char *data, const char *purpose, gboolean make, guint8 ret_key[KEY_BYTES], GError **error);
