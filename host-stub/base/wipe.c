/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Whatever is freed in this process is wiped first. Secrets pass through libraries that free them as they are (libcurl what it sent, OpenSSL
 * what it received); what was freed stays in memory for long, and in every core. Linked into a program, free() and realloc() take the place
 * of the C library's for all that the program loads, which the C library allows for. Only glibc names what they stand for.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the names are glibc's */
extern void __libc_free(void *memory);
extern void *__libc_realloc(void *memory, size_t size);

static void
wipe_free(void *memory)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	__libc_free(memory);
}

static void *
wipe_realloc(void *memory, size_t size)
{
	const size_t before = malloc_usable_size(memory);
	void *larger;

	if (memory == NULL)
		return malloc(size);
	/* It shrinks where it is. */
	if (size <= before) {
		explicit_bzero((char *)memory + size, before - size);
		return __libc_realloc(memory, size);
	}
	larger = malloc(size);
	if (larger == NULL)
		return NULL;
	memcpy(larger, memory, before);
	wipe_free(memory);
	return larger;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

extern __typeof__(free) free __attribute__((alias("wipe_free"), visibility("default")));
extern __typeof__(realloc) realloc __attribute__((alias("wipe_realloc"), visibility("default")));
#endif
