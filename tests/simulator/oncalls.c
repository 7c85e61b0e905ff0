/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "oncalls.h"

#include "duty.h"
#include "errors.h"
#include "jtext.h"
#include "page.h"
#include "policies.h"
#include "refs.h"
#include "rota.h"
#include "schedules.h"
#include "users.h"

#define AHEAD_MS (G_GINT64_CONSTANT(90) * 24 * 60 * 60 * 1000)

typedef struct {
	Policy *policy;
	guint level;
	User *user;
	Schedule *schedule; /* NULL: a direct target, always on call */
	gint64 start_ms;
	gint64 end_ms;
} Oncall;

typedef struct {
	const Request *request;
	GPtrArray *list;  /* of Oncall* */
	GHashTable *seen; /* with earliest=true: policy, level and user that are in the list */
	gint64 since;
	gint64 until;
} OncallSearch;

static gboolean
oncalls_among(const Request *request, const gchar *key, const gchar *id)
{
	return query_get(request->query, key) == NULL || query_has(request->query, key, id);
}

static void
oncalls_add(OncallSearch *search, Oncall found)
{
	if (!oncalls_among(search->request, "user_ids[]", found.user->base.id))
		return;
	if (search->seen != NULL &&
	    !g_hash_table_add(search->seen, g_strdup_printf("%s %u %s", found.policy->base.id, found.level, found.user->base.id)))
		return;
	g_ptr_array_add(search->list, g_memdup2(&found, sizeof(found)));
}

static void
oncalls_of_schedule(OncallSearch *search, Policy *policy, guint level, Schedule *schedule)
{
	g_autoptr(GArray) shifts = NULL;

	if (!oncalls_among(search->request, "schedule_ids[]", schedule->base.id))
		return;
	shifts = rota_schedule(schedule, search->since, search->until, TRUE);
	for (guint i = 0; i < shifts->len; i++) {
		const Shift *shift = &g_array_index(shifts, Shift, i);
		User *user = duty_user(search->request->sim->world, shift->user);
		if (user != NULL)
			oncalls_add(search, (Oncall){policy, level, user, schedule, shift->start_ms, shift->end_ms});
	}
}

static void
oncalls_of_policy(OncallSearch *search, Policy *policy)
{
	const World *world = search->request->sim->world;

	for (guint i = 0; i < policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy->rules, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *ref = g_ptr_array_index(rule->targets, j);
			User *user = duty_user(world, ref);
			Schedule *schedule = duty_schedule(world, ref);
			if (user != NULL && oncalls_among(search->request, "schedule_ids[]", "null"))
				oncalls_add(search, (Oncall){policy, i + 1, user, NULL, -1, -1});
			if (schedule != NULL)
				oncalls_of_schedule(search, policy, i + 1, schedule);
		}
	}
}

static void
oncalls_write(const Request *request, GString *out, gpointer item, gpointer data)
{
	const World *world = request->sim->world;
	const Oncall *oncall = item;
	const gchar *zone = query_get(request->query, "time_zone");

	(void)data;
	g_string_append(out, "{\"escalation_policy\":");
	if (query_has(request->query, "include[]", "escalation_policies"))
		policies_write(request, out, oncall->policy);
	else
		g_string_append(out, refs_policy(world, oncall->policy));
	g_string_append(out, ",\"user\":");
	if (query_has(request->query, "include[]", "users"))
		users_write(request, out, oncall->user);
	else
		g_string_append(out, refs_user(world, oncall->user));
	g_string_append(out, ",\"schedule\":");
	if (oncall->schedule == NULL)
		g_string_append(out, "null");
	else if (query_has(request->query, "include[]", "schedules") && !oncall->schedule->v3)
		schedules_write_short(request, out, oncall->schedule);
	else
		g_string_append(out, refs_schedule(world, oncall->schedule));
	g_string_append_printf(out, ",\"escalation_level\":%u,\"start\":", oncall->level);
	jtext_time_in(out, oncall->start_ms, zone);
	g_string_append(out, ",\"end\":");
	jtext_time_in(out, oncall->end_ms, zone);
	g_string_append_c(out, '}');
}

void
oncalls_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	const gchar *earliest = query_get(request->query, "earliest");
	gint64 now = sim_now_ms(request->sim);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = NULL;
	OncallSearch search = {.request = request, .list = list, .since = -1, .until = -1};
	Page page;

	if (!page_read(request, reply, &page) || !schedules_zone(request, reply) ||
	    !schedules_times(request, reply, &search.since, &search.until))
		return;
	if (search.since < 0)
		search.since = now;
	if (search.until < 0)
		search.until = MAX(search.since, now);
	if (search.until < search.since || search.until > now + AHEAD_MS) {
		errors_reply(request, reply, 400, 2005, "Invalid time range",
			     "until must be after since and at most 90 days ahead");
		return;
	}
	if (earliest != NULL && (earliest[0] == 't' || earliest[0] == '1'))
		seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	search.seen = seen;
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		if (oncalls_among(request, "escalation_policy_ids[]", policy->base.id))
			oncalls_of_policy(&search, policy);
	}
	page_write(request, reply, &page, "oncalls", list, PAGE_TOTAL_ASKED, oncalls_write, NULL);
}
