/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/rows.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX_BYTES (16 * 1024 * 1024)
#define ROWS_MAX_ROWS 100000
#define ROWS_MAX_FIELDS 64
#define ROWS_FAULTS 10

struct Rows {
	char *origin;
	const RowsColumn *columns;
	gsize n_columns;
	gsize *places;    /* of each field of a line: the column, n_columns for none */
	gsize n_places;   /* 0 before the header */
	GPtrArray *cells; /* n_columns a row; NULL: empty */
	GArray *lines;    /* of guint, one a row */
	GPtrArray *faults;
	guint more;
};

/* Where the reader stands. */
typedef struct {
	const char *at, *end;
	guint line;
	GPtrArray *fields; /* of char *, of the line that is being read */
} RowsText;

void
rows_free(Rows *rows)
{
	if (rows == NULL)
		return;
	g_free(rows->origin);
	g_free(rows->places);
	g_ptr_array_unref(rows->cells);
	g_array_unref(rows->lines);
	g_ptr_array_unref(rows->faults);
	g_free(rows);
}

static void G_GNUC_PRINTF(4, 0) rows_fault_valist(Rows *rows, guint line, const char *column, const char *format, va_list args)
{
	g_autofree char *what = NULL;
	g_autofree char *where = column != NULL ? g_strdup_printf(", column %s", column) : g_strdup("");

	if (rows->faults->len >= ROWS_FAULTS) {
		rows->more++;
		return;
	}
	what = g_strdup_vprintf(format, args);
	g_ptr_array_add(rows->faults, g_strdup_printf("line %u%s: %s", line, where, what));
}

static void G_GNUC_PRINTF(4, 5) rows_fault(Rows *rows, guint line, const char *column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rows_fault_valist(rows, line, column, format, args);
	va_end(args);
}

void
rows_reject(Rows *rows, guint row, gsize column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rows_fault_valist(rows, rows_line(rows, row), rows->columns[column].name, format, args);
	va_end(args);
}

gboolean
rows_finish(Rows *rows, GError **error)
{
	g_autofree char *joined = NULL;
	g_autofree char *more = NULL;

	if (rows->faults->len == 0)
		return TRUE;
	g_ptr_array_add(rows->faults, NULL);
	joined = g_strjoinv("; ", (char **)rows->faults->pdata);
	g_ptr_array_remove_index(rows->faults, rows->faults->len - 1);
	more = rows->more > 0 ? g_strdup_printf("; and %u more", rows->more) : g_strdup("");
	host_error_set(error, IDC_INVALID, "rows_refused", "%s is refused, and nothing of it was done: %s%s.", rows->origin, joined,
		       more);
	return FALSE;
}

/* One field, after which text stands at the comma or line end behind it. FALSE: the rest of the file makes no sense. */
static gboolean
rows_take_field(Rows *rows, RowsText *text)
{
	g_autoptr(GString) field = g_string_new(NULL);
	gboolean quoted = text->at < text->end && *text->at == '"';
	guint line = text->line;

	if (!quoted) {
		const char *begin = text->at;

		while (text->at < text->end && strchr(",\n", *text->at) == NULL)
			text->at++;
		g_string_append_len(field, begin, text->at - begin);
		if (text->at < text->end && *text->at == '\n' && field->len > 0 && field->str[field->len - 1] == '\r')
			g_string_truncate(field, field->len - 1);
		if (strchr(field->str, '"') != NULL) {
			rows_fault(rows, line, NULL, "a quote stands in a field that does not begin with one");
			return FALSE;
		}
		g_ptr_array_add(text->fields, g_string_free(g_steal_pointer(&field), FALSE));
		return TRUE;
	}
	for (text->at++; text->at < text->end; text->at++) {
		if (*text->at == '"' && text->at + 1 < text->end && text->at[1] == '"')
			text->at++;
		else if (*text->at == '"')
			break;
		if (*text->at == '\n')
			text->line++;
		g_string_append_c(field, *text->at);
	}
	if (text->at == text->end) {
		rows_fault(rows, line, NULL, "a quote is never closed");
		return FALSE;
	}
	text->at++;
	if (text->at + 1 < text->end && text->at[0] == '\r' && text->at[1] == '\n')
		text->at++;
	if (text->at < text->end && strchr(",\n", *text->at) == NULL) {
		rows_fault(rows, text->line, NULL, "something stands between a closing quote and the next comma");
		return FALSE;
	}
	g_ptr_array_add(text->fields, g_string_free(g_steal_pointer(&field), FALSE));
	return TRUE;
}

/* The fields up to the end of the line, past which text stands afterwards. */
static gboolean
rows_take_line(Rows *rows, RowsText *text)
{
	g_ptr_array_set_size(text->fields, 0);
	for (;;) {
		if (!rows_take_field(rows, text))
			return FALSE;
		if (text->fields->len > ROWS_MAX_FIELDS) {
			rows_fault(rows, text->line, NULL, "there are more than %d fields", ROWS_MAX_FIELDS);
			return FALSE;
		}
		if (text->at == text->end || *text->at == '\n')
			break;
		text->at++;
	}
	if (text->at < text->end)
		text->at++;
	text->line++;
	return TRUE;
}

static void
rows_take_header(Rows *rows, GPtrArray *fields)
{
	rows->n_places = fields->len;
	rows->places = g_new0(gsize, fields->len);
	for (guint i = 0; i < fields->len; i++) {
		const char *name = g_ptr_array_index(fields, i);
		g_autofree char *shown = text_escape(name);
		gsize column = 0;

		while (column < rows->n_columns && strcmp(rows->columns[column].name, name) != 0)
			column++;
		rows->places[i] = column;
		if (column == rows->n_columns)
			rows_fault(rows, 1, NULL, "there is no column \"%.100s\"", shown);
		for (guint j = 0; j < i; j++) {
			if (column < rows->n_columns && rows->places[j] == column)
				rows_fault(rows, 1, name, "it is there twice");
		}
	}
	for (gsize column = 0; column < rows->n_columns; column++) {
		gboolean there = FALSE;

		for (gsize i = 0; i < rows->n_places; i++)
			there = there || rows->places[i] == column;
		if (!there && rows->columns[column].required)
			rows_fault(rows, 1, rows->columns[column].name, "it is missing");
	}
}

/* Text that may be handed on: nothing that moves a cursor, splits a line or a header. */
static const char *
rows_field_fault(const RowsColumn *column, const char *field)
{
	if (strlen(field) > column->max)
		return "it is too long";
	for (const char *p = field; *p != '\0'; p = g_utf8_next_char(p)) {
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return "it holds a control character";
	}
	return column->required && *field == '\0' ? "it is empty" : NULL;
}

static void
rows_take_row(Rows *rows, guint line, GPtrArray *fields)
{
	guint first = rows->cells->len;

	if (fields->len != rows->n_places) {
		rows_fault(rows, line, NULL, "there are %u fields, but the header has %" G_GSIZE_FORMAT, fields->len,
			   rows->n_places);
		return;
	}
	g_ptr_array_set_size(rows->cells, (gint)(first + rows->n_columns));
	g_array_append_val(rows->lines, line);
	for (guint i = 0; i < fields->len; i++) {
		const char *field = g_ptr_array_index(fields, i);
		gsize column = rows->places[i];
		const char *why = column < rows->n_columns ? rows_field_fault(&rows->columns[column], field) : NULL;

		if (why != NULL)
			rows_fault(rows, line, rows->columns[column].name, "%s", why);
		if (column < rows->n_columns && *field != '\0' && rows->cells->pdata[first + column] == NULL)
			rows->cells->pdata[first + column] = g_strdup(field);
	}
}

static void
rows_take_all(Rows *rows, RowsText *text)
{
	while (text->at < text->end) {
		guint line = text->line;
		/* An empty line is no row; one at the end of a file is common. */
		gboolean empty = *text->at == '\n' || (*text->at == '\r' && text->at + 1 < text->end && text->at[1] == '\n');

		if (!rows_take_line(rows, text))
			return;
		if (empty)
			continue;
		if (rows->n_places == 0) {
			rows_take_header(rows, text->fields);
			/* Against a wrong header every row is wrong. */
			if (rows->faults->len > 0)
				return;
		} else if (rows->lines->len == ROWS_MAX_ROWS) {
			rows_fault(rows, line, NULL, "there are more than %d rows", ROWS_MAX_ROWS);
			return;
		} else {
			rows_take_row(rows, line, text->fields);
		}
	}
	if (rows->n_places == 0)
		rows_fault(rows, 1, NULL, "there is no header");
	else if (rows->lines->len == 0 && rows->faults->len == 0)
		rows_fault(rows, text->line, NULL, "there is no row below the header");
}

Rows *
rows_parse(const char *bytes, gsize length, const char *origin, const RowsColumn *columns, gsize n_columns, GError **error)
{
	g_autoptr(Rows) rows = g_new0(Rows, 1);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	RowsText text = {.at = bytes, .end = bytes + length, .line = 1, .fields = fields};
	const char *wrong = NULL;

	rows->origin = g_strdup(origin);
	rows->columns = columns;
	rows->n_columns = n_columns;
	rows->cells = g_ptr_array_new_with_free_func(g_free);
	rows->lines = g_array_new(FALSE, FALSE, sizeof(guint));
	rows->faults = g_ptr_array_new_with_free_func(g_free);
	if (!g_utf8_validate(bytes, (gssize)length, &wrong)) {
		guint line = 1;

		for (const char *p = bytes; p < wrong; p++)
			line += *p == '\n' ? 1 : 0;
		rows_fault(rows, line, NULL, "it is not valid UTF-8 text");
	} else {
		if (g_str_has_prefix(bytes, "\xef\xbb\xbf"))
			text.at += 3;
		rows_take_all(rows, &text);
	}
	return rows_finish(rows, error) ? g_steal_pointer(&rows) : NULL;
}

Rows *
rows_read(const char *path, const RowsColumn *columns, gsize n_columns, GError **error)
{
	gboolean input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *origin = input ? "Standard input" : path;
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (fd < 0) {
		host_error_set(error, IDC_INVALID, "file_not_readable", "%s cannot be opened: %s.", path, g_strerror(errno));
		return NULL;
	}
	bytes = files_read_fd(fd, origin, ROWS_MAX_BYTES, error);
	if (!input)
		close(fd);
	if (bytes == NULL)
		return NULL;
	length = g_bytes_get_size(bytes);
	text = g_strndup(g_bytes_get_data(bytes, NULL), length);
	/* A copy that ends, as a NUL in the file ends it before: then it is no text. */
	return rows_parse(text, strlen(text) == length ? length : strlen(text) + 1, origin, columns, n_columns, error);
}

guint
rows_count(const Rows *rows)
{
	return rows->lines->len;
}

const char *
rows_field(const Rows *rows, guint row, gsize column)
{
	return rows->cells->pdata[row * rows->n_columns + column];
}

guint
rows_line(const Rows *rows, guint row)
{
	return g_array_index(rows->lines, guint, row);
}
