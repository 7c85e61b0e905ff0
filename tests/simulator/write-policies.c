/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "write-policies.h"

#include "body.h"
#include "caller.h"
#include "duty.h"
#include "errors.h"
#include "join.h"
#include "policies.h"
#include "refs.h"
#include "settle.h"
#include "write-rules.h"

#define MAX_LOOPS 9

/* services, too, are the service's to say. */
static const gchar *const known[] = {
    "type",    "name", "description", "num_loops", "on_call_handoff_notifications", "escalation_rules", "teams", "services", "id",
    "summary", "self", "html_url",    NULL};

/* The policy as the request wants it. */
typedef struct {
	gchar *name;
	gchar *description;
	gchar *team_id;
	guint num_loops;
	gboolean handoff_always;
	GPtrArray *rules; /* of Rule*; NULL: as they are */
} WritePolicy;

static void
write_policies_clear(WritePolicy *draft)
{
	g_free(draft->name);
	g_free(draft->description);
	g_free(draft->team_id);
	g_clear_pointer(&draft->rules, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WritePolicy, write_policies_clear)

static const gchar *
write_policies_handoff(gboolean always)
{
	return always ? "always" : "if_has_services";
}

/* A text where one is sent; null and anything else is refused. */
static gboolean
write_policies_read_text(const Request *request, Reply *reply, json_object *object, const gchar *key, const gchar *wrong,
			 gchar **slot)
{
	const gchar *text = NULL;

	switch (body_text(object, key, &text)) {
	case BODY_TEXT:
		g_free(*slot);
		*slot = g_strdup(text);
		return TRUE;
	case BODY_ABSENT:
		return TRUE;
	case BODY_NULL:
	case BODY_WRONG:
	default:
		errors_invalid(request, reply, wrong);
		return FALSE;
	}
}

static gboolean
write_policies_read_words(const Request *request, Reply *reply, json_object *object, WritePolicy *draft)
{
	json_object *loops = NULL;
	g_autofree gchar *handoff = g_strdup(write_policies_handoff(draft->handoff_always));

	if (!write_policies_read_text(request, reply, object, "name", "Name is invalid", &draft->name) ||
	    !write_policies_read_text(request, reply, object, "description", "Description is invalid", &draft->description) ||
	    !write_policies_read_text(request, reply, object, "on_call_handoff_notifications",
				      "On call handoff notifications is invalid", &handoff))
		return FALSE;
	if (draft->name[0] == '\0') {
		errors_invalid(request, reply, "Name can't be blank");
		return FALSE;
	}
	if (!g_str_equal(handoff, "always") && !g_str_equal(handoff, "if_has_services")) {
		errors_invalid(request, reply, "On call handoff notifications is not included in the list");
		return FALSE;
	}
	draft->handoff_always = g_str_equal(handoff, "always");
	if (!json_object_object_get_ex(object, "num_loops", &loops))
		return TRUE;
	if (!json_object_is_type(loops, json_type_int) || json_object_get_int64(loops) < 0 ||
	    json_object_get_int64(loops) > MAX_LOOPS) {
		errors_invalid(request, reply, "Num loops must be between 0 and 9");
		return FALSE;
	}
	draft->num_loops = (guint)json_object_get_int64(loops);
	return TRUE;
}

/* Absent: as it is; empty: on no team. */
static gboolean
write_policies_read_team(const Request *request, Reply *reply, json_object *object, WritePolicy *draft)
{
	const World *world = request->sim->world;
	json_object *teams = NULL;
	const gchar *id;
	const Team *team;

	if (!json_object_object_get_ex(object, "teams", &teams))
		return TRUE;
	if (!json_object_is_type(teams, json_type_array)) {
		errors_invalid(request, reply, "Teams is invalid");
		return FALSE;
	}
	if (json_object_array_length(teams) > 0 && !world_can(world, "teams")) {
		errors_ability(request, reply);
		return FALSE;
	}
	if (json_object_array_length(teams) > 1) {
		errors_invalid(request, reply, "Escalation policies can be associated with at most one team");
		return FALSE;
	}
	g_clear_pointer(&draft->team_id, g_free);
	if (json_object_array_length(teams) == 0)
		return TRUE;
	id = body_reference(json_object_array_get_idx(teams, 0), NULL);
	team = shelf_find(&world->teams, id);
	if (team == NULL || !request_sees_team(request, team)) {
		errors_not_found(request, reply);
		return FALSE;
	}
	draft->team_id = g_strdup(id);
	return TRUE;
}

static gboolean
write_policies_read(Request *request, Reply *reply, const Policy *policy, WritePolicy *draft)
{
	g_autoptr(json_object) body = NULL;
	json_object *object = body_wrapped(request, reply, "escalation_policy", &body);
	json_object *rules = NULL;

	if (object == NULL)
		return FALSE;
	body_ignored(request, object, "the escalation policy", known);
	if (!write_policies_read_words(request, reply, object, draft) || !write_policies_read_team(request, reply, object, draft))
		return FALSE;
	if (!json_object_object_get_ex(object, "escalation_rules", &rules))
		return TRUE;
	draft->rules = write_rules_read(request, reply, policy, rules);
	return draft->rules != NULL;
}

static const gchar *
write_policies_team(const World *world, const gchar *team_id)
{
	Team *team = shelf_find(&world->teams, team_id);

	return team == NULL ? NULL : refs_team(world, team);
}

/* The references of targets that stand in one row of rules and not in the other; NULL if there are none. The caller frees it. */
static gchar *
write_policies_targets(const World *world, const GPtrArray *in, const GPtrArray *not_in)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < in->len; i++) {
		const Rule *rule = g_ptr_array_index(in, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *ref = g_ptr_array_index(rule->targets, j);
			if (duty_targets_ref(not_in, ref->kind, ref->id))
				continue;
			if (out->len > 0)
				g_string_append_c(out, ',');
			refs_add(world, out, ref);
		}
	}
	return out->len == 0 ? NULL : g_strdup(out->str);
}

static gboolean
write_policies_audit_rules(AuditDraft *audit, const World *world, const Policy *policy, const GPtrArray *rules)
{
	g_autofree gchar *before = write_rules_describe(policy->rules);
	g_autofree gchar *after = write_rules_describe(rules);
	g_autofree gchar *added = write_policies_targets(world, rules, policy->rules);
	g_autofree gchar *removed = write_policies_targets(world, policy->rules, rules);

	if (added != NULL || removed != NULL)
		audit_reference(audit, "targets", added, removed);
	return caller_field(audit, "escalation_rules", before, after);
}

/* Tells the trail what the draft changes. FALSE: nothing. */
static gboolean
write_policies_audit(AuditDraft *audit, const World *world, const Policy *policy, const WritePolicy *draft)
{
	g_autofree gchar *loops_before = g_strdup_printf("%u", policy->num_loops);
	g_autofree gchar *loops = g_strdup_printf("%u", draft->num_loops);
	gboolean changed = caller_field(audit, "name", policy->base.name, draft->name);

	changed = caller_field(audit, "description", policy->description, draft->description) || changed;
	changed = caller_field(audit, "num_loops", loops_before, loops) || changed;
	changed = caller_field(audit, "on_call_handoff_notifications", write_policies_handoff(policy->handoff_always),
			       write_policies_handoff(draft->handoff_always)) ||
		  changed;
	if (g_strcmp0(policy->team_id, draft->team_id) != 0) {
		audit_reference(audit, "teams", write_policies_team(world, draft->team_id),
				write_policies_team(world, policy->team_id));
		changed = TRUE;
	}
	if (draft->rules != NULL)
		changed = write_policies_audit_rules(audit, world, policy, draft->rules) || changed;
	return changed;
}

static void
write_policies_take(World *world, Policy *policy, WritePolicy *draft)
{
	if (!g_str_equal(policy->base.name, draft->name))
		shelf_rename(&world->policies, &policy->base, draft->name);
	g_free(policy->description);
	policy->description = g_steal_pointer(&draft->description);
	g_free(policy->team_id);
	policy->team_id = g_steal_pointer(&draft->team_id);
	policy->num_loops = draft->num_loops;
	policy->handoff_always = draft->handoff_always;
}

static void
write_policies_commit(Request *request, Policy *policy, WritePolicy *draft)
{
	World *world = request->sim->world;
	g_autoptr(GPtrArray) before = g_ptr_array_ref(policy->rules);
	gboolean moved = g_strcmp0(policy->team_id, draft->team_id) != 0;
	Team *team = shelf_find(&world->teams, draft->team_id);
	g_autoptr(Join) join = team == NULL ? NULL : join_new(request, team);

	settle_changed(request->sim, policy->team_id, before, moved ? NULL : draft->rules != NULL ? draft->rules : before);
	write_policies_take(world, policy, draft);
	if (draft->rules != NULL) {
		g_ptr_array_unref(policy->rules);
		policy->rules = g_steal_pointer(&draft->rules);
	}
	if (join != NULL)
		join_policy(join, policy, moved ? NULL : before);
	world_touch(world);
	if (join != NULL)
		join_end(join);
}

void
write_policies_update(Request *request, Reply *reply)
{
	World *world = request->sim->world;
	Policy *policy = shelf_find(&world->policies, request->ids[0]);
	g_auto(WritePolicy) draft = {0};
	AuditDraft *audit;
	gboolean changed;

	if (policy == NULL) {
		errors_not_found(request, reply);
		return;
	}
	if (!caller_may_policy(request, policy)) {
		errors_denied(request, reply);
		return;
	}
	draft.name = g_strdup(policy->base.name);
	draft.description = g_strdup(policy->description);
	draft.team_id = g_strdup(policy->team_id);
	draft.num_loops = policy->num_loops;
	draft.handoff_always = policy->handoff_always;
	if (!write_policies_read(request, reply, policy, &draft))
		return;
	for (guint i = 0; draft.rules != NULL && i < draft.rules->len; i++) {
		Rule *rule = g_ptr_array_index(draft.rules, i);
		if (rule->id == NULL)
			rule->id = world_id(world, WORLD_KIND_RULE);
	}
	audit = caller_begin(request, AUDIT_POLICIES, policy->base.id, refs_policy(world, policy), "update");
	changed = write_policies_audit(audit, world, policy, &draft);
	audit_finish(audit, changed);
	if (changed)
		write_policies_commit(request, policy, &draft);
	policies_reply(request, reply, policy);
}
