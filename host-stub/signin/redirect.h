/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The address that the service sends a person's browser back to, and where the host listens for it. */
#pragma once
#include <glib.h>

/* Where the host listens unless the address says otherwise. */
#define REDIRECT_PORT 8765

typedef struct {
	char *uri;       /* as it is registered at the service */
	char *authority; /* what the header Host has to say, in lower case: "localhost:8765" */
	char *path;      /* as it is sent, never decoded; begins with a slash */
	guint16 port;    /* on this machine */
	gboolean ipv4;   /* whether to listen on 127.0.0.1 */
	gboolean ipv6;   /* and on ::1 */
} Redirect;

/* uri: http to localhost, 127.0.0.1 or [::1], which is listened on at its own port; or https, for a proxy that passes it on to
 * REDIRECT_PORT on 127.0.0.1. No query, fragment or user in it. Otherwise IDC_INVALID, "redirect_invalid". */
Redirect *redirect_new(const char *uri, GError **error);

void redirect_free(Redirect *redirect);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Redirect, redirect_free)

/* The address of an app that was given no other: path is the manifest's, with {identifier} in it, or NULL. Free with g_free. */
char *redirect_default(const char *path, const char *identifier);
