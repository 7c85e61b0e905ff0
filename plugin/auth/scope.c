/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "scope.h"

#include "../errors.h"

const gchar scope_reading[] =
    "users.read teams.read escalation_policies.read abilities.read schedules.read licenses.read audit_records.read";

/* Without these no list can be made at all, or, where they were asked for, no change. */
static const gchar *const scope_required[] = {"users.read",  "teams.read",  "escalation_policies.read",  "abilities.read",
					      "users.write", "teams.write", "escalation_policies.write", NULL};

static gboolean
scope_in(const gchar *scopes, const gchar *scope)
{
	g_auto(GStrv) parts = g_strsplit_set(scopes, " \t", -1);

	return g_strv_contains((const gchar *const *)parts, scope);
}

/* as_account-us.northwind: which account a scoped app's token is for. */
static gchar *
scope_account(const Settings *settings)
{
	return g_strdup_printf("as_account-%s", settings->account);
}

gchar *
scope_request(const Settings *settings, const gchar *asked)
{
	g_auto(GStrv) parts = g_strsplit(asked, " ", -1);
	g_autofree gchar *account = scope_account(settings);
	gboolean writes = FALSE;

	if (!settings->classic)
		return g_strdup_printf("%s %s", account, asked);
	for (guint i = 0; parts[i] != NULL; i++)
		writes = writes || g_str_has_suffix(parts[i], ".write");
	/* openid: the id_token is all that tells which account it is */
	return g_strdup(writes ? "openid write" : "openid read");
}

gboolean
scope_allows(const Settings *settings, const gchar *granted, const gchar *scope)
{
	if (!settings->classic)
		return scope_in(granted, scope);
	return scope_in(granted, "write") || (g_str_has_suffix(scope, ".read") && scope_in(granted, "read"));
}

gchar *
scope_told(const Settings *settings, const gchar *granted, const gchar *asked)
{
	g_autoptr(GString) told = g_string_new(granted);
	g_auto(GStrv) parts = g_strsplit(asked, " ", -1);

	for (guint i = 0; settings->classic && parts[i] != NULL; i++)
		if (parts[i][0] != '\0' && scope_allows(settings, granted, parts[i]))
			g_string_append_printf(told, " %s", parts[i]);
	return g_strdup(told->str);
}

gboolean
scope_enough(const idc_host *host, const Settings *settings, const gchar *granted, const gchar *asked, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);
	g_auto(GStrv) parts = g_strsplit(asked, " ", -1);
	g_autofree gchar *account = scope_account(settings);

	if (!settings->classic && !scope_in(granted, account)) {
		g_set_error(error, ERRORS, IDC_SCOPE,
			    "PagerDuty gave no access to the account %s in region %s (granted: \"%s\"): check subdomain, region "
			    "and the scopes "
			    "ticked in the app's registration.",
			    settings->subdomain, settings->region, granted);
		return FALSE;
	}
	for (guint i = 0; parts[i] != NULL; i++) {
		g_autofree gchar *text = NULL;

		if (parts[i][0] == '\0' || scope_allows(settings, granted, parts[i]))
			continue;
		if (g_strv_contains(scope_required, parts[i])) {
			g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", parts[i]);
			continue;
		}
		text = g_strdup_printf("PagerDuty did not grant the optional scope %s. If it is wanted, tick it in the app's "
				       "registration, then authorize again.",
				       parts[i]);
		host->log(host->ctx, IDC_LOG_WARNING, text);
	}
	if (missing->len == 0)
		return TRUE;
	g_set_error(error, ERRORS, IDC_SCOPE,
		    "PagerDuty did not grant the scope that is needed: %s. Tick it in the app's registration, then "
		    "authorize again.",
		    missing->str);
	return FALSE;
}
