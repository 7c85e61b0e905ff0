/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/key.h"
#include "base/error.h"
#include "base/files.h"
#include <sodium.h>
#include <string.h>

#define KEY_FILE "key"
#define KEY_LOCK "key.lock"
#define KEY_LOCK_MS 10000
/* 64 hexadecimal digits and a line end, so that it can be kept on paper. */
#define KEY_TEXT (KEY_BYTES * 2 + 1)

static gboolean
key_decode(GBytes *text, const char *path, guint8 *ret_master, GError **error)
{
	gsize length = 0;
	const char *bytes = g_bytes_get_data(text, &length);
	gsize decoded = 0;

	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (length == KEY_BYTES * 2 && sodium_hex2bin(ret_master, KEY_BYTES, bytes, length, NULL, &decoded, NULL) == 0 &&
	    decoded == KEY_BYTES)
		return TRUE;
	host_error_set(error, IDC_INVALID, "key_broken",
		       "%s is no key of this program: it must hold %d hexadecimal digits. Put it back from where it is kept.", path,
		       KEY_BYTES * 2);
	return FALSE;
}

/* The key in the file; IDC_NOT_FOUND where there is none. */
static gboolean
key_read(const char *path, guint8 *ret_master, GError **error)
{
	g_autoptr(GBytes) text = files_read_trusted(path, "The key", KEY_TEXT, TRUE, error);
	gboolean good = text != NULL && key_decode(text, path, ret_master, error);

	/* Nobody else has these bytes. */
	if (text != NULL)
		sodium_memzero((void *)(guintptr)g_bytes_get_data(text, NULL), g_bytes_get_size(text));
	return good;
}

static gboolean
key_make(const char *data, const char *path, guint8 *ret_master, GError **error)
{
	g_autofree char *lock_path = g_build_filename(data, KEY_LOCK, NULL);
	g_autoptr(GError) error_local = NULL;
	char text[KEY_TEXT + 1];
	int lock = files_lock(lock_path, KEY_LOCK_MS, NULL, NULL, error);
	gboolean good;

	if (lock < 0)
		return FALSE;
	/* Somebody else may have been quicker. */
	good = key_read(path, ret_master, &error_local);
	if (!good && host_error_status(error_local) == IDC_NOT_FOUND) {
		g_clear_error(&error_local);
		randombytes_buf(ret_master, KEY_BYTES);
		sodium_bin2hex(text, sizeof(text), ret_master, KEY_BYTES);
		text[KEY_TEXT - 1] = '\n';
		good = files_write_atomically(path, text, KEY_TEXT, &error_local);
		sodium_memzero(text, sizeof(text));
	}
	files_unlock(lock);
	if (!good)
		g_propagate_error(error, g_steal_pointer(&error_local));
	return good;
}

gboolean
key_derive(const char *data, const char *purpose, gboolean make, guint8 ret_key[KEY_BYTES], GError **error)
{
	g_autofree char *path = g_build_filename(data, KEY_FILE, NULL);
	g_autoptr(GError) error_local = NULL;
	guint8 master[KEY_BYTES] = {0};
	gboolean good;

	g_assert(strlen(purpose) == crypto_kdf_CONTEXTBYTES);
	if (sodium_init() < 0)
		g_error("libsodium cannot be initialized.");
	good = key_read(path, master, &error_local);
	if (!good && make && host_error_status(error_local) == IDC_NOT_FOUND) {
		g_clear_error(&error_local);
		good = key_make(data, path, master, &error_local);
	}
	if (good)
		crypto_kdf_derive_from_key(ret_key, KEY_BYTES, 1, purpose, master);
	else if (host_error_status(error_local) == IDC_NOT_FOUND)
		host_error_set(error, IDC_NOT_FOUND, "no_key", "The key %s is not there. Put it back from where it is kept.", path);
	else
		g_propagate_error(error, g_steal_pointer(&error_local));
	sodium_memzero(master, sizeof(master));
	return good;
}
