/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/manifest.h"
#include "base/error.h"
#include "load/budget.h"
#include "load/settings.h"
#include "support.h"
#include <idc/connector.h>
#include <string.h>

/* A valid manifest with one piece of text replaced by another. */
static char *
manifest_with(const char *from, const char *to)
{
	g_autofree char *text = support_manifest("faulty", "1.0.0", "faulty.so", NULL);
	g_auto(GStrv) parts = NULL;

	g_assert_nonnull(strstr(text, from));
	parts = g_strsplit(text, from, 2);
	return g_strjoinv(to, parts);
}

static void
assert_refused(const char *text, int32_t status, const char *code, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Manifest) manifest = manifest_parse(text, strlen(text), "m.json", &error);

	g_assert_null(manifest);
	support_assert_error(error, status, code, part);
}

static void
assert_refused_with(const char *from, const char *to, const char *code, const char *part)
{
	g_autofree char *text = manifest_with(from, to);

	assert_refused(text, IDC_INVALID, code, part);
}

static Manifest *
read_source(const char *name)
{
	g_autofree char *path = g_build_filename(g_getenv("HOST_TEST_SOURCE"), name, NULL);
	g_autofree char *text = support_read(path);
	g_autoptr(GError) error = NULL;
	Manifest *manifest = manifest_parse(text, strlen(text), path, &error);

	g_assert_no_error(error);
	return manifest;
}

static void
test_small(void)
{
	g_autofree char *text = support_manifest("faulty", "1.0.0", "faulty.so", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Manifest) manifest = manifest_parse(text, strlen(text), "folder/m.json", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(manifest->id, ==, "faulty");
	g_assert_cmpstr(manifest->folder, ==, "folder");
	g_assert_null(manifest->module_sha256);
	g_assert_cmpuint(manifest->unknown->len, ==, 0);
}

static void
test_shipped(void)
{
	g_autoptr(Manifest) manifest = read_source("manifest/pagerduty.json");

	g_assert_cmpuint(manifest->unknown->len, ==, 0);
	g_assert_cmpuint(manifest->capabilities->len, ==, 6);
	g_assert_cmpstr(manifest->redirect_path, ==, "/application/oauthProcessCode/{identifier}");
	g_assert_cmpstr(manifest->service_name, ==, "App\\Services\\Integrations\\PagerDutyService");
	/* Every default is a value that its own declaration allows. */
	for (guint i = 0; i < manifest->settings->len; i++) {
		const ManifestSetting *setting = g_ptr_array_index(manifest->settings, i);
		g_autoptr(GError) error = NULL;

		if (setting->default_value != NULL)
			settings_check_value(setting, setting->default_value, &error);
		g_assert_no_error(error);
	}
}

static void
test_duplicate(void)
{
	assert_refused_with("\"id\": \"faulty\"", "\"id\": \"faulty\", \"id\": \"other\"", "json_duplicate_key",
			    "the key id stands there twice");
}

static void
test_duplicate_deep(void)
{
	assert_refused_with("\"label\": \"List\"", "\"label\": \"List\", \"label\": \"Other\"", "json_duplicate_key",
			    "capabilities[0].label");
}

static void
test_duplicate_escaped(void)
{
	assert_refused_with("\"id\": \"faulty\"", "\"id\": \"faulty\", \"\\u0069d\": \"other\"", "json_duplicate_key",
			    "the key id");
}

static void
test_type(void)
{
	assert_refused_with("\"supported\": true", "\"supported\": \"true\"", "json_value",
			    "m.json: capabilities[0].supported must be true or false, not string");
}

static void
test_missing(void)
{
	assert_refused_with("\"max_batch\": 1", "", "json_value", "limits.max_batch is missing");
}

static void
test_pattern(void)
{
	assert_refused_with("\"file\": \"faulty.so\"", "\"file\": \"../faulty.so\"", "json_value",
			    "module.file is \"../faulty.so\"");
}

/* A number that json-c would clamp to the largest it knows. */
static void
test_number(void)
{
	assert_refused_with("\"max_batch\": 1", "\"max_batch\": 99999999999999999999", "json_value", "limits.max_batch");
}

static void
test_number_float(void)
{
	assert_refused_with("\"max_batch\": 1", "\"max_batch\": 1.5", "json_value", "must be a whole number, not double");
}

static void
test_unknown(void)
{
	g_autofree char *text = manifest_with("\"key\":", "\"colour\": \"red\", \"key\":");
	g_autoptr(GError) error = NULL;
	g_autoptr(Manifest) manifest = manifest_parse(text, strlen(text), "m.json", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(manifest->unknown->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(manifest->unknown, 0), ==, "capabilities[0].colour");
}

static void
test_newer(void)
{
	g_autofree char *text = manifest_with("\"manifest\": 1,", "\"manifest\": 2, \"access\": \"not an array any more\",");

	assert_refused(text, IDC_INVALID, "json_duplicate_key", NULL);
	assert_refused("{\"manifest\": 2, \"id\": 7}", IDC_UNSUPPORTED, "manifest_newer", "Install a newer idc-host");
}

static void
test_deep(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < 10000; i++)
		g_string_append(text, "[");
	assert_refused(text->str, IDC_OVERFLOW, "json_too_deep", "deeper than the 12 levels");
}

static void
test_large(void)
{
	g_autofree char *blanks = g_strnfill(300 * 1024, ' ');

	assert_refused(blanks, IDC_OVERFLOW, "json_too_large", NULL);
}

static void
test_many(void)
{
	g_autoptr(GString) text = g_string_new("[0");

	for (guint i = 0; i < 30000; i++)
		g_string_append(text, ",0");
	g_string_append(text, "]");
	assert_refused(text->str, IDC_OVERFLOW, "json_too_many", NULL);
}

static void
test_entries(void)
{
	g_autoptr(GString) entries = g_string_new("\"access\": [\"api\"");
	g_autofree char *text = NULL;

	for (guint i = 0; i < 8; i++)
		g_string_append(entries, ",\"api\"");
	g_string_append(entries, "]");
	text = manifest_with("\"access\": [\"api\"]", entries->str);
	assert_refused(text, IDC_INVALID, "json_value", "access has 9 entries");
}

static void
test_syntax(void)
{
	assert_refused("{\"manifest\": 1,\n \"id\": }", IDC_INVALID, "json_syntax", "m.json is no valid JSON: line 2, column 8");
	assert_refused("{\"manifest\": 1", IDC_INVALID, "json_syntax", "it ends too early");
	assert_refused("{\"manifest\": 1} x", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{\"manifest\": NaN}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{\"manifest\": -Infinity}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{'manifest': 1}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{\"manifest\": 1,}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{\"manifest\": [1,]}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("{\"manifest\": 'a'}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("/* no */ {}", IDC_INVALID, "json_syntax", NULL);
	assert_refused("", IDC_INVALID, "json_syntax", "it ends too early");
	assert_refused("[]", IDC_INVALID, "json_value", "the whole file must be an object");
	assert_refused("null\n", IDC_INVALID, "json_value", "the whole file must be an object");
}

static void
test_bytes(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(manifest_parse("{\"a\0\": 1}", 9, "m.json", &error));
	support_assert_error(error, IDC_INVALID, "json_text", NULL);
	assert_refused("{\"a\xff\": 1}", IDC_INVALID, "json_text", NULL);
	assert_refused_with("\"name\": \"Faulty\"", "\"name\": \"Fau\\u0000lty\"", "json_value", "name contains a NUL");
	assert_refused_with("\"name\":", "\"n\\u0000ame\":", "json_nul", NULL);
}

static void
test_regex(void)
{
	assert_refused_with(
	    "\"settings\": []",
	    "\"settings\": [{\"key\": \"a\", \"type\": \"string\", \"pattern\": \"([\", \"label\": \"A\", \"help\": \"a\"}]",
	    "json_value", "settings[0].pattern is no regular expression");
}

/* In a Perl-compatible pattern $ stands before a line end as well, unless that is asked not to be. */
static void
test_line_end(void)
{
	assert_refused_with("\"id\": \"faulty\"", "\"id\": \"faulty\\n\"", "json_value", "m.json: id is");
	assert_refused_with("\"file\": \"faulty.so\"", "\"file\": \"faulty.so\\n\"", "json_value", "m.json: module.file is");
}

static void
test_twice(void)
{
	assert_refused_with("\"settings\": []",
			    "\"settings\": [{\"key\": \"a\", \"type\": \"string\", \"label\": \"A\", \"help\": \"a\"},"
			    "{\"key\": \"a\", \"type\": \"string\", \"label\": \"A\", \"help\": \"a\"}]",
			    "json_value", "settings names a twice");
}

/* Each prefix of a valid manifest is refused, none crashes, none is taken. */
static void
test_truncated(void)
{
	g_autofree char *text = support_manifest("faulty", "1.0.0", "faulty.so", NULL);
	gsize length = strlen(text);

	for (gsize n = 0; n < length - 2; n++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(manifest_parse(text, n, "m.json", &error));
		g_assert_nonnull(error);
	}
}

/* Any byte of it turned into any other: read or refused, never worse. */
static void
test_flipped(void)
{
	g_autofree char *path = g_build_filename(g_getenv("HOST_TEST_SOURCE"), "manifest/pagerduty.json", NULL);
	g_autofree char *text = support_read(path);
	gsize length = strlen(text);

	for (guint i = 0; i < 3000; i++) {
		gsize at = (gsize)g_test_rand_int_range(0, (gint32)length);
		char before = text[at];
		g_autoptr(GError) error = NULL;
		g_autoptr(Manifest) manifest = NULL;

		text[at] = (char)g_test_rand_int_range(-128, 128);
		manifest = manifest_parse(text, length, "m.json", &error);
		g_assert_true((manifest != NULL) == (error == NULL));
		text[at] = before;
	}
}

static void
test_scopes(void)
{
	g_autoptr(Manifest) manifest = read_source("tests/host/modules/memory.json");
	g_autofree char *reads = manifest_scope_text(manifest, FALSE);
	g_autofree char *writes = manifest_scope_text(manifest, TRUE);

	g_assert_cmpstr(reads, ==, "read.all read.more");
	g_assert_cmpstr(writes, ==, "read.all read.more write.all");
}

static void
put(GHashTable *sizes, const char *key, guint64 value)
{
	g_hash_table_insert(sizes, g_strdup(key), g_memdup2(&value, sizeof(value)));
}

static void
test_budget(void)
{
	g_autoptr(Manifest) manifest = read_source("manifest/pagerduty.json");
	g_autoptr(GHashTable) settings = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	BudgetCost cost;

	g_assert_cmpuint(budget_pages(manifest, 0), ==, 1);
	g_assert_cmpuint(budget_pages(manifest, 100), ==, 1);
	g_assert_cmpuint(budget_pages(manifest, 101), ==, 2);
	g_assert_cmpuint(budget_pages(manifest, 199), ==, 2);
	g_assert_cmpuint(budget_pages(manifest, 200), ==, 3);
	put(sizes, "principal", 9900);
	put(sizes, "team", 50);
	put(sizes, "team.members", 40);
	put(sizes, "team.grants", 200);
	put(sizes, "policy", 10);
	put(sizes, "schedule", 10);
	g_assert_true(budget_cost(manifest, "list_entitlements", settings, sizes, &cost));
	/* abilities 1, users 100, teams 1, members 40 + 2, policies 1, schedules 1 */
	g_assert_cmpuint(cost.requests, ==, 146);
	g_assert_true(cost.exact);
	g_hash_table_insert(settings, (gpointer)(gsize) "include_schedules", (gpointer)(gsize) "false");
	g_hash_table_insert(settings, (gpointer)(gsize) "include_licenses", (gpointer)(gsize) "true");
	g_assert_true(budget_cost(manifest, "list_entitlements", settings, sizes, &cost));
	g_assert_cmpuint(cost.requests, ==, 245);
	g_hash_table_remove(sizes, "policy");
	g_assert_true(budget_cost(manifest, "list_entitlements", settings, sizes, &cost));
	g_assert_false(cost.exact);
	g_assert_false(budget_cost(manifest, "no_such_operation", settings, sizes, &cost));
}

/* ---- settings ---- */

static void
assert_value(const Manifest *manifest, const char *key, const char *value, const char *part)
{
	g_autoptr(GError) error = NULL;
	gboolean good = settings_check_value(manifest_setting(manifest, key), value, &error);

	if (part == NULL) {
		g_assert_no_error(error);
		g_assert_true(good);
		return;
	}
	g_assert_false(good);
	support_assert_error(error, IDC_INVALID, "setting_invalid", part);
}

static void
test_values(void)
{
	g_autoptr(Manifest) manifest = read_source("manifest/pagerduty.json");

	assert_value(manifest, "region", "eu", NULL);
	assert_value(manifest, "region", "mars", "must be us or eu (Service region: eu if your PagerDuty address contains .eu.)");
	assert_value(manifest, "concurrency", "16", NULL);
	assert_value(manifest, "concurrency", "17", "a whole number from 1 to 16");
	assert_value(manifest, "concurrency", "4x", "a whole number");
	assert_value(manifest, "concurrency", " 4", "a whole number");
	assert_value(manifest, "include_schedules", "TRUE", "true or false");
	assert_value(manifest, "subdomain", "northwind", NULL);
	assert_value(manifest, "subdomain", "northwind\n", "without control characters");
	assert_value(manifest, "subdomain", "north.wind", "of the form");
	assert_value(manifest, "subdomain", "", "something");
	assert_value(manifest, "from_email", "a@example.org", NULL);
	assert_value(manifest, "from_email", "a@example.org, b@example.org", "one e-mail address");
	assert_value(manifest, "ca_file", "relative.pem", "an absolute path");
	assert_value(manifest, "api_url", "https://api.example.org", NULL);
	assert_value(manifest, "api_url", "http://127.0.0.1:8080", NULL);
	assert_value(manifest, "api_url", "http://api.example.org", "of the form");
	assert_value(manifest, "api_url", "ftp://x", "of the form");
	assert_value(manifest, "api_url", "\xff", "without control characters");
}

static void
assert_key(const Manifest *manifest, const char *key, const char *code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(settings_check_key(manifest, key, &error));
	support_assert_error(error, IDC_INVALID, code, part);
	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_USAGE);
}

static void
test_keys(void)
{
	g_autoptr(Manifest) manifest = read_source("manifest/pagerduty.json");
	g_autoptr(GError) error = NULL;

	g_assert_true(settings_check_key(manifest, "subdomain", &error));
	assert_key(manifest, "sub_domain", "setting_unknown", "did you mean subdomain?");
	assert_key(manifest, "client", "setting_unknown", "did you mean client_id?");
	assert_key(manifest, "zzzzzzzzz", "setting_unknown", "its settings are client_id, grant,");
	assert_key(manifest, "client_secret", "setting_is_secret", "--secret client_secret=@FILE");
}

static gboolean
no_secret(const char *key, gpointer user_data)
{
	(void)key;
	(void)user_data;
	return FALSE;
}

static void
test_required(void)
{
	g_autoptr(Manifest) manifest = read_source("tests/host/modules/memory.json");
	g_autoptr(GHashTable) settings = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) open = settings_missing(manifest, settings, no_secret, NULL);
	g_autoptr(GPtrArray) strict = NULL;

	g_assert_cmpuint(open->len, ==, 1);
	g_assert_cmpstr(((const ManifestSetting *)g_ptr_array_index(open, 0))->key, ==, "file");
	g_hash_table_insert(settings, (gpointer)(gsize) "mode", (gpointer)(gsize) "strict");
	strict = settings_missing(manifest, settings, no_secret, NULL);
	g_assert_cmpuint(strict->len, ==, 2);
	g_assert_cmpstr(((const ManifestSetting *)g_ptr_array_index(strict, 1))->key, ==, "password");
}

/* ---- finding ---- */

static void
test_find(void)
{
	char *folder = support_folder();
	g_autoptr(HostPaths) paths = support_paths(folder);
	g_autofree char *good = support_manifest("faulty", "1.0.0", "faulty.so", NULL);
	g_autofree char *shadow = support_manifest("faulty", "9.9.9", "faulty.so", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) error_broken = NULL;
	g_autoptr(GError) error_unknown = NULL;
	g_autoptr(Manifest) manifest = NULL;

	g_free(support_write(folder, "modules/faulty.json", good, 0644));
	g_free(support_write(folder, "manifest/faulty.json", shadow, 0644));
	g_free(support_write(folder, "manifest/broken.json", "{", 0644));
	g_free(support_write(folder, "manifest/manifest.schema.json", "{", 0644));
	manifest = manifest_find(paths, "FAULTY", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(manifest->version, ==, "1.0.0");
	g_assert_null(manifest_find(paths, "broken", &error_broken));
	support_assert_error(error_broken, IDC_INVALID, "json_syntax", "broken.json");
	g_assert_null(manifest_find(paths, "fawlty", &error_unknown));
	support_assert_error(error_unknown, IDC_NOT_FOUND, "no_such_connector", "did you mean faulty?");
	g_assert_cmpint(host_error_exit(error_unknown), ==, HOST_EXIT_USAGE);
	support_remove(folder);
}

static void
test_writable(void)
{
	char *folder = support_folder();
	g_autofree char *text = support_manifest("faulty", "1.0.0", "faulty.so", NULL);
	g_autofree char *path = support_write(folder, "m.json", text, 0646);
	g_autoptr(GError) error = NULL;

	g_assert_null(manifest_read(path, &error));
	support_assert_error(error, IDC_REFUSED, "file_writable", "chmod go-w");
	support_remove(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/manifest/a small valid one is read", test_small);
	g_test_add_func("/manifest/the shipped one is read without an unknown key and its defaults are allowed", test_shipped);
	g_test_add_func("/manifest/a duplicate key is refused", test_duplicate);
	g_test_add_func("/manifest/a duplicate key deep inside is refused with its path", test_duplicate_deep);
	g_test_add_func("/manifest/a duplicate key spelled with an escape is refused", test_duplicate_escaped);
	g_test_add_func("/manifest/a wrong type is refused with its path and both types", test_type);
	g_test_add_func("/manifest/a missing key is refused with its path", test_missing);
	g_test_add_func("/manifest/a module file in another folder is refused", test_pattern);
	g_test_add_func("/manifest/a number beyond 64 bits is refused", test_number);
	g_test_add_func("/manifest/a fraction where a whole number belongs is refused", test_number_float);
	g_test_add_func("/manifest/an unknown key is tolerated and told with its path", test_unknown);
	g_test_add_func("/manifest/a newer format is refused before anything in it is judged", test_newer);
	g_test_add_func("/manifest/ten thousand levels are refused", test_deep);
	g_test_add_func("/manifest/too many bytes are refused", test_large);
	g_test_add_func("/manifest/too many values are refused", test_many);
	g_test_add_func("/manifest/too many entries in a list are refused", test_entries);
	g_test_add_func("/manifest/what is no strict JSON is refused with line and column", test_syntax);
	g_test_add_func("/manifest/NUL and invalid UTF-8 are refused", test_bytes);
	g_test_add_func("/manifest/a pattern that is no regular expression is refused", test_regex);
	g_test_add_func("/manifest/a line end at the end of a word is refused", test_line_end);
	g_test_add_func("/manifest/two settings of one name are refused", test_twice);
	g_test_add_func("/manifest/every truncation is refused", test_truncated);
	g_test_add_func("/manifest/with any byte changed it is read or refused", test_flipped);
	g_test_add_func("/manifest/scopes are those for reading unless writes are wanted", test_scopes);
	g_test_add_func("/manifest/the budget follows sizes and settings", test_budget);
	g_test_add_func("/settings/each type takes its values and refuses others saying what is allowed", test_values);
	g_test_add_func("/settings/an unknown key names the nearest and a secret says how it is given", test_keys);
	g_test_add_func("/settings/a condition makes a setting required", test_required);
	g_test_add_func("/find/the modules folder wins, a broken one is told, an unknown one names the nearest", test_find);
	g_test_add_func("/find/a manifest that others may write to is refused", test_writable);
	return g_test_run();
}
