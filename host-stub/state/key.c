/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/key.h"
#include "base/error.h"
#include "base/files.h"
#include "state/locked.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE "key"
#define KEY_LOCK "key.lock"
#define KEY_LOCK_MS 10000
#define KEY_CREDENTIAL "idc-key"
#define KEY_LINE (KEY_BYTES * 2 + 1)
#define KEY_MAX 2

struct KeyRing {
	char *path;
	gboolean own;
	guint length;
	guint8 *masters; /* KEY_MAX of them, in locked memory */
	char ids[KEY_MAX][KEY_ID_SIZE];
};

static KeyRing *
key_ring_new(const char *data, const char *key_file)
{
	const char *credentials = g_getenv("CREDENTIALS_DIRECTORY");
	g_autofree char *credential = credentials != NULL ? g_build_filename(credentials, KEY_CREDENTIAL, NULL) : NULL;
	KeyRing *ring = g_new0(KeyRing, 1);

	ring->masters = locked_alloc((gsize)KEY_MAX * KEY_BYTES);
	if (key_file != NULL) {
		ring->path = g_strdup(key_file);
	} else if (credential != NULL && g_file_test(credential, G_FILE_TEST_EXISTS)) {
		ring->path = g_steal_pointer(&credential);
	} else {
		ring->path = g_build_filename(data, KEY_FILE, NULL);
		ring->own = TRUE;
	}
	return ring;
}

void
key_ring_free(KeyRing *ring)
{
	if (ring == NULL)
		return;
	sodium_free(ring->masters);
	g_free(ring->path);
	g_free(ring);
}

static void
key_ring_set_id(KeyRing *ring, guint index)
{
	guint8 id[KEY_BYTES];

	key_ring_derive(ring, index, "idckeyid", id);
	sodium_bin2hex(ring->ids[index], KEY_ID_SIZE, id, KEY_ID_SIZE / 2);
	sodium_memzero(id, sizeof(id));
}

static gboolean
key_ring_decode(KeyRing *ring, GBytes *text, GError **error)
{
	gsize length = 0;
	const char *bytes = g_bytes_get_data(text, &length);
	gsize at = 0;

	while (at < length && ring->length < KEY_MAX) {
		gsize decoded = 0;

		if (length - at < KEY_LINE - 1 || sodium_hex2bin(ring->masters + (gsize)ring->length * KEY_BYTES, KEY_BYTES,
								 bytes + at, KEY_LINE - 1, NULL, &decoded, NULL) != 0)
			break;
		if (decoded != KEY_BYTES || (length - at >= KEY_LINE && bytes[at + KEY_LINE - 1] != '\n'))
			break;
		key_ring_set_id(ring, ring->length++);
		at = MIN(at + KEY_LINE, length);
	}
	if (ring->length > 0 && at == length)
		return TRUE;
	host_error_set(error, IDC_INVALID, "key_broken",
		       "%s is no key of this program: it must hold %d hexadecimal digits. Put it back from where it is kept.",
		       ring->path, KEY_BYTES * 2);
	return FALSE;
}

/* Mounted keys lie behind links, and what systemd hands over is root's with an access list, which shows as the group's right to read. */
static int
key_open_given(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = {0};
	guint others = S_IRWXG | S_IRWXO;

	if (fd < 0) {
		host_error_set(error, errno == ENOENT ? IDC_NOT_FOUND : IDC_IO,
			       errno == ENOENT ? "no_such_file" : "file_not_readable", "The key %s cannot be opened: %s.", path,
			       g_strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && st.st_uid == 0 && st.st_gid == 0)
		others &= ~(guint)S_IRGRP;
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & others) != 0) {
		host_error_set(
		    error, IDC_REFUSED, "key_refused",
		    "The key %s is refused: it must be a regular file of root or of the user who runs this, and of mode 0600 or "
		    "0400. Put that right with chown and chmod.",
		    path);
		close(fd);
		return -1;
	}
	return fd;
}

static gboolean
key_ring_load(KeyRing *ring, GError **error)
{
	g_autoptr(GBytes) text = NULL;
	int fd = ring->own ? files_open_trusted_private(ring->path, "The key", error) : key_open_given(ring->path, error);

	if (fd < 0)
		return FALSE;
	text = locked_read(fd, ring->path, (gsize)KEY_MAX * KEY_LINE, error);
	close(fd);
	return text != NULL && key_ring_decode(ring, text, error);
}

static void
key_ring_explain(const KeyRing *ring, GError **error, GError *found)
{
	if (host_error_status(found) == IDC_NOT_FOUND) {
		g_clear_error(&found);
		host_error_set(error, IDC_NOT_FOUND, "no_key",
			       "The key %s is not there. Put it back from where it is kept, or say with --key-file where it is.",
			       ring->path);
	} else {
		g_propagate_error(error, found);
	}
}

KeyRing *
key_ring_read(const char *data, const char *key_file, GError **error)
{
	g_autoptr(KeyRing) ring = key_ring_new(data, key_file);
	GError *error_local = NULL;

	if (key_ring_load(ring, &error_local))
		return g_steal_pointer(&ring);
	key_ring_explain(ring, error, error_local);
	return NULL;
}

static gboolean
key_ring_write(const KeyRing *ring, GError **error)
{
	char *text = locked_alloc((gsize)KEY_MAX * KEY_LINE + 1);
	gboolean good;

	for (guint i = 0; i < ring->length; i++) {
		sodium_bin2hex(text + (gsize)i * KEY_LINE, KEY_LINE, ring->masters + (gsize)i * KEY_BYTES, KEY_BYTES);
		text[(gsize)(i + 1) * KEY_LINE - 1] = '\n';
	}
	good = files_write_atomically(ring->path, text, (gsize)ring->length * KEY_LINE, error);
	sodium_free(text);
	return good;
}

static void
key_ring_append_new(KeyRing *ring)
{
	randombytes_buf(ring->masters + (gsize)ring->length * KEY_BYTES, KEY_BYTES);
	key_ring_set_id(ring, ring->length++);
}

KeyRing *
key_ring_make(const char *data, const char *key_file, GError **error)
{
	g_autoptr(KeyRing) ring = key_ring_new(data, key_file);
	GError *error_local = NULL;
	gboolean good;
	int lock;

	if (key_ring_load(ring, &error_local))
		return g_steal_pointer(&ring);
	if (!ring->own || host_error_status(error_local) != IDC_NOT_FOUND) {
		key_ring_explain(ring, error, error_local);
		return NULL;
	}
	g_clear_error(&error_local);
	lock = key_lock(data, error);
	if (lock < 0)
		return NULL;
	/* Somebody else may have been quicker. */
	good = key_ring_load(ring, &error_local);
	if (!good && host_error_status(error_local) == IDC_NOT_FOUND) {
		g_clear_error(&error_local);
		key_ring_append_new(ring);
		good = key_ring_write(ring, &error_local);
	}
	files_unlock(lock);
	if (good)
		return g_steal_pointer(&ring);
	g_propagate_error(error, error_local);
	return NULL;
}

const char *
key_ring_path(const KeyRing *ring)
{
	return ring->path;
}

gboolean
key_ring_is_own(const KeyRing *ring)
{
	return ring->own;
}

guint
key_ring_length(const KeyRing *ring)
{
	return ring->length;
}

const char *
key_ring_id(const KeyRing *ring, guint index)
{
	return ring->ids[index];
}

gboolean
key_ring_find(const KeyRing *ring, const char *id, guint *ret_index)
{
	for (guint i = 0; i < ring->length; i++) {
		if (g_strcmp0(ring->ids[i], id) != 0)
			continue;
		*ret_index = i;
		return TRUE;
	}
	return FALSE;
}

void
key_ring_derive(const KeyRing *ring, guint index, const char *purpose, guint8 *ret_key)
{
	g_assert(strlen(purpose) == crypto_kdf_CONTEXTBYTES);
	crypto_kdf_derive_from_key(ret_key, KEY_BYTES, 1, purpose, ring->masters + (gsize)index * KEY_BYTES);
}

int
key_lock(const char *data, GError **error)
{
	g_autofree char *path = g_build_filename(data, KEY_LOCK, NULL);

	return files_lock(path, KEY_LOCK_MS, NULL, NULL, error);
}

static void
key_ring_only(KeyRing *ring, guint index)
{
	memmove(ring->masters, ring->masters + (gsize)index * KEY_BYTES, KEY_BYTES);
	sodium_memzero(ring->masters + KEY_BYTES, (gsize)(KEY_MAX - 1) * KEY_BYTES);
	ring->length = 1;
	key_ring_set_id(ring, 0);
}

gboolean
key_ring_extend(KeyRing *ring, guint index, GError **error)
{
	key_ring_only(ring, index);
	key_ring_append_new(ring);
	return key_ring_write(ring, error);
}

gboolean
key_ring_keep(KeyRing *ring, guint index, GError **error)
{
	key_ring_only(ring, index);
	return key_ring_write(ring, error);
}
