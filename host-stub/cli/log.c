/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/log.h"

/* What one command is told again and again, by each of its steps. */
#define LOG_TOLD 100

/* Whether this was said before; each session's lines come one at a time, and a command has one session at a time. */
static gboolean
cli_log_again(const char *text)
{
	static GHashTable *told = NULL;

	if (told == NULL)
		told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_contains(told, text))
		return TRUE;
	if (g_hash_table_size(told) < LOG_TOLD)
		g_hash_table_add(told, g_strdup(text));
	return FALSE;
}

static void
cli_log_line(uint32_t level, const char *text, gpointer user_data)
{
	static const char *const words[] = {"", "error", "warning", "info", "debug"};
	Output *out = user_data;

	/* An unknown level is for whoever looks for everything. */
	if (!output_is_verbose(out) && (level > IDC_LOG_WARNING || cli_log_again(text)))
		return;
	output_note(out, "[%s] %s", level < G_N_ELEMENTS(words) ? words[level] : "log", text);
}

void
cli_log_watch(Output *out, Session *session)
{
	services_set_log(session_services(session), cli_log_line, out);
}
