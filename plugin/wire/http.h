/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "pace.h"

/* HTTP by libcurl, many requests at once on one thread. Knows nothing of PagerDuty but the names of its rate limit headers. Nothing in
 * the environment changes what is sent or trusted. */

typedef struct Http Http;
typedef struct HttpExchange HttpExchange;

typedef struct {
	const gchar *proxy;             /* "" for none */
	const gchar *proxy_credentials; /* NULL: none */
	GBytes *authorities;            /* PEM; NULL: the system's */
	guint timeout_s;                /* for one request from first to last byte */
} HttpOptions;

typedef struct {
	const gchar *method;
	const gchar *url;
	const gchar *body;         /* NULL: none */
	const gchar *content_type; /* of the body */
	const gchar *accept;
	const gchar *bearer; /* NULL: no Authorization header */
	const gchar *from;   /* NULL: no From header */
	gboolean once;       /* must not be sent twice: goes out on a connection of its own, for libcurl itself repeats a request
	                        when a kept-alive connection turns out to be dead */
} HttpRequest;

typedef struct {
	gint status;    /* 0: no answer came; then problem says why */
	gint32 problem; /* idc status */
	gchar *why;     /* libcurl's words, NULL where an answer came */
	gboolean sent;  /* whether any of the request may have reached the server */
	GString *body;  /* decompressed; bounded */
	gchar *content_type;
	gchar *request_id;
	gint64 date_unix_ms; /* 0: not said */
	PaceHint hint;
} HttpAnswer;

/* host is only used to log. Free with http_free(). */
Http *http_new(const HttpOptions *options, GError **error);
void http_free(Http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Http, http_free)

/* Starts a request; nothing moves until http_poll(). The request's strings may go. Owned by http until http_finish(). */
HttpExchange *http_start(Http *http, const HttpRequest *request, GError **error);

/* Moves everything under way; returns when something is finished or after timeout_ms at the latest. */
gboolean http_poll(Http *http, guint timeout_ms, GError **error);

/* Whether the answer, or the failure, is there. */
gboolean http_done(const HttpExchange *exchange);

/* What came; borrowed, until http_finish(). Only when done. */
HttpAnswer *http_answer(HttpExchange *exchange);

/* Gives it up, finished or not. */
void http_finish(HttpExchange *exchange);
