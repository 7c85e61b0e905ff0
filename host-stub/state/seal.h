/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One value under the key: XChaCha20-Poly1305 with a random nonce, bound to what it is the value of. */
#pragma once
#include "state/key.h"

typedef struct {
	const char *app;
	const char *name;
	const char *kind;   /* what the value is: a secret, or the path of one */
	const char *origin; /* where it may be sent; NULL: not bound yet, or never sent */
} SealLabel;

/* Longest that a value may become. */
gsize seal_size(gsize length);

/* Nonce and sealed value; not secret. */
GBytes *seal_close(const KeyRing *ring, guint index, const SealLabel *label, GBytes *value);

/* The value in locked memory; NULL where anything is not what it was sealed with. */
GBytes *seal_open(const KeyRing *ring, guint index, const SealLabel *label, const void *sealed, gsize length);
