/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/output.h"
#include "base/text.h"
#include "cli/csv.h"
#include "cli/words.h"
#include "support.h"
#include <string.h>
#include <unistd.h>

static void
assert_escaped(const char *text, const char *expected)
{
	g_autofree char *escaped = text_escape(text);

	g_assert_cmpstr(escaped, ==, expected);
}

static void
test_control(void)
{
	assert_escaped("a\x1b[31mb", "a\\x1b[31mb");
	assert_escaped("a\nb\tc\rd", "a\\nb\\tc\\x0dd");
	assert_escaped("a\x7f", "a\\x7f");
	assert_escaped("a\xc2\x9b"
		       "b",
		       "a\\u{009b}b");
	assert_escaped("back\\slash", "back\\slash");
	assert_escaped(NULL, "");
}

static void
test_bidi(void)
{
	assert_escaped("a\xe2\x80\xae"
		       "b",
		       "a\\u{202e}b");
	assert_escaped("a\xe2\x81\xa6"
		       "b",
		       "a\\u{2066}b");
	assert_escaped("a\xe2\x80\x8f"
		       "b",
		       "a\\u{200f}b");
	assert_escaped("a\xd8\x9c"
		       "b",
		       "a\\u{061c}b");
	assert_escaped("a\xef\xbb\xbf"
		       "b",
		       "a\\u{feff}b");
	assert_escaped("a\xe2\x80\xa8"
		       "b",
		       "a\\u{2028}b");
	assert_escaped("a\xe2\x80\x8b"
		       "b",
		       "a\\u{200b}b");
	assert_escaped("a\xf3\xa0\x81\xa1"
		       "b",
		       "a\\u{e0061}b");
}

static void
test_invalid(void)
{
	assert_escaped("a\xff"
		       "b\xc3",
		       "a\\xffb\\xc3");
	assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");
	assert_escaped("\xc0\xaf", "\\xc0\\xaf");
}

static void
test_scripts(void)
{
	/* Arabic, Hindi, Chinese, an accent of its own, a family joined of emoji, Persian with its joiner. */
	static const char *const names[] = {"\xd9\x85\xd8\xb1\xd9\x8a\xd9\x85",
					    "\xe0\xa4\xb8\xe0\xa5\x80\xe0\xa4\xa4\xe0\xa4\xbe",
					    "\xe7\x8e\x8b\xe8\x8a\xb3",
					    "Zoe\xcc\x88",
					    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
					    "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		assert_escaped(names[i], names[i]);
	assert_escaped("a\xe2\x80\x8d"
		       "b",
		       "a\\u{200d}b");
}

static void
test_twice(void)
{
	g_autofree char *once = text_escape("a\x1b\xe2\x80\xae\n\\");
	g_autofree char *twice = text_escape(once);

	g_assert_cmpstr(once, ==, twice);
}

static void
assert_row(CsvStyle style, const char *const *fields, gsize n_fields, const char *expected)
{
	g_autoptr(GString) row = g_string_new(NULL);

	csv_append_row(row, style, fields, n_fields);
	g_assert_cmpstr(row->str, ==, expected);
}

static void
test_csv(void)
{
	assert_row(CSV_PLAIN, (const char *const[]){"a", "b c", "", NULL, "e"}, 5, "a,b c,,,e\n");
	assert_row(CSV_PLAIN, (const char *const[]){"a,b", "say \"hi\"", "two\nlines", "cr\r"}, 4,
		   "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\"\n");
	assert_row(CSV_PLAIN, (const char *const[]){"=1+1", " lead", "\xe2\x80\xae\x1b"}, 3, "=1+1, lead,\xe2\x80\xae\x1b\n");
	assert_row(CSV_PLAIN, (const char *const[]){"\""}, 1, "\"\"\"\"\n");
	assert_row(CSV_PLAIN, (const char *const[]){NULL}, 1, "\"\"\n");
}

static void
test_sheet(void)
{
	assert_row(CSV_SHEET, (const char *const[]){"=1+1", "+1", "-1", "@x", "a=b", "\tx"}, 6, "'=1+1,'+1,'-1,'@x,a=b,'\tx\n");
	assert_row(CSV_SHEET, (const char *const[]){"=HYPERLINK(\"x\",\"y\")"}, 1, "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\n");
	assert_row(CSV_SHEET, (const char *const[]){"\rx"}, 1, "\"'\rx\"\n");
}

static char *
write_rows(CsvStyle style)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	g_autoptr(CsvWriter) writer = csv_writer_new(stream, style);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 2; i++)
		g_assert_true(csv_writer_row(writer, (const char *const[]){"a", "b"}, 2, &error));
	g_assert_no_error(error);
	fclose(stream);
	return text;
}

static void
test_bom(void)
{
	g_autofree char *plain = write_rows(CSV_PLAIN);
	g_autofree char *sheet = write_rows(CSV_SHEET);

	g_assert_cmpstr(plain, ==, "a,b\na,b\n");
	g_assert_cmpstr(sheet, ==,
			"\xef\xbb\xbf"
			"a,b\na,b\n");
}

static void
test_csv_full(void)
{
	FILE *stream = fopen("/dev/full", "we");
	g_autoptr(CsvWriter) writer = csv_writer_new(stream, CSV_PLAIN);
	g_autoptr(GError) error = NULL;

	setvbuf(stream, NULL, _IONBF, 0);
	g_assert_false(csv_writer_row(writer, (const char *const[]){"a"}, 1, &error));
	support_assert_error(error, IDC_IO, "output_not_written", NULL);
	fclose(stream);
}

static void
test_nearest(void)
{
	static const char *const words[] = {"sync", "show", "status", "validate", "connect", NULL};

	g_assert_cmpstr(text_nearest("statsu", words), ==, "status");
	g_assert_cmpstr(text_nearest("SYNC", words), ==, "sync");
	g_assert_cmpstr(text_nearest("conn", words), ==, "connect");
	g_assert_null(text_nearest("zzzzzz", words));
	g_assert_null(text_nearest("", words));
}

static void
test_join(void)
{
	g_autofree char *none = text_join((const char *const[]){NULL}, "and");
	g_autofree char *one = text_join((const char *const[]){"a", NULL}, "and");
	g_autofree char *three = text_join((const char *const[]){"a", "b", "c", NULL}, "or");

	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(one, ==, "a");
	g_assert_cmpstr(three, ==, "a, b or c");
}

static void
test_time(void)
{
	g_autofree char *epoch = text_time(0);
	g_autofree char *before = text_time(-1);
	g_autofree char *later = text_time(G_GINT64_CONSTANT(1769847300999));
	g_autofree char *never = text_time(G_MAXINT64);

	g_assert_cmpstr(epoch, ==, "1970-01-01T00:00:00Z");
	g_assert_cmpstr(before, ==, "1969-12-31T23:59:59Z");
	g_assert_cmpstr(later, ==, "2026-01-31T08:15:00Z");
	g_assert_cmpstr(never, ==, "9999-12-31T23:59:59Z");
}

/* ---- errors ---- */

static void
test_exits(void)
{
	static const struct {
		int32_t status;
		HostExit exit_status;
		const char *name;
	} table[] = {
	    {IDC_INVALID, HOST_EXIT_USAGE, "INVALID"},
	    {IDC_UNSUPPORTED, HOST_EXIT_FAILED, "UNSUPPORTED"},
	    {IDC_UNAUTHENTICATED, HOST_EXIT_REAUTHORIZE, "UNAUTHENTICATED"},
	    {IDC_EXPIRED, HOST_EXIT_REAUTHORIZE, "EXPIRED"},
	    {IDC_FORBIDDEN, HOST_EXIT_FAILED, "FORBIDDEN"},
	    {IDC_SCOPE, HOST_EXIT_REAUTHORIZE, "SCOPE"},
	    {IDC_RATE_LIMITED, HOST_EXIT_LATER, "RATE_LIMITED"},
	    {IDC_UNAVAILABLE, HOST_EXIT_LATER, "UNAVAILABLE"},
	    {IDC_INDETERMINATE, HOST_EXIT_UNKNOWN, "INDETERMINATE"},
	    {IDC_TIMEOUT, HOST_EXIT_LATER, "TIMEOUT"},
	    {IDC_INTERNAL, HOST_EXIT_FAILED, "INTERNAL"},
	    {199, HOST_EXIT_USAGE, "INVALID"},
	    {299, HOST_EXIT_REAUTHORIZE, "UNAUTHENTICATED"},
	    {399, HOST_EXIT_FAILED, "NOT_FOUND"},
	    {499, HOST_EXIT_FAILED, "NOMEM"},
	    {7, HOST_EXIT_FAILED, "INTERNAL"},
	    {-1, HOST_EXIT_FAILED, "INTERNAL"},
	    {1000, HOST_EXIT_FAILED, "INTERNAL"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_assert_cmpint(host_status_exit(table[i].status), ==, table[i].exit_status);
		g_assert_cmpstr(host_status_name(table[i].status), ==, table[i].name);
	}
	g_assert_cmpint(host_error_exit(NULL), ==, HOST_EXIT_OK);
}

static void
test_connector_error(void)
{
	idc_error from = {
	    .struct_size = sizeof(idc_error), .retry_after_ms = 1500, .remote_status = 429, .flags = IDC_ERROR_RETRYABLE};
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) copy = NULL;
	g_autoptr(GError) silent = NULL;
	HostErrorDetail detail;

	/* Arrays that a wrong connector did not end. */
	memset(from.code, 'c', sizeof(from.code));
	memset(from.request_id, 'r', sizeof(from.request_id));
	memset(from.message, '\xff', sizeof(from.message));
	host_error_set_from_connector(&error, IDC_RATE_LIMITED, &from, "list_entitlements");
	copy = g_error_copy(error);
	g_clear_error(&error);
	host_error_detail(copy, &detail);
	g_assert_cmpuint(strlen(detail.code), ==, 64);
	g_assert_cmpuint(strlen(detail.request_id), ==, 64);
	g_assert_true(g_utf8_validate(copy->message, -1, NULL));
	g_assert_cmpint(detail.retry_after_ms, ==, 1500);
	g_assert_cmpint(detail.remote_status, ==, 429);
	g_assert_true(detail.retryable);
	g_assert_cmpint(host_error_exit(copy), ==, HOST_EXIT_LATER);
	host_error_set_from_connector(&silent, IDC_FORBIDDEN, NULL, "authorize");
	g_assert_cmpstr(silent->message, ==, "The connector ended authorize with FORBIDDEN (202) and did not say why.");
}

static void
test_own_exit(void)
{
	g_autoptr(GError) error = host_error_new(IDC_REFUSED, "held", "Held.");
	g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone");

	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_FAILED);
	host_error_set_exit(error, HOST_EXIT_HELD);
	g_assert_cmpint(host_error_exit(error), ==, HOST_EXIT_HELD);
	g_assert_cmpint(host_error_status(foreign), ==, IDC_IO);
	g_assert_cmpint(host_error_exit(foreign), ==, HOST_EXIT_FAILED);
}

static void
assert_words(const char *json, const char *expected)
{
	g_autofree char *words = words_attributes(json);

	g_assert_cmpstr(words, ==, expected);
}

static void
test_words(void)
{
	assert_words("{\"stays\":\"team:1:observer\"}", "stays in team:1:observer");
	assert_words("{\"blocked_by\":[\"policy:1\",\"policy:2\"],\"holds_more\":\"team:1:manager\"}",
		     "needed by policy:1 and policy:2; holds more: team:1:manager");
	assert_words("{\"what\":\"level 1 now also pages her always\"}", "level 1 now also pages her always");
	assert_words("{\"seat_type\":\"full\"}", "seat type: full");
	assert_words("{}", "");
	assert_words(NULL, "");
	assert_words("[1]", "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/escape/control characters are shown", test_control);
	g_test_add_func("/escape/what re-orders or hides text is shown", test_bidi);
	g_test_add_func("/escape/invalid bytes are shown", test_invalid);
	g_test_add_func("/escape/names in every script stay as they are", test_scripts);
	g_test_add_func("/escape/twice is once", test_twice);
	g_test_add_func("/csv/what needs quotes has them and nothing else is changed", test_csv);
	g_test_add_func("/csv/a sheet takes nothing for a formula", test_sheet);
	g_test_add_func("/csv/a sheet begins with a mark, once", test_bom);
	g_test_add_func("/csv/a full disk is told", test_csv_full);
	g_test_add_func("/text/the nearest word is proposed and a far one is not", test_nearest);
	g_test_add_func("/text/words are joined", test_join);
	g_test_add_func("/text/times are RFC 3339 whatever the number", test_time);
	g_test_add_func("/error/each status has its exit and unknown ones their hundred's", test_exits);
	g_test_add_func("/error/what a connector says is kept, bounded and valid", test_connector_error);
	g_test_add_func("/error/an exit of its own wins", test_own_exit);
	g_test_add_func("/words/attributes are read as words, not as JSON", test_words);
	return g_test_run();
}
