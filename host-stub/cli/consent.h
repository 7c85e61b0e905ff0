/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A person signs in at the service and allows the access: the link, the browser, the way back. */
#pragma once
#include "cli/form.h"
#include "cli/output.h"
#include "load/session.h"
#include "signin/listener.h"

#define CONSENT_WAIT_S 300

typedef struct {
	gboolean browser; /* whether a browser may be opened */
	gboolean paste;   /* whether standard input may bring the address that the browser was sent to */
	int wait_s;       /* how long one link is waited for */
} ConsentOptions;

/* browser: whether one may be opened, which is done at a terminal only. Nothing is read from standard input where a secret came from it. */
ConsentOptions consent_options(Output *output, const Form *form, gboolean browser, int wait_s);

/* Where the service sends the browser of this app back to. Free with g_free. */
char *consent_redirect(const App *app, const Manifest *manifest);

/* Gets the consent, where the app needs one; what the connector keeps of it goes into the session's vault. *ret_listener is still
 * listening afterwards, for who reloads the page: free it when all is done; NULL where no consent was needed. A code that came too late
 * gets a new link at once. */
gboolean consent_get(Output *output, Session *session, const App *app, const ConsentOptions *options, Listener **ret_listener,
		     GError **error);
