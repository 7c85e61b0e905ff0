/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"

/* Why PagerDuty does not let somebody leave a team: the team's policies that page them, directly or through a schedule. Adds an attribute
 * blocked_by for each, "policy:ID" or "policy:ID via schedule:ID"; keep owns the texts. */
gboolean blockers_find(Changes *changes, const gchar *team, const gchar *user, EmitAttrs *attrs, GPtrArray *keep, GError **error);
