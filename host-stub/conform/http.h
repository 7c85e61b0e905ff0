/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* One plain HTTP request to a port of this machine, made by hand: no thread and nothing left open, so that what a connector leaves can be
 * told from what the harness does. */
#pragma once
#include <glib.h>

/* Sends method and path ("/_control/state") with body (NULL: none) on a connection of its own. Returns the answer's body, its length in
 * ret_length (may be NULL) and its status in ret_status; the value of a header Location in ret_location (may be NULL). Waits 120 s at
 * most. Errors are HOST_ERRORs. Any thread. Free with g_free. */
char *http_exchange(guint port, const char *method, const char *path, const char *body, guint *ret_status, gsize *ret_length,
		    char **ret_location, GError **error);
