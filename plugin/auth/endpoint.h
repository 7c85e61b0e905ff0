/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../settings.h"
#include "../wire/api.h"

/* Requests to PagerDuty's OAuth host that carry the client's secret, and what their refusals mean. */

typedef enum {
	ENDPOINT_CLIENT,  /* a token for the app itself: each request gets one of its own */
	ENDPOINT_CODE,    /* a code against tokens: works once */
	ENDPOINT_REFRESH, /* a refresh token against new ones: may work once */
	ENDPOINT_REVOKE,  /* a token given back */
} EndpointKind;

typedef struct {
	const idc_host *host;
	const Settings *settings;
	Api *api;
} Endpoint;

/* One more field of the form; the values may be secrets. A NULL key ends them. */
typedef struct {
	const gchar *key;
	const gchar *value;
} EndpointField;

/* Sends the form with these fields and the client's id and secret, and repeats it where that can do no harm: what works once is sent again
 * only where it was answered that nothing was done, or where nothing left this machine. The answer's JSON, to be freed with wiped_free(), for
 * a revocation possibly empty. NULL with an error: UNAUTHENTICATED, EXPIRED (the code or refresh token is no good), SCOPE, REFUSED are answers,
 * UNAVAILABLE, RATE_LIMITED, TIMEOUT, PROTOCOL say nothing of any credential. */
json_object *endpoint_post(const Endpoint *endpoint, EndpointKind kind, const EndpointField *fields, GError **error);

/* Whether PagerDuty itself said that the refresh token of a request is no good: sending it again is of no use. */
gboolean endpoint_ended(const GError *error);

/* Adds key=value to a form or query that holds something already, without a copy of the value in between: it may be a secret. */
void endpoint_add(GString *form, const gchar *key, const gchar *value);
