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
	const gchar *from;         /* the e-mail in whose name users are invited; NULL: none */
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

/* What a write was answered with. */
typedef struct {
	json_object *root; /* owned; NULL where the answer has no body */
	gchar *request_id; /* owned; NULL where not told */
} ApiReply;

void api_reply_clear(ApiReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApiReply, api_reply_clear)

/* Queues a write; body is JSON or NULL. It goes out on a connection of its own and once: it is sent again only where PagerDuty said that
 * it did nothing (429, a refused token, a lock), or where nothing left this machine. Take the answer with api_wait_write(). */
ApiCall *api_send(Api *api, const gchar *method, const gchar *path, json_object *body);

/* FALSE with INDETERMINATE: it was sent, and whether it was carried out is not known; the caller has to read back. Any other error: nothing
 * happened. A write that is on its way when the host cancels is waited for, 5 s at most. The call is gone in any case. */
gboolean api_wait_write(Api *api, ApiCall *call, ApiReply *ret_reply, GError **error);

/* Gives up a call that nobody will wait for. NULL is allowed. */
void api_drop(Api *api, ApiCall *call);

/* Sends one request that must not be repeated and has no token, to an absolute URL, outside the queue (the token endpoint's form). attempt
 * counts from 0. Where the host wants to end, the answer to what was sent is waited for linger_ms more. The answer's status may be anything,
 * 0 too; free with http_finish(). NULL: it was given up. */
HttpExchange *api_post_form(Api *api, const gchar *url, const gchar *form, guint attempt, guint linger_ms, GError **error);

/* Waits before something is tried again; FALSE where the host wants to end. */
gboolean api_rest(Api *api, guint64 ms, GError **error);

/* From here on the time of the first answer counts as that at which reading began. */
void api_begin(Api *api);

/* Whether one of the last writes of this Api (RECENT_KEPT at least) was answered under that request id. */
gboolean api_is_own(const Api *api, const gchar *request_id);

/* Milliseconds since 1970 by PagerDuty's own clock, from its last answer; 0 before the first. */
gint64 api_service_now(const Api *api);

/* Milliseconds since 1970 by PagerDuty's own clock, from the first answer since api_begin() that told it; 0 before. */
gint64 api_service_time(const Api *api);

/* Counts since api_new(). */
void api_usage(const Api *api, idc_usage *ret_usage);
