/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "change.h"
#include "membership.h"

/* Team memberships. */
gboolean team_add(Changes *changes, GError **error);
gboolean team_remove(Changes *changes, GError **error);

/* Tells, once, what a membership write did: the role that went, the role that came. flags as in idc_effect. */
gboolean team_effects(Changes *changes, Membership *membership, guint32 flags, GError **error);
