/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The one reader of CSV that is given to a command. */
#include "cli/rows.h"
#include "base/error.h"
#include "support.h"
#include <string.h>

static const RowsColumn columns[] = {{"user", TRUE, 8}, {"what", FALSE, 16}};

static Rows *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	Rows *rows = rows_parse(text, strlen(text), "c.csv", columns, G_N_ELEMENTS(columns), &error);

	g_assert_no_error(error);
	return rows;
}

static void
assert_refused(const char *text, gsize length, const char *sentence)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(rows_parse(text, length, "c.csv", columns, G_N_ELEMENTS(columns), &error));
	support_assert_error(error, IDC_INVALID, "rows_refused", sentence);
	g_assert_true(g_str_has_prefix(error->message, "c.csv is refused, and nothing of it was done: "));
}

static void
test_fields(void)
{
	g_autoptr(Rows) rows = parse("what,user\n\"a \"\"b\"\", c\",u1\n,u2\n\"two, \",u3");

	g_assert_cmpuint(rows_count(rows), ==, 3);
	g_assert_cmpstr(rows_field(rows, 0, 0), ==, "u1");
	g_assert_cmpstr(rows_field(rows, 0, 1), ==, "a \"b\", c");
	g_assert_cmpstr(rows_field(rows, 1, 1), ==, NULL);
	g_assert_cmpstr(rows_field(rows, 2, 1), ==, "two, ");
	g_assert_cmpuint(rows_line(rows, 2), ==, 4);
}

static void
test_line_ends(void)
{
	g_autoptr(Rows) rows = parse("\xef\xbb\xbfuser,what\r\nu1,\"x\"\r\n\r\nu2,y\r\n");

	g_assert_cmpuint(rows_count(rows), ==, 2);
	g_assert_cmpstr(rows_field(rows, 0, 1), ==, "x");
	g_assert_cmpstr(rows_field(rows, 1, 1), ==, "y");
	g_assert_cmpuint(rows_line(rows, 1), ==, 4);
}

static void
test_columns_missing(void)
{
	g_autoptr(Rows) rows = parse("user\nu1\n");

	g_assert_cmpstr(rows_field(rows, 0, 1), ==, NULL);
}

static const struct {
	const char *name, *text, *sentence;
} faults[] = {
    {"nothing at all", "", "line 1: there is no header"},
    {"a header alone", "user,what\n", "there is no row below the header"},
    {"a column twice", "user,user\nu,u\n", "line 1, column user: it is there twice"},
    {"a field too many", "user,what\nu1,x,y\n", "line 2: there are 3 fields, but the header has 2"},
    {"a needed field that is empty", "user,what\n,x\n", "line 2, column user: it is empty"},
    {"a field that is too long", "user\n123456789\n", "line 2, column user: it is too long"},
    {"a tab in a field", "user\nu\t1\n", "line 2, column user: it holds a control character"},
    {"a line end in a field", "user,what\nu1,\"a\nb\"\n", "line 2, column what: it holds a control character"},
    {"a quote within a field", "user\nu\"1\n", "line 2: a quote stands in a field that does not begin with one"},
    {"text behind a quote", "user\n\"u1\"x\n", "line 2: something stands between a closing quote and the next comma"},
    {"a quote that is not closed", "user\nu1\n\"u2\nu3\n", "line 3: a quote is never closed"},
    {"bytes that are no UTF-8", "user\nu1\n\xff\n", "line 3: it is not valid UTF-8 text"},
    {"two faults", "user\n\"\"\nu1\n123456789\n", "line 2, column user: it is empty; line 4, column user: it is too long"},
};

static void
test_fault(gconstpointer data)
{
	const char *text = faults[GPOINTER_TO_UINT(data)].text;

	assert_refused(text, strlen(text), faults[GPOINTER_TO_UINT(data)].sentence);
}

/* A file of no bytes at all, as an export that failed leaves it. */
static void
test_empty_file(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(rows_read("/dev/null", columns, G_N_ELEMENTS(columns), &error));
	support_assert_error(error, IDC_INVALID, "rows_refused", "line 1: there is no header");
}

static void
test_nul(void)
{
	assert_refused("user\nu1\0u2\n", 11, "line 2: it is not valid UTF-8 text");
}

/* Ten faults say enough; a file of another kind would have a million. */
static void
test_many_faults(void)
{
	g_autoptr(GString) text = g_string_new("user,what\n");

	for (guint i = 0; i < 50; i++)
		g_string_append(text, ",x\n");
	assert_refused(text->str, text->len, "line 11, column user: it is empty; and 40 more.");
}

static void
test_too_many_rows(void)
{
	g_autoptr(GString) text = g_string_new("user\n");

	for (guint i = 0; i < 100001; i++)
		g_string_append(text, "u\n");
	assert_refused(text->str, text->len, "line 100002: there are more than 100000 rows");
}

static void
test_too_many_fields(void)
{
	g_autoptr(GString) text = g_string_new("user");

	for (guint i = 0; i < 100; i++)
		g_string_append(text, ",x");
	assert_refused(text->str, text->len, "there are more than 64 fields");
}

static void
test_rejected_by_caller(void)
{
	g_autoptr(Rows) rows = parse("user,what\nu1,x\n");
	g_autoptr(GError) error = NULL;

	g_assert_true(rows_finish(rows, &error));
	rows_reject(rows, 0, 1, "it is \"%s\"", "x");
	g_assert_false(rows_finish(rows, &error));
	support_assert_error(error, IDC_INVALID, "rows_refused", "line 2, column what: it is \"x\"");
}

/* Every text ends with rows or a refusal, and not otherwise. */
static void
test_random(void)
{
	static const char *const pieces[] = {"user", "what", ",", "\n", "\r\n", "\"", "\"\"", "x", "\xc3\xa9", " ", "\xff"};

	for (guint i = 0; i < 20000; i++) {
		g_autoptr(GString) text = g_string_new(i % 2 == 0 ? "user,what\n" : "");
		g_autoptr(GError) error = NULL;
		g_autoptr(Rows) rows = NULL;
		gint n = g_test_rand_int_range(0, 30);

		for (gint j = 0; j < n; j++)
			g_string_append(text, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
		rows = rows_parse(text->str, text->len, "c.csv", columns, G_N_ELEMENTS(columns), &error);
		g_assert_true((rows == NULL) == (error != NULL));
		for (guint j = 0; rows != NULL && j < rows_count(rows); j++)
			g_assert_nonnull(rows_field(rows, j, 0));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rows/fields with quotes, commas and nothing in them are read", test_fields);
	g_test_add_func("/rows/a BOM, CRLF and empty lines are read over", test_line_ends);
	g_test_add_func("/rows/a column that need not be there is missing", test_columns_missing);
	for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *path = g_strdup_printf("/rows/%s: refused with its line", faults[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_fault);
	}
	g_test_add_func("/rows/an empty file is refused", test_empty_file);
	g_test_add_func("/rows/a NUL is refused with its line", test_nul);
	g_test_add_func("/rows/of many faults ten are told", test_many_faults);
	g_test_add_func("/rows/too many rows are refused", test_too_many_rows);
	g_test_add_func("/rows/too many fields are refused", test_too_many_fields);
	g_test_add_func("/rows/what only the caller can see is told alike", test_rejected_by_caller);
	g_test_add_func("/rows/any text is rows or refused", test_random);
	return g_test_run();
}
