/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "serve.h"

#include <string.h>

#include "errors.h"
#include "rate.h"
#include "rng.h"
#include "route.h"

#define SERVE_ACCEPT "application/vnd.pagerduty+json;version=2"

/* /_region/eu/users is /users at the European host. */
static void
serve_host(Request *request)
{
	const gchar *const regions[] = {"us", "eu"};

	for (guint i = 0; i < G_N_ELEMENTS(regions); i++) {
		g_autofree gchar *prefix = g_strconcat("/_region/", regions[i], NULL);
		gsize length = strlen(prefix);
		if (!g_str_has_prefix(request->path, prefix) || request->path[length] != '/')
			continue;
		memmove(request->path, request->path + length, strlen(request->path + length) + 1);
		request->region = g_strdup(regions[i]);
		return;
	}
	request->region = g_strdup(request->sim->spec->region);
}

void
serve_prepare(Request *request)
{
	const gchar *mark = strchr(request->uri, '?');
	gboolean identity;

	request->path = mark == NULL ? g_strdup(request->uri) : g_strndup(request->uri, (gsize)(mark - request->uri));
	request->query = query_parse(mark == NULL ? NULL : mark + 1);
	serve_host(request);
	identity = g_str_has_prefix(request->path, "/identity/");
	if (identity) {
		gchar *path = g_strdup(request->path + strlen("/identity"));
		g_free(request->path);
		request->path = path;
	}
	request->route = route_find(request, identity, &request->path_known);
	if (request->route == NULL)
		request_violation(request, request->path_known ? "%s is not a method of %s." : "%s %s is not an operation.",
				  request->method, request->path);
}

/* The documented form of a REST request. */
static void
serve_check_form(Request *request)
{
	const gchar *accept = request_header(request, "accept");
	const gchar *type = request_header(request, "content-type");
	const gchar *limit = query_get(request->query, "limit");
	g_autofree gchar *wrong = query_check(request->query, request->route->parameters);

	if (request->route->host == ROUTE_REST && (accept == NULL || !g_str_equal(accept, SERVE_ACCEPT)))
		request_violation(request, "Accept must be " SERVE_ACCEPT ", not %s.", accept == NULL ? "absent" : accept);
	if (wrong != NULL)
		request_violation(request, "%s", wrong);
	if (request->route->host == ROUTE_REST && limit != NULL && strlen(limit) < 10 && g_ascii_strtoll(limit, NULL, 10) > 100 &&
	    strstr(request->route->template, "audit") == NULL)
		request_violation(request, "limit is more than 100.");
	if (request->body->len > 0 && (type == NULL || !g_str_has_prefix(type, "application/json")))
		request_violation(request, "A body needs Content-Type: application/json, not %s.", type == NULL ? "nothing" : type);
	if (request->body->len > 0 && (g_str_equal(request->method, "GET") || g_str_equal(request->method, "DELETE")))
		request_violation(request, "A %s has no body.", request->method);
	for (guint i = 0; i < REQUEST_MAX_IDS; i++) {
		if (request->ids[i] != NULL && strpbrk(request->ids[i], "/?#&%\r\n\t ") != NULL)
			request_violation(request, "\"%s\" cannot be an id.", request->ids[i]);
	}
}

static void
serve_rest(Request *request, Reply *reply)
{
	Sim *sim = request->sim;
	const Route *route = request->route;
	const gchar *mode = request->method;

	serve_check_form(request);
	request->credential = credentials_find(sim->credentials, sim->world, request_header(request, "authorization"),
					       sim_now_ms(sim), &request->fingerprint);
	if (request->credential == NULL || !g_str_equal(request->credential->region, request->region)) {
		errors_unauthorized(request, reply);
		return;
	}
	if (!rate_take(request, reply))
		return;
	if (errors_strict(request, reply))
		return;
	if (!credentials_has_scope(request->credential, route->scope)) {
		errors_scope(request, reply, route->scope);
		return;
	}
	if (request->credential->kind == CREDENTIAL_READ_ONLY && !g_str_equal(mode, "GET")) {
		errors_denied(request, reply);
		return;
	}
	if (route->ability != NULL && !world_can(sim->world, route->ability)) {
		errors_ability(request, reply);
		return;
	}
	route->handle(request, reply);
}

/* The service's clock, which a test may have put forward, not the machine's. */
static void
serve_date(const Request *request, Reply *reply)
{
	static const gchar *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const gchar *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(sim_now_ms(request->sim) / 1000);
	g_autofree gchar *rest = g_date_time_format(now, "%Y %H:%M:%S GMT");
	g_autofree gchar *text = g_strdup_printf("%s, %02d %s %s", days[g_date_time_get_day_of_week(now) - 1],
						 g_date_time_get_day_of_month(now), months[g_date_time_get_month(now) - 1], rest);

	reply_header(reply, "Date", text);
}

void
serve_request_id(Request *request, Reply *reply)
{
	guint64 number = ++request->sim->requests;

	serve_date(request, reply);
	request->id = g_strdup_printf("%016" G_GINT64_MODIFIER "x%08" G_GINT64_MODIFIER "x", rng_mix(number), number);
	reply_header(reply, "x-request-id", request->id);
}

void
serve_answer(Request *request, Reply *reply)
{
	serve_request_id(request, reply);
	if (request->route == NULL) {
		if (request->path_known && switches_on(request->sim->spec->switches, SWITCH_STRICT))
			errors_invalid(request, reply, g_ptr_array_index(request->violations, 0));
		else
			errors_not_found(request, reply);
		return;
	}
	if (request->route->host == ROUTE_IDENTITY) {
		g_autofree gchar *wrong = query_check(request->query, request->route->parameters);
		if (wrong != NULL)
			request_violation(request, "%s", wrong);
		request->route->handle(request, reply);
		return;
	}
	serve_rest(request, reply);
}
