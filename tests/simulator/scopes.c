/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "scopes.h"

gboolean
scopes_classic(const Spec *spec)
{
	return switches_is(spec->switches, SWITCH_OAUTH_APP, "classic");
}

/* The region of as_account-{region}.{subdomain}, NULL if the scope is not that or names another account. Static. */
static const gchar *
scopes_account(const Spec *spec, const gchar *scope)
{
	static const gchar *const regions[] = {"us", "eu"};

	for (guint i = 0; i < G_N_ELEMENTS(regions); i++) {
		g_autofree gchar *wanted = g_strdup_printf("as_account-%s.%s", regions[i], spec->subdomain);
		if (!g_str_equal(scope, wanted))
			continue;
		if (g_str_equal(regions[i], spec->region) || switches_is(spec->switches, SWITCH_REGION_CHECK, "rest"))
			return regions[i];
	}
	return NULL;
}

gboolean
scopes_has(const gchar *scopes, const gchar *scope)
{
	g_auto(GStrv) parts = g_strsplit(scopes, " ", -1);

	return g_strv_contains((const gchar *const *)parts, scope);
}

gchar *
scopes_common(const gchar *scopes, const gchar *others)
{
	g_auto(GStrv) parts = g_strsplit(scopes, " ", -1);
	g_autoptr(GString) common = g_string_new(NULL);

	for (guint i = 0; parts[i] != NULL; i++) {
		if (scopes_has(others, parts[i]))
			g_string_append_printf(common, "%s%s", common->len > 0 ? " " : "", parts[i]);
	}
	return g_strdup(common->str);
}

gchar *
scopes_grant(const Spec *spec, const gchar *asked, const gchar **ret_region, gboolean *ret_refused)
{
	g_auto(GStrv) scopes = g_strsplit(asked, " ", -1);
	g_autoptr(GString) granted = g_string_new(NULL);
	gboolean classic = scopes_classic(spec);
	const gchar *region = classic ? spec->region : NULL;
	gboolean refused = FALSE;

	for (guint i = 0; scopes[i] != NULL; i++) {
		const gchar *account = classic ? NULL : scopes_account(spec, scopes[i]);
		gboolean registered = classic ? g_str_equal(scopes[i], "read") || g_str_equal(scopes[i], "write")
					      : g_ptr_array_find_with_equal_func(spec->scopes, scopes[i], g_str_equal, NULL);
		if (account != NULL)
			region = account;
		if (account != NULL || registered || g_str_equal(scopes[i], "openid"))
			g_string_append_printf(granted, "%s%s", granted->len > 0 ? " " : "", scopes[i]);
		else
			refused = TRUE;
	}
	*ret_region = region != NULL ? region : spec->region;
	*ret_refused = refused || region == NULL;
	return region != NULL && granted->len > 0 ? g_strdup(granted->str) : g_strdup("openid");
}
