/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <glib.h>

/* A warning of GLib's tells of a mistake in its caller: it ends the process. Before main(), which is libFuzzer's or the replay's. */
static void __attribute__((constructor)) fuzz_prepare(void)
{
	(void)g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
}
