/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A call in a process of its own that is killed while it waits for an answer, as a host is that loses its machine. What the connector knew is
 * gone with it; what the service did is not.
 */
#pragma once
#include "conform/subject.h"

typedef enum {
	KILLING_BEFORE, /* the service has the request and does not do it */
	KILLING_AFTER,  /* it did it, and its answer does not come */
} KillingWhen;

typedef void (*KillingCall)(Subject *subject, gconstpointer data);

/*
 * Makes the world anew. In a child process an instance gets ready and makes the call, whose place-th request (counted from 1, without those of
 * getting ready) is held; then the child is killed, with whatever is not written yet. Returns whether it was: FALSE also where the call has
 * fewer requests, and with a verdict. Afterwards no fault is left. Only where this process has no other thread.
 */
gboolean killing_call(Bench *bench, const char *world, guint place, KillingWhen when, KillingCall call, gconstpointer data);
