/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A user as a request wants it: read, put into the service's form and judged, before anything is written. */
#pragma once
#include "input.h"
#include "sim.h"

typedef struct {
	gchar *name;
	gchar *email;
	gchar *job_title;
	gchar *description;
	gchar *time_zone;
	gchar *license_id;  /* the one that is asked for; NULL: whichever fits */
	const gchar *color; /* interned */
	const gchar *role;  /* interned */
	gboolean role_sent;
	GPtrArray *wrong; /* of gchar*: what the service says against it, NULL-terminated once it is read */
} Draft;

/* A new user (user is NULL) or a change of that one. */
Draft *draft_new(const User *user);

void draft_free(Draft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Draft, draft_free)

/* Takes over what may be written, takes down what may not, and fills in draft->wrong. */
void draft_read(Draft *draft, Request *request, json_object *object, const User *user);
