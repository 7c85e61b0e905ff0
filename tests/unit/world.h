/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "wire/api.h"

/* A model of a PagerDuty account that stands in for wire/api (and for what auth knows of scopes): people, teams, schedules and policies in
 * memory, answers computed at the moment of asking, and a script of what somebody else does in between. It remembers what was true all
 * the while and what was true at any time, as facts:
 *   "P user"  "R resource"  "E entitlement"  "G user entitlement"  "I user entitlement" (through a schedule) */

typedef struct {
	gchar *id;
	const gchar *role;
} WorldUser;

typedef struct {
	gchar *user;
	const gchar *role; /* NULL: none, as a stakeholder's */
	gboolean lagging;  /* the user object names the team, the member list lacks the user */
} WorldMember;

typedef struct {
	gchar *id;
	gboolean hidden; /* users name it, the list of teams does not */
	GPtrArray *members;
} WorldTeam;

typedef struct {
	gchar *id;
	gboolean shift; /* shift-based: only policies name it */
	GPtrArray *people;
} WorldSchedule;

typedef struct {
	gchar *id;
	GPtrArray *levels; /* of GPtrArray of "user:ID" and "schedule:ID" */
} WorldPolicy;

typedef struct {
	GRand *rand;
	GPtrArray *users;
	GPtrArray *teams;
	GPtrArray *schedules;
	GPtrArray *policies;
	guint next_id;
	gboolean teams_ability;
	gboolean team_roles;
	gboolean with_schedules; /* whether they count as facts */
	gboolean stubs_marked;   /* who is gone stays behind as a reference with deleted_at; else without */
	guint page;              /* the server's own bound of a page */
	guint64 ceiling;         /* rows that can be read of a list, 0: all */
	GHashTable *refused;     /* path to HTTP status */
	guint changes_left;
	guint change_odds; /* one in so many answers comes after a change */
	gboolean eager;    /* answers are given in any order, some before they are waited for */
	gboolean renames;  /* changes are renames alone, which put a row elsewhere in its list */

	/* what is seen from outside */
	guint answers;
	guint began;        /* answers before the list */
	const gchar *lacks; /* a member that no object has */
	const gchar *url;   /* html_url of every user */
	gboolean doubles;   /* whatever is named is named twice */
	guint open;         /* calls that were neither waited for nor dropped */
	guint breaks_at;
	gint32 breaks_with; /* the idc status of the answer of that number */
	gboolean no_more;   /* from now on nothing may be asked for */
	gboolean lacks_schedules_scope;
	guint32 hidden_kinds; /* what auth says that may be hidden */
	GHashTable *asked;    /* path to how often */
	GHashTable *always;
	GHashTable *ever;
} World;

World *world_new(guint32 seed);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* What there is; ids are made up. */
WorldUser *world_add_user(World *world, const gchar *role);
WorldTeam *world_add_team(World *world);
WorldSchedule *world_add_schedule(World *world, gboolean shift);
WorldPolicy *world_add_policy(World *world, guint levels);
void world_join(WorldTeam *team, const WorldUser *user, const gchar *role);
void world_page(WorldPolicy *policy, guint level, const gchar *type, const gchar *id);
void world_remove_user(World *world, const gchar *id);
void world_remove_team(World *world, const gchar *id);

/* A world at random; what it holds follows from the seed. */
void world_fill(World *world);

/* From now on counts for always and ever; called once the world is made. */
void world_begin(World *world);

/* The facts that hold now. */
GHashTable *world_facts(const World *world);

/* As the connector sees it. */
Api *world_api(World *world);
