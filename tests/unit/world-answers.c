/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "world-answers.h"

#include <string.h>

#include "auth/auth.h"
#include "errors.h"

/* When the first answer is given; each later one a second after the one before. */
#define WORLD_DAWN_UNIX_MS G_GINT64_CONSTANT(1700000000000)

static json_object *
world_reference(const gchar *id, const gchar *type)
{
	json_object *reference = json_object_new_object();

	json_object_object_add(reference, "id", json_object_new_string(id));
	json_object_object_add(reference, "type", json_object_new_string(type));
	json_object_object_add(reference, "deleted_at", NULL);
	return reference;
}

static json_object *
world_finish(const World *world, json_object *row)
{
	if (world->lacks != NULL)
		json_object_object_del(row, world->lacks);
	return row;
}

static const WorldUser *
world_find_user(const World *world, const gchar *id)
{
	for (guint i = 0; i < world->users->len; i++) {
		const WorldUser *user = g_ptr_array_index(world->users, i);

		if (strcmp(user->id, id) == 0)
			return user;
	}
	return NULL;
}

static json_object *
world_user_reference(const World *world, const gchar *id)
{
	json_object *reference = world_reference(id, "user_reference");

	if (world_find_user(world, id) == NULL && world->stubs_marked)
		json_object_object_add(reference, "deleted_at", json_object_new_string("2026-01-05T09:00:00Z"));
	return reference;
}

static json_object *
world_user(const World *world, gconstpointer thing)
{
	const WorldUser *user = thing;
	json_object *row = json_object_new_object();
	json_object *teams = json_object_new_array();
	g_autofree gchar *email = g_strdup_printf("%s@northwind.example", user->id);

	json_object_object_add(row, "id", json_object_new_string(user->id));
	json_object_object_add(row, "name", json_object_new_string("Ilse Marrow"));
	json_object_object_add(row, "email", json_object_new_string(email));
	json_object_object_add(row, "role", json_object_new_string(user->role));
	for (guint i = 0; i < world->teams->len; i++) {
		const WorldTeam *team = g_ptr_array_index(world->teams, i);

		for (guint j = 0; j < team->members->len; j++)
			if (strcmp(((WorldMember *)g_ptr_array_index(team->members, j))->user, user->id) == 0)
				for (guint n = world->doubles ? 2 : 1; n > 0; n--)
					json_object_array_add(teams, world_reference(team->id, "team_reference"));
	}
	json_object_object_add(row, "teams", teams);
	if (world->url != NULL)
		json_object_object_add(row, "html_url", json_object_new_string(world->url));
	return world_finish(world, row);
}

static json_object *
world_team(const World *world, gconstpointer thing)
{
	const WorldTeam *team = thing;
	json_object *row = json_object_new_object();

	(void)world;
	json_object_object_add(row, "id", json_object_new_string(team->id));
	json_object_object_add(row, "name", json_object_new_string("Harbour Ops"));
	return row;
}

static json_object *
world_member(const World *world, gconstpointer thing)
{
	const WorldMember *member = thing;
	json_object *row = json_object_new_object();

	json_object_object_add(row, "user", world_user_reference(world, member->user));
	json_object_object_add(row, "role", member->role != NULL ? json_object_new_string(member->role) : NULL);
	return row;
}

static json_object *
world_schedule(const World *world, gconstpointer thing)
{
	const WorldSchedule *schedule = thing;
	json_object *row = json_object_new_object();
	json_object *users = json_object_new_array();

	json_object_object_add(row, "id", json_object_new_string(schedule->id));
	json_object_object_add(row, "name", json_object_new_string("Harbour Weekly"));
	for (guint i = 0; i < schedule->people->len; i++)
		for (guint n = world->doubles ? 2 : 1; n > 0; n--)
			json_object_array_add(users, world_user_reference(world, g_ptr_array_index(schedule->people, i)));
	json_object_object_add(row, "users", users);
	return world_finish(world, row);
}

static const WorldSchedule *
world_find_schedule(const World *world, const gchar *id)
{
	for (guint i = 0; i < world->schedules->len; i++) {
		const WorldSchedule *schedule = g_ptr_array_index(world->schedules, i);

		if (strcmp(schedule->id, id) == 0)
			return schedule;
	}
	return NULL;
}

static json_object *
world_target(const World *world, const gchar *target)
{
	const gchar *id = strchr(target, ':') + 1;
	const WorldSchedule *schedule = world_find_schedule(world, id);

	if (g_str_has_prefix(target, "user:"))
		return world_user_reference(world, id);
	if (!g_str_has_prefix(target, "schedule:")) {
		g_autofree gchar *type = g_strndup(target, (gsize)(id - 1 - target));

		return world_reference(id, type);
	}
	return world_reference(id, schedule != NULL && schedule->shift ? "schedule_v3_reference" : "schedule_reference");
}

static json_object *
world_policy(const World *world, gconstpointer thing)
{
	const WorldPolicy *policy = thing;
	json_object *row = json_object_new_object();
	json_object *rules = json_object_new_array();

	json_object_object_add(row, "id", json_object_new_string(policy->id));
	json_object_object_add(row, "name", json_object_new_string("Harbour Primary"));
	for (guint i = 0; i < policy->levels->len; i++) {
		const GPtrArray *level = g_ptr_array_index(policy->levels, i);
		json_object *rule = json_object_new_object();
		json_object *targets = json_object_new_array();

		for (guint j = 0; j < level->len; j++)
			for (guint n = world->doubles ? 2 : 1; n > 0; n--)
				json_object_array_add(targets, world_target(world, g_ptr_array_index(level, j)));
		json_object_object_add(rule, "id", json_object_new_string("PRULE61"));
		json_object_object_add(rule, "targets", targets);
		json_object_array_add(rules, world_finish(world, rule));
	}
	json_object_object_add(row, "escalation_rules", rules);
	json_object_object_add(row, "teams", json_object_new_array());
	return world_finish(world, row);
}

static const WorldPolicy *
world_find_policy(const World *world, const gchar *id)
{
	for (guint i = 0; i < world->policies->len; i++) {
		const WorldPolicy *policy = g_ptr_array_index(world->policies, i);

		if (strcmp(policy->id, id) == 0)
			return policy;
	}
	return NULL;
}

static gboolean
world_refuse(GError **error, const gchar *what, gint status)
{
	const ErrorsAnswer answer = {
	    .what = what, .http_status = status, .words = status == 403 ? "Access Denied" : NULL, .retry_after_ms = -1};

	errors_set_answer(error, &answer);
	return FALSE;
}

typedef json_object *(*WorldRow)(const World *world, gconstpointer thing);

static guint64
world_parameter(const gchar *query, const gchar *name, guint64 fallback)
{
	g_auto(GStrv) parts = g_strsplit(query, "&", -1);

	for (guint i = 0; parts[i] != NULL; i++)
		if (g_str_has_prefix(parts[i], name))
			return g_ascii_strtoull(parts[i] + strlen(name), NULL, 10);
	return fallback;
}

static json_object *
world_page_of(const World *world, const gchar *key, const gchar *query, GPtrArray *things, WorldRow row, GError **error)
{
	const guint64 asked = world_parameter(query, "limit=", 25);
	const guint64 offset = world_parameter(query, "offset=", 0);
	const guint64 limit = MIN(asked, world->page);
	const guint64 end = MIN(offset + limit, things->len);
	json_object *root = json_object_new_object();
	json_object *rows = json_object_new_array();

	g_assert_cmpuint(asked, <=, 100);
	if (world->ceiling > 0 && offset + asked > world->ceiling) {
		json_object_put(rows);
		json_object_put(root);
		(void)world_refuse(error, key, 400);
		return NULL;
	}
	for (guint64 i = offset; i < end; i++)
		json_object_array_add(rows, row(world, g_ptr_array_index(things, i)));
	json_object_object_add(root, key, rows);
	json_object_object_add(root, "offset", json_object_new_int64((gint64)offset));
	json_object_object_add(root, "limit", json_object_new_int64((gint64)limit));
	json_object_object_add(root, "more", json_object_new_boolean(end < things->len));
	json_object_object_add(root, "total",
			       strstr(query, "total=true") != NULL ? json_object_new_int64((gint64)things->len) : NULL);
	return root;
}

static json_object *
world_one(const World *world, const gchar *key, gconstpointer thing, WorldRow row, const gchar *what, GError **error)
{
	json_object *root;

	if (thing == NULL) {
		(void)world_refuse(error, what, 404);
		return NULL;
	}
	root = json_object_new_object();
	json_object_object_add(root, key, row(world, thing));
	return root;
}

static json_object *
world_abilities(const World *world)
{
	json_object *root = json_object_new_object();
	json_object *abilities = json_object_new_array();

	if (world->teams_ability)
		json_object_array_add(abilities, json_object_new_string("teams"));
	if (world->team_roles)
		json_object_array_add(abilities, json_object_new_string("advanced_permissions"));
	json_object_object_add(root, "abilities", abilities);
	return root;
}

static json_object *
world_teams_answer(const World *world, gchar **parts, const gchar *what, const gchar *query, GError **error)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new();

	if (parts[2] == NULL) {
		for (guint i = 0; i < world->teams->len; i++)
			if (!((WorldTeam *)g_ptr_array_index(world->teams, i))->hidden)
				g_ptr_array_add(seen, g_ptr_array_index(world->teams, i));
		return world_page_of(world, "teams", query, seen, world_team, error);
	}
	for (guint i = 0; i < world->teams->len; i++) {
		const WorldTeam *team = g_ptr_array_index(world->teams, i);

		if (strcmp(team->id, parts[2]) != 0 || team->hidden)
			continue;
		if (parts[3] == NULL)
			return world_one(world, "team", team, world_team, what, error);
		for (guint j = 0; j < team->members->len; j++)
			if (!((WorldMember *)g_ptr_array_index(team->members, j))->lagging)
				g_ptr_array_add(seen, g_ptr_array_index(team->members, j));
		return world_page_of(world, "members", query, seen, world_member, error);
	}
	(void)world_refuse(error, what, 404);
	return NULL;
}

static json_object *
world_schedules_answer(const World *world, const gchar *id, const gchar *what, const gchar *query, GError **error)
{
	g_autoptr(GPtrArray) layered = g_ptr_array_new();
	const WorldSchedule *schedule = id != NULL ? world_find_schedule(world, id) : NULL;

	if (id != NULL)
		return world_one(world, "schedule", schedule != NULL && !schedule->shift ? schedule : NULL, world_schedule, what,
				 error);
	for (guint i = 0; i < world->schedules->len; i++)
		if (!((WorldSchedule *)g_ptr_array_index(world->schedules, i))->shift)
			g_ptr_array_add(layered, g_ptr_array_index(world->schedules, i));
	return world_page_of(world, "schedules", query, layered, world_schedule, error);
}

json_object *
world_answer(World *world, const gchar *path, GError **error)
{
	const gsize end = strcspn(path, "?");
	const gchar *query = path[end] == '?' ? path + end + 1 : "";
	g_autofree gchar *plain = g_strndup(path, end);
	g_auto(GStrv) parts = g_strsplit(plain, "/", -1);
	const gint refused = GPOINTER_TO_INT(g_hash_table_lookup(world->refused, plain));

	world->answers++;
	g_hash_table_insert(world->asked, g_strdup(plain),
			    GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(world->asked, plain)) + 1));
	if (world->breaks_at == world->answers) {
		g_set_error_literal(error, ERRORS, world->breaks_with, "It broke.");
		return NULL;
	}
	if (refused != 0) {
		(void)world_refuse(error, plain, refused);
		return NULL;
	}
	if (strcmp(parts[1], "abilities") == 0)
		return world_abilities(world);
	if (strcmp(parts[1], "teams") == 0)
		return world_teams_answer(world, parts, plain, query, error);
	if (strcmp(parts[1], "schedules") == 0)
		return world_schedules_answer(world, parts[2], plain, query, error);
	if (strcmp(parts[1], "users") == 0)
		return parts[2] == NULL ? world_page_of(world, "users", query, world->users, world_user, error)
					: world_one(world, "user", world_find_user(world, parts[2]), world_user, plain, error);
	g_assert_cmpstr(parts[1], ==, "escalation_policies");
	if (parts[2] != NULL)
		return world_one(world, "escalation_policy", world_find_policy(world, parts[2]), world_policy, plain, error);
	return world_page_of(world, "escalation_policies", query, world->policies, world_policy, error);
}

void
api_begin(Api *api)
{
	((World *)api)->began = ((World *)api)->answers;
}

gint64
api_service_time(const Api *api)
{
	return WORLD_DAWN_UNIX_MS + (gint64)((const World *)api)->began * 1000;
}

gboolean
auth_has_scope(Auth *auth, const gchar *scope, gboolean *ret_has, GError **error)
{
	const World *world = (const World *)auth;

	(void)error;
	g_assert_cmpstr(scope, ==, "schedules.read");
	*ret_has = !world->lacks_schedules_scope;
	return TRUE;
}

gboolean
auth_hidden(Auth *auth, guint32 *ret_kinds, gchar **ret_reason, GError **error)
{
	(void)error;
	*ret_kinds = ((const World *)auth)->hidden_kinds;
	*ret_reason = *ret_kinds != 0 ? g_strdup("Something may be hidden.") : NULL;
	return TRUE;
}

static void
world_fact(GHashTable *facts, const gchar *kind, const gchar *first, const gchar *second)
{
	g_hash_table_add(facts, g_strjoin(" ", kind, first, second, NULL));
}

static void
world_team_facts(const World *world, const WorldTeam *team, GHashTable *facts)
{
	static const gchar *const roles[] = {"manager", "responder", "observer", NULL};
	g_autofree gchar *resource = g_strdup_printf("team:%s", team->id);

	if (team->hidden && team->members->len == 0)
		return; /* nobody can know of it */
	world_fact(facts, "R", resource, NULL);
	for (guint i = 0; roles[i] != NULL; i++) {
		g_autofree gchar *entitlement = g_strdup_printf("%s:%s", resource, world->team_roles ? roles[i] : "member");

		world_fact(facts, "E", entitlement, NULL);
	}
	for (guint i = 0; i < team->members->len; i++) {
		const WorldMember *member = g_ptr_array_index(team->members, i);
		const gchar *role = !world->team_roles ? "member" : member->role != NULL ? member->role : "observer";
		g_autofree gchar *entitlement = g_strdup_printf("%s:%s", resource, role);

		if (world_find_user(world, member->user) == NULL)
			continue;
		world_fact(facts, "E", entitlement, NULL);
		world_fact(facts, "G", member->user, entitlement);
	}
}

static void
world_schedule_facts(const World *world, const WorldSchedule *schedule, GHashTable *facts)
{
	g_autofree gchar *id = g_strdup_printf("schedule:%s", schedule->id);

	world_fact(facts, "R", id, NULL);
	world_fact(facts, "E", id, NULL);
	for (guint i = 0; i < schedule->people->len; i++)
		if (world_find_user(world, g_ptr_array_index(schedule->people, i)) != NULL)
			world_fact(facts, "G", g_ptr_array_index(schedule->people, i), id);
}

static void
world_target_facts(const World *world, const gchar *target, const gchar *level, GHashTable *facts)
{
	const gchar *id = strchr(target, ':') + 1;
	const WorldSchedule *schedule = world_find_schedule(world, id);

	if (g_str_has_prefix(target, "user:")) {
		if (world_find_user(world, id) != NULL)
			world_fact(facts, "G", id, level);
		return;
	}
	if (schedule == NULL || !world->with_schedules)
		return;
	if (schedule->shift)
		world_schedule_facts(world, schedule, facts);
	for (guint i = 0; i < schedule->people->len; i++)
		if (world_find_user(world, g_ptr_array_index(schedule->people, i)) != NULL)
			world_fact(facts, "I", g_ptr_array_index(schedule->people, i), level);
}

static void
world_policy_facts(const World *world, const WorldPolicy *policy, GHashTable *facts)
{
	g_autofree gchar *resource = g_strdup_printf("policy:%s", policy->id);

	world_fact(facts, "R", resource, NULL);
	for (guint i = 0; i < policy->levels->len; i++) {
		const GPtrArray *level = g_ptr_array_index(policy->levels, i);
		g_autofree gchar *entitlement = g_strdup_printf("%s:%u", resource, i + 1);

		world_fact(facts, "E", entitlement, NULL);
		for (guint j = 0; j < level->len; j++)
			world_target_facts(world, g_ptr_array_index(level, j), entitlement, facts);
	}
}

GHashTable *
world_facts(const World *world)
{
	static const gchar *const roles[] = {
	    "owner", "admin", "user", "limited_user", "observer", "restricted_access", "read_only_user", "read_only_limited_user"};
	GHashTable *facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	world_fact(facts, "R", "account", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(roles); i++) {
		g_autofree gchar *entitlement = g_strdup_printf("role:%s", roles[i]);

		world_fact(facts, "E", entitlement, NULL);
	}
	for (guint i = 0; i < world->users->len; i++) {
		const WorldUser *user = g_ptr_array_index(world->users, i);
		g_autofree gchar *entitlement = g_strdup_printf("role:%s", user->role);

		world_fact(facts, "P", user->id, NULL);
		world_fact(facts, "E", entitlement, NULL);
		world_fact(facts, "G", user->id, entitlement);
	}
	for (guint i = 0; i < world->teams->len && world->teams_ability; i++)
		world_team_facts(world, g_ptr_array_index(world->teams, i), facts);
	for (guint i = 0; i < world->schedules->len && world->with_schedules; i++)
		if (!((WorldSchedule *)g_ptr_array_index(world->schedules, i))->shift)
			world_schedule_facts(world, g_ptr_array_index(world->schedules, i), facts);
	for (guint i = 0; i < world->policies->len; i++)
		world_policy_facts(world, g_ptr_array_index(world->policies, i), facts);
	return facts;
}
