/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* CSV as RFC 4180 has it, but with LF: byte for byte, nothing escaped or cleaned. */
#pragma once
#include <glib.h>
#include <stdio.h>

typedef enum {
	CSV_PLAIN,
	CSV_SHEET, /* a BOM first, and what a spreadsheet would take for a formula begins with an apostrophe */
} CsvStyle;

typedef struct CsvWriter CsvWriter;

/* Writes to stream, which is borrowed. */
CsvWriter *csv_writer_new(FILE *stream, CsvStyle style);
void csv_writer_free(CsvWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvWriter, csv_writer_free)

/* One line; NULL is an empty field. A field with a comma, quote, CR or LF is quoted. FALSE and IDC_IO once the stream failed. */
gboolean csv_writer_row(CsvWriter *writer, const char *const *fields, gsize n_fields, GError **error);

/* The same into a string, LF included. */
void csv_append_row(GString *target, CsvStyle style, const char *const *fields, gsize n_fields);
