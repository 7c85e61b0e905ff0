/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/form.h"

GOptionEntry *
form_options(Form *form, const GOptionEntry *more)
{
	const GOptionEntry entries[] = {
	    {"name", 0, 0, G_OPTION_ARG_STRING, &form->name, "The app's name for people", "NAME"},
	    {"trust", 0, 0, G_OPTION_ARG_STRING, &form->trust, "read (the default) or read-write", "TRUST"},
	    {"sync", 0, 0, G_OPTION_ARG_STRING, &form->sync, "hourly (the default), daily, manual, \"every 15m\"", "HOW-OFTEN"},
	    {"owner", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->owners, "Who answers for the app; may be repeated", "E-MAIL"},
	    {"default-entitlement", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->default_entitlements, "For new users; may be repeated",
	     "ID"},
	    {"app", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->app, "Any other key of an app; may be repeated", "KEY=VALUE"},
	    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->settings, "A setting of the connector; may be repeated", "KEY=VALUE"},
	    {"secret", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->secrets, "A secret from a file or standard input",
	     "KEY=@FILE|KEY=-"},
	    {"secret-file", 0, 0, G_OPTION_ARG_STRING_ARRAY, &form->secret_files, "A secret that stays in its file", "KEY=PATH"},
	    {"redirect-uri", 0, 0, G_OPTION_ARG_STRING, &form->redirect_uri,
	     "Where the service sends the browser back to, as it is registered there", "ADDRESS"},
	};
	gsize n_more = 0;
	GOptionEntry *all;

	while (more[n_more].long_name != NULL)
		n_more++;
	all = g_new0(GOptionEntry, G_N_ELEMENTS(entries) + n_more + 1);
	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		all[i] = entries[i];
	for (gsize i = 0; i < n_more; i++)
		all[G_N_ELEMENTS(entries) + i] = more[i];
	return all;
}
