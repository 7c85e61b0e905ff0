/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "write-rules.h"

#include "body.h"
#include "duty.h"
#include "errors.h"
#include "jtext.h"

#define STRATEGY "escalation_rule_assignment_strategy"

typedef struct {
	const Request *request;
	Reply *reply;
	const Policy *policy;
} WriteRules;

static gboolean
write_rules_refuse(const WriteRules *context, const gchar *detail)
{
	errors_invalid(context->request, context->reply, detail);
	return FALSE;
}

static gboolean
write_rules_switch(const WriteRules *context, SwitchId id, const gchar *word)
{
	return switches_is(context->request->sim->spec->switches, id, word);
}

/* The policy's own reference to something that is no more, or NULL. */
static const Ref *
write_rules_stub(const WriteRules *context, RefKind kind, const gchar *id)
{
	for (guint i = 0; i < context->policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(context->policy->rules, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *ref = g_ptr_array_index(rule->targets, j);
			if (ref->kind == kind && g_str_equal(ref->id, id))
				return ref;
		}
	}
	return NULL;
}

/* A shift-based schedule may be written either way; whatever names no schedule is looked up as a user. */
static const Thing *
write_rules_find(const World *world, const gchar *id, const gchar *type, RefKind *ret_kind)
{
	gboolean v2 = g_str_equal(type, "schedule_reference") || g_str_equal(type, "schedule");
	gboolean v3 = g_str_equal(type, "schedule_v3_reference") || g_str_equal(type, "schedule_v3");
	const Thing *thing = NULL;

	if (!v2 && !v3) {
		*ret_kind = REF_USER;
		return shelf_find(&world->users, id);
	}
	*ret_kind = REF_SCHEDULE;
	if (v2)
		thing = shelf_find(&world->schedules, id);
	return thing != NULL ? thing : shelf_find(&world->schedules_v3, id);
}

/* Whether the service lets the user be paged. */
static gboolean
write_rules_may_target(const WriteRules *context, const User *user)
{
	gboolean observer = g_str_equal(user->role, "observer") || g_str_equal(user->role, "restricted_access");

	if (g_str_has_prefix(user->role, "read_only_"))
		return write_rules_refuse(context, "Stakeholders cannot be added to escalation policies");
	if (observer && !switches_on(context->request->sim->spec->switches, SWITCH_OBSERVER_TARGETS))
		return write_rules_refuse(context, "Observers cannot be added to escalation policies");
	return TRUE;
}

static gboolean
write_rules_unknown(const WriteRules *context)
{
	if (write_rules_switch(context, SWITCH_UNKNOWN_TARGET, "400"))
		return write_rules_refuse(context, "Escalation rules targets is invalid");
	errors_not_found(context->request, context->reply);
	return FALSE;
}

static gboolean
write_rules_read_target(const WriteRules *context, json_object *object, Rule *rule)
{
	const gchar *type = "";
	const gchar *id = body_reference(object, &type);
	RefKind kind = REF_USER;
	const Thing *thing = id == NULL ? NULL : write_rules_find(context->request->sim->world, id, type, &kind);
	const Ref *stub = NULL;

	if (id != NULL && thing == NULL && write_rules_switch(context, SWITCH_STUB_TARGETS, "keep"))
		stub = write_rules_stub(context, kind, id);
	if (thing == NULL && stub == NULL)
		return write_rules_unknown(context);
	if (thing != NULL && kind == REF_USER && !write_rules_may_target(context, (const User *)thing))
		return FALSE;
	if (duty_has_ref(rule->targets, kind, id)) {
		if (write_rules_switch(context, SWITCH_DUPLICATE_TARGET, "refuse"))
			return write_rules_refuse(context, "Escalation rules targets must be unique");
		if (write_rules_switch(context, SWITCH_DUPLICATE_TARGET, "drop"))
			return TRUE;
	}
	if (thing != NULL)
		duty_add_ref(rule->targets, kind, id, thing->name);
	else
		duty_add_ref(rule->targets, kind, id, stub->summary)->deleted_ms = stub->deleted_ms;
	return TRUE;
}

static gboolean
write_rules_read_targets(const WriteRules *context, json_object *object, Rule *rule)
{
	gint64 most = switches_number(context->request->sim->spec->switches, SWITCH_MAX_TARGETS);
	json_object *targets = NULL;

	if (!json_object_object_get_ex(object, "targets", &targets) || !json_object_is_type(targets, json_type_array) ||
	    json_object_array_length(targets) == 0)
		return write_rules_refuse(context, "Escalation rules base Must have at least 1 escalation target");
	if ((gint64)json_object_array_length(targets) > most) {
		g_autofree gchar *detail =
		    g_strdup_printf("Escalation rules base May have at most %" G_GINT64_FORMAT " escalation targets", most);
		return write_rules_refuse(context, detail);
	}
	for (gsize i = 0; i < json_object_array_length(targets); i++) {
		if (!write_rules_read_target(context, json_object_array_get_idx(targets, i), rule))
			return FALSE;
	}
	return TRUE;
}

/* The rule of the policy that has the id, if no other of the new rules has taken it. */
static const Rule *
write_rules_former(const WriteRules *context, json_object *object, const GPtrArray *taken)
{
	const gchar *id = NULL;

	if (body_text(object, "id", &id) != BODY_TEXT)
		return NULL;
	for (guint i = 0; i < taken->len; i++) {
		if (g_strcmp0(((const Rule *)g_ptr_array_index(taken, i))->id, id) == 0)
			return NULL;
	}
	for (guint i = 0; i < context->policy->rules->len; i++) {
		const Rule *rule = g_ptr_array_index(context->policy->rules, i);
		if (g_str_equal(rule->id, id))
			return rule;
	}
	return NULL;
}

/* A word, an object with a type, or an array with one of them: the documentation has all three. */
static gboolean
write_rules_read_strategy(const WriteRules *context, json_object *object, const Rule *former, Rule *rule)
{
	json_object *strategy = NULL;
	const gchar *type = NULL;

	if (!json_object_object_get_ex(object, STRATEGY, &strategy) || strategy == NULL) {
		rule->round_robin =
		    former != NULL && former->round_robin && write_rules_switch(context, SWITCH_STRATEGY_OMITTED, "keep");
		return TRUE;
	}
	if (json_object_is_type(strategy, json_type_array) && json_object_array_length(strategy) == 1)
		strategy = json_object_array_get_idx(strategy, 0);
	if (json_object_is_type(strategy, json_type_string))
		type = json_object_get_string(strategy);
	else if (json_object_is_type(strategy, json_type_object))
		body_text(strategy, "type", &type);
	if (type == NULL || (!g_str_equal(type, "round_robin") && !g_str_equal(type, "assign_to_everyone")))
		return write_rules_refuse(context, "Escalation rules assignment strategy is invalid");
	rule->round_robin = g_str_equal(type, "round_robin");
	return TRUE;
}

/* What the service does not know it keeps as it came. */
static gchar *
write_rules_extra(json_object *object)
{
	static const gchar *const known[] = {"id", "escalation_delay_in_minutes", "targets", STRATEGY, NULL};
	g_autoptr(GString) extra = g_string_new(NULL);

	json_object_object_foreach(object, key, value)
	{
		if (g_strv_contains(known, key))
			continue;
		g_string_append_c(extra, ',');
		jtext_string(extra, key);
		g_string_append_c(extra, ':');
		g_string_append(extra,
				json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	return extra->len == 0 ? NULL : g_strdup(extra->str);
}

static gboolean
write_rules_read_one(const WriteRules *context, json_object *object, GPtrArray *rules)
{
	json_object *delay = NULL;
	const Rule *former;
	Rule *rule;

	if (!json_object_is_type(object, json_type_object))
		return write_rules_refuse(context, "Escalation rules is invalid");
	if (!json_object_object_get_ex(object, "escalation_delay_in_minutes", &delay) ||
	    !json_object_is_type(delay, json_type_int) || json_object_get_int64(delay) < 1 ||
	    json_object_get_int64(delay) > G_MAXINT32)
		return write_rules_refuse(context,
					  "Escalation rules escalation delay in minutes must be greater than or equal to 1");
	former = write_rules_former(context, object, rules);
	rule = duty_rule_new((guint)json_object_get_int64(delay));
	g_ptr_array_add(rules, rule);
	rule->id = former == NULL ? NULL : g_strdup(former->id);
	rule->extra = write_rules_extra(object);
	return write_rules_read_strategy(context, object, former, rule) && write_rules_read_targets(context, object, rule);
}

/* Sending strategies needs a plan that has them. FALSE: refused. */
static gboolean
write_rules_planned(const WriteRules *context, json_object *array)
{
	if (switches_on(context->request->sim->spec->switches, SWITCH_ROUND_ROBIN))
		return TRUE;
	for (gsize i = 0; i < json_object_array_length(array); i++) {
		json_object *object = json_object_array_get_idx(array, i);
		if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, STRATEGY, NULL))
			continue;
		errors_plan(context->reply);
		return FALSE;
	}
	return TRUE;
}

GPtrArray *
write_rules_read(const Request *request, Reply *reply, const Policy *policy, json_object *array)
{
	const WriteRules context = {request, reply, policy};
	g_autoptr(GPtrArray) rules = duty_new_rules();

	if (!json_object_is_type(array, json_type_array)) {
		write_rules_refuse(&context, "Escalation rules is invalid");
		return NULL;
	}
	if (json_object_array_length(array) == 0) {
		errors_reply(request, reply, 400, 2001, "Cannot Delete Only Rule For Escalation Policy", NULL);
		return NULL;
	}
	if (!write_rules_planned(&context, array))
		return NULL;
	for (gsize i = 0; i < json_object_array_length(array); i++) {
		if (!write_rules_read_one(&context, json_object_array_get_idx(array, i), rules))
			return NULL;
	}
	return g_steal_pointer(&rules);
}

gchar *
write_rules_describe(const GPtrArray *rules)
{
	GString *out = g_string_new("[");

	for (guint i = 0; i < rules->len; i++) {
		const Rule *rule = g_ptr_array_index(rules, i);
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "id", rule->id);
		g_string_append_printf(out, ",\"escalation_delay_in_minutes\":%u,\"round_robin\":%s%s,\"targets\":[",
				       rule->delay_minutes, rule->round_robin ? "true" : "false",
				       rule->extra != NULL ? rule->extra : "");
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *ref = g_ptr_array_index(rule->targets, j);
			g_autofree gchar *target = g_strdup_printf("%s:%s", ref->kind == REF_USER ? "user" : "schedule", ref->id);
			jtext_comma(out);
			jtext_string(out, target);
		}
		g_string_append(out, "]}");
	}
	g_string_append_c(out, ']');
	return g_string_free(out, FALSE);
}
