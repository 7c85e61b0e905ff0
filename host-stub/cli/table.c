/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/text.h"
#include "cli/output.h"
#include <libsmartcols.h>

struct OutputTable {
	struct libscols_table *table;
	gsize n_columns;
};

OutputTable *
output_table_new(const OutputColumn *columns, gsize n_columns)
{
	OutputTable *table = g_new0(OutputTable, 1);

	scols_init_debug(0);
	table->table = scols_new_table();
	table->n_columns = n_columns;
	if (table->table == NULL)
		g_error("No memory is left for a table.");
	for (gsize i = 0; i < n_columns; i++) {
		int flags = (columns[i].right ? SCOLS_FL_RIGHT : 0) | (columns[i].wrap ? SCOLS_FL_WRAP : 0);
		struct libscols_column *column = scols_table_new_column(table->table, columns[i].title, 0, flags);

		/* Words are kept whole where a line can be broken between them. */
		if (column != NULL && columns[i].wrap)
			scols_column_set_safechars(column, "\n");
	}
	return table;
}

void
output_table_free(OutputTable *table)
{
	if (table == NULL)
		return;
	scols_unref_table(table->table);
	g_free(table);
}

void
output_table_row(OutputTable *table, const char *const *cells)
{
	struct libscols_line *line = scols_table_new_line(table->table, NULL);

	if (line == NULL)
		g_error("No memory is left for a table.");
	for (gsize i = 0; i < table->n_columns; i++) {
		g_autofree char *escaped = text_escape(cells[i]);

		scols_line_set_data(line, i, escaped);
	}
}

void
output_table_print(Output *output, OutputTable *table)
{
	if (output_is_json(output) || output_is_quiet(output))
		return;
	scols_table_set_stream(table->table, stdout);
	/* Nothing is padded behind the last column. */
	scols_table_enable_minout(table->table, 1);
	scols_print_table(table->table);
}
