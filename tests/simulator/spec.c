/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "spec.h"

#include <string.h>

#define SPEC_TEAM_LIMIT 500 /* users in a team */
#define SPEC_USER_LIMIT 400 /* teams of a user */
#define SPEC_LARGEST 2000000

typedef struct {
	const gchar *name;
	gsize offset;
} SpecSize;

static const SpecSize sizes[] = {
    {"users", G_STRUCT_OFFSET(Spec, users)},
    {"teams", G_STRUCT_OFFSET(Spec, teams)},
    {"memberships", G_STRUCT_OFFSET(Spec, memberships)},
    {"policies", G_STRUCT_OFFSET(Spec, policies)},
    {"levels", G_STRUCT_OFFSET(Spec, levels)},
    {"schedules", G_STRUCT_OFFSET(Spec, schedules)},
    {"schedules_v3", G_STRUCT_OFFSET(Spec, schedules_v3)},
    {"admins", G_STRUCT_OFFSET(Spec, admins)},
    {"stakeholders", G_STRUCT_OFFSET(Spec, stakeholders)},
    {"pending", G_STRUCT_OFFSET(Spec, pending)},
    {"sso", G_STRUCT_OFFSET(Spec, sso)},
    {"stubs", G_STRUCT_OFFSET(Spec, stubs)},
    {"private_teams", G_STRUCT_OFFSET(Spec, private_teams)},
    {"empty_teams", G_STRUCT_OFFSET(Spec, empty_teams)},
    {"future_roles", G_STRUCT_OFFSET(Spec, future_roles)},
};

static const gchar *const spec_abilities[] = {
    "teams", "read_only_users", "advanced_permissions", "teams_hierarchy", "offboarding", "urgencies", NULL};
static const gchar *const spec_scopes[] = {"users.read",
					   "users.write",
					   "teams.read",
					   "teams.write",
					   "escalation_policies.read",
					   "escalation_policies.write",
					   "schedules.read",
					   "schedules.write",
					   "licenses.read",
					   "abilities.read",
					   "oncalls.read",
					   "audit_records.read",
					   NULL};

static const gchar *const spec_redirects[] = {"http://localhost:8765/application/oauthProcessCode/PagerDuty", NULL};

static GPtrArray *
spec_list(const gchar *const *words)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; words[i] != NULL; i++)
		g_ptr_array_add(list, g_strdup(words[i]));
	return list;
}

gint64 *
spec_size(Spec *spec, const gchar *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		if (g_str_equal(sizes[i].name, name))
			return G_STRUCT_MEMBER_P(spec, sizes[i].offset);
	}
	return NULL;
}

Spec *
spec_new(void)
{
	Spec *spec = g_new0(Spec, 1);

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		*spec_size(spec, sizes[i].name) = -1;
	spec->seed = 1;
	spec->seats = -1;
	spec->subdomain = g_strdup("northwind");
	spec->region = g_strdup("us");
	spec->client_id = g_strdup("northwind-app-7");
	/* characters that a client must encode in a form */
	spec->client_secret = g_strdup("pd+secret/1=&%41x");
	spec->abilities = spec_list(spec_abilities);
	spec->scopes = spec_list(spec_scopes);
	spec->redirects = spec_list(spec_redirects);
	spec->switches = switches_new();
	return spec;
}

static gpointer
spec_copy_string(gconstpointer string, gpointer user_data)
{
	(void)user_data;
	return g_strdup(string);
}

Spec *
spec_copy(const Spec *spec)
{
	Spec *copy = g_memdup2(spec, sizeof(*spec));

	copy->subdomain = g_strdup(spec->subdomain);
	copy->region = g_strdup(spec->region);
	copy->client_id = g_strdup(spec->client_id);
	copy->client_secret = g_strdup(spec->client_secret);
	copy->abilities = g_ptr_array_copy(spec->abilities, spec_copy_string, NULL);
	g_ptr_array_set_free_func(copy->abilities, g_free);
	copy->scopes = g_ptr_array_copy(spec->scopes, spec_copy_string, NULL);
	g_ptr_array_set_free_func(copy->scopes, g_free);
	copy->redirects = g_ptr_array_copy(spec->redirects, spec_copy_string, NULL);
	g_ptr_array_set_free_func(copy->redirects, g_free);
	copy->switches = switches_copy(spec->switches);
	return copy;
}

void
spec_free(Spec *spec)
{
	g_free(spec->subdomain);
	g_free(spec->region);
	g_free(spec->client_id);
	g_free(spec->client_secret);
	g_ptr_array_unref(spec->abilities);
	g_ptr_array_unref(spec->scopes);
	g_ptr_array_unref(spec->redirects);
	switches_free(spec->switches);
	g_free(spec);
}

static gboolean
spec_read_text(json_object *object, const gchar *where, const gchar *key, gchar **ret_text, GError **error)
{
	const gchar *text = NULL;

	if (!input_string(object, where, key, &text, error))
		return FALSE;
	if (text != NULL && text[0] == '\0')
		return input_refuse(error, "\"%s\" of %s is empty.", key, where);
	if (text != NULL) {
		g_free(*ret_text);
		*ret_text = g_strdup(text);
	}
	return TRUE;
}

static gboolean
spec_read_switches(Spec *spec, json_object *object, const gchar *where, GError **error)
{
	json_object *switches = NULL;

	if (!input_object(object, where, "switches", &switches, error))
		return FALSE;
	if (switches == NULL)
		return TRUE;
	json_object_object_foreach(switches, name, value)
	{
		if (value == NULL || !switches_set(spec->switches, name, json_object_get_string(value), error))
			return value == NULL ? input_refuse(error, "The switch %s is null.", name) : FALSE;
	}
	return TRUE;
}

gboolean
spec_read(Spec *spec, json_object *object, const gchar *where, GError **error)
{
	static const gchar *const others[] = {"seed",      "seats",  "second_license", "exceed_limits",
					      "subdomain", "region", "client_id",      "client_secret",
					      "abilities", "scopes", "redirects",      "switches"};
	const gchar *known[G_N_ELEMENTS(sizes) + G_N_ELEMENTS(others) + 1] = {NULL};

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		known[i] = sizes[i].name;
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		known[G_N_ELEMENTS(sizes) + i] = others[i];
	if (!input_only_keys(object, where, known, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		if (!input_integer(object, where, sizes[i].name, 0, SPEC_LARGEST, spec_size(spec, sizes[i].name), error))
			return FALSE;
	}
	return input_integer(object, where, "seed", 0, G_MAXINT64, &spec->seed, error) &&
	       input_integer(object, where, "seats", -1, SPEC_LARGEST, &spec->seats, error) &&
	       input_boolean(object, where, "second_license", &spec->second_license, error) &&
	       input_boolean(object, where, "exceed_limits", &spec->exceed_limits, error) &&
	       spec_read_text(object, where, "subdomain", &spec->subdomain, error) &&
	       spec_read_text(object, where, "region", &spec->region, error) &&
	       spec_read_text(object, where, "client_id", &spec->client_id, error) &&
	       spec_read_text(object, where, "client_secret", &spec->client_secret, error) &&
	       input_strings(object, where, "abilities", &spec->abilities, error) &&
	       input_strings(object, where, "scopes", &spec->scopes, error) &&
	       input_strings(object, where, "redirects", &spec->redirects, error) && spec_read_switches(spec, object, where, error);
}

static void
spec_fill(gint64 *size, gint64 value, gint64 largest)
{
	if (*size < 0)
		*size = CLAMP(value, 0, MAX(largest, 0));
}

/* How many teams the memberships need at least. */
static gint64
spec_filled_teams(const Spec *spec)
{
	gint64 in_team = spec->exceed_limits ? spec->users : MIN(spec->users, SPEC_TEAM_LIMIT);

	return spec->memberships <= 0 || in_team == 0 ? 0 : (spec->memberships + in_team - 1) / in_team;
}

gboolean
spec_settle(Spec *spec, GError **error)
{
	gint64 people;

	if (!g_str_equal(spec->region, "us") && !g_str_equal(spec->region, "eu"))
		return input_refuse(error, "The region is us or eu, not \"%s\".", spec->region);
	spec_fill(&spec->users, 25, SPEC_LARGEST);
	if (spec->users == 0 && (spec->memberships > 0 || spec->policies > 0 || spec->schedules > 0 || spec->schedules_v3 > 0))
		return input_refuse(error, "A world without users has no memberships, policies or schedules.");
	/* who is left after the owner */
	people = MAX(spec->users - 1, 0);
	spec_fill(&spec->teams, (spec->users + 7) / 8, SPEC_LARGEST);
	spec_fill(&spec->admins, people / 50 + 1, people);
	if (!g_ptr_array_find_with_equal_func(spec->abilities, "read_only_users", g_str_equal, NULL))
		spec_fill(&spec->stakeholders, 0, 0);
	spec_fill(&spec->stakeholders, people / 20 + 1, people - spec->admins);
	spec_fill(&spec->future_roles, 0, 0);
	spec_fill(&spec->pending, people / 15 + 1, people);
	spec_fill(&spec->sso, people / 3, people);
	spec_fill(&spec->empty_teams, spec->teams / 10, spec->teams - spec_filled_teams(spec));
	spec_fill(&spec->private_teams, spec->teams / 8, spec->teams);
	spec_fill(&spec->policies, spec->users == 0 ? 0 : spec->users / 8 + 1, SPEC_LARGEST);
	if (spec->levels >= 0 && (spec->levels < spec->policies || (spec->policies == 0 && spec->levels > 0)))
		return input_refuse(error, "Each policy has at least one level, and a level is a policy's.");
	spec_fill(&spec->schedules, spec->users / 12, SPEC_LARGEST);
	spec_fill(&spec->schedules_v3, 0, 0);
	spec_fill(&spec->stubs, spec->users > 5 ? 2 : 0, SPEC_LARGEST);
	if (spec->admins + spec->stakeholders + spec->future_roles > people || spec->pending > people || spec->sso > people)
		return input_refuse(error,
				    "There are more admins, stakeholders, pending or sso users than users beside the owner.");
	if (spec->empty_teams > spec->teams || spec->private_teams > spec->teams)
		return input_refuse(error, "There are more empty or private teams than teams.");
	{
		gint64 filled = spec->teams - spec->empty_teams;
		gint64 in_team = spec->exceed_limits ? spec->users : MIN(spec->users, SPEC_TEAM_LIMIT);
		gint64 of_user = spec->exceed_limits ? filled : MIN(filled, SPEC_USER_LIMIT);
		gint64 most = MIN(filled * in_team, spec->users * of_user);
		spec_fill(&spec->memberships, spec->users * 2, most);
		if (spec->memberships > most)
			return input_refuse(
			    error,
			    "%" G_GINT64_FORMAT " memberships do not fit: at most %" G_GINT64_FORMAT
			    " (500 users a team, 400 teams a user, each once; \"exceed_limits\" lifts the two limits).",
			    spec->memberships, most);
	}
	return TRUE;
}

ShelfOrder
spec_order(const Spec *spec)
{
	if (switches_is(spec->switches, SWITCH_LIST_ORDER, "id"))
		return SHELF_ORDER_ID;
	if (switches_is(spec->switches, SWITCH_LIST_ORDER, "created"))
		return SHELF_ORDER_CREATED;
	if (switches_is(spec->switches, SWITCH_LIST_ORDER, "mixed"))
		return SHELF_ORDER_MIXED;
	return SHELF_ORDER_NAME;
}
