/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * CSV that somebody gives to a command: the one bounded reader of it. RFC 4180 with LF or CRLF, an optional BOM, and a header whose
 * columns may stand in any order. Checked whole before anything is done with it; each fault is told with its line and column.
 */
#pragma once
#include <glib.h>

typedef struct {
	const char *name;
	gboolean required; /* must be in the header, and no field of it may be empty */
	gsize max;         /* bytes of a field */
} RowsColumn;

typedef struct Rows Rows;

/* Reads path ("-": standard input). Refused: a column that is not known or there twice, a line with too few or too many fields, a quote
 * where none may stand, NUL, control characters, invalid UTF-8, too much of anything, no row at all. At most ten faults are told, as one
 * error: "rows_refused". */
Rows *rows_read(const char *path, const RowsColumn *columns, gsize n_columns, GError **error);

/* The same from memory; origin is for the sentences. */
Rows *rows_parse(const char *bytes, gsize length, const char *origin, const RowsColumn *columns, gsize n_columns, GError **error);

void rows_free(Rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rows, rows_free)

guint rows_count(const Rows *rows);

/* A field, NULL where it is empty or its column is not there. column: the place in the array that was given. */
const char *rows_field(const Rows *rows, guint row, gsize column);

/* The line where a row begins, from 1. */
guint rows_line(const Rows *rows, guint row);

/* Adds a fault that only the caller can see to what rows_finish() tells; column as above. */
void rows_reject(Rows *rows, guint row, gsize column, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* FALSE and the faults that the caller found, if there were any. */
gboolean rows_finish(Rows *rows, GError **error);
