/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/csv.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>

#define CSV_BOM "\xef\xbb\xbf"

struct CsvWriter {
	FILE *stream;
	CsvStyle style;
	GString *line; /* kept, so that a million rows cost no allocation each */
	gboolean begun;
};

CsvWriter *
csv_writer_new(FILE *stream, CsvStyle style)
{
	CsvWriter *writer = g_new0(CsvWriter, 1);

	writer->stream = stream;
	writer->style = style;
	writer->line = g_string_new(NULL);
	return writer;
}

void
csv_writer_free(CsvWriter *writer)
{
	if (writer == NULL)
		return;
	g_string_free(writer->line, TRUE);
	g_free(writer);
}

/* Spreadsheets run what begins so; TAB and CR are skipped by some before they look. */
static gboolean
csv_is_formula(const char *field)
{
	return *field != '\0' && strchr("=+-@\t\r\n", *field) != NULL;
}

static void
csv_append_field(GString *target, CsvStyle style, const char *field)
{
	gboolean guarded = style == CSV_SHEET && csv_is_formula(field);

	if (strpbrk(field, ",\"\r\n") == NULL) {
		if (guarded)
			g_string_append_c(target, '\'');
		g_string_append(target, field);
		return;
	}
	g_string_append_c(target, '"');
	if (guarded)
		g_string_append_c(target, '\'');
	for (const char *p = field; *p != '\0'; p++) {
		if (*p == '"')
			g_string_append_c(target, '"');
		g_string_append_c(target, *p);
	}
	g_string_append_c(target, '"');
}

void
csv_append_row(GString *target, CsvStyle style, const char *const *fields, gsize n_fields)
{
	/* A line with one empty field would read as an empty line, which readers skip. */
	if (n_fields == 1 && (fields[0] == NULL || *fields[0] == '\0'))
		g_string_append(target, "\"\"");
	for (gsize i = 0; i < n_fields; i++) {
		if (i > 0)
			g_string_append_c(target, ',');
		if (fields[i] != NULL)
			csv_append_field(target, style, fields[i]);
	}
	g_string_append_c(target, '\n');
}

gboolean
csv_writer_row(CsvWriter *writer, const char *const *fields, gsize n_fields, GError **error)
{
	g_string_truncate(writer->line, 0);
	if (!writer->begun && writer->style == CSV_SHEET)
		g_string_append(writer->line, CSV_BOM);
	writer->begun = TRUE;
	csv_append_row(writer->line, writer->style, fields, n_fields);
	if (fwrite(writer->line->str, 1, writer->line->len, writer->stream) == writer->line->len)
		return TRUE;
	host_error_set(error, IDC_IO, "output_not_written", "The rows could not be written: %s.", g_strerror(errno));
	return FALSE;
}
