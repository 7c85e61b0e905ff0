/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the service still believes for a while (switch settle_ms): whoever a policy has just let go is refused as if it still paged them. */
#pragma once
#include "sim.h"

/* A policy of the team (NULL: of none) has changed its levels (of Rule*) from before to after; after is NULL where it left the team. */
void settle_changed(const Sim *sim, const gchar *team_id, const GPtrArray *before, const GPtrArray *after);

/* Whether a policy of the team let the user go a moment ago; team_id NULL: any policy. */
gboolean settle_holds(const Sim *sim, const gchar *team_id, const gchar *user_id);
