/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "sim.h"

#include "faults.h"
#include "gen.h"
#include "grants.h"
#include "journal.h"
#include "rate.h"
#include "triggers.h"
#include "veil.h"

gint64
sim_now_ms(const Sim *sim)
{
	return g_get_real_time() / 1000 + sim->clock_skew_ms;
}

void
sim_reset(Sim *sim, Spec *spec)
{
	g_clear_pointer(&sim->filters, g_hash_table_unref);
	g_clear_pointer(&sim->rate, g_hash_table_unref);
	g_clear_pointer(&sim->world, world_free);
	g_clear_pointer(&sim->spec, spec_free);
	g_clear_pointer(&sim->credentials, credentials_free);
	g_clear_pointer(&sim->grants, grants_free);
	g_clear_pointer(&sim->journal, journal_free);
	g_clear_pointer(&sim->faults, faults_free);
	g_clear_pointer(&sim->triggers, triggers_free);
	g_clear_pointer(&sim->veil, veil_free);
	sim->clock_skew_ms = 0;
	sim->resets++;
	if (spec == NULL)
		return;
	sim->spec = spec;
	sim->world = gen_world(spec);
	sim->filters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	sim->rate = rate_new();
	sim->credentials = credentials_new(spec->region);
	sim->grants = grants_new();
	sim->journal = journal_new();
	sim->faults = faults_new();
	sim->triggers = triggers_new();
	sim->veil = veil_new();
	sim->began_ms = g_get_monotonic_time() / 1000;
}

void
sim_revoke_all(Sim *sim)
{
	credentials_revoke_all(sim->credentials);
	grants_withdraw_all(sim->grants);
}

Request *
request_new(Sim *sim, const gchar *method, const gchar *uri)
{
	Request *request = g_new0(Request, 1);

	request->sim = sim;
	request->resets = sim->resets;
	request->method = g_strdup(method);
	request->uri = g_strdup(uri);
	request->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	request->body = g_string_new(NULL);
	request->violations = g_ptr_array_new_with_free_func(g_free);
	request->lie = (Lie){.offset = -1, .more = -1, .total = -1};
	return request;
}

void
request_free(Request *request)
{
	g_free(request->id);
	g_free(request->method);
	g_free(request->uri);
	g_free(request->path);
	g_free(request->region);
	g_free(request->fingerprint);
	for (guint i = 0; i < REQUEST_MAX_IDS; i++)
		g_free(request->ids[i]);
	g_hash_table_unref(request->headers);
	g_string_free(request->body, TRUE);
	g_clear_pointer(&request->query, query_free);
	g_ptr_array_unref(request->violations);
	g_free(request);
}

const gchar *
request_header(const Request *request, const gchar *name)
{
	return g_hash_table_lookup(request->headers, name);
}

void
request_violation(Request *request, const gchar *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(request->violations, g_strdup_vprintf(format, args));
	va_end(args);
}

User *
request_viewer(const Request *request)
{
	if (request->credential == NULL || request->credential->user_id == NULL)
		return NULL;
	return shelf_find(&request->sim->world->users, request->credential->user_id);
}

gboolean
request_sees_team(const Request *request, const Team *team)
{
	const User *viewer = request_viewer(request);

	return viewer == NULL || !team->private || g_str_equal(viewer->role, "owner") || g_str_equal(viewer->role, "admin") ||
	       world_membership(viewer, team) != NULL;
}

void
reply_init(Reply *reply)
{
	*reply = (Reply){.body = g_string_new(NULL), .headers = g_ptr_array_new_with_free_func(g_free)};
}

void
reply_clear(Reply *reply)
{
	if (reply->body != NULL)
		g_string_free(reply->body, TRUE);
	g_clear_pointer(&reply->headers, g_ptr_array_unref);
	g_clear_pointer(&reply->content_type, g_free);
	reply->body = NULL;
}

void
reply_header(Reply *reply, const gchar *name, const gchar *value)
{
	g_ptr_array_add(reply->headers, g_strdup(name));
	g_ptr_array_add(reply->headers, g_strdup(value));
}

const gchar *
reply_get_header(const Reply *reply, const gchar *name)
{
	for (guint i = 0; i + 1 < reply->headers->len; i += 2) {
		if (g_str_equal(g_ptr_array_index(reply->headers, i), name))
			return g_ptr_array_index(reply->headers, i + 1);
	}
	return NULL;
}

void
reply_json(Reply *reply, guint status, const gchar *body)
{
	reply->status = status;
	g_string_assign(reply->body, body);
	g_free(reply->content_type);
	reply->content_type = g_strdup("application/json; charset=utf-8");
}
