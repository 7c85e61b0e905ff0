/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/locked.h"
#include "base/error.h"
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

void *
locked_alloc(gsize size)
{
	void *memory = NULL;

	if (sodium_init() >= 0)
		memory = sodium_malloc(MAX(size, 1));
	if (memory == NULL)
		g_error("No memory is left for secrets.");
	return memory;
}

GBytes *
locked_bytes_take(void *memory, gsize length)
{
	return g_bytes_new_with_free_func(memory, length, sodium_free, memory);
}

GBytes *
locked_bytes_new(const void *bytes, gsize length)
{
	void *memory = locked_alloc(length);

	if (length > 0)
		memcpy(memory, bytes, length);
	return locked_bytes_take(memory, length);
}

GBytes *
locked_read(int fd, const char *path, gsize max, GError **error)
{
	gsize length = 0;
	char *memory = locked_alloc(max + 1);
	GBytes *bytes;

	while (length <= max) {
		ssize_t n = read(fd, memory + length, max + 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			host_error_set(error, IDC_IO, "file_not_readable", "%s cannot be read: %s.", path, g_strerror(errno));
			sodium_free(memory);
			return NULL;
		}
		if (n == 0)
			break;
		length += (gsize)n;
	}
	if (length > max) {
		host_error_set(error, IDC_OVERFLOW, "file_too_large", "%s is larger than the %" G_GSIZE_FORMAT " bytes allowed.",
			       path, max);
		sodium_free(memory);
		return NULL;
	}
	bytes = locked_bytes_new(memory, length);
	sodium_free(memory);
	return bytes;
}
