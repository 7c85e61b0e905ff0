/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/lease.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEASE_PATTERN 0xA5
/* More pieces than this share pages: each guarded one costs the kernel two mappings. */
#define LEASE_GUARDED 4000
#define LEASE_SHARED ((gsize)1 << 20)

typedef struct {
	char *begin;
	gsize length;
} LeaseBlock;

struct Lease {
	GArray *blocks; /* of LeaseBlock */
	guint pieces;
	char *shared; /* where the next piece of shared pages goes */
	gsize left;
};

Lease *
lease_new(void)
{
	Lease *lease = g_new0(Lease, 1);

	lease->blocks = g_array_new(FALSE, FALSE, sizeof(LeaseBlock));
	return lease;
}

void
lease_end(Lease *lease)
{
	if (lease == NULL)
		return;
	for (guint i = 0; i < lease->blocks->len; i++) {
		const LeaseBlock *block = &g_array_index(lease->blocks, LeaseBlock, i);

		/* The address stays taken, or something else would come to lie there and a kept pointer would go unseen. */
		if (mmap(block->begin, block->length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) ==
		    MAP_FAILED)
			g_error("memory that was lent cannot be taken back");
	}
	g_array_unref(lease->blocks);
	g_free(lease);
}

/* length bytes, whole pages, and one page after them that nobody may touch. */
static char *
lease_map(Lease *lease, gsize length)
{
	gsize page = (gsize)sysconf(_SC_PAGESIZE);
	LeaseBlock block = {.length = length + page};
	void *begin = mmap(NULL, block.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (begin == MAP_FAILED || mprotect(begin, length, PROT_READ | PROT_WRITE) != 0)
		g_error("there is no memory to lend");
	block.begin = begin;
	g_array_append_val(lease->blocks, block);
	return block.begin;
}

static char *
lease_share(Lease *lease, gsize size)
{
	gsize rounded = (size + 15) & ~(gsize)15;
	char *piece;

	if (lease->left < rounded) {
		gsize page = (gsize)sysconf(_SC_PAGESIZE);

		lease->left = MAX(LEASE_SHARED, (rounded + page - 1) & ~(page - 1));
		lease->shared = lease_map(lease, lease->left);
	}
	piece = lease->shared;
	lease->shared += rounded;
	lease->left -= rounded;
	return piece;
}

void *
lease_bytes(Lease *lease, gsize size)
{
	gsize page = (gsize)sysconf(_SC_PAGESIZE);
	gsize length = MAX((size + page - 1) & ~(page - 1), page);
	char *piece;

	if (lease->pieces++ < LEASE_GUARDED)
		piece = lease_map(lease, length) + length - size;
	else
		piece = lease_share(lease, size);
	memset(piece, LEASE_PATTERN, size);
	return piece;
}

void *
lease_copy(Lease *lease, const void *from, gsize length, gsize size)
{
	void *piece = lease_bytes(lease, size);

	if (length > 0)
		memcpy(piece, from, MIN(length, size));
	return piece;
}

const char *
lease_text(Lease *lease, const char *text)
{
	gsize size = text != NULL ? strlen(text) + 1 : 0;

	return text != NULL ? lease_copy(lease, text, size, size) : NULL;
}

const idc_pair *
lease_pairs(Lease *lease, const idc_pair *pairs, gsize n)
{
	idc_pair *copies;

	if (n == 0)
		return NULL;
	copies = lease_bytes(lease, n * sizeof(idc_pair));
	for (gsize i = 0; i < n; i++) {
		copies[i].key = lease_text(lease, pairs[i].key);
		copies[i].value = lease_text(lease, pairs[i].value);
	}
	return copies;
}

gboolean
lease_untouched(const void *p, gsize size)
{
	const guint8 *bytes = p;

	for (gsize i = 0; i < size; i++) {
		if (bytes[i] != LEASE_PATTERN)
			return FALSE;
	}
	return TRUE;
}
