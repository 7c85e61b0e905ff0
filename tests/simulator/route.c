/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "route.h"

#include <string.h>

#include "abilities.h"
#include "audit.h"
#include "consent.h"
#include "identity.h"
#include "licenses.h"
#include "oncalls.h"
#include "policies.h"
#include "schedules-v3.h"
#include "schedules.h"
#include "teams.h"
#include "users.h"
#include "write-policies.h"
#include "write-teams.h"
#include "write-users.h"

#define PAGED "limit#", "offset#", "total?"

static const gchar *const none[] = {NULL};
static const gchar *const of_authorize[] = {"client_id", "redirect_uri",   "response_type",         "scope",
					    "state",     "code_challenge", "code_challenge_method", NULL};
static const gchar *const of_users[] = {"query", "team_ids[]", "include[]=contact_methods|notification_rules|teams|subdomains",
					PAGED, NULL};
static const gchar *const of_user[] = {"include[]=contact_methods|notification_rules|teams|subdomains|calendar_urls", NULL};
static const gchar *const of_teams[] = {"query", PAGED, NULL};
static const gchar *const of_team[] = {"include[]=privileges", NULL};
static const gchar *const of_members[] = {"include[]=users", PAGED, NULL};
static const gchar *const of_policies[] = {"query",
					   "user_ids[]",
					   "team_ids[]",
					   "include[]=services|teams|targets|escalation_rule_assignment_strategies",
					   "sort_by=name|name:asc|name:desc",
					   PAGED,
					   NULL};
static const gchar *const of_policy[] = {"include[]=services|teams|targets|escalation_rule_assignment_strategies", NULL};
static const gchar *const of_schedules[] = {"query",
					    "team_ids[]",
					    "include[]=schedule_layers|overrides_subschedule|final_schedule",
					    "time_zone",
					    "since@",
					    "until@",
					    "include_next_oncall_for_user",
					    PAGED,
					    NULL};
static const gchar *const of_schedule[] = {"time_zone", "since@", "until@", "overflow?", "include_next_oncall_for_user", NULL};
static const gchar *const of_allocations[] = {"limit#", "offset#", NULL};

static const gchar *const of_oncalls[] = {"time_zone",
					  "include[]=escalation_policies|users|schedules",
					  "user_ids[]",
					  "escalation_policy_ids[]",
					  "schedule_ids[]",
					  "since@",
					  "until@",
					  "earliest?",
					  PAGED,
					  NULL};
static const gchar *const of_audit[] = {"limit#",
					"cursor",
					"since@",
					"until@",
					"root_resource_types[]=users|teams|schedules|escalation_policies|services|ip_allow_lists",
					"actor_type=user_reference|api_key_reference|app_reference",
					"actor_id",
					"method_type=browser|oauth|api_token|identity_provider|other",
					"method_truncated_token",
					"actions[]=create|update|delete",
					NULL};
static const gchar *const of_trail[] = {"limit#", "cursor", "since@", "until@", NULL};
static const gchar *const of_shifts[] = {"query", "team_ids[]", PAGED, NULL};
static const gchar *const of_shift[] = {"since@", "until@", "time_zone", "overflow?", "include[]=final_schedule", NULL};
static const gchar *const of_rotations[] = {"limit#", "offset#", NULL};
static const gchar *const of_event[] = {"since@", "until@", NULL};

static const Route routes[] = {
    {ROUTE_IDENTITY, "POST", "/oauth/token", NULL, NULL, none, identity_token},
    {ROUTE_IDENTITY, "POST", "/oauth/revoke", NULL, NULL, none, identity_revoke},
    {ROUTE_IDENTITY, "GET", "/oauth/authorize", NULL, NULL, of_authorize, consent_show},
    {ROUTE_IDENTITY, "POST", "/oauth/authorize", NULL, NULL, none, consent_answer},
    {ROUTE_IDENTITY, "GET", "/global/oauth/anonymous/jwks", NULL, NULL, none, identity_keys},
    {ROUTE_REST, "GET", "/abilities", "abilities.read", NULL, none, abilities_list},
    {ROUTE_REST, "GET", "/abilities/{name}", "abilities.read", NULL, none, abilities_test},
    {ROUTE_REST, "GET", "/users", "users.read", NULL, of_users, users_list},
    {ROUTE_REST, "GET", "/users/me", NULL, NULL, of_user, users_me},
    {ROUTE_REST, "GET", "/users/{id}", "users.read", NULL, of_user, users_show},
    {ROUTE_REST, "POST", "/users", "users.write", NULL, none, write_users_create},
    {ROUTE_REST, "PUT", "/users/{id}", "users.write", NULL, none, write_users_update},
    {ROUTE_REST, "DELETE", "/users/{id}", "users.write", NULL, none, write_users_delete},
    {ROUTE_REST, "GET", "/users/{id}/license", "licenses.read", NULL, none, licenses_of_user},
    {ROUTE_REST, "GET", "/teams", "teams.read", "teams", of_teams, teams_list},
    {ROUTE_REST, "GET", "/teams/{id}", "teams.read", "teams", of_team, teams_show},
    {ROUTE_REST, "GET", "/teams/{id}/members", "teams.read", "teams", of_members, teams_members},
    {ROUTE_REST, "PUT", "/teams/{id}/users/{user_id}", "teams.write", "teams", none, write_teams_put_user},
    {ROUTE_REST, "DELETE", "/teams/{id}/users/{user_id}", "teams.write", "teams", none, write_teams_remove_user},
    {ROUTE_REST, "PUT", "/teams/{id}/escalation_policies/{escalation_policy_id}", "teams.write", "teams", none,
     write_teams_put_policy},
    {ROUTE_REST, "DELETE", "/teams/{id}/escalation_policies/{escalation_policy_id}", "teams.write", "teams", none,
     write_teams_remove_policy},
    {ROUTE_REST, "GET", "/escalation_policies", "escalation_policies.read", NULL, of_policies, policies_list},
    {ROUTE_REST, "GET", "/escalation_policies/{id}", "escalation_policies.read", NULL, of_policy, policies_show},
    {ROUTE_REST, "PUT", "/escalation_policies/{id}", "escalation_policies.write", NULL, none, write_policies_update},
    {ROUTE_REST, "GET", "/schedules", "schedules.read", NULL, of_schedules, schedules_list},
    {ROUTE_REST, "GET", "/schedules/{id}", "schedules.read", NULL, of_schedule, schedules_show},
    {ROUTE_REST, "GET", "/licenses", "licenses.read", NULL, none, licenses_list},
    {ROUTE_REST, "GET", "/license_allocations", "licenses.read", NULL, of_allocations, licenses_allocations},
    {ROUTE_REST, "GET", "/oncalls", "oncalls.read", NULL, of_oncalls, oncalls_list},
    {ROUTE_REST, "GET", "/audit/records", "audit_records.read", NULL, of_audit, audit_list},
    {ROUTE_REST, "GET", "/users/{id}/audit/records", "audit_records.read", NULL, of_trail, audit_of_user},
    {ROUTE_REST, "GET", "/teams/{id}/audit/records", "audit_records.read", NULL, of_trail, audit_of_team},
    {ROUTE_REST, "GET", "/escalation_policies/{id}/audit/records", "audit_records.read", NULL, of_trail, audit_of_policy},
    {ROUTE_REST, "GET", "/schedules/{id}/audit/records", "audit_records.read", NULL, of_trail, audit_of_schedule},
    {ROUTE_REST_V3, "GET", "/v3/schedules", "schedules.read", NULL, of_shifts, shifts_list},
    {ROUTE_REST_V3, "GET", "/v3/schedules/{id}", "schedules.read", NULL, of_shift, shifts_show},
    {ROUTE_REST_V3, "GET", "/v3/schedules/{id}/rotations", "schedules.read", NULL, of_rotations, shifts_rotations},
    {ROUTE_REST_V3, "GET", "/v3/schedules/{id}/rotations/{rotation_id}/events", "schedules.read", NULL, of_rotations,
     shifts_events},
    {ROUTE_REST_V3, "GET", "/v3/schedules/{id}/rotations/{rotation_id}/events/{event_id}", "schedules.read", NULL, of_event,
     shifts_event},
};

/* Whether the path is of the template; ids take what stands for {…}, still encoded. */
static gboolean
route_matches(const gchar *template, const gchar *path, gchar **ids)
{
	guint count = 0;

	while (*template != '\0' && *path != '\0') {
		gsize in_path;
		if (*template != '{') {
			if (*template ++ != *path++)
				return FALSE;
			continue;
		}
		in_path = strcspn(path, "/");
		if (in_path == 0 || count == REQUEST_MAX_IDS)
			return FALSE;
		g_free(ids[count]);
		ids[count++] = g_strndup(path, in_path);
		path += in_path;
		template = strchr(template, '}') + 1;
	}
	return *template == '\0' && *path == '\0';
}

const Route *
route_find(Request *request, gboolean identity, gboolean *ret_known)
{
	gboolean known = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
		gchar *ids[REQUEST_MAX_IDS] = {NULL};
		gboolean matches =
		    (routes[i].host == ROUTE_IDENTITY) == identity && route_matches(routes[i].template, request->path, ids);
		known = known || matches;
		matches = matches && g_str_equal(routes[i].method, request->method);
		for (guint j = 0; j < REQUEST_MAX_IDS; j++) {
			if (matches && ids[j] != NULL)
				request->ids[j] = query_decode(ids[j], strlen(ids[j]), FALSE);
			g_free(ids[j]);
		}
		if (matches) {
			*ret_known = TRUE;
			return &routes[i];
		}
	}
	*ret_known = known;
	return NULL;
}

gboolean
route_is_template(const gchar *template)
{
	for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
		if (g_str_equal(routes[i].template, template))
			return TRUE;
	}
	return FALSE;
}
