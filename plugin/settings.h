/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* The settings of one instance, as the manifest declares them, checked again: a host may be wrong. Immutable once made. */
typedef struct {
	gchar *client_id;
	gchar *subdomain;
	gchar *region;               /* "us" or "eu" */
	gchar *api_url;              /* without a slash at its end; from the region unless overridden */
	gchar *identity_url;         /* likewise */
	gchar *proxy;                /* "" for none: nothing is taken from the environment */
	gchar *ca_file;              /* NULL: the system's authorities */
	gchar *account;              /* "us.northwind": the tenant, as the host is told */
	gchar *from_email;           /* NULL: none */
	gchar *default_role;         /* of new users */
	gchar *fallback_role;        /* what stays when a base role is removed */
	gchar *join_role;            /* "refuse", or the team role for whom a policy puts on its team */
	gboolean client_credentials; /* else a person consents */
	gboolean classic;            /* OAuth with read and write instead of scopes */
	gboolean include_schedules;
	gboolean include_licenses;
	guint concurrency;
	guint requests_per_minute; /* 0: the server's headers decide alone */
	guint timeout_s;
} Settings;

/* NULL with INVALID that names every missing and every malformed setting. Owned by the caller. */
Settings *settings_new(const idc_config *config, GError **error);
void settings_free(Settings *settings);

/* Whether somebody has logged in to the account that the settings are for; else an error that says what to do. subdomain NULL: not told, which
 * is no objection. */
gboolean settings_is_account(const Settings *settings, const gchar *subdomain, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)
