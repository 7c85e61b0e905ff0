/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "policies.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "../numbers.h"
#include "people.h"
#include "schedules.h"
#include "teams.h"

#define POLICIES_WHAT "GET /escalation_policies"
#define POLICIES_SCHEDULE "schedule:"
#define POLICIES_KINDS (IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)

/* PagerDuty allows ten; a rule with so many is no rule of its. */
#define POLICIES_MAX_TARGETS 200
#define POLICIES_MAX_TYPE 64

static const PagerSpec policies_spec = {.path = "/escalation_policies", .rows = "escalation_policies", .counts = TRUE};

/* One policy as it is being listed; all of it is borrowed. */
typedef struct {
	const gchar *id;
	const gchar *name;
	const gchar *url; /* NULL: not told, likewise below */
	const gchar *description;
	const gchar *parent_team; /* "team:ID" */
	SealsResource *resource;
} Policy;

/* One escalation rule as it is being listed. */
typedef struct {
	Listing *listing;
	SealsResource *resource;
	gchar *id;          /* of the entitlement */
	GArray *direct;     /* guint32: people */
	gboolean users;     /* it pages people, whether or not all of them could be listed */
	GPtrArray *through; /* schedules as "schedule:ID", owned; sorted, for PagerDuty may list targets in any order */
} PoliciesLevel;

static void
policies_level_clear(PoliciesLevel *level)
{
	g_free(level->id);
	g_clear_pointer(&level->direct, g_array_unref);
	g_clear_pointer(&level->through, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PoliciesLevel, policies_level_clear)

static gboolean
policies_has(const GArray *numbers, guint32 number)
{
	for (guint i = 0; i < numbers->len; i++)
		if (g_array_index(numbers, guint32, i) == number)
			return TRUE;
	return FALSE;
}

static gint
policies_compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const gchar *const *)a, *(const gchar *const *)b);
}

/* Sorts a rule's targets into people and schedules. A reference with deleted_at is a stub that pages nobody. */
static gboolean
policies_targets(PoliciesLevel *level, json_object *rule, GError **error)
{
	json_object *targets = NULL;

	if (!json_need_array(rule, "targets", POLICIES_WHAT, &targets, error))
		return FALSE;
	if (targets != NULL && json_object_array_length(targets) > POLICIES_MAX_TARGETS) {
		errors_set_protocol(error, "The answer to " POLICIES_WHAT " has %s with more targets than any rule.",
				    level->resource->id);
		return FALSE;
	}
	for (gsize i = 0; targets != NULL && i < json_object_array_length(targets); i++) {
		json_object *target = json_object_array_get_idx(targets, i);
		const gchar *type = json_read_plain(target, "type", POLICIES_MAX_TYPE);
		const gchar *id = json_read_id(target, "id", POLICIES_WHAT, error);
		guint32 number = IDSET_NONE;
		gboolean unlisted = FALSE;

		if (id == NULL)
			return FALSE;
		if (json_read_text(target, "deleted_at") != NULL)
			continue;
		if (type != NULL && g_str_has_prefix(type, "schedule")) {
			g_autofree gchar *full_id = g_strconcat(POLICIES_SCHEDULE, id, NULL);

			if (g_ptr_array_find_with_equal_func(level->through, full_id, g_str_equal, NULL))
				continue;
			g_ptr_array_add(level->through, g_steal_pointer(&full_id));
			if (g_str_has_prefix(type, "schedule_v3"))
				schedules_note_shift_based(level->listing, id);
		} else if (type != NULL && g_str_has_prefix(type, "user")) {
			if (!people_resolve(level->listing, target, POLICIES_WHAT, &number, &unlisted, error))
				return FALSE;
			if (unlisted)
				seals_gap_resource(level->listing->seals, level->resource, IDC_RECORD_GRANT, IDC_OVERFLOW,
						   "Targets of policies are missing because not all users could be listed.");
			level->users = level->users || unlisted || number != IDSET_NONE;
			if (number != IDSET_NONE && !policies_has(level->direct, number))
				g_array_append_val(level->direct, number);
		} else {
			g_autofree gchar *reason = g_strdup_printf("The policy %s pages a target of the unknown type \"%s\".",
								   level->resource->id, type != NULL ? type : "");

			seals_gap_resource(level->listing->seals, level->resource, IDC_RECORD_GRANT, IDC_PROTOCOL, reason);
		}
	}
	g_ptr_array_sort(level->through, policies_compare);
	return TRUE;
}

static gboolean
policies_direct_grants(const PoliciesLevel *level, GError **error)
{
	for (guint i = 0; i < level->direct->len; i++)
		if (!listing_grant(level->listing, level->resource,
				   idset_id(level->listing->people, g_array_index(level->direct, guint32, i)), level->id, 0, NULL,
				   error))
			return FALSE;
	return TRUE;
}

/* Whether somebody is on one of the first n schedules. */
static gboolean
policies_told(const GPtrArray *on, guint n, guint32 number)
{
	for (guint i = 0; i < n; i++)
		if (g_ptr_array_index(on, i) != NULL && numbers_has(g_ptr_array_index(on, i), number))
			return TRUE;
	return FALSE;
}

/* Everybody on a schedule of this level once, with each schedule that leads to them. */
static gboolean
policies_indirect_grants(const PoliciesLevel *level, GError **error)
{
	Listing *listing = level->listing;
	g_autoptr(GPtrArray) on = g_ptr_array_new(); /* GArray of people for each schedule */

	for (guint i = 0; i < level->through->len; i++) {
		g_autoptr(GError) failed = NULL;
		const GArray *people = schedules_people(
		    listing, (const gchar *)g_ptr_array_index(level->through, i) + strlen(POLICIES_SCHEDULE), &failed);

		if (failed != NULL) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		/* Why was told with the schedule. */
		if (people == NULL ||
		    (seals_resource(listing->seals, g_ptr_array_index(level->through, i))->gaps & IDC_RECORD_GRANT) != 0)
			level->resource->gaps |= IDC_RECORD_GRANT;
		g_ptr_array_add(on, (gpointer)people);
	}
	for (guint i = 0; i < on->len; i++) {
		const GArray *people = g_ptr_array_index(on, i);

		for (guint j = 0; people != NULL && j < people->len; j++) {
			const guint32 number = g_array_index(people, guint32, j);
			EmitAttrs attrs = {.n = 0};

			if (policies_told(on, i, number))
				continue;
			for (guint k = i; k < on->len; k++)
				if (g_ptr_array_index(on, k) != NULL && numbers_has(g_ptr_array_index(on, k), number))
					emit_attr(&attrs, "via", g_ptr_array_index(level->through, k));
			if (!listing_grant(listing, level->resource, idset_id(listing->people, number), level->id,
					   IDC_RECORD_INDIRECT, &attrs, error))
				return FALSE;
		}
	}
	return TRUE;
}

static const gchar *
policies_targets_word(const PoliciesLevel *level)
{
	if (level->through->len == 0)
		return "users";
	return level->users ? "mixed" : "schedules";
}

static gboolean
policies_level(Listing *listing, const Policy *policy, guint position, json_object *rule, GError **error)
{
	EmitAttrs attrs = {.n = 0};
	g_autofree gchar *name = g_strdup_printf("%s / level %u", policy->name, position);
	const gint64 delay = json_read_number(rule, "escalation_delay_in_minutes", -1);
	g_autofree gchar *delay_text = delay >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT, delay) : NULL;
	g_auto(PoliciesLevel) level = {.listing = listing,
				       .resource = policy->resource,
				       .id = ids_policy(policy->id, position),
				       .direct = g_array_new(FALSE, FALSE, sizeof(guint32)),
				       .through = g_ptr_array_new_with_free_func(g_free)};

	if (!policies_targets(&level, rule, error))
		return FALSE;
	emit_attr_flag(&attrs, "assignable", TRUE);
	emit_attr(&attrs, "url", policy->url);
	emit_attr(&attrs, "description", policy->description);
	emit_attr(&attrs, "parent_team", policy->parent_team);
	emit_attr(&attrs, "rule_id", json_read_plain(rule, "id", IDC_MAX_ID));
	emit_attr(&attrs, "delay_minutes", delay_text);
	emit_attr(&attrs, "targets", policies_targets_word(&level));
	for (guint i = 0; i < level.through->len; i++)
		emit_attr(&attrs, "schedules", g_ptr_array_index(level.through, i));
	if (!listing_entitlement(listing, policy->resource, "policy", level.id, name, &attrs, error) ||
	    !policies_direct_grants(&level, error))
		return FALSE;
	if (listing->schedules != NULL)
		return policies_indirect_grants(&level, error);
	if (level.through->len > 0 && listing->settings->include_schedules)
		policy->resource->gaps |= IDC_RECORD_GRANT; /* and why was told with the schedules */
	return TRUE;
}

static gboolean
policies_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Listing *listing = user;
	EmitAttrs attrs = {.n = 0};
	gboolean sanitized = FALSE;
	json_object *rules = json_read_array(row, "escalation_rules");
	json_object *teams = json_read_array(row, "teams");
	g_autofree gchar *resource_id = ids_resource("policy", id);
	g_autofree gchar *name = json_read_name(row, "name", IDC_MAX_NAME - 32, &sanitized);
	g_autofree gchar *description = NULL;
	g_autofree gchar *parent_team = NULL;
	ListingTeam *known = NULL;
	Policy policy = {.id = id,
			 .name = name != NULL ? name : id,
			 .url = json_read_plain(row, "html_url", IDC_MAX_URL),
			 .resource = seals_resource(listing->seals, resource_id)};
	const idc_record record = {.record = IDC_RECORD_RESOURCE, .id = resource_id, .type = "policy", .name = policy.name};

	if (rules == NULL) {
		errors_set_protocol(error, "The answer to " POLICIES_WHAT " has the policy %s without its rules.", id);
		return FALSE;
	}
	if (teams != NULL && json_object_array_length(teams) > 0) {
		const gchar *team = json_read_id(json_object_array_get_idx(teams, 0), "id", POLICIES_WHAT, error);

		if (team == NULL)
			return FALSE;
		parent_team = ids_resource("team", team);
		if (listing->has_teams && !teams_resolve(listing, team, &known, error))
			return FALSE;
	}
	policy.resource->open = TRUE;
	listing_common_attrs(&attrs, row, sanitized, &description);
	policy.description = description;
	policy.parent_team = parent_team;
	emit_attr(&attrs, "parent_team", parent_team);
	if (!emit_record(listing->emit, &record, &attrs, error))
		return FALSE;
	for (gsize i = 0; i < json_object_array_length(rules); i++)
		if (!policies_level(listing, &policy, (guint)i + 1, json_object_array_get_idx(rules, i), error))
			return FALSE;
	policy.resource->open = FALSE;
	return TRUE;
}

static gboolean
policies_gone(gpointer user, const gchar *id, GError **error)
{
	Listing *listing = user;
	g_autofree gchar *resource_id = ids_resource("policy", id);
	SealsResource *resource = seals_resource(listing->seals, resource_id);

	if (resource->removed)
		return TRUE;
	resource->removed = TRUE;
	return listing_removed(listing, IDC_RECORD_RESOURCE, resource_id, error);
}

gboolean
policies_list(Listing *listing, GError **error)
{
	const ListingRead read = {.spec = &policies_spec, .row = policies_row, .gone = policies_gone, .user = listing};
	gboolean whole;

	return listing_take(listing, &read, NULL, "escalation policies", POLICIES_KINDS, &whole, error);
}
