/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Everything about the service that its documentation leaves open, contradicts itself on, or that a test wants otherwise. */
#pragma once
#include <glib.h>

typedef enum {
	SWITCH_STRICT,
	SWITCH_RATE_LIMIT,
	SWITCH_RATE_WINDOW_S,
	SWITCH_RATE_429,
	SWITCH_OVER_LIMIT,
	SWITCH_DEFAULT_LIMIT,
	SWITCH_MAX_LIMIT,
	SWITCH_CEILING,
	SWITCH_LIST_ORDER,
	SWITCH_QUERY_FIELDS,
	SWITCH_QUERY_AT,
	SWITCH_SSO_AS_STRING,
	SWITCH_ERROR_SHAPE,
	SWITCH_AUTH_401,
	SWITCH_INVALID_SCOPE,
	SWITCH_REGION_CHECK,
	SWITCH_TOKEN_LIFETIME_S,
	SWITCH_OAUTH_APP,
	SWITCH_CLASSIC_LIFETIME_S,
	SWITCH_REFRESH_LIFETIME_S,
	SWITCH_CONSENT_LIFETIME_S,
	SWITCH_CODE_LIFETIME_S,
	SWITCH_CODE_REUSE,
	SWITCH_REFRESH_ROTATION,
	SWITCH_REFRESH_REUSE,
	SWITCH_TOKEN_ERRORS,
	SWITCH_INVALID_GRANT_STATUS,
	SWITCH_ID_TOKEN,
	SWITCH_ID_TOKEN_REGION,
	SWITCH_ECHO_STATE,
	SWITCH_REVOCATION,
	SWITCH_FROM,
	SWITCH_ACCOUNT_LOCK,
	SWITCH_OPEN_INCIDENTS,
	SWITCH_STAKEHOLDER_ON_CALL,
	SWITCH_NEW_USER_MS,
	SWITCH_NEW_USER_STATUS,
	SWITCH_ADMIN_TEAM_ROLE,
	SWITCH_BODILESS_REPEAT,
	SWITCH_REMOVE_NON_MEMBER,
	SWITCH_AUTO_JOIN,
	SWITCH_MAX_TARGETS,
	SWITCH_UNKNOWN_TARGET,
	SWITCH_STUB_TARGETS,
	SWITCH_OBSERVER_TARGETS,
	SWITCH_DUPLICATE_TARGET,
	SWITCH_STRATEGY_OMITTED,
	SWITCH_SETTLE_MS,
	SWITCH_READ_LAG_MS,
	SWITCH_SHOW_LAG,
	SWITCH_AUDIT_BY_THE_WAY,
	SWITCH_ROUND_ROBIN,
	SWITCH_STRATEGY_FORM,
	SWITCH_AUDIT,
	SWITCH_AUDIT_LAG_MS,
	SWITCH_AUDIT_MAX,
	SWITCH_V3_TOTAL,
	SWITCH_V3_ON_V2,
	SWITCH_ME_STATUS,
	SWITCH_GZIP,
	SWITCH_TLS_CERT,
	SWITCH_LAST,
} SwitchId;

typedef struct Switches Switches;

/* All at their defaults. */
Switches *switches_new(void);

Switches *switches_copy(const Switches *switches);

void switches_free(Switches *switches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Switches, switches_free)

/* FALSE and error for an unknown name or a value that the switch cannot have. */
gboolean switches_set(Switches *switches, const gchar *name, const gchar *value, GError **error);

/* A boolean is 0 or 1. */
gint64 switches_number(const Switches *switches, SwitchId id);

gboolean switches_on(const Switches *switches, SwitchId id);

/* Whether a switch of words stands at that word. */
gboolean switches_is(const Switches *switches, SwitchId id, const gchar *word);

/* The word it stands at, borrowed until it is set. */
const gchar *switches_word(const Switches *switches, SwitchId id);

/* All of them as a JSON object, or as lines of help. */
void switches_describe(const Switches *switches, GString *out, gboolean as_help);
