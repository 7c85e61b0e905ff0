/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/staging.h"
#include "base/error.h"

gboolean
staging_break(GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	host_error_set(error, IDC_PROTOCOL, "connector_contract",
		       "The connector broke its contract: it %s. Nothing was changed; tell its author.", what);
	return FALSE;
}
