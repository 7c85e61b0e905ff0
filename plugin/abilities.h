/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "wire/api.h"

/* What an account's plan has, as far as it matters here. */
typedef struct {
	gboolean known;      /* PagerDuty told */
	gboolean teams;      /* there are teams at all */
	gboolean team_roles; /* members of a team have a role in it */
} Abilities;

/* Reads them. FALSE: they could not be read; *ret_abilities is as it was. */
gboolean abilities_read(Api *api, Abilities *ret_abilities, GError **error);
