/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/lookup.h"
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#define LOOKUP_STEP_US 20000
/* So that who waits for it is told how long, and not ended. */
#define LOOKUP_LONGEST_US (15 * G_USEC_PER_SEC)

typedef int (*LookupFunction)(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res);

static gint lookup_is_held; /* all three atomic */
static gint lookup_n_asked;
static gint lookup_n_open;

void
lookup_hold(gboolean held)
{
	g_atomic_int_set(&lookup_is_held, held ? 1 : 0);
}

guint
lookup_asked(void)
{
	return (guint)g_atomic_int_get(&lookup_n_asked);
}

guint
lookup_open(void)
{
	return (guint)g_atomic_int_get(&lookup_n_open);
}

static int
lookup_really(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	LookupFunction next = NULL;

	memcpy(&next, &symbol, sizeof(next)); /* ISO C has no cast for it */
	return next != NULL ? next(node, service, hints, res) : EAI_FAIL;
}

/* The parameters are named as in the C library. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict req,
	    struct addrinfo **restrict pai)
{
	if (g_atomic_int_get(&lookup_is_held) == 0)
		return lookup_really(name, service, req, pai);
	g_atomic_int_inc(&lookup_n_open);
	g_atomic_int_inc(&lookup_n_asked);
	for (gint64 held_us = 0; held_us < LOOKUP_LONGEST_US && g_atomic_int_get(&lookup_is_held) != 0; held_us += LOOKUP_STEP_US)
		g_usleep(LOOKUP_STEP_US);
	g_atomic_int_add(&lookup_n_open, -1);
	return EAI_AGAIN;
}
