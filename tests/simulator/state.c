/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state.h"

#include <string.h>

#include "duty.h"
#include "jtext.h"

typedef struct {
	const gchar *value;
	const gchar *name;
} StateRole;

static const StateRole base_roles[] = {
    {"owner", "Account Owner"},
    {"admin", "Global Admin"},
    {"user", "Manager"},
    {"limited_user", "Responder"},
    {"observer", "Observer"},
    {"restricted_access", "Restricted Access"},
    {"read_only_user", "Full Stakeholder"},
    {"read_only_limited_user", "Limited Stakeholder"},
};

static const gchar *const team_roles[] = {"manager", "responder", "observer"};

static const gchar *
state_role_name(const gchar *role)
{
	for (guint i = 0; i < G_N_ELEMENTS(base_roles); i++) {
		if (g_str_equal(base_roles[i].value, role))
			return base_roles[i].name;
	}
	return role;
}

/* One grant; strings are borrowed for the call. via: schedules by which it is indirect, sorted, or NULL. */
typedef void (*StateGrant)(GString *out, const User *user, const gchar *entitlement_id, const gchar *kind, const gchar *name,
			   const GPtrArray *via, gboolean manager, gpointer data);

typedef struct {
	const World *world;
	GString *out;
	const StateOptions *options;
	StateGrant grant;
	gpointer data;
} StateWalk;

static void
state_team_grants(const StateWalk *walk, const User *user)
{
	gboolean manager = g_str_equal(user->role, "owner") || g_str_equal(user->role, "admin");

	if (!world_can(walk->world, "teams"))
		return;
	for (guint i = 0; i < user->memberships->len; i++) {
		const Membership *membership = g_ptr_array_index(user->memberships, i);
		const gchar *role = world_has_team_roles(walk->world) ? membership->role : "member";
		g_autofree gchar *id = g_strdup_printf("team:%s:%s", membership->team->base.id, role);
		g_autofree gchar *name = g_strdup_printf("%s / %s", membership->team->base.name, role);
		walk->grant(walk->out, user, id, "group", name, NULL, manager, walk->data);
	}
}

static Schedule *
state_schedule(const StateWalk *walk, const Ref *ref)
{
	Schedule *schedule = duty_schedule(walk->world, ref);

	return schedule == NULL || (schedule->v3 && !walk->options->v3) ? NULL : schedule;
}

static gint
state_compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const gchar *const *)a, *(const gchar *const *)b);
}

/* Who is on the level through schedules: User* to a sorted array of "schedule:<id>". */
static GHashTable *
state_indirect(const StateWalk *walk, const Rule *rule)
{
	GHashTable *people = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	GHashTableIter iter;
	gpointer value;

	for (guint i = 0; i < rule->targets->len; i++) {
		const Schedule *schedule = state_schedule(walk, g_ptr_array_index(rule->targets, i));
		g_autoptr(GPtrArray) users = schedule == NULL ? NULL : duty_schedule_users(schedule);
		g_autofree gchar *id = schedule == NULL ? NULL : g_strdup_printf("schedule:%s", schedule->base.id);
		for (guint j = 0; users != NULL && j < users->len; j++) {
			User *user = duty_user(walk->world, g_ptr_array_index(users, j));
			GPtrArray *via;
			if (user == NULL)
				continue;
			via = g_hash_table_lookup(people, user);
			if (via == NULL) {
				via = g_ptr_array_new_with_free_func(g_free);
				g_hash_table_insert(people, user, via);
			}
			if (!g_ptr_array_find_with_equal_func(via, id, g_str_equal, NULL))
				g_ptr_array_add(via, g_strdup(id));
		}
	}
	g_hash_table_iter_init(&iter, people);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_sort(value, state_compare_strings);
	return people;
}

static void
state_level_grants(const StateWalk *walk, const Policy *policy, guint level)
{
	const Rule *rule = g_ptr_array_index(policy->rules, level - 1);
	g_autofree gchar *id = g_strdup_printf("policy:%s:%u", policy->base.id, level);
	g_autofree gchar *name = g_strdup_printf("%s / level %u", policy->base.name, level);
	g_autoptr(GHashTable) indirect = state_indirect(walk, rule);
	g_autoptr(GHashTable) direct = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer user;
	gpointer via;

	for (guint i = 0; i < rule->targets->len; i++) {
		user = duty_user(walk->world, g_ptr_array_index(rule->targets, i));
		if (user != NULL && g_hash_table_add(direct, user))
			walk->grant(walk->out, user, id, "policy", name, NULL, FALSE, walk->data);
	}
	g_hash_table_iter_init(&iter, indirect);
	while (g_hash_table_iter_next(&iter, &user, &via))
		walk->grant(walk->out, user, id, "policy", name, via, FALSE, walk->data);
}

static void
state_schedule_grants(const StateWalk *walk, const Shelf *shelf)
{
	for (guint i = 0; i < shelf->sorted->len; i++) {
		const Schedule *schedule = g_ptr_array_index(shelf->sorted, i);
		g_autofree gchar *id = g_strdup_printf("schedule:%s", schedule->base.id);
		g_autoptr(GPtrArray) users = duty_schedule_users(schedule);
		for (guint j = 0; j < users->len; j++) {
			const User *user = duty_user(walk->world, g_ptr_array_index(users, j));
			if (user != NULL)
				walk->grant(walk->out, user, id, "schedule", schedule->base.name, NULL, FALSE, walk->data);
		}
	}
}

static void
state_walk(const StateWalk *walk)
{
	const World *world = walk->world;

	for (guint i = 0; i < world->users.sorted->len; i++) {
		const User *user = g_ptr_array_index(world->users.sorted, i);
		g_autofree gchar *id = g_strdup_printf("role:%s", user->role);
		walk->grant(walk->out, user, id, "role", state_role_name(user->role), NULL, FALSE, walk->data);
		state_team_grants(walk, user);
	}
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		const Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		for (guint level = 1; level <= policy->rules->len; level++)
			state_level_grants(walk, policy, level);
	}
	state_schedule_grants(walk, &world->schedules);
	if (walk->options->v3)
		state_schedule_grants(walk, &world->schedules_v3);
}

/* --- CSV -------------------------------------------------------------------------------------------------------------------------- */

static void
state_csv_field(GString *out, const gchar *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (const gchar *p = text; *p != '\0'; p++) {
		if (*p == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *p);
	}
	g_string_append_c(out, '"');
}

static void
state_csv_grant(GString *out, const User *user, const gchar *entitlement_id, const gchar *kind, const gchar *name,
		const GPtrArray *via, gboolean manager, gpointer data)
{
	GPtrArray *lines = data;
	const gchar *const fields[] = {user->base.id, user->email, entitlement_id, kind, name};

	g_string_truncate(out, 0);
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		state_csv_field(out, fields[i]);
		g_string_append_c(out, ',');
	}
	for (guint i = 0; via != NULL && i < via->len; i++)
		g_string_append_printf(out, "%s%s", i > 0 ? ";" : "", (const gchar *)g_ptr_array_index(via, i));
	g_string_append(out, manager ? ",manager\n" : ",\n");
	g_ptr_array_add(lines, g_strndup(out->str, out->len));
}

void
state_csv(const World *world, GString *out, const StateOptions *options)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) line = g_string_new(NULL);
	const StateWalk walk = {world, line, options, state_csv_grant, lines};

	state_walk(&walk);
	g_ptr_array_sort(lines, state_compare_strings);
	if (options->header)
		g_string_append(out, "user_id,email,entitlement_id,kind,entitlement_name,via,effective\n");
	for (guint i = 0; i < lines->len; i++)
		g_string_append(out, g_ptr_array_index(lines, i));
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------- */

static void
state_json_grant(GString *out, const User *user, const gchar *entitlement_id, const gchar *kind, const gchar *name,
		 const GPtrArray *via, gboolean manager, gpointer data)
{
	(void)data;
	jtext_comma(out);
	g_string_append_c(out, '{');
	jtext_pair(out, "user_id", user->base.id);
	g_string_append_c(out, ',');
	jtext_pair(out, "email", user->email);
	g_string_append_c(out, ',');
	jtext_pair(out, "entitlement_id", entitlement_id);
	g_string_append_c(out, ',');
	jtext_pair(out, "kind", kind);
	g_string_append_c(out, ',');
	jtext_pair(out, "entitlement_name", name);
	g_string_append(out, ",\"via\":[");
	for (guint i = 0; via != NULL && i < via->len; i++) {
		jtext_comma(out);
		jtext_string(out, g_ptr_array_index(via, i));
	}
	g_string_append_printf(out, "],\"effective\":%s}", manager ? "\"manager\"" : "null");
}

static void
state_principals(const World *world, GString *out)
{
	for (guint i = 0; i < world->users.sorted->len; i++) {
		const User *user = g_ptr_array_index(world->users.sorted, i);
		const License *license = world_license(world, user->license_id);
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "id", user->base.id);
		g_string_append_c(out, ',');
		jtext_pair(out, "name", user->base.name);
		g_string_append_c(out, ',');
		jtext_pair(out, "email", user->email);
		g_string_append_c(out, ',');
		jtext_pair(out, "role", user->role);
		g_string_append_c(out, ',');
		jtext_pair(out, "job_title", user->job_title);
		g_string_append_c(out, ',');
		jtext_pair(out, "time_zone", user->time_zone);
		g_string_append_c(out, ',');
		jtext_pair(out, "license_id", user->license_id);
		g_string_append_c(out, ',');
		jtext_pair(out, "license_name", license == NULL ? NULL : license->name);
		g_string_append_printf(out, ",\"invitation_pending\":%s,\"created_via_sso\":%s,\"html_url\":\"%s/users/%s\"}",
				       user->pending ? "true" : "false", user->sso ? "true" : "false", world->html_base,
				       user->base.id);
	}
}

static void
state_entitlement(GString *out, const gchar *id, const gchar *kind, const gchar *name, const gchar *resource, gboolean assignable)
{
	jtext_comma(out);
	g_string_append_c(out, '{');
	jtext_pair(out, "id", id);
	g_string_append_printf(out, ",\"kind\":\"%s\",", kind);
	jtext_pair(out, "name", name);
	g_string_append_c(out, ',');
	jtext_pair(out, "resource", resource);
	g_string_append_printf(out, ",\"assignable\":%s", assignable ? "true" : "false");
}

static void
state_team_entitlements(const World *world, GString *out)
{
	for (guint i = 0; i < world->teams.sorted->len && world_can(world, "teams"); i++) {
		const Team *team = g_ptr_array_index(world->teams.sorted, i);
		g_autofree gchar *resource = g_strdup_printf("team:%s", team->base.id);
		guint roles = world_has_team_roles(world) ? G_N_ELEMENTS(team_roles) : 1;
		for (guint j = 0; j < roles; j++) {
			const gchar *role = roles == 1 ? "member" : team_roles[j];
			g_autofree gchar *id = g_strdup_printf("%s:%s", resource, role);
			g_autofree gchar *name = g_strdup_printf("%s / %s", team->base.name, role);
			state_entitlement(out, id, "group", name, resource, TRUE);
			g_string_append_c(out, ',');
			jtext_pair(out, "description", team->description);
			g_string_append_c(out, ',');
			jtext_pair(out, "parent_team", world_can(world, "teams_hierarchy") ? team->parent_id : NULL);
			g_string_append_printf(out, ",\"url\":\"%s/teams/%s\"}", world->html_base, team->base.id);
		}
	}
}

static void
state_level(const World *world, GString *out, const Policy *policy, guint level)
{
	const Rule *rule = g_ptr_array_index(policy->rules, level - 1);
	g_autofree gchar *resource = g_strdup_printf("policy:%s", policy->base.id);
	g_autofree gchar *id = g_strdup_printf("%s:%u", resource, level);
	g_autofree gchar *name = g_strdup_printf("%s / level %u", policy->base.name, level);
	g_autoptr(GString) stubs = g_string_new("[");
	guint users = 0;

	state_entitlement(out, id, "policy", name, resource, TRUE);
	g_string_append_printf(out, ",\"delay_minutes\":%u,\"rule_id\":\"%s\",\"schedules\":[", rule->delay_minutes, rule->id);
	for (guint i = 0; i < rule->targets->len; i++) {
		const Ref *ref = g_ptr_array_index(rule->targets, i);
		if (duty_user(world, ref) == NULL && duty_schedule(world, ref) == NULL) {
			jtext_comma(stubs);
			jtext_string(stubs, ref->id);
		}
		if (ref->kind == REF_USER) {
			users++;
			continue;
		}
		jtext_comma(out);
		jtext_string(out, ref->id);
	}
	g_string_append_printf(out, "],\"stubs\":%s],\"targets\":\"%s\",", stubs->str,
			       users == rule->targets->len ? "users"
			       : users == 0                ? "schedules"
							   : "mixed");
	jtext_pair(out, "description", policy->description);
	g_string_append_printf(out, ",\"url\":\"%s/escalation_policies/%s\"}", world->html_base, policy->base.id);
}

static void
state_role_entitlements(const World *world, GString *out)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < G_N_ELEMENTS(base_roles) + world->users.sorted->len; i++) {
		const User *user =
		    i < G_N_ELEMENTS(base_roles) ? NULL : g_ptr_array_index(world->users.sorted, i - G_N_ELEMENTS(base_roles));
		const gchar *role = user == NULL ? base_roles[i].value : user->role;
		g_autofree gchar *id = g_strdup_printf("role:%s", role);
		if (!g_hash_table_add(seen, (gpointer)(gsize)role))
			continue;
		/* the owner is not to be assigned, and nobody knows what an unknown role would do */
		state_entitlement(out, id, "role", state_role_name(role), "account", user == NULL && !g_str_equal(role, "owner"));
		g_string_append_c(out, '}');
	}
}

static void
state_schedule_entitlements(const World *world, GString *out, const Shelf *shelf)
{
	for (guint i = 0; i < shelf->sorted->len; i++) {
		const Schedule *schedule = g_ptr_array_index(shelf->sorted, i);
		g_autofree gchar *id = g_strdup_printf("schedule:%s", schedule->base.id);
		state_entitlement(out, id, "schedule", schedule->base.name, id, FALSE);
		g_string_append_c(out, ',');
		jtext_pair(out, "description", schedule->description);
		g_string_append_printf(out, ",\"url\":\"%s/schedules/%s\"}", world->html_base, schedule->base.id);
	}
}

/* What the thing is on: the team of a policy, the teams of a schedule. */
static void
state_associations(GString *out, const Thing *thing, const gchar *type)
{
	if (g_str_equal(type, "policy")) {
		g_string_append_c(out, ',');
		jtext_pair(out, "team", ((const Policy *)thing)->team_id);
	} else if (g_str_equal(type, "schedule")) {
		const GPtrArray *team_ids = ((const Schedule *)thing)->team_ids;
		g_string_append(out, ",\"teams\":[");
		for (guint i = 0; i < team_ids->len; i++) {
			jtext_comma(out);
			jtext_string(out, g_ptr_array_index(team_ids, i));
		}
		g_string_append_c(out, ']');
	}
}

static void
state_resources(GString *out, const Shelf *shelf, const gchar *type)
{
	for (guint i = 0; i < shelf->sorted->len; i++) {
		const Thing *thing = g_ptr_array_index(shelf->sorted, i);
		g_autofree gchar *id = g_strdup_printf("%s:%s", type, thing->id);
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "id", id);
		g_string_append_printf(out, ",\"type\":\"%s\",", type);
		jtext_pair(out, "name", thing->name);
		state_associations(out, thing, type);
		g_string_append_c(out, '}');
	}
}

static void
state_licenses(const World *world, GString *out)
{
	for (guint i = 0; i < world->licenses->len; i++) {
		const License *license = g_ptr_array_index(world->licenses, i);
		guint used = 0;
		for (guint j = 0; j < world->users.sorted->len; j++) {
			const User *user = g_ptr_array_index(world->users.sorted, j);
			used += g_strcmp0(user->license_id, license->id) == 0 ? 1 : 0;
		}
		jtext_comma(out);
		g_string_append_c(out, '{');
		jtext_pair(out, "id", license->id);
		g_string_append_c(out, ',');
		jtext_pair(out, "name", license->name);
		g_string_append_c(out, ',');
		jtext_pair(out, "group", license->group);
		g_string_append_printf(out, ",\"seats\":%" G_GINT64_FORMAT ",\"used\":%u}", license->seats, used);
	}
}

static void
state_count_grant(GString *out, const User *user, const gchar *entitlement_id, const gchar *kind, const gchar *name,
		  const GPtrArray *via, gboolean manager, gpointer data)
{
	guint64 *count = data;

	(void)out, (void)user, (void)entitlement_id, (void)kind, (void)name, (void)via, (void)manager;
	(*count)++;
}

static void
state_add_counts(const World *world, GString *out, const StateOptions *options)
{
	guint64 grants = 0;
	guint64 memberships = 0;
	guint64 levels = 0;
	const StateWalk walk = {world, out, options, state_count_grant, &grants};

	state_walk(&walk);
	for (guint i = 0; i < world->teams.sorted->len; i++)
		memberships += ((const Team *)g_ptr_array_index(world->teams.sorted, i))->members->len;
	for (guint i = 0; i < world->policies.sorted->len; i++)
		levels += ((const Policy *)g_ptr_array_index(world->policies.sorted, i))->rules->len;
	g_string_append_printf(out,
			       "\"counts\":{\"users\":%u,\"teams\":%u,\"memberships\":%" G_GUINT64_FORMAT
			       ",\"policies\":%u,\"levels\":%" G_GUINT64_FORMAT
			       ",\"schedules\":%u,\"schedules_v3\":%u,\"grants\":%" G_GUINT64_FORMAT ",\"audit_records\":%u}",
			       world->users.sorted->len, world->teams.sorted->len, memberships, world->policies.sorted->len, levels,
			       world->schedules.sorted->len, world->schedules_v3.sorted->len, grants, world->audit->len);
}

void
state_counts(const World *world, GString *out, const StateOptions *options)
{
	g_string_append_c(out, '{');
	state_add_counts(world, out, options);
	g_string_append_c(out, '}');
}

void
state_write(const World *world, GString *out, const StateOptions *options)
{
	const StateWalk walk = {world, out, options, state_json_grant, NULL};

	g_string_append(out, "{\"principals\":[");
	state_principals(world, out);
	g_string_append(out, "],\"resources\":[{\"id\":\"account\",\"type\":\"account\",\"name\":");
	jtext_string(out, world->subdomain);
	g_string_append_c(out, '}');
	if (world_can(world, "teams"))
		state_resources(out, &world->teams, "team");
	state_resources(out, &world->policies, "policy");
	state_resources(out, &world->schedules, "schedule");
	if (options->v3)
		state_resources(out, &world->schedules_v3, "schedule");
	g_string_append(out, "],\"entitlements\":[");
	state_role_entitlements(world, out);
	state_team_entitlements(world, out);
	for (guint i = 0; i < world->policies.sorted->len; i++) {
		const Policy *policy = g_ptr_array_index(world->policies.sorted, i);
		for (guint level = 1; level <= policy->rules->len; level++)
			state_level(world, out, policy, level);
	}
	state_schedule_entitlements(world, out, &world->schedules);
	if (options->v3)
		state_schedule_entitlements(world, out, &world->schedules_v3);
	g_string_append(out, "],\"grants\":[");
	state_walk(&walk);
	g_string_append(out, "],\"licenses\":[");
	state_licenses(world, out);
	g_string_append(out, "],");
	state_add_counts(world, out, options);
	g_string_append_c(out, '}');
}
