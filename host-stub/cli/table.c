/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/output.h"
#include <libsmartcols.h>
#include <unistd.h>

/* A column that may be broken over lines never becomes narrower. */
#define TABLE_NARROWEST 12

struct OutputTable {
	OutputColumn *columns;
	gsize n_columns;
	GPtrArray *cells; /* row after row, escaped */
};

OutputTable *
output_table_new(const OutputColumn *columns, gsize n_columns)
{
	OutputTable *table = g_new0(OutputTable, 1);

	table->columns = g_memdup2(columns, n_columns * sizeof(*columns));
	table->n_columns = n_columns;
	table->cells = g_ptr_array_new_with_free_func(g_free);
	return table;
}

void
output_table_free(OutputTable *table)
{
	if (table == NULL)
		return;
	g_free(table->columns);
	g_ptr_array_unref(table->cells);
	g_free(table);
}

void
output_table_row(OutputTable *table, const char *const *cells)
{
	for (gsize i = 0; i < table->n_columns; i++)
		g_ptr_array_add(table->cells, text_escape(cells[i]));
}

/* How many places of a terminal a character takes. */
static gsize
table_places(gunichar c)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

static gsize
table_width(const char *text)
{
	gsize width = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_find_next_char(p, NULL))
		width += table_places(g_utf8_get_char(p));
	return width;
}

/* Turns blanks into line ends so that no line is wider than width. A longer word stays whole: half an id is of no use to anybody. */
static void
table_break(char *text, gsize width)
{
	char *blank = NULL;
	gsize used = 0;

	for (char *p = text; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
		if (*p == ' ')
			blank = p;
		used += table_places(g_utf8_get_char(p));
		if (used <= width || blank == NULL)
			continue;
		*blank = '\n';
		p = blank;
		blank = NULL;
		used = 0;
	}
}

/* What each column would like to have. */
static void
table_measure(const OutputTable *table, gsize *widths)
{
	for (gsize i = 0; i < table->n_columns; i++)
		widths[i] = table_width(table->columns[i].title);
	for (guint i = 0; i < table->cells->len; i++) {
		gsize column = i % table->n_columns;

		widths[column] = MAX(widths[column], table_width(g_ptr_array_index(table->cells, i)));
	}
}

/* Narrows the widest of the columns that may be broken, one place at a time, until the table fits. */
static void
table_fit(const OutputTable *table, gsize *widths, gsize terminal)
{
	gsize total = table->n_columns - 1;

	for (gsize i = 0; i < table->n_columns; i++)
		total += widths[i];
	for (; total > terminal; total--) {
		gsize widest = table->n_columns;

		for (gsize i = 0; i < table->n_columns; i++) {
			if (table->columns[i].wrap && widths[i] > TABLE_NARROWEST &&
			    (widest == table->n_columns || widths[i] > widths[widest]))
				widest = i;
		}
		if (widest == table->n_columns)
			return;
		widths[widest]--;
	}
}

static void
table_break_cells(OutputTable *table, gsize terminal)
{
	g_autofree gsize *widths = g_new0(gsize, table->n_columns);

	table_measure(table, widths);
	table_fit(table, widths, terminal);
	for (guint i = 0; i < table->cells->len; i++) {
		if (table->columns[i % table->n_columns].wrap)
			table_break(g_ptr_array_index(table->cells, i), widths[i % table->n_columns]);
	}
}

static void
table_add_column(struct libscols_table *drawn, const OutputColumn *column)
{
	int flags = (column->right ? SCOLS_FL_RIGHT : 0) | (column->wrap ? SCOLS_FL_WRAP : 0);
	struct libscols_column *added = scols_table_new_column(drawn, column->title, 0, flags);

	if (added != NULL && column->wrap) {
		scols_column_set_wrapfunc(added, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(added, "\n");
	}
}

void
output_table_print(Output *output, OutputTable *table)
{
	struct libscols_table *drawn;

	if (output_is_json(output) || output_is_quiet(output))
		return;
	drawn = scols_new_table();
	if (drawn == NULL)
		g_error("No memory is left for a table.");
	if (isatty(STDOUT_FILENO) != 0)
		table_break_cells(table, scols_table_get_termwidth(drawn));
	for (gsize i = 0; i < table->n_columns; i++)
		table_add_column(drawn, &table->columns[i]);
	for (guint i = 0; i < table->cells->len; i += table->n_columns) {
		struct libscols_line *line = scols_table_new_line(drawn, NULL);

		for (gsize column = 0; line != NULL && column < table->n_columns; column++)
			scols_line_set_data(line, column, g_ptr_array_index(table->cells, i + column));
	}
	scols_table_set_stream(drawn, stdout);
	/* The cells are escaped already; the library would escape their backslashes once more. */
	scols_table_enable_noencoding(drawn, 1);
	/* Nothing is padded behind the last column. */
	scols_table_enable_minout(drawn, 1);
	scols_print_table(drawn);
	scols_unref_table(drawn);
}
