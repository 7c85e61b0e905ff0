/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What a world should be like: sizes, seed, switches. Read from JSON or from the command line, then made by gen.h. */
#pragma once
#include <glib.h>

#include "input.h"
#include "switches.h"
#include "world.h"

typedef struct {
	gint64 seed;
	gint64 users;
	gint64 teams;
	gint64 memberships;
	gint64 policies; /* "Default" included */
	gint64 levels;   /* of all policies together; open: as the dice fall */
	gint64 schedules;
	gint64 schedules_v3;
	gint64 admins;
	gint64 stakeholders;
	gint64 pending;
	gint64 sso;
	gint64 stubs; /* users that are no more but still named by policies and schedules */
	gint64 private_teams;
	gint64 empty_teams;
	gint64 future_roles;     /* users with a base role that is not in the documentation */
	gint64 seats;            /* of each licence; -1: unlimited */
	gboolean second_license; /* two licences for the same roles */
	gboolean exceed_limits;
	gchar *subdomain;
	gchar *region;
	gchar *client_id;
	gchar *client_secret;
	GPtrArray *abilities; /* of gchar* */
	GPtrArray *scopes;    /* of gchar*: what the app is registered for */
	GPtrArray *redirects; /* of gchar*: where its codes may go */
	Switches *switches;
} Spec;

/* All sizes still open (-1), the rest at its defaults. */
Spec *spec_new(void);

Spec *spec_copy(const Spec *spec);

void spec_free(Spec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spec, spec_free)

/* Takes over what the object says; the rest stays. FALSE and error for anything unknown or impossible; spec is then half-changed. */
gboolean spec_read(Spec *spec, json_object *object, const gchar *where, GError **error);

/* Fills in the open sizes from those that are given, and checks that such a world can be. */
gboolean spec_settle(Spec *spec, GError **error);

/* One size by name, as the command line gives it; negative: no such size. */
gint64 *spec_size(Spec *spec, const gchar *name);

ShelfOrder spec_order(const Spec *spec);
