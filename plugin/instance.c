/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "instance.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "errors.h"
#include "secret.h"

#define INSTANCE_MAX_CA (4 * 1024 * 1024)

void
instance_free(idc_instance *instance)
{
	if (instance == NULL)
		return;
	g_clear_pointer(&instance->api, api_free);
	g_clear_pointer(&instance->auth, auth_free);
	g_clear_pointer(&instance->http, http_free);
	g_clear_pointer(&instance->settings, settings_free);
	g_free(instance);
}

/* The authorities to trust, read once: what happens to the file later changes nothing. */
static gboolean
instance_authorities(const gchar *path, GBytes **ret_authorities, GError **error)
{
	g_autofree gchar *text = NULL;
	g_autoptr(GError) failed = NULL;
	gsize length = 0;
	GStatBuf about;

	if (path == NULL || path[0] == '\0')
		return TRUE;
	/* Neither a pipe that nobody fills nor something without an end. */
	if (g_stat(path, &about) == 0 && (!S_ISREG(about.st_mode) || about.st_size > INSTANCE_MAX_CA)) {
		g_set_error(error, ERRORS, IDC_INVALID, "The setting ca_file cannot be used: %s is no file of at most 4 MB.", path);
		return FALSE;
	}
	if (!g_file_get_contents(path, &text, &length, &failed)) {
		g_set_error(error, ERRORS, IDC_INVALID, "The setting ca_file cannot be used: %s.", failed->message);
		return FALSE;
	}
	if (length > INSTANCE_MAX_CA || g_strstr_len(text, (gssize)length, "-----BEGIN CERTIFICATE-----") == NULL) {
		g_set_error(error, ERRORS, IDC_INVALID, "The setting ca_file cannot be used: %s holds no certificate in PEM form.",
			    path);
		return FALSE;
	}
	*ret_authorities = g_bytes_new_take(g_steal_pointer(&text), length);
	return TRUE;
}

idc_instance *
instance_new(const idc_host *host, const idc_config *config, GError **error)
{
	g_autoptr(idc_instance) instance = g_new0(idc_instance, 1);
	g_autoptr(GBytes) authorities = NULL;
	g_autoptr(GError) failed = NULL;
	gchar *proxy_credentials;

	instance->host = host;
	instance->settings = settings_new(config, error);
	if (instance->settings == NULL || !instance_authorities(instance->settings->ca_file, &authorities, error))
		return NULL;
	proxy_credentials = secret_get(host, "proxy_credentials", &failed);
	if (failed == NULL) {
		const HttpOptions options = {.proxy = instance->settings->proxy,
					     .proxy_credentials = proxy_credentials,
					     .authorities = authorities,
					     .timeout_s = instance->settings->timeout_s};

		instance->http = http_new(&options, &failed);
	}
	secret_free(proxy_credentials);
	if (instance->http == NULL) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	instance->auth = auth_new(host, instance->settings);
	instance->api = api_new(&(ApiOptions){.host = host,
					      .url = instance->settings->api_url,
					      .concurrency = instance->settings->concurrency,
					      .requests_per_minute = instance->settings->requests_per_minute,
					      .from = instance->settings->from_email,
					      .http = instance->http,
					      .token = auth_token,
					      .token_user = instance->auth});
	auth_attach(instance->auth, instance->api);
	return g_steal_pointer(&instance);
}
