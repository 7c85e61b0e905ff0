/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A sync and this host's own actions: what a list that was read meanwhile may not undo, and what is not called an outside change. */
#pragma once
#include "state/merging.h"

/* Users that were made while the list was read have a key already: the stage takes it. Before anything is compared. */
gboolean credit_users(Merging *merging, GError **error);

/* An action that is younger than the list's start less five minutes wins over the list, which may have been read before it: takes such
 * users out of what is gone; their grants are compared by the next sync. After users were compared, before their grants are. */
gboolean credit_keep_users(Merging *merging, GError **error);

/* The same for grants, after they were compared. */
gboolean credit_keep_grants(Merging *merging, GError **error);

/* Changes of this sync that were written down as coming from outside, and match an action, or could be explained by one of which the
 * outcome is not known. After changes were written and before they are counted; the old snapshot still stands. */
gboolean credit_changes(Merging *merging, GError **error);
