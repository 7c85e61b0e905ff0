/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "switches.h"

#include <string.h>

#include "input.h"
#include "jtext.h"

typedef enum {
	KIND_BOOLEAN,
	KIND_NUMBER,
	KIND_WORD,
} SwitchKind;

typedef struct {
	const gchar *name;
	SwitchKind kind;
	const gchar *preset;
	const gchar *allowed; /* words, separated by |; or the largest number */
	const gchar *help;
} SwitchRow;

static const SwitchRow rows[SWITCH_LAST] = {
    [SWITCH_STRICT] = {"strict", KIND_BOOLEAN, "true", NULL, "answer 400 to a request that deviates from the documented form"},
    [SWITCH_RATE_LIMIT] = {"rate_limit", KIND_NUMBER, "960", "1000000000", "requests a window; 0: no limit and no headers"},
    [SWITCH_RATE_WINDOW_S] = {"rate_window_s", KIND_NUMBER, "60", "86400", "length of the window"},
    [SWITCH_RATE_429] = {"rate_429", KIND_WORD, "full", "full|no_body|no_headers|bare", "what a 429 carries"},
    [SWITCH_OVER_LIMIT] = {"over_limit", KIND_WORD, "clamp", "clamp|refuse",
			   "limit above the maximum (strict mode refuses more than 100 anyhow)"},
    [SWITCH_DEFAULT_LIMIT] = {"default_limit", KIND_NUMBER, "25", "100", "page size where none is asked for"},
    [SWITCH_MAX_LIMIT] = {"max_limit", KIND_NUMBER, "100", "100", "page size that larger ones are clamped to"},
    [SWITCH_CEILING] = {"ceiling", KIND_NUMBER, "10000", "1000000000", "offset + limit may not exceed it"},
    [SWITCH_LIST_ORDER] = {"list_order", KIND_WORD, "name", "name|id|created|mixed", "order of users, teams, members, schedules"},
    [SWITCH_QUERY_FIELDS] = {"query_fields", KIND_WORD, "name_email", "name_email|name", "where query= of /users looks"},
    [SWITCH_QUERY_AT] = {"query_at", KIND_BOOLEAN, "true", NULL, "whether @ in query= matches the one of an address"},
    [SWITCH_SSO_AS_STRING] = {"sso_as_string", KIND_BOOLEAN, "false", NULL, "created_via_sso as \"true\" instead of true"},
    [SWITCH_ERROR_SHAPE] =
	{"error_shape", KIND_WORD, "standard",
	 "standard|errors_absent|errors_null|errors_string|errors_map|error_array|error_string|no_code|empty|html",
	 "shape of every error body of the REST host"},
    [SWITCH_AUTH_401] = {"auth_401", KIND_WORD, "json", "json|empty|html", "body of a 401"},
    [SWITCH_INVALID_SCOPE] = {"invalid_scope", KIND_WORD, "silent", "silent|error",
			      "a scope that cannot be granted is left out, or invalid_request"},
    [SWITCH_REGION_CHECK] = {"region_check", KIND_WORD, "scope", "scope|rest",
			     "as_account of another region is an invalid scope, or gives a token that REST answers with 401"},
    [SWITCH_TOKEN_LIFETIME_S] = {"token_lifetime_s", KIND_NUMBER, "86400", "100000000", "expires_in of new tokens"},
    [SWITCH_OAUTH_APP] = {"oauth_app", KIND_WORD, "scoped", "scoped|classic", "how the app is registered"},
    [SWITCH_CLASSIC_LIFETIME_S] = {"classic_lifetime_s", KIND_NUMBER, "864000", "100000000",
				   "expires_in of new tokens of a classic app"},
    [SWITCH_REFRESH_LIFETIME_S] = {"refresh_lifetime_s", KIND_NUMBER, "0", "100000000",
				   "life of a refresh token; 0: 30 days, 210 of a classic app"},
    [SWITCH_CONSENT_LIFETIME_S] = {"consent_lifetime_s", KIND_NUMBER, "0", "1000000000",
				   "how long a consent can be refreshed; 0: a year, three of a classic app"},
    [SWITCH_CODE_LIFETIME_S] = {"code_lifetime_s", KIND_NUMBER, "30", "86400", "life of a code"},
    [SWITCH_CODE_REUSE] = {"code_reuse", KIND_WORD, "refuse", "refuse|withdraw",
			   "a code that comes again is refused, or ends what it was used for as well"},
    [SWITCH_REFRESH_ROTATION] = {"refresh_rotation", KIND_WORD, "new", "new|same|absent|none",
				 "refresh token of a refresh: a new one, the same, none in the answer; none: not even at first"},
    [SWITCH_REFRESH_REUSE] = {"refresh_reuse", KIND_WORD, "refuse", "refuse|withdraw|accept",
			      "a refresh token that comes again is dead, ends the whole consent, or is good"},
    [SWITCH_TOKEN_ERRORS] = {"token_errors", KIND_WORD, "bare", "bare|described|object|empty|html",
			     "body of a refusal of the token endpoint"},
    [SWITCH_INVALID_GRANT_STATUS] = {"invalid_grant_status", KIND_WORD, "400", "400|401",
				     "what a code or refresh token that is no good is answered with"},
    [SWITCH_ID_TOKEN] = {"id_token", KIND_WORD, "openid", "openid|always|never",
			 "whether an id_token comes: where openid is granted, always, never"},
    [SWITCH_ID_TOKEN_REGION] = {"id_token_region", KIND_WORD, "own", "own|us|eu|odd|absent", "region and aud in the id_token"},
    [SWITCH_ECHO_STATE] = {"echo_state", KIND_BOOLEAN, "true", NULL, "whether the callback brings the state back"},
    [SWITCH_REVOCATION] = {"revocation", KIND_WORD, "rfc7009", "rfc7009|absent", "whether there is POST /oauth/revoke"},
    [SWITCH_FROM] = {"from", KIND_WORD, "required", "off|optional|required", "the From header of POST /users"},
    [SWITCH_ACCOUNT_LOCK] = {"account_lock", KIND_NUMBER, "0", "1000000",
			     "how often a new user of each address is refused because the account is locked"},
    [SWITCH_OPEN_INCIDENTS] = {"open_incidents", KIND_NUMBER, "0", "1000", "open incidents of each user that is deleted"},
    [SWITCH_STAKEHOLDER_ON_CALL] = {"stakeholder_on_call", KIND_WORD, "allow", "allow|refuse",
				    "a base role of stakeholders for someone who is paged"},
    [SWITCH_NEW_USER_MS] = {"new_user_ms", KIND_NUMBER, "0", "86400000", "age up to which a new user cannot be put on a team"},
    [SWITCH_NEW_USER_STATUS] = {"new_user_status", KIND_WORD, "500", "500|404", "what putting a too new user on a team answers"},
    [SWITCH_ADMIN_TEAM_ROLE] = {"admin_team_role", KIND_WORD, "sent", "sent|manager",
				"team role that is kept for admins and the owner"},
    [SWITCH_BODILESS_REPEAT] = {"bodiless_repeat", KIND_WORD, "keep", "keep|manager",
				"team role of a member that is put on the team again without a role"},
    [SWITCH_REMOVE_NON_MEMBER] = {"remove_non_member", KIND_WORD, "204", "204|404", "taking someone off a team who is not on it"},
    [SWITCH_AUTO_JOIN] = {"auto_join", KIND_BOOLEAN, "true", NULL,
			  "whether whom a policy of a team pages becomes a member of the team"},
    [SWITCH_MAX_TARGETS] = {"max_targets", KIND_NUMBER, "10", "100", "targets of a level"},
    [SWITCH_UNKNOWN_TARGET] = {"unknown_target", KIND_WORD, "404", "404|400", "a target that is not there"},
    [SWITCH_STUB_TARGETS] = {"stub_targets", KIND_WORD, "keep", "keep|refuse",
			     "a target that is no more but still stands in the policy, when it is sent back"},
    [SWITCH_OBSERVER_TARGETS] = {"observer_targets", KIND_BOOLEAN, "true", NULL,
				 "whether observers and restricted users can be targets"},
    [SWITCH_DUPLICATE_TARGET] = {"duplicate_target", KIND_WORD, "refuse", "refuse|drop|keep", "the same target twice in a level"},
    [SWITCH_STRATEGY_OMITTED] = {"strategy_omitted", KIND_WORD, "keep", "keep|reset",
				 "assignment strategy of a level that is sent without one"},
    [SWITCH_SETTLE_MS] = {"settle_ms", KIND_NUMBER, "0", "86400000",
			  "how long whoever a policy has let go cannot leave its team, nor be deleted without offboarding"},
    [SWITCH_READ_LAG_MS] = {"read_lag_ms", KIND_NUMBER, "0", "86400000", "how long users and members lists do not show a write"},
    [SWITCH_SHOW_LAG] = {"show_lag", KIND_BOOLEAN, "false", NULL, "whether GET /users/{id} lags, too"},
    [SWITCH_AUDIT_BY_THE_WAY] = {"audit_by_the_way", KIND_BOOLEAN, "true", NULL,
				 "whether what a write changes by the way (memberships) has records of its own"},
    [SWITCH_ROUND_ROBIN] = {"round_robin", KIND_BOOLEAN, "true", NULL, "whether the plan shows assignment strategies"},
    [SWITCH_STRATEGY_FORM] = {"strategy_form", KIND_WORD, "object", "object|string|array",
			      "form of escalation_rule_assignment_strategy"},
    [SWITCH_AUDIT] = {"audit", KIND_BOOLEAN, "true", NULL, "whether the plan has the audit trail"},
    [SWITCH_AUDIT_LAG_MS] = {"audit_lag_ms", KIND_NUMBER, "0", "86400000", "age at which a record is first shown"},
    [SWITCH_AUDIT_MAX] = {"audit_max", KIND_NUMBER, "100", "1000", "largest limit of /audit/records"},
    [SWITCH_V3_TOTAL] = {"v3_total", KIND_BOOLEAN, "false", NULL, "whether /v3/schedules honours query and total"},
    [SWITCH_V3_ON_V2] = {"v3_on_v2", KIND_WORD, "404", "404|400", "GET /schedules/{id} of a shift-based schedule"},
    [SWITCH_ME_STATUS] = {"me_status", KIND_WORD, "400", "400|404", "GET /users/me without a user behind the credential"},
    [SWITCH_GZIP] = {"gzip", KIND_BOOLEAN, "false", NULL, "compress answers for clients that accept it"},
    [SWITCH_TLS_CERT] = {"tls_cert", KIND_WORD, "good", "good|wrong_name|expired|other_ca",
			 "the certificate of --tls; only at the start"},
};

struct Switches {
	gchar *values[SWITCH_LAST];
};

Switches *
switches_new(void)
{
	Switches *switches = g_new0(Switches, 1);

	for (guint i = 0; i < SWITCH_LAST; i++)
		switches->values[i] = g_strdup(rows[i].preset);
	return switches;
}

Switches *
switches_copy(const Switches *switches)
{
	Switches *copy = g_new0(Switches, 1);

	for (guint i = 0; i < SWITCH_LAST; i++)
		copy->values[i] = g_strdup(switches->values[i]);
	return copy;
}

void
switches_free(Switches *switches)
{
	for (guint i = 0; i < SWITCH_LAST; i++)
		g_free(switches->values[i]);
	g_free(switches);
}

static gboolean
switches_check(const SwitchRow *row, const gchar *value, GError **error)
{
	if (row->kind == KIND_BOOLEAN) {
		if (g_str_equal(value, "true") || g_str_equal(value, "false"))
			return TRUE;
		return input_refuse(error, "The switch %s is true or false, not \"%s\".", row->name, value);
	}
	if (row->kind == KIND_NUMBER) {
		guint64 largest = g_ascii_strtoull(row->allowed, NULL, 10);
		if (g_ascii_string_to_unsigned(value, 10, 0, largest, NULL, NULL))
			return TRUE;
		return input_refuse(error, "The switch %s is a number from 0 to %s, not \"%s\".", row->name, row->allowed, value);
	}
	{
		g_auto(GStrv) words = g_strsplit(row->allowed, "|", -1);
		if (g_strv_contains((const gchar *const *)words, value))
			return TRUE;
	}
	return input_refuse(error, "The switch %s is one of %s, not \"%s\".", row->name, row->allowed, value);
}

gboolean
switches_set(Switches *switches, const gchar *name, const gchar *value, GError **error)
{
	for (guint i = 0; i < SWITCH_LAST; i++) {
		if (!g_str_equal(rows[i].name, name))
			continue;
		if (!switches_check(&rows[i], value, error))
			return FALSE;
		g_free(switches->values[i]);
		switches->values[i] = g_strdup(value);
		return TRUE;
	}
	return input_refuse(error, "There is no switch \"%s\"; pd-sim --help lists them.", name);
}

gint64
switches_number(const Switches *switches, SwitchId id)
{
	if (rows[id].kind == KIND_BOOLEAN)
		return switches_on(switches, id) ? 1 : 0;
	return g_ascii_strtoll(switches->values[id], NULL, 10);
}

gboolean
switches_on(const Switches *switches, SwitchId id)
{
	return switches->values[id][0] == 't';
}

gboolean
switches_is(const Switches *switches, SwitchId id, const gchar *word)
{
	return g_str_equal(switches->values[id], word);
}

const gchar *
switches_word(const Switches *switches, SwitchId id)
{
	return switches->values[id];
}

void
switches_describe(const Switches *switches, GString *out, gboolean as_help)
{
	if (!as_help)
		g_string_append_c(out, '{');
	for (guint i = 0; i < SWITCH_LAST; i++) {
		const SwitchRow *row = &rows[i];
		if (as_help) {
			g_string_append_printf(out, "  %s=%s (%s): %s\n", row->name, switches->values[i],
					       row->kind == KIND_BOOLEAN  ? "true|false"
					       : row->kind == KIND_NUMBER ? "number"
									  : row->allowed,
					       row->help);
			continue;
		}
		jtext_comma(out);
		if (row->kind == KIND_WORD)
			jtext_pair(out, row->name, switches->values[i]);
		else
			g_string_append_printf(out, "\"%s\":%s", row->name, switches->values[i]);
	}
	if (!as_help)
		g_string_append_c(out, '}');
}
