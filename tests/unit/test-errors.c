/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "errors.h"

#include <string.h>

typedef struct {
	gint http;
	const gchar *code;
	const gchar *words;
	gint32 status;
	gboolean retryable;
} Case;

static void
test_table(void)
{
	static const Case cases[] = {
	    {400, "2001", "Invalid Input Provided: Email has already been taken", IDC_CONFLICT, FALSE},
	    {400, "2001", "License error: License is not available", IDC_PAYMENT, FALSE},
	    {400, "2001", "License error: Unable to perform request at this time. account could not be locked", IDC_CONFLICT, TRUE},
	    {400, "2002", "Arguments Caused Error: Offset+limit exceeds maximum allowed value of 10000.", IDC_PROTOCOL, FALSE},
	    {400, "1008", NULL, IDC_INVALID, FALSE},
	    {400, NULL, NULL, IDC_REFUSED, FALSE},
	    {401, NULL, NULL, IDC_UNAUTHENTICATED, FALSE},
	    {401, "2006", "Authentication failed", IDC_UNAUTHENTICATED, FALSE},
	    {402, "2014", "Missing Account Ability", IDC_PAYMENT, FALSE},
	    {403, "2010", "Access Denied", IDC_FORBIDDEN, FALSE},
	    {403, NULL, "Token missing required scopes: teams.read", IDC_SCOPE, FALSE},
	    {404, "2100", "Not Found", IDC_NOT_FOUND, FALSE},
	    {408, NULL, NULL, IDC_TIMEOUT, TRUE},
	    {409, NULL, NULL, IDC_CONFLICT, FALSE},
	    {429, "2020", "Rate Limit Exceeded", IDC_RATE_LIMITED, TRUE},
	    {500, "2000", NULL, IDC_UNAVAILABLE, TRUE},
	    {502, NULL, NULL, IDC_UNAVAILABLE, TRUE},
	    {503, NULL, NULL, IDC_UNAVAILABLE, TRUE},
	    {504, NULL, NULL, IDC_UNAVAILABLE, TRUE},
	    {302, NULL, NULL, IDC_PROTOCOL, FALSE},
	    {204, NULL, NULL, IDC_PROTOCOL, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *c = &cases[i];
		g_autoptr(GError) made = NULL;
		idc_error error = {.struct_size = sizeof(error)};

		errors_set_answer(&made, &(ErrorsAnswer){.what = "GET /users",
							 .http_status = c->http,
							 .code = c->code,
							 .words = c->words,
							 .request_id = "req-1",
							 .retry_after_ms = -1});
		g_assert_cmpint(errors_to_idc(made, &error), ==, c->status);
		g_assert_cmpint(error.status, ==, c->status);
		g_assert_cmpint(error.remote_status, ==, c->http);
		g_assert_cmpint((error.flags & IDC_ERROR_RETRYABLE) != 0, ==, c->retryable);
		g_assert_cmpstr(error.code, ==, c->code != NULL ? c->code : "");
		g_assert_cmpstr(error.request_id, ==, "req-1");
		g_assert_nonnull(strstr(error.message, "GET /users"));
		if (c->words != NULL)
			g_assert_nonnull(strstr(error.message, c->words));
	}
}

static void
test_cut_at_a_code_point(void)
{
	g_autoptr(GString) text = g_string_new("x");
	g_autoptr(GError) made = NULL;
	idc_error error = {.struct_size = sizeof(error)};

	for (guint i = 0; i < 500; i++)
		g_string_append(text, "\342\202\254");
	made = g_error_new_literal(ERRORS, IDC_REFUSED, text->str);
	errors_to_idc(made, &error);
	g_assert_true(g_utf8_validate(error.message, -1, NULL));
	g_assert_cmpuint(strlen(error.message), >, sizeof(error.message) - 4);
}

static void
test_smaller_struct_is_left_alone(void)
{
	g_autoptr(GError) made = g_error_new_literal(ERRORS, IDC_REFUSED, "no");
	idc_error error;

	memset(&error, 0x5a, sizeof(error));
	error.struct_size = 24;
	g_assert_cmpint(errors_to_idc(made, &error), ==, IDC_REFUSED);
	g_assert_true(error.message[0] == 0x5a);
	g_assert_cmpint(errors_to_idc(made, NULL), ==, IDC_REFUSED);
}

static void
test_copies_keep_the_detail(void)
{
	g_autoptr(GError) made = NULL;
	g_autoptr(GError) copy = NULL;

	errors_set_transport(&made, IDC_TIMEOUT, "slow");
	errors_detail(made)->retry_after_ms = 7;
	copy = g_error_copy(made);
	g_assert_cmpint(errors_detail(copy)->retry_after_ms, ==, 7);
	g_assert_cmpuint(errors_detail(copy)->flags, ==, IDC_ERROR_RETRYABLE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/errors/each answer has one status, one word on retrying, and PagerDuty's own words", test_table);
	g_test_add_func("/errors/messages are cut at a code point", test_cut_at_a_code_point);
	g_test_add_func("/errors/a struct that is too small is not written to", test_smaller_struct_is_left_alone);
	g_test_add_func("/errors/copies keep the detail", test_copies_keep_the_detail);
	return g_test_run();
}
