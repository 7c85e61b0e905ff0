/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What a command says: text for people, or with --json one object (schema idc-host/1). Results go to stdout, everything else to stderr.
 * What a service or connector wrote is escaped here in text for people and exact in JSON. Used by the main thread only.
 */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include <glib.h>
#include <stdio.h>

typedef struct Output Output;

typedef enum {
	OUTPUT_JSON = 1 << 0,
	OUTPUT_QUIET = 1 << 1,
	OUTPUT_VERBOSE = 1 << 2,
} OutputFlags;

Output *output_new(const char *command, OutputFlags flags);
void output_free(Output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_free)

void output_set_identifier(Output *output, const char *identifier);
void output_set_connector(Output *output, const char *id, const char *version, const char *sha256);

/* The envelope's object, to which a command adds its own keys; owned by output. The keys of the envelope are set at the end. */
json_object *output_body(Output *output);

/* A line (or several) on stdout for people; nothing with --json or --quiet. All but line ends is escaped here; a caller that shows what
 * may hold a line end of somebody else's escapes that itself, with text_escape() (twice is once). */
void output_say(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same on stderr, for what is no result: nothing with --quiet. */
void output_note(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A sentence on stderr ("Warning: ..."), escaped, and in warnings[] of the envelope. */
void output_warn(Output *output, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The error's sentence on stderr, escaped, with the service's code and request id where known; and in errors[] of the envelope. */
void output_error(Output *output, const GError *error);

/* An error as it stands in errors[]: for what a command tells of its parts. Owned by the caller. */
json_object *output_error_object(const GError *error);

/* output_error() and the exit status that belongs to it: `return output_fail (out, error);` Writes the envelope too. */
int output_fail(Output *output, const GError *error);

/* Ends the command: writes the envelope with --json, flushes stdout. Returns exit_status, or HOST_EXIT_FAILED where stdout could not be
 * written. To be called once. */
int output_finish(Output *output, HostExit exit_status);

gboolean output_is_json(const Output *output);
gboolean output_is_quiet(const Output *output);
gboolean output_is_verbose(const Output *output);

/* Milliseconds since 1970 at which the command began. */
gint64 output_started(const Output *output);

/* For `show --json`, JSON Lines: writes the envelope of a good command now, as one line, exit included, after which output_finish()
 * writes no second one. */
void output_begin_lines(Output *output);

/* One object on a line of its own, compact, keys in order; takes nothing over. */
void output_line(Output *output, json_object *object);

/* ---- tables for people, fitted to the terminal ---- */
typedef struct OutputTable OutputTable;

typedef struct {
	const char *title;
	gboolean right; /* numbers */
	gboolean wrap;  /* may be broken over lines; others are cut last */
} OutputColumn;

OutputTable *output_table_new(const OutputColumn *columns, gsize n_columns);
void output_table_free(OutputTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutputTable, output_table_free)

/* n_columns cells, escaped here; NULL is an empty cell. */
void output_table_row(OutputTable *table, const char *const *cells);

/* Prints it to stdout; nothing with --json or --quiet. */
void output_table_print(Output *output, OutputTable *table);

/* Whether colour may be used on stream: a terminal, and NO_COLOR is not set. */
gboolean output_colour(FILE *stream);
