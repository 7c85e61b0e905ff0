/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The identity host's endpoints for programs: POST /oauth/token, POST /oauth/revoke, GET …/jwks. */
#pragma once
#include "input.h"
#include "sim.h"

/* A refusal of the token endpoint, in the shape that the switch says. description NULL: none. */
void identity_error(const Request *request, Reply *reply, guint status, const gchar *error, const gchar *description);

void identity_token(Request *request, Reply *reply);

void identity_revoke(Request *request, Reply *reply);

void identity_keys(Request *request, Reply *reply);

/* "which" of the object: access, refresh or all (that is the default) tokens end now. where names the object in errors. */
gboolean identity_expire(Sim *sim, json_object *object, const gchar *where, GError **error);
