/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "policies.h"

#include "duty.h"
#include "errors.h"
#include "filter.h"
#include "jtext.h"
#include "page.h"
#include "refs.h"
#include "schedules.h"
#include "teams.h"
#include "users.h"

static void
policies_targets(const Request *request, GString *out, const Rule *rule, gboolean whole)
{
	const World *world = request->sim->world;

	g_string_append(out, ",\"targets\":[");
	for (guint i = 0; i < rule->targets->len; i++) {
		const Ref *ref = g_ptr_array_index(rule->targets, i);
		User *user = duty_user(world, ref);
		Schedule *schedule = duty_schedule(world, ref);
		jtext_comma(out);
		if (whole && user != NULL)
			users_write(request, out, user);
		else if (whole && schedule != NULL && !schedule->v3)
			schedules_write_short(request, out, schedule);
		else
			refs_add(world, out, ref);
	}
	g_string_append_c(out, ']');
}

static void
policies_strategy(const Request *request, GString *out, const Rule *rule)
{
	const Switches *switches = request->sim->spec->switches;
	const gchar *type = rule->round_robin ? "round_robin" : "assign_to_everyone";

	g_string_append(out, ",\"escalation_rule_assignment_strategy\":");
	if (switches_is(switches, SWITCH_STRATEGY_FORM, "string"))
		g_string_append_printf(out, "\"%s\"", type);
	else if (switches_is(switches, SWITCH_STRATEGY_FORM, "array"))
		g_string_append_printf(out, "[{\"type\":\"%s\"}]", type);
	else
		g_string_append_printf(out, "{\"type\":\"%s\"}", type);
}

static void
policies_rules(const Request *request, GString *out, const Policy *policy)
{
	gboolean whole = query_has(request->query, "include[]", "targets");
	gboolean strategies = query_has(request->query, "include[]", "escalation_rule_assignment_strategies");

	g_string_append(out, ",\"escalation_rules\":[");
	for (guint i = 0; i < policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy->rules, i);
		jtext_comma(out);
		g_string_append_printf(out, "{\"id\":\"%s\",\"escalation_delay_in_minutes\":%u", rule->id, rule->delay_minutes);
		policies_targets(request, out, rule, whole);
		if (strategies)
			policies_strategy(request, out, rule);
		if (rule->extra != NULL)
			g_string_append(out, rule->extra);
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, ']');
}

static void
policies_services(const Request *request, GString *out, const Policy *policy)
{
	const World *world = request->sim->world;
	gboolean whole = query_has(request->query, "include[]", "services");

	g_string_append(out, ",\"services\":[");
	for (guint i = 0; i < policy->services->len; i++) {
		const gchar *id = g_ptr_array_index(policy->services, i);
		jtext_comma(out);
		g_string_append_printf(
		    out,
		    "{\"id\":\"%s\",\"type\":\"service%s\",\"summary\":\"Crane telemetry\",\"self\":\"%s/services/%s\","
		    "\"html_url\":\"%s/service-directory/%s\"",
		    id, whole ? "" : "_reference", world->api_base, id, world->html_base, id);
		g_string_append(out, whole ? ",\"name\":\"Crane telemetry\",\"status\":\"active\"}" : "}");
	}
	g_string_append_c(out, ']');
}

static void
policies_fields(const Request *request, GString *out, const Policy *policy)
{
	const World *world = request->sim->world;
	Team *team = world_can(world, "teams") ? shelf_find(&world->teams, policy->team_id) : NULL;

	g_string_append_c(out, '{');
	refs_common(world, out, &policy->base, "escalation_policy", "escalation_policies");
	g_string_append_c(out, ',');
	jtext_pair(out, "name", policy->base.name);
	g_string_append_c(out, ',');
	jtext_pair(out, "description", policy->description);
	g_string_append_printf(out, ",\"num_loops\":%u,\"on_call_handoff_notifications\":\"%s\"", policy->num_loops,
			       policy->handoff_always ? "always" : "if_has_services");
	policies_rules(request, out, policy);
	policies_services(request, out, policy);
	g_string_append(out, ",\"teams\":[");
	if (team != NULL && request_sees_team(request, team)) {
		if (query_has(request->query, "include[]", "teams"))
			teams_write(world, out, team);
		else
			g_string_append(out, refs_team(world, team));
	}
	g_string_append(out, "]}");
}

void
policies_write(const Request *request, GString *out, Policy *policy)
{
	const World *world = request->sim->world;

	if (query_get(request->query, "include[]") != NULL || request_viewer(request) != NULL) {
		policies_fields(request, out, policy);
		return;
	}
	if (policy->base.text_gen != world->gen) {
		GString *text = g_string_sized_new(2048);
		policies_fields(request, text, policy);
		g_free(policy->base.text);
		policy->base.text = g_string_free(text, FALSE);
		policy->base.text_gen = world->gen;
	}
	g_string_append(out, policy->base.text);
}

static void
policies_write_item(const Request *request, GString *out, gpointer item, gpointer data)
{
	(void)data;
	policies_write(request, out, item);
}

/* Showing strategies needs a plan that has them. FALSE: refused. */
static gboolean
policies_allowed(const Request *request, Reply *reply)
{
	if (!query_has(request->query, "include[]", "escalation_rule_assignment_strategies") ||
	    switches_on(request->sim->spec->switches, SWITCH_ROUND_ROBIN))
		return TRUE;
	errors_plan(reply);
	return FALSE;
}

typedef struct {
	const gchar *folded;
	const GPtrArray *team_ids;
	const GPtrArray *user_ids;
} PoliciesQuestion;

static gboolean
policies_targets_any(const Policy *policy, const GPtrArray *user_ids)
{
	for (guint i = 0; i < policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy->rules, i);
		for (guint j = 0; j < user_ids->len; j++) {
			if (duty_has_ref(rule->targets, REF_USER, g_ptr_array_index(user_ids, j)))
				return TRUE;
		}
	}
	return FALSE;
}

static gboolean
policies_match(const Request *request, Thing *thing, gpointer data)
{
	const PoliciesQuestion *question = data;
	const Policy *policy = (const Policy *)thing;

	if (question->team_ids->len > 0 && (policy->team_id == NULL || !query_has(request->query, "team_ids[]", policy->team_id)))
		return FALSE;
	if (question->user_ids->len > 0 && !policies_targets_any(policy, question->user_ids))
		return FALSE;
	return filter_query(request, thing, NULL, question->folded);
}

void
policies_list(Request *request, Reply *reply)
{
	const World *world = request->sim->world;
	g_autofree gchar *folded = filter_folded(request);
	g_autoptr(GPtrArray) team_ids = query_all(request->query, "team_ids[]");
	g_autoptr(GPtrArray) user_ids = query_all(request->query, "user_ids[]");
	g_autoptr(GPtrArray) reversed = NULL;
	const GPtrArray *items = world->policies.sorted;
	const gchar *sort_by = query_get(request->query, "sort_by");
	Page page;

	if (!page_read(request, reply, &page) || !policies_allowed(request, reply))
		return;
	if (team_ids->len > 0 && !world_can(world, "teams")) {
		errors_ability(request, reply);
		return;
	}
	if (folded != NULL || team_ids->len > 0 || user_ids->len > 0) {
		PoliciesQuestion question = {folded, team_ids, user_ids};
		g_autofree gchar *key = filter_question(request, "policies");
		items = filter_things(request, &world->policies, key, policies_match, &question);
	}
	if (g_strcmp0(sort_by, "name:desc") == 0) {
		reversed = g_ptr_array_new();
		for (guint i = items->len; i > 0; i--)
			g_ptr_array_add(reversed, g_ptr_array_index(items, i - 1));
		items = reversed;
	}
	page_write(request, reply, &page, "escalation_policies", items, PAGE_TOTAL_ASKED, policies_write_item, NULL);
}

void
policies_reply(const Request *request, Reply *reply, Policy *policy)
{
	reply_json(reply, 200, "{\"escalation_policy\":");
	policies_write(request, reply->body, policy);
	g_string_append_c(reply->body, '}');
}

void
policies_show(Request *request, Reply *reply)
{
	Policy *policy = shelf_find(&request->sim->world->policies, request->ids[0]);

	if (policy == NULL) {
		errors_not_found(request, reply);
		return;
	}
	if (policies_allowed(request, reply))
		policies_reply(request, reply, policy);
}
