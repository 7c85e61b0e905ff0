/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Waits on this machine for the browser that the service sends back. Any number of requests may come (16 open at a time, 8 KiB and 10 s
 * each); only a GET on the exact path, with the right Host and with a state that is waited for, ends the wait. Everything else gets its
 * page, and the wait goes on. The call that ended it is kept open until listener_answer() says what its page is.
 *
 * It answers on threads of its own; its functions are called by one thread.
 */
#pragma once
#include "signin/page.h"
#include "signin/query.h"
#include "signin/redirect.h"
#include <glib.h>

typedef struct Listener Listener;

typedef enum {
	LISTENER_CALLED,    /* the browser is back */
	LISTENER_LATE,      /* nobody came in time */
	LISTENER_INPUT,     /* something can be read from the other descriptor */
	LISTENER_CANCELLED, /* cancelled() said so */
} ListenerEvent;

/* Listens on loopback. A port that somebody else has: IDC_CONFLICT, "port_taken". */
Listener *listener_new(const Redirect *redirect, GError **error);

/* Answers a call that is still open with PAGE_FAILED, sees answers off (2 s at most), and closes the port. */
void listener_free(Listener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)

/* From now on this state is the one that is waited for; one that was before is too late. */
void listener_expect(Listener *listener, const char *state);

/* What a query comes to: PAGE_CONNECTED where it holds the state that is waited for, which is used up by this; else the page that says
 * what is wrong with it. For an address that was brought by other ways than the browser. */
Page listener_judge(Listener *listener, const Query *query);

/* Waits until something of ListenerEvent happens, at most until timeout_ms from now. input: a descriptor to watch, or -1. cancelled (may
 * be NULL) is asked at least every 100 ms. *ret_query is set with LISTENER_CALLED only. */
ListenerEvent listener_wait(Listener *listener, int input, gint64 timeout_ms, gboolean (*cancelled)(gpointer user_data),
			    gpointer user_data, Query **ret_query);

/* The page of the call that ended the wait; nothing where it came by other ways. detail as in page_render(). */
void listener_answer(Listener *listener, Page page, const char *detail);
