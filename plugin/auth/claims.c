/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "claims.h"

#include <idc/connector.h>
#include <string.h>

#include "../errors.h"
#include "../wire/json.h"
#include "pkce.h"

#define CLAIMS_MAX 65536

/* The region that a word of PagerDuty's means, static; NULL: not known. */
static const gchar *
claims_region_of_word(const gchar *word)
{
	g_autofree gchar *folded = word != NULL ? g_ascii_strdown(word, -1) : NULL;

	if (folded == NULL)
		return NULL;
	if (g_str_has_prefix(folded, "eu"))
		return "eu";
	return g_str_equal(folded, "us") || g_str_has_prefix(folded, "united") ? "us" : NULL;
}

static const gchar *
claims_region_of_address(const gchar *address)
{
	if (g_strcmp0(address, "https://api.eu.pagerduty.com") == 0)
		return "eu";
	return g_strcmp0(address, "https://api.pagerduty.com") == 0 ? "us" : NULL;
}

/* For whom it is: one address, or a list of them. */
static const gchar *
claims_region_of_audience(json_object *claims)
{
	json_object *list = json_read_array(claims, "aud");
	const gchar *region = claims_region_of_address(json_read_text(claims, "aud"));

	for (gsize i = 0; list != NULL && region == NULL && i < json_object_array_length(list); i++)
		region = claims_region_of_address(json_object_get_string(json_object_array_get_idx(list, i)));
	return region;
}

static gboolean
claims_region_is(const Settings *settings, const gchar *region, GError **error)
{
	if (region == NULL || g_str_equal(region, settings->region))
		return TRUE;
	g_set_error(error, ERRORS, IDC_INVALID,
		    "The setting region is \"%s\", but PagerDuty says that this account is in the region \"%s\". Change the "
		    "setting, then authorize again.",
		    settings->region, region);
	return FALSE;
}

gboolean
claims_check(const Settings *settings, const gchar *id_token, GError **error)
{
	g_auto(GStrv) parts = strlen(id_token) <= CLAIMS_MAX ? g_strsplit(id_token, ".", 4) : NULL;
	g_autofree gchar *text = parts != NULL && g_strv_length(parts) == 3 ? pkce_decode(parts[1]) : NULL;
	g_autoptr(json_object) claims = text != NULL ? json_read(text, strlen(text), "POST /oauth/token", NULL) : NULL;
	const gchar *subdomain;

	if (claims == NULL) {
		g_set_error_literal(error, ERRORS, IDC_PROTOCOL,
				    "The answer to POST /oauth/token holds an id_token that cannot be read: check identity_url and "
				    "any proxy in between.");
		return FALSE;
	}
	if (!claims_region_is(settings, claims_region_of_audience(claims), error) ||
	    !claims_region_is(settings, claims_region_of_word(json_read_text(claims, "region")), error))
		return FALSE;
	subdomain = json_read_plain(claims, "subdomain", 63);
	return settings_is_account(settings, subdomain, error);
}
