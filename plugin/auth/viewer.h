/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../settings.h"
#include "../wire/api.h"

/* Whoever consented: a token of theirs sees what they see, which is less than there is where they are no Global Admin. */

typedef struct {
	gchar *email;
	gchar *role; /* base role, PagerDuty's value; "" where it was not told */
} Viewer;

void viewer_clear(Viewer *viewer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Viewer, viewer_clear)

/* Asks PagerDuty. INVALID that names both: the person is of another account than the settings'. */
gboolean viewer_read(Api *api, const Settings *settings, Viewer *ret_viewer, GError **error);

/* The kinds of records (IDC_RECORD_*) of which something may be hidden from them without a word; 0: none. *ret_reason, a sentence, is the
 * caller's where there are any. */
guint32 viewer_hidden(const Viewer *viewer, gchar **ret_reason);
