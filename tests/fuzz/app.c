/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/app.h"
#include "base/error.h"
#include "base/json.h"
#include "fuzz.h"
#include <string.h>

/* Files of apps: what was taken is the same when it is written down and read again, and what was refused says where. */

#define APP_PATH "/data/apps/Fuzzed.json"

static void
app_refused(const GError *error)
{
	g_assert_true(error->domain == HOST_ERROR);
	g_assert_nonnull(strstr(error->message, APP_PATH));
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(App) app = app_parse((const char *)bytes, length, APP_PATH, &error);
	g_autoptr(App) again = NULL;
	g_autoptr(json_object) first = NULL;
	g_autoptr(json_object) second = NULL;
	const char *text;

	g_assert_true((app == NULL) == (error != NULL));
	if (app == NULL) {
		app_refused(error);
		return 0;
	}
	first = app_json(app);
	text = json_object_to_json_string_ext(first, JSON_C_TO_STRING_PRETTY);
	again = app_parse(text, strlen(text), APP_PATH, &error);
	g_assert_no_error(error);
	second = app_json(again);
	g_assert_true(json_object_equal(first, second));
	return 0;
}
