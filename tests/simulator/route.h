/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Every operation that the service knows: where it is, what it needs, who answers it. */
#pragma once
#include "sim.h"

typedef enum {
	ROUTE_REST,
	ROUTE_REST_V3, /* no version in Accept, errors of its own */
	ROUTE_IDENTITY,
} RouteHost;

struct Route {
	RouteHost host;
	const gchar *method;
	const gchar *template;
	const gchar *scope;   /* NULL: none */
	const gchar *ability; /* NULL: none */
	const gchar *const *parameters;
	void (*handle)(Request *request, Reply *reply);
};

/* Finds the operation and fills in the request's ids. NULL: no such path, or, where *ret_known is TRUE, no such method on it. */
const Route *route_find(Request *request, gboolean identity, gboolean *ret_known);

/* The template of a path of control requests, whatever its method: how faults and mutations name it. FALSE: there is none such. */
gboolean route_is_template(const gchar *template);
