/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "schedules-v3.h"

#include "duty.h"
#include "errors.h"
#include "filter.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"
#include "rng.h"
#include "rota.h"
#include "schedules.h"

#define SHIFT_MS (G_GINT64_CONSTANT(8) * 60 * 60 * 1000)
#define MOST_MEMBERS 20

/* Ids of 26 characters, the same each time for the same layer. */
static gchar *
shifts_id(const Layer *layer, guint tag)
{
	guint64 number = rng_mix(g_str_hash(layer->id)) ^ rng_mix(tag);
	gchar text[27] = {0};

	for (guint i = 0; i < 26; i++) {
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[number % 32];
		number = i % 8 == 7 ? rng_mix(number + i) : number / 32;
	}
	return g_strdup(text);
}

static gchar *
shifts_rotation_id(const Layer *layer)
{
	return shifts_id(layer, 1);
}

static gchar *
shifts_event_id(const Layer *layer)
{
	return shifts_id(layer, 2);
}

/* Errors of this version are maps. */
static void
shifts_invalid(Reply *reply, const gchar *field, const gchar *text)
{
	reply_json(reply, 400, "{\"error\":{\"message\":\"Invalid Input Provided\",\"code\":2001,\"errors\":{");
	g_string_append_printf(reply->body, "\"%s\":[", field);
	jtext_string(reply->body, text);
	g_string_append(reply->body, "]}}}");
}

static void
shifts_members(const Request *request, GString *out, const Layer *layer)
{
	g_string_append(out, "\"members\":[");
	for (guint i = 0; i < layer->users->len && i < MOST_MEMBERS; i++) {
		const Ref *ref = g_ptr_array_index(layer->users, i);
		jtext_comma(out);
		if (duty_user(request->sim->world, ref) == NULL)
			g_string_append(out, "{\"type\":\"empty_member\"}");
		else
			g_string_append_printf(out, "{\"type\":\"user_member\",\"user_id\":\"%s\"}", ref->id);
	}
	g_string_append_c(out, ']');
}

static void
shifts_zoned(GString *out, const gchar *key, gint64 ms, const gchar *zone)
{
	g_string_append_printf(out, ",\"%s\":{\"date_time\":", key);
	jtext_time_in(out, ms, zone);
	g_string_append_c(out, ',');
	jtext_pair(out, "time_zone", zone);
	g_string_append_c(out, '}');
}

static void
shifts_write_event(const Request *request, GString *out, const Schedule *schedule, const Layer *layer)
{
	g_autofree gchar *id = shifts_event_id(layer);

	g_string_append_printf(out, "{\"id\":\"%s\",\"type\":\"schedule_event\",", id);
	jtext_pair(out, "name", layer->name);
	shifts_zoned(out, "start_time", layer->start_ms, schedule->time_zone);
	shifts_zoned(out, "end_time", layer->start_ms + SHIFT_MS, schedule->time_zone);
	g_string_append(out, ",\"effective_since\":");
	jtext_time(out, layer->start_ms);
	g_string_append(out, ",\"effective_until\":");
	jtext_time(out, layer->end_ms);
	g_string_append(out, ",\"recurrence\":[\"RRULE:FREQ=DAILY\"],\"assignment_strategy\":{");
	g_string_append(out, "\"type\":\"rotating_member_assignment_strategy\",\"shifts_per_member\":1,");
	shifts_members(request, out, layer);
	g_string_append(out, "}}");
}

static void
shifts_write_rotation(const Request *request, GString *out, const Schedule *schedule, const Layer *layer)
{
	g_autofree gchar *id = shifts_rotation_id(layer);

	g_string_append_printf(out, "{\"id\":\"%s\",\"type\":\"schedule_rotation\",\"events\":[", id);
	shifts_write_event(request, out, schedule, layer);
	g_string_append(out, "]}");
}

static void
shifts_final(const Request *request, GString *out, const Schedule *schedule, gint64 since, gint64 until)
{
	const World *world = request->sim->world;
	g_autoptr(GArray) shifts =
	    since < 0 ? g_array_new(FALSE, FALSE, sizeof(Shift)) : rota_schedule(schedule, since, until, FALSE);

	g_string_append(out, ",\"final_schedule\":{\"type\":\"final_schedule\",\"rendered_coverage_percentage\":");
	g_string_append(out, shifts->len > 0 ? "100.0" : "0.0");
	g_string_append(out, ",\"computed_shift_assignments\":[");
	for (guint i = 0; i < shifts->len; i++) {
		const Shift *shift = &g_array_index(shifts, Shift, i);
		jtext_comma(out);
		g_string_append(out, "{\"type\":\"computed_shift_assignment\",\"start_time\":");
		jtext_time(out, shift->start_ms);
		g_string_append(out, ",\"end_time\":");
		jtext_time(out, shift->end_ms);
		if (duty_user(world, shift->user) == NULL)
			g_string_append(out, ",\"member\":{\"type\":\"empty_member\"}");
		else
			g_string_append_printf(out, ",\"member\":{\"type\":\"user_member\",\"user_id\":\"%s\"}", shift->user->id);
		g_string_append(out, ",\"source\":{\"type\":\"schedule_rotation\"}}");
	}
	g_string_append(out, "]}");
}

static void
shifts_write_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	(void)data;
	g_string_append(out, refs_schedule(request->sim->world, item));
}

void
shifts_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	gboolean whole = switches_on(request->sim->spec->switches, SWITCH_V3_TOTAL);
	g_autofree gchar *folded = whole ? filter_folded(request) : NULL;
	gboolean by_team = query_get(request->query, "team_ids[]") != NULL;
	const GPtrArray *items = world->schedules_v3.sorted;
	Page page;

	if (!page_read_sized(request, reply, 100, 1000, &page))
		return;
	if (by_team && !world_can(world, "teams")) {
		errors_ability(request, reply);
		return;
	}
	if (folded != NULL || by_team) {
		g_autofree gchar *key = filter_question(request, "v3");
		items = filter_things(request, &world->schedules_v3, key, schedules_match, folded);
	}
	page_write(request, reply, &page, "schedules", items, whole ? PAGE_TOTAL_ASKED : PAGE_TOTAL_ABSENT, shifts_write_item,
		   NULL);
}

/* The schedule that the path names, or NULL and the reply. */
static Schedule *
shifts_find(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	Schedule *schedule = shelf_find(&world->schedules_v3, request->ids[0]);

	if (schedule == NULL && shelf_find(&world->schedules, request->ids[0]) != NULL)
		shifts_invalid(reply, "schedule.type", "is a layer-based schedule, use the previous version of the API");
	else if (schedule == NULL)
		errors_not_found(request, reply);
	return schedule;
}

void
shifts_show(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	Schedule *schedule = shifts_find(request, reply);
	gint64 since = -1;
	gint64 until = -1;
	GString *out = reply->body;

	if (schedule == NULL || !schedules_zone(request, reply) || !schedules_window(request, reply, &since, &until))
		return;
	reply_json(reply, 200, "{\"schedule\":{");
	refs_common(world, out, &schedule->base, "schedule_v3", "v3/schedules");
	g_string_append_c(out, ',');
	jtext_pair(out, "name", schedule->base.name);
	g_string_append_c(out, ',');
	jtext_pair(out, "time_zone", schedule->time_zone);
	g_string_append_c(out, ',');
	jtext_pair(out, "description", schedule->description);
	schedules_links(request, out, schedule);
	g_string_append(out, ",\"rotations\":[");
	for (guint i = 0; i < schedule->layers->len; i++) {
		jtext_comma(out);
		shifts_write_rotation(request, out, schedule, g_ptr_array_index(schedule->layers, i));
	}
	g_string_append_c(out, ']');
	if (query_has(request->query, "include[]", "final_schedule"))
		shifts_final(request, out, schedule, since, until);
	g_string_append(out, "}}");
}

static void
shifts_write_rotation_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	shifts_write_rotation(request, out, data, item);
}

static void
shifts_write_event_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	shifts_write_event(request, out, data, item);
}

void
shifts_rotations(Request *request, Reply *reply)
{
	Schedule *schedule = shifts_find(request, reply);
	Page page;

	if (schedule == NULL || !page_read_sized(request, reply, 25, 100, &page))
		return;
	page_write(request, reply, &page, "rotations", schedule->layers, PAGE_TOTAL_ABSENT, shifts_write_rotation_item, schedule);
}

/* The rotation that the path names, or NULL and the reply. */
static Layer *
shifts_find_rotation(Request *request, Reply *reply, Schedule **ret_schedule)
{
	Schedule *schedule = shifts_find(request, reply);

	for (guint i = 0; schedule != NULL && i < schedule->layers->len; i++) {
		Layer *layer = g_ptr_array_index(schedule->layers, i);
		g_autofree gchar *id = shifts_rotation_id(layer);
		if (g_strcmp0(id, request->ids[1]) == 0) {
			*ret_schedule = schedule;
			return layer;
		}
	}
	if (schedule != NULL)
		errors_not_found(request, reply);
	return NULL;
}

void
shifts_events(Request *request, Reply *reply)
{
	Schedule *schedule = NULL;
	Layer *layer = shifts_find_rotation(request, reply, &schedule);
	g_autoptr(GPtrArray) events = g_ptr_array_new();
	Page page;

	if (layer == NULL || !page_read_sized(request, reply, 25, 100, &page))
		return;
	g_ptr_array_add(events, layer);
	page_write(request, reply, &page, "events", events, PAGE_TOTAL_ABSENT, shifts_write_event_item, schedule);
}

void
shifts_event(Request *request, Reply *reply)
{
	Schedule *schedule = NULL;
	const Layer *layer = shifts_find_rotation(request, reply, &schedule);
	g_autofree gchar *id = layer == NULL ? NULL : shifts_event_id(layer);

	if (layer == NULL)
		return;
	if (g_strcmp0(id, request->ids[2]) != 0) {
		errors_not_found(request, reply);
		return;
	}
	reply_json(reply, 200, "{\"event\":");
	shifts_write_event(request, reply->body, schedule, layer);
	g_string_append_c(reply->body, '}');
}
