/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Answers that an HTTP library would not give: late, by drops, half, endless. Each runs on a thread of its own while its connection is
 * suspended. */
#pragma once
#include <glib.h>
#include <microhttpd.h>

#include "sim.h"

/* What goes out, byte for byte; the connection is closed afterwards. */
typedef struct {
	GString *bytes;
	gint64 filler;            /* so many blanks more */
	gsize chunk;              /* at most so many at a time */
	gint64 every_ms;          /* waited before each chunk */
	gboolean endless_headers; /* instead of the end of the headers */
	gboolean reset;           /* the connection ends with a reset */
} WirePlan;

WirePlan *wire_plan_new(void);

void wire_plan_free(WirePlan *plan);

/* The status line and headers of the reply, with that length told. */
void wire_plan_head(WirePlan *plan, const Reply *reply, gint64 length);

typedef struct Wires Wires;

Wires *wire_start(void);

/* Ends all that is under way, resumes its connections, and begins nothing any more. Before the daemon is stopped. */
void wire_halt(Wires *wires);

/* After the daemon is stopped. */
void wire_free(Wires *wires);

/* Suspends the connection; it is resumed after the time. */
void wire_delay(Wires *wires, struct MHD_Connection *connection, gint64 delay_ms);

/* Suspends the connection and takes the plan; it is resumed when everything is written, or nobody reads any more. Close it then. */
void wire_write(Wires *wires, struct MHD_Connection *connection, WirePlan *plan);

/* Closing the connection will be a reset instead of an orderly end. */
void wire_reset(struct MHD_Connection *connection);
