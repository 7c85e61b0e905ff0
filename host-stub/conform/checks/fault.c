/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* An error in the middle of a list is never a shorter list: every error at every request, once and for good. */
#include "base/error.h"
#include "conform/checks.h"
#include "conform/listing.h"
#include "conform/traffic.h"
#include <string.h>

/* More places than this are drawn by the seed; the first and the last request are always among them. */
#define FAULT_PLACES 14

static const char *const fault_actions[] = {
    "{\"status\":500,\"body\":{}}",
    "{\"status\":502,\"body\":\"\"}",
    "{\"status\":503,\"body\":\"<html><body>Back soon</body></html>\",\"content_type\":\"text/html\"}",
    "{\"status\":504,\"body\":\"upstream\",\"content_type\":\"text/plain\"}",
    "{\"status\":400,\"body\":{\"error\":{\"message\":\"bad\"}}}",
    "{\"status\":403,\"body\":{\"error\":\"forbidden\"}}",
    "{\"status\":404,\"body\":{\"error\":\"not found\"}}",
    "{\"status\":409,\"body\":{}}",
    "{\"status\":429,\"body\":{},\"headers\":{\"Retry-After\":\"2\"}}",
    "{\"status\":204,\"body\":\"\"}",
    "{\"status\":599,\"body\":{}}",
    "{\"cut\":\"before\"}",
    "{\"cut\":\"middle\"}",
    "{\"cut\":\"after\"}",
    "{\"cut\":\"middle\",\"reset\":true}",
    "{\"status\":301,\"body\":{}}",
    "{\"status\":401,\"body\":{}}",
};

static void
fault_at_each(Bench *bench, gint parameter)
{
	listing_fault_at_each(bench, fault_actions[parameter], FAULT_PLACES, TRUE);
}

/* The routes of a list, each once: "METHOD route". */
static GPtrArray *
fault_routes(GPtrArray *traffic)
{
	GPtrArray *routes = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < traffic->len; i++) {
		const TrafficEntry *entry = g_ptr_array_index(traffic, i);
		g_autofree char *match = NULL;

		if (entry->route == NULL)
			continue;
		match = g_strdup_printf("{\"method\":\"%s\",\"route\":\"%s\",\"times\":0}", entry->method, entry->route);
		if (!g_ptr_array_find_with_equal_func(routes, match, g_str_equal, NULL))
			g_ptr_array_add(routes, g_steal_pointer(&match));
	}
	return routes;
}

/* The action at every request to one route, for each route in turn. */
static void
fault_on_each_route(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = listing_traffic(bench, "default");
	g_autoptr(GPtrArray) routes = traffic != NULL ? fault_routes(traffic) : NULL;

	for (guint i = 0; routes != NULL && i < routes->len && bench_good(bench); i++) {
		const char *match = g_ptr_array_index(routes, i);

		bench_try(bench, "a list in which all that fits %s is answered by %s", match, fault_actions[parameter]);
		/* 404 for one thing by its id is the service's word that it is gone. */
		told_free(listing_faulty(bench, match, fault_actions[parameter],
					 parameter != 6 || strchr(match, '}') == match + strlen(match) - 1));
	}
}

/* One kind of thing that may not be read leaves the others whole: a list that is broken off by it has not tried. */
static void
fault_others_whole(Bench *bench, gint parameter)
{
	g_autoptr(GPtrArray) traffic = listing_traffic(bench, "default");
	g_autoptr(GPtrArray) routes = traffic != NULL ? fault_routes(traffic) : NULL;
	guint whole = 0;

	for (guint i = 0; routes != NULL && i < routes->len && bench_good(bench); i++) {
		g_autoptr(Told) told = NULL;

		bench_try(bench, "a list in which all that fits %s is forbidden", (const char *)g_ptr_array_index(routes, i));
		told = listing_faulty(bench, g_ptr_array_index(routes, i), fault_actions[parameter], TRUE);
		for (gint j = 0; told != NULL && told->status == IDC_PARTIAL && j < SNAPSHOT_KINDS; j++) {
			const idc_seal *seal = told_seal(told, snapshot_kind(j));

			whole += seal != NULL && seal->state == IDC_SEAL_COMPLETE ? 1 : 0;
		}
	}
	if (routes != NULL && routes->len > 1)
		bench_expect(bench, whole > 0, "what may be read is listed and sealed COMPLETE where something else is forbidden",
			     "with none of the routes forbidden one by one a kind was whole");
}

/* What everything answers with, and what a connector makes of it. */
typedef struct {
	guint http;
	int32_t status;
	gboolean retryable;
} FaultMeaning;

static const FaultMeaning fault_meanings[] = {
    {401, IDC_UNAUTHENTICATED, FALSE}, {429, IDC_RATE_LIMITED, TRUE}, {500, IDC_UNAVAILABLE, TRUE},
    {502, IDC_UNAVAILABLE, TRUE},      {503, IDC_UNAVAILABLE, TRUE},  {504, IDC_UNAVAILABLE, TRUE},
};

static const char *const fault_bodies[] = {"{}",
					   "\"\"",
					   "\"<html><body><h1>Sorry</h1></body></html>\"",
					   "{\"error\":{\"code\":2001,\"message\":\"no\",\"errors\":[\"no\"]}}",
					   "{\"error\":\"no\"}",
					   "[]",
					   "null"};

static void
fault_meaning_of(Bench *bench, const FaultMeaning *meaning, const char *body)
{
	g_autofree char *action = g_strdup_printf("{\"status\":%u,\"body\":%s}", meaning->http, body);
	g_autoptr(Told) told = NULL;
	g_autofree char *status = NULL;

	bench_try(bench, "a list in which everything is answered by %s", action);
	told = listing_faulty(bench, "{\"times\":0}", action, TRUE);
	if (told == NULL)
		return;
	status = told_status(told);
	/* An unknown status means the first of its hundred: which of them it is says no more than that. */
	bench_expect(bench, told->status / 100 == meaning->status / 100, "a status of the right hundred", "%s for HTTP %u", status,
		     meaning->http);
	if (meaning->retryable)
		bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) != 0, "RETRYABLE", "%s without that flag", status);
	else
		bench_expect(bench, (told->error.flags & IDC_ERROR_RETRYABLE) == 0, "not RETRYABLE", "%s with that flag", status);
	bench_expect(bench, strchr(told->error.message, '<') == NULL, "no raw body in a message", "%s", status);
}

static void
fault_table(Bench *bench, gint parameter)
{
	(void)parameter;
	for (gsize i = 0; i < G_N_ELEMENTS(fault_meanings) && bench_good(bench); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(fault_bodies) && bench_good(bench); j++)
			fault_meaning_of(bench, &fault_meanings[i], fault_bodies[j]);
	}
}

/* Whether the list ended with that status, or a kind is a gap because of it. */
static gboolean
fault_ended_with(const Told *told, const char *name)
{
	gboolean ended = g_strcmp0(host_status_name(told->status), name) == 0;

	for (guint i = 0; !ended && told->status == IDC_PARTIAL && i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);

		ended = message->kind == IDC_MSG_SEAL && g_strcmp0(host_status_name(message->of.seal.status), name) == 0;
	}
	return ended;
}

/* What the service's own errors mean, from the conformance file. */
static void
fault_own(Bench *bench, gint parameter)
{
	json_object *errors = plan_at(bench->plan, "errors", NULL);

	(void)parameter;
	for (gsize i = 0; i < json_object_array_length(errors) && bench_good(bench); i++) {
		json_object *entry = json_object_array_get_idx(errors, i);
		json_object *names = json_object_object_get(entry, "status");
		json_object *retryable = json_object_object_get(entry, "retryable");
		const char *action = json_object_to_json_string(json_object_object_get(entry, "action"));
		g_autoptr(Told) told = NULL;
		gboolean fits = FALSE;

		bench_try(bench, "a list in which everything is answered by %s", action);
		told = listing_faulty(bench, "{\"times\":0}", action, TRUE);
		for (gsize j = 0; told != NULL && j < json_object_array_length(names); j++)
			fits = fits || fault_ended_with(told, json_object_get_string(json_object_array_get_idx(names, j)));
		if (told == NULL)
			return;
		bench_expect(bench, fits, json_object_to_json_string(names), "%s", host_status_name(told->status));
		if (retryable != NULL)
			bench_expect(bench,
				     ((told->error.flags & IDC_ERROR_RETRYABLE) != 0) == (json_object_get_boolean(retryable) != 0),
				     "RETRYABLE as the conformance file says", "%s", host_status_name(told->status));
	}
}

const Check checks_fault[] = {
    {"fault.500", "500 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 0, 120},
    {"fault.502", "502 with an empty body at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 1, 120},
    {"fault.503", "503 with a page of HTML at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 2, 120},
    {"fault.504", "504 with a text at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 3, 120},
    {"fault.400", "400 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 4, 120},
    {"fault.403", "403 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 5, 120},
    {"fault.404", "404 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 6, 120},
    {"fault.409", "409 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 7, 120},
    {"fault.429", "429 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 8, 120},
    {"fault.204", "204 at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 9, 120},
    {"fault.599", "A status that nobody defined at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 10,
     120},
    {"fault.301", "301 without a place at any request is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL, 15, 120},
    {"fault.401", "401 at any request is never a shorter list, and nothing comes twice", fault_at_each, CHECK_LIST, NULL, NULL, 16,
     120},
    {"fault.cut-before", "A connection that ends before the answer, at any request, is never a shorter list", fault_at_each,
     CHECK_LIST, NULL, NULL, 11, 120},
    {"fault.cut-middle", "A connection that ends within an answer, at any request, is never a shorter list", fault_at_each,
     CHECK_LIST, NULL, NULL, 12, 120},
    {"fault.cut-after", "An answer that is lost, at any request, is never a shorter list", fault_at_each, CHECK_LIST, NULL, NULL,
     13, 120},
    {"fault.reset", "A connection that is reset within an answer, at any request, is never a shorter list", fault_at_each,
     CHECK_LIST, "reset", NULL, 14, 120},
    {"fault.route-403", "What may not be read at all is a gap or an error, never absence", fault_on_each_route, CHECK_LIST, NULL,
     NULL, 5, 120},
    {"fault.route-404", "An address that is gone is a gap or an error, never absence", fault_on_each_route, CHECK_LIST, NULL, NULL,
     6, 120},
    {"fault.route-500", "What fails for good is a gap or an error, never absence", fault_on_each_route, CHECK_LIST, NULL, NULL, 0,
     120},
    {"fault.route-401", "A credential that one address does not take is a gap or an error, never absence", fault_on_each_route,
     CHECK_LIST, NULL, NULL, 16, 120},
    {"fault.route-cut", "An address whose connections always end is a gap or an error, never absence", fault_on_each_route,
     CHECK_LIST, NULL, NULL, 11, 120},
    {"fault.others", "One kind of thing that is forbidden leaves the others whole", fault_others_whole, CHECK_LIST, NULL, NULL, 5,
     120},
    {"fault.table", "Each HTTP status with each shape of body means the right status, and whether to try again", fault_table,
     CHECK_LIST, NULL, NULL, 0, 120},
    {"fault.own", "The service's own errors mean what the conformance file says", fault_own, CHECK_LIST, NULL, "errors", 0, 0},
    {.id = NULL},
};
