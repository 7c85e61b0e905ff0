/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "settings.h"

#include <string.h>

#include "errors.h"

void
settings_free(Settings *settings)
{
	if (settings == NULL)
		return;
	g_free(settings->client_id);
	g_free(settings->subdomain);
	g_free(settings->region);
	g_free(settings->api_url);
	g_free(settings->identity_url);
	g_free(settings->proxy);
	g_free(settings->ca_file);
	g_free(settings->account);
	g_free(settings->from_email);
	g_free(settings->default_role);
	g_free(settings->fallback_role);
	g_free(settings->join_role);
	g_free(settings);
}

/* What one reading of the configuration goes through: the pairs, and what was found wrong with them. */
typedef struct {
	const idc_config *config;
	GString *wrong; /* sentences */
} SettingsReader;

static const gchar *
settings_get(SettingsReader *reader, const gchar *key, const gchar *fallback)
{
	const gchar *found = NULL;

	for (guint32 i = 0; i < reader->config->n_settings; i++)
		if (g_strcmp0(reader->config->settings[i].key, key) == 0)
			found = reader->config->settings[i].value;
	return found != NULL ? found : fallback;
}

static void
settings_wrong(SettingsReader *reader, const gchar *key, const gchar *why)
{
	g_string_append_printf(reader->wrong, "%s%s %s", reader->wrong->len > 0 ? "; " : "", key, why);
}

static const gchar *
settings_matching(SettingsReader *reader, const gchar *key, const gchar *fallback, const gchar *pattern, const gchar *why)
{
	const gchar *value = settings_get(reader, key, fallback);

	if (value == NULL || value[0] == '\0')
		settings_wrong(reader, key, "is missing");
	else if (!g_regex_match_simple(pattern, value, G_REGEX_DOLLAR_ENDONLY, 0))
		settings_wrong(reader, key, why);
	return value;
}

static guint
settings_number(SettingsReader *reader, const gchar *key, guint fallback, guint low, guint high)
{
	const gchar *value = settings_get(reader, key, NULL);
	guint64 number = fallback;

	if (value != NULL && !g_ascii_string_to_unsigned(value, 10, low, high, &number, NULL)) {
		g_autofree gchar *why = g_strdup_printf("must be a whole number from %u to %u", low, high);

		settings_wrong(reader, key, why);
	}
	return (guint)number;
}

static gboolean
settings_flag(SettingsReader *reader, const gchar *key, gboolean fallback)
{
	const gchar *value = settings_get(reader, key, fallback ? "true" : "false");

	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		settings_wrong(reader, key, "must be true or false");
	return strcmp(value, "true") == 0;
}

/* An address to talk to: encrypted, or to this very machine by a literal address, which nothing can redirect. */
static gchar *
settings_url(SettingsReader *reader, const gchar *key, const gchar *fallback)
{
	const gchar *value = settings_matching(reader, key, fallback,
					       "^(https://[^@/?#\\s]+|http://(127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?)(/[^?#\\s]*)?$",
					       "must be an https address, or http to 127.0.0.1 or [::1]");
	gchar *url = g_strdup(value);

	while (g_str_has_suffix(url, "/"))
		url[strlen(url) - 1] = '\0';
	return url;
}

Settings *
settings_new(const idc_config *config, GError **error)
{
	g_autoptr(Settings) settings = g_new0(Settings, 1);
	g_autoptr(GString) wrong = g_string_new(NULL);
	SettingsReader reader = {.config = config, .wrong = wrong};
	const gchar *grant;
	const gchar *oauth;
	const gchar *proxy = settings_get(&reader, "proxy", "");
	gboolean eu;

	settings->client_id = g_strdup(settings_matching(&reader, "client_id", NULL, "^[A-Za-z0-9._~-]{1,128}$",
							 "must be 1 to 128 letters, digits and . _ ~ -"));
	settings->subdomain = g_strdup(settings_matching(&reader, "subdomain", NULL, "^[a-z0-9][a-z0-9-]{0,62}$",
							 "must be the first part of the PagerDuty address, without dots"));
	settings->region = g_strdup(settings_matching(&reader, "region", "us", "^(us|eu)$", "must be us or eu"));
	eu = g_strcmp0(settings->region, "eu") == 0;
	settings->api_url = settings_url(&reader, "api_url", eu ? "https://api.eu.pagerduty.com" : "https://api.pagerduty.com");
	settings->identity_url = settings_url(&reader, "identity_url", "https://identity.pagerduty.com");
	grant = settings_matching(&reader, "grant", "client_credentials", "^(authorization_code|client_credentials)$",
				  "must be authorization_code or client_credentials");
	settings->client_credentials = g_strcmp0(grant, "client_credentials") == 0;
	oauth = settings_matching(&reader, "oauth", "scoped", "^(scoped|classic)$", "must be scoped or classic");
	settings->classic = g_strcmp0(oauth, "classic") == 0;
	if (settings->classic && settings->client_credentials)
		settings_wrong(&reader, "grant",
			       "must be authorization_code where oauth is classic: a classic app acts for a person");
	if (proxy[0] != '\0')
		(void)settings_matching(&reader, "proxy", NULL, "^(http|https|socks5h)://[^@/?#\\s]+/?$",
					"must be an http, https or socks5h address without credentials");
	settings->proxy = g_strdup(proxy);
	settings->ca_file = g_strdup(settings_get(&reader, "ca_file", NULL));
	settings->from_email = g_strdup(settings_get(&reader, "from_email", NULL));
	if (settings->from_email != NULL)
		(void)settings_matching(&reader, "from_email", NULL, "^[!-~]+@[!-~]+$", "must be an e-mail address");
	settings->default_role =
	    g_strdup(settings_matching(&reader, "default_role", "limited_user",
				       "^(user|limited_user|observer|restricted_access|read_only_user|read_only_limited_user)$",
				       "must be a base role other than owner and admin"));
	settings->fallback_role =
	    g_strdup(settings_matching(&reader, "fallback_role", "limited_user",
				       "^(limited_user|observer|restricted_access|read_only_user|read_only_limited_user)$",
				       "must be a base role other than owner, admin and user"));
	settings->join_role = g_strdup(settings_matching(&reader, "join_role", "observer", "^(observer|responder|manager|refuse)$",
							 "must be observer, responder, manager or refuse"));
	settings->include_schedules = settings_flag(&reader, "include_schedules", TRUE);
	settings->include_licenses = settings_flag(&reader, "include_licenses", FALSE);
	settings->concurrency = settings_number(&reader, "concurrency", 4, 1, 16);
	settings->requests_per_minute = settings_number(&reader, "requests_per_minute", 0, 1, 100000);
	settings->timeout_s = settings_number(&reader, "timeout_s", 60, 1, 600);
	settings->account = g_strdup_printf("%s.%s", settings->region, settings->subdomain);
	if (wrong->len > 0) {
		g_set_error(error, ERRORS, IDC_INVALID, "The settings cannot be used: %s.", wrong->str);
		return NULL;
	}
	return g_steal_pointer(&settings);
}

gboolean
settings_is_account(const Settings *settings, const gchar *subdomain, GError **error)
{
	if (subdomain == NULL || g_ascii_strcasecmp(subdomain, settings->subdomain) == 0)
		return TRUE;
	g_set_error(
	    error, ERRORS, IDC_INVALID,
	    "The setting subdomain is \"%s\", but somebody logged in to the PagerDuty account \"%s\". Change the setting, or log "
	    "in to the other account.",
	    settings->subdomain, subdomain);
	return FALSE;
}
