/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/log.h"

static void
cli_log_line(uint32_t level, const char *text, gpointer user_data)
{
	static const char *const words[] = {"", "error", "warning", "info", "debug"};
	Output *out = user_data;

	/* An unknown level is for whoever looks for everything. */
	if (level > IDC_LOG_WARNING && !output_is_verbose(out))
		return;
	output_note(out, "[%s] %s", level < G_N_ELEMENTS(words) ? words[level] : "log", text);
}

void
cli_log_watch(Output *out, Session *session)
{
	services_set_log(session_services(session), cli_log_line, out);
}
