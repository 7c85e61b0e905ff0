/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What is freed stays as it is and is never used again: whoever looks finds every copy that was freed without being wiped. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void
keep_free(void *memory)
{
	(void)memory;
}

static void *
keep_realloc(void *memory, size_t size)
{
	const size_t before = malloc_usable_size(memory);
	void *other = malloc(size);

	if (other != NULL && memory != NULL)
		memcpy(other, memory, size < before ? size : before);
	return other;
}

extern __typeof__(free) free __attribute__((alias("keep_free"), visibility("default")));
extern __typeof__(realloc) realloc __attribute__((alias("keep_realloc"), visibility("default")));
