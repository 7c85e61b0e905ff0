/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "wire/api.h"

/* The user with that address as PagerDuty tells it, owned by the caller; NULL without an error: there is none that the token sees. */
json_object *lookup_user(Api *api, const gchar *email, GError **error);
