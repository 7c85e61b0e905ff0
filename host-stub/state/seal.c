/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/seal.h"
#include "state/locked.h"
#include <sodium.h>
#include <string.h>

#define SEAL_PURPOSE "idcvault"
#define SEAL_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

G_STATIC_ASSERT(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == KEY_BYTES);

/* Each part with its length before it, so that no two labels have the same bytes. */
static GString *
seal_label(const char *key_id, const SealLabel *label)
{
	const char *const parts[] = {key_id, label->app, label->name, label->kind, label->origin};
	GString *bytes = g_string_new("idc-secret 1;");

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (parts[i] == NULL)
			g_string_append(bytes, "-;");
		else
			g_string_append_printf(bytes, "%" G_GSIZE_FORMAT ":%s;", strlen(parts[i]), parts[i]);
	}
	return bytes;
}

gsize
seal_size(gsize length)
{
	return SEAL_NONCE + length + SEAL_TAG;
}

GBytes *
seal_close(const KeyRing *ring, guint index, const SealLabel *label, GBytes *value)
{
	gsize length = 0;
	const guint8 *plain = g_bytes_get_data(value, &length);
	GString *bound = seal_label(key_ring_id(ring, index), label);
	guint8 *sealed = g_malloc(seal_size(length));
	guint8 *key = locked_alloc(KEY_BYTES);

	key_ring_derive(ring, index, SEAL_PURPOSE, key);
	randombytes_buf(sealed, SEAL_NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + SEAL_NONCE, NULL, plain, length, (const guint8 *)bound->str, bound->len,
						   NULL, sealed, key);
	sodium_free(key);
	g_string_free(bound, TRUE);
	return g_bytes_new_take(sealed, seal_size(length));
}

GBytes *
seal_open(const KeyRing *ring, guint index, const SealLabel *label, const void *sealed, gsize length)
{
	const guint8 *bytes = sealed;
	GString *bound;
	guint8 *plain;
	guint8 *key;
	gboolean good;

	if (length < seal_size(0))
		return NULL;
	bound = seal_label(key_ring_id(ring, index), label);
	plain = locked_alloc(length - seal_size(0));
	key = locked_alloc(KEY_BYTES);
	key_ring_derive(ring, index, SEAL_PURPOSE, key);
	good = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, bytes + SEAL_NONCE, length - SEAL_NONCE,
							  (const guint8 *)bound->str, bound->len, bytes, key) == 0;
	sodium_free(key);
	g_string_free(bound, TRUE);
	if (good)
		return locked_bytes_take(plain, length - seal_size(0));
	sodium_free(plain);
	return NULL;
}
