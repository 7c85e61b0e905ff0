/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "http.h"
#include "json.h"

/* PagerDuty's REST API: requests with a token, within the rate limit, repeated where that is safe, several at once and answered in the
 * order in which they are waited for. One thread; waits are cut short by the host's cancelled(). */

typedef struct Api Api;
typedef struct ApiCall ApiCall;

/* Supplies the token. renew: the last one was refused (401, or a scope added since); get another or fail. Borrowed until the next call. */
typedef const gchar *(*ApiToken)(gpointer user, gboolean renew, GError **error);

typedef struct {
	const idc_host *host; /* outlives the Api */
	const gchar *url;     /* without a slash at its end */
	guint concurrency;
	guint requests_per_minute; /* 0: the server's word alone */
	Http *http;                /* outlives the Api */
	ApiToken token;
	gpointer token_user;
} ApiOptions;

Api *api_new(const ApiOptions *options);
void api_free(Api *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Api, api_free)

/* Queues a read; it goes out as soon as an earlier wait lets it. path begins with a slash and may have a query. Owned by api until
 * api_wait() or api_drop(). */
ApiCall *api_get(Api *api, const gchar *path);

/* The answer's JSON, owned by the caller; the call is gone in any case. NULL: error is set. */
json_object *api_wait(Api *api, ApiCall *call, GError **error);

/* Both in one. */
json_object *api_read(Api *api, const gchar *path, GError **error);

/* Gives up a call that nobody will wait for. NULL is allowed. */
void api_drop(Api *api, ApiCall *call);

/* Sends one request that must not be repeated and has no token, to an absolute URL, outside the queue (the token endpoint's form). attempt
 * counts from 0. The answer's status may be anything, 0 too; free with http_finish(). NULL: it was given up. */
HttpExchange *api_post_form(Api *api, const gchar *url, const gchar *form, guint attempt, GError **error);

/* Waits before something is tried again; FALSE where the host wants to end. */
gboolean api_rest(Api *api, guint64 ms, GError **error);

/* Sets error from an answer that is no success. what: "GET /users". */
void api_set_answer_error(GError **error, const gchar *what, const HttpAnswer *answer);

/* From here on the time of the first answer counts as that at which reading began. */
void api_begin(Api *api);

/* Milliseconds since 1970 by PagerDuty's own clock, from the first answer since api_begin() that told it; 0 before. */
gint64 api_service_time(const Api *api);

/* Counts since api_new(). */
void api_usage(const Api *api, idc_usage *ret_usage);
