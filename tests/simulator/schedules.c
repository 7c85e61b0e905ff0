/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "schedules.h"

#include "duty.h"
#include "errors.h"
#include "filter.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"
#include "rota.h"

#define FORTNIGHT_MS (G_GINT64_CONSTANT(14) * 24 * 60 * 60 * 1000)

typedef struct {
	gint64 since;
	gint64 until;
	const gchar *zone;
	gboolean overflow;
	gboolean layers;
	gboolean overrides;
	gboolean final;
} SchedulesView;

static gboolean
schedules_time(const Request *request, const gchar *key, gint64 *ret_ms)
{
	const gchar *text = query_get(request->query, key);
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) when = text == NULL ? NULL : g_date_time_new_from_iso8601(text, utc);

	if (text != NULL && when == NULL)
		return FALSE;
	*ret_ms = when == NULL ? -1 : g_date_time_to_unix(when) * 1000;
	return TRUE;
}

gboolean
schedules_times(const Request *request, Reply *reply, gint64 *ret_since, gint64 *ret_until)
{
	if (schedules_time(request, "since", ret_since) && schedules_time(request, "until", ret_until))
		return TRUE;
	errors_reply(request, reply, 400, 2004, "Invalid time range", "since and until must be ISO 8601 times");
	return FALSE;
}

gboolean
schedules_window(const Request *request, Reply *reply, gint64 *ret_since, gint64 *ret_until)
{
	gint64 since = -1;
	gint64 until = -1;

	if (!schedules_times(request, reply, &since, &until))
		return FALSE;
	if (since < 0 && until >= 0)
		since = until - FORTNIGHT_MS;
	if (until < 0 && since >= 0)
		until = since + FORTNIGHT_MS;
	if (until < since) {
		errors_reply(request, reply, 400, 2005, "Invalid time range", "until cannot be before since");
		return FALSE;
	}
	*ret_since = since;
	*ret_until = until;
	return TRUE;
}

gboolean
schedules_zone(const Request *request, Reply *reply)
{
	const gchar *zone = query_get(request->query, "time_zone");
	g_autoptr(GTimeZone) tz = zone == NULL ? NULL : g_time_zone_new_identifier(zone);

	if (zone == NULL || tz != NULL)
		return TRUE;
	errors_invalid(request, reply, "Time zone is invalid");
	return FALSE;
}

static void
schedules_entries(const Request *request, GString *out, GArray *shifts, const SchedulesView *view)
{
	gint64 covered = 0;

	g_string_append(out, "\"rendered_schedule_entries\":[");
	for (guint i = 0; i < shifts->len; i++) {
		const Shift *shift = &g_array_index(shifts, Shift, i);
		jtext_comma(out);
		g_string_append(out, "{\"start\":");
		jtext_time_in(out, shift->start_ms, view->zone);
		g_string_append(out, ",\"end\":");
		jtext_time_in(out, shift->end_ms, view->zone);
		g_string_append(out, ",\"user\":");
		refs_add(request->sim->world, out, shift->user);
		g_string_append_c(out, '}');
		covered += MIN(shift->end_ms, view->until) - MAX(shift->start_ms, view->since);
	}
	g_string_append(out, "],\"rendered_coverage_percentage\":");
	if (view->since < 0 || view->until == view->since) {
		g_string_append(out, "null");
	} else {
		gchar number[G_ASCII_DTOSTR_BUF_SIZE];
		g_string_append(out, g_ascii_formatd(number, sizeof(number), "%.1f",
						     100.0 * (gdouble)covered / (gdouble)(view->until - view->since)));
	}
}

static GArray *
schedules_no_shifts(void)
{
	return g_array_new(FALSE, FALSE, sizeof(Shift));
}

static void
schedules_layer(const Request *request, GString *out, const Layer *layer, const SchedulesView *view)
{
	g_autoptr(GArray) shifts =
	    view->since < 0 ? schedules_no_shifts() : rota_layer(layer, view->since, view->until, view->overflow);

	g_string_append_c(out, '{');
	jtext_pair(out, "id", layer->id);
	g_string_append_c(out, ',');
	jtext_pair(out, "name", layer->name);
	g_string_append(out, ",\"start\":");
	jtext_time_in(out, layer->start_ms, view->zone);
	g_string_append(out, ",\"end\":");
	jtext_time_in(out, layer->end_ms, view->zone);
	g_string_append(out, ",\"rotation_virtual_start\":");
	jtext_time_in(out, layer->start_ms, view->zone);
	g_string_append_printf(out, ",\"rotation_turn_length_seconds\":%" G_GUINT64_FORMAT ",\"users\":[", layer->turn_seconds);
	for (guint i = 0; i < layer->users->len; i++) {
		jtext_comma(out);
		g_string_append(out, "{\"user\":");
		refs_add(request->sim->world, out, g_ptr_array_index(layer->users, i));
		g_string_append_c(out, '}');
	}
	g_string_append(out, "],\"restrictions\":[],");
	schedules_entries(request, out, shifts, view);
	g_string_append_c(out, '}');
}

void
schedules_links(const Request *request, GString *out, Schedule *schedule)
{
	World *world = request->sim->world;
	g_autoptr(GPtrArray) users = duty_schedule_users(schedule);
	const GPtrArray *policies = duty_policies_of(world, schedule->base.id);

	g_string_append(out, ",\"users\":[");
	for (guint i = 0; i < users->len; i++) {
		jtext_comma(out);
		refs_add(world, out, g_ptr_array_index(users, i));
	}
	g_string_append(out, "],\"teams\":");
	refs_add_teams(world, out, schedule->team_ids);
	g_string_append(out, ",\"escalation_policies\":[");
	for (guint i = 0; policies != NULL && i < policies->len; i++) {
		jtext_comma(out);
		g_string_append(out, refs_policy(world, g_ptr_array_index(policies, i)));
	}
	g_string_append_c(out, ']');
}

static void
schedules_sub(const Request *request, GString *out, const gchar *key, const gchar *name, GArray *shifts, const SchedulesView *view)
{
	g_string_append_printf(out, ",\"%s\":{\"name\":\"%s\",", key, name);
	schedules_entries(request, out, shifts, view);
	g_string_append_c(out, '}');
}

/* include_next_oncall_for_user=: the first turn of that person from now on. */
static void
schedules_next(const Request *request, GString *out, const Schedule *schedule, const SchedulesView *view)
{
	const gchar *user_id = query_get(request->query, "include_next_oncall_for_user");
	gint64 now = sim_now_ms(request->sim);
	g_autoptr(GArray) shifts = user_id == NULL ? NULL : rota_schedule(schedule, now, now + 6 * FORTNIGHT_MS, TRUE);

	for (guint i = 0; shifts != NULL && i < shifts->len; i++) {
		const Shift *shift = &g_array_index(shifts, Shift, i);
		if (!g_str_equal(shift->user->id, user_id))
			continue;
		g_string_append(out, ",\"next_oncall_for_user\":{\"start\":");
		jtext_time_in(out, shift->start_ms, view->zone);
		g_string_append(out, ",\"end\":");
		jtext_time_in(out, shift->end_ms, view->zone);
		g_string_append(out, ",\"user\":");
		refs_add(request->sim->world, out, shift->user);
		g_string_append_c(out, '}');
		return;
	}
}

static void
schedules_fields(const Request *request, GString *out, Schedule *schedule, const SchedulesView *view)
{
	g_string_append_c(out, '{');
	refs_common(request->sim->world, out, &schedule->base, "schedule", "schedules");
	g_string_append_c(out, ',');
	jtext_pair(out, "name", schedule->base.name);
	g_string_append_c(out, ',');
	jtext_pair(out, "time_zone", schedule->time_zone);
	g_string_append_c(out, ',');
	jtext_pair(out, "description", schedule->description);
	schedules_links(request, out, schedule);
	if (view->layers) {
		g_string_append(out, ",\"schedule_layers\":[");
		for (guint i = 0; i < schedule->layers->len; i++) {
			jtext_comma(out);
			schedules_layer(request, out, g_ptr_array_index(schedule->layers, i), view);
		}
		g_string_append_c(out, ']');
	}
	if (view->overrides) {
		g_autoptr(GArray) none = schedules_no_shifts();
		schedules_sub(request, out, "overrides_subschedule", "Overrides", none, view);
	}
	if (view->final) {
		g_autoptr(GArray) shifts =
		    view->since < 0 ? schedules_no_shifts() : rota_schedule(schedule, view->since, view->until, view->overflow);
		schedules_sub(request, out, "final_schedule", "Final Schedule", shifts, view);
	}
	schedules_next(request, out, schedule, view);
	g_string_append_c(out, '}');
}

void
schedules_write_short(const Request *request, GString *out, Schedule *schedule)
{
	SchedulesView view = {.since = -1, .until = -1};

	schedules_fields(request, out, schedule, &view);
}

static void
schedules_write(const Request *request, GString *out, gpointer item, gpointer data)
{
	const World *world = request->sim->world;
	Schedule *schedule = item;
	SchedulesView view = *(const SchedulesView *)data;

	if (view.zone == NULL)
		view.zone = schedule->time_zone;
	if (view.layers || view.overrides || view.final || query_get(request->query, "include_next_oncall_for_user") != NULL) {
		schedules_fields(request, out, schedule, &view);
		return;
	}
	if (schedule->base.text_gen != world->gen) {
		GString *text = g_string_sized_new(1024);
		schedules_fields(request, text, schedule, &view);
		g_free(schedule->base.text);
		schedule->base.text = g_string_free(text, FALSE);
		schedule->base.text_gen = world->gen;
	}
	g_string_append(out, schedule->base.text);
}

static gboolean
schedules_view(const Request *request, Reply *reply, SchedulesView *ret_view)
{
	const gchar *overflow = query_get(request->query, "overflow");
	SchedulesView view = {
	    .zone = query_get(request->query, "time_zone"),
	    .overflow = g_strcmp0(overflow, "true") == 0 || g_strcmp0(overflow, "1") == 0,
	    .layers = query_has(request->query, "include[]", "schedule_layers"),
	    .overrides = query_has(request->query, "include[]", "overrides_subschedule"),
	    .final = query_has(request->query, "include[]", "final_schedule"),
	};

	if (!schedules_zone(request, reply) || !schedules_window(request, reply, &view.since, &view.until))
		return FALSE;
	*ret_view = view;
	return TRUE;
}

gboolean
schedules_match(const Request *request, Thing *thing, gpointer data)
{
	const Schedule *schedule = (const Schedule *)thing;
	gboolean on_team = query_get(request->query, "team_ids[]") == NULL;

	for (guint i = 0; i < schedule->team_ids->len && !on_team; i++)
		on_team = query_has(request->query, "team_ids[]", g_ptr_array_index(schedule->team_ids, i));
	return on_team && filter_query(request, thing, NULL, data);
}

void
schedules_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	g_autofree gchar *folded = filter_folded(request);
	const GPtrArray *items = world->schedules.sorted;
	gboolean by_team = query_get(request->query, "team_ids[]") != NULL;
	SchedulesView view;
	Page page;

	if (!page_read(request, reply, &page) || !schedules_view(request, reply, &view))
		return;
	if (by_team && !world_can(world, "teams")) {
		errors_ability(request, reply);
		return;
	}
	if (folded != NULL || by_team) {
		g_autofree gchar *key = filter_question(request, "schedules");
		items = filter_things(request, &world->schedules, key, schedules_match, folded);
	}
	page_write(request, reply, &page, "schedules", items, PAGE_TOTAL_ASKED, schedules_write, &view);
}

void
schedules_show(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	Schedule *schedule = shelf_find(&world->schedules, request->ids[0]);
	SchedulesView view;

	if (schedule == NULL) {
		if (shelf_find(&world->schedules_v3, request->ids[0]) != NULL &&
		    switches_is(request->sim->spec->switches, SWITCH_V3_ON_V2, "400"))
			errors_reply(request, reply, 400, 3001, "Invalid schedule", NULL);
		else
			errors_not_found(request, reply);
		return;
	}
	if (!schedules_view(request, reply, &view))
		return;
	view.layers = view.overrides = view.final = TRUE;
	reply_json(reply, 200, "{\"schedule\":");
	schedules_write(request, reply->body, schedule, &view);
	g_string_append_c(reply->body, '}');
}
