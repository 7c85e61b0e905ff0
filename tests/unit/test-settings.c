/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "settings.h"

#include <string.h>

#include "errors.h"

static Settings *
make(const idc_pair *pairs, guint32 n, GError **error)
{
	const idc_config config = {.struct_size = sizeof(config), .n_settings = n, .settings = pairs, .instance_id = "x"};

	return settings_new(&config, error);
}

static void
test_defaults(void)
{
	const idc_pair pairs[] = {{"client_id", "cid"}, {"subdomain", "northwind"}};
	g_autoptr(GError) error = NULL;
	g_autoptr(Settings) settings = make(pairs, G_N_ELEMENTS(pairs), &error);

	g_assert_no_error(error);
	g_assert_cmpstr(settings->api_url, ==, "https://api.pagerduty.com");
	g_assert_cmpstr(settings->identity_url, ==, "https://identity.pagerduty.com");
	g_assert_cmpstr(settings->account, ==, "us.northwind");
	g_assert_cmpstr(settings->proxy, ==, "");
	g_assert_cmpuint(settings->concurrency, ==, 4);
	g_assert_true(settings->include_schedules);
	g_assert_false(settings->include_licenses);
}

static void
test_region_chooses_the_host(void)
{
	const idc_pair pairs[] = {{"client_id", "cid"}, {"subdomain", "northwind"}, {"region", "eu"}};
	g_autoptr(Settings) settings = make(pairs, G_N_ELEMENTS(pairs), NULL);

	g_assert_cmpstr(settings->api_url, ==, "https://api.eu.pagerduty.com");
}

static void
test_everything_wrong_is_named(void)
{
	const idc_pair pairs[] = {{"subdomain", "North.Wind"}, {"region", "mars"},          {"concurrency", "0"},
				  {"timeout_s", "1e3"},        {"include_licenses", "yes"}, {"proxy", "http://u:p@proxy"}};
	const gchar *const names[] = {"client_id is missing", "subdomain must",        "region must", "concurrency must",
				      "timeout_s must",       "include_licenses must", "proxy must"};
	g_autoptr(GError) error = NULL;

	g_assert_null(make(pairs, G_N_ELEMENTS(pairs), &error));
	g_assert_error(error, ERRORS, IDC_INVALID);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_nonnull(strstr(error->message, names[i]));
}

static void
test_addresses(void)
{
	static const struct {
		const gchar *url;
		gboolean good;
	} cases[] = {
	    {"https://proxy.example/pd", TRUE},  {"http://127.0.0.1:8080", TRUE},  {"http://[::1]:80/x/", TRUE},
	    {"http://localhost:80", FALSE},      {"http://10.0.0.1", FALSE},       {"http://127.0.0.1.evil.example", FALSE},
	    {"https://u:p@host", FALSE},         {"https://host/?x", FALSE},       {"ftp://127.0.0.1", FALSE},
	    {"http://127.0.0.1:80@evil", FALSE}, {"https://host\nHost: x", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const idc_pair pairs[] = {{"client_id", "cid"}, {"subdomain", "northwind"}, {"api_url", cases[i].url}};
		g_autoptr(Settings) settings = make(pairs, G_N_ELEMENTS(pairs), NULL);

		g_assert_cmpint(settings != NULL, ==, cases[i].good);
		if (settings != NULL)
			g_assert_false(g_str_has_suffix(settings->api_url, "/"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/two settings are enough", test_defaults);
	g_test_add_func("/settings/the region chooses the host", test_region_chooses_the_host);
	g_test_add_func("/settings/one error names everything that is wrong", test_everything_wrong_is_named);
	g_test_add_func("/settings/only encrypted addresses or literal loopback are talked to", test_addresses);
	return g_test_run();
}
