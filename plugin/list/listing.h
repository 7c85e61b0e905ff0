/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../auth/auth.h"
#include "../emit.h"
#include "../idset.h"
#include "../settings.h"
#include "../wire/api.h"
#include "../wire/pager.h"
#include "seals.h"

/* What the parts of one list share. */

/* A team: what its members and its entitlements need. */
typedef struct {
	gchar *id;
	gchar *name;
	gchar *parent_id;   /* as "team:ID"; NULL: none */
	gchar *url;         /* NULL: not told, likewise below */
	gchar *description; /* of PagerDuty's length at most: it is kept for each team */
	SealsResource *resource;
	GArray *members;    /* guint32: numbers in people of those whose user object names this team */
	gboolean late;      /* made while the list was read: users that were read before do not name it */
	IdSet *extra_roles; /* team roles that are not among the three, listed when met; NULL: none */
} ListingTeam;

/* A GDestroyNotify for ListingTeam. */
void listing_team_free(gpointer data);

typedef struct {
	const Settings *settings;
	Auth *auth;
	Api *api;
	Emit *emit;
	Seals *seals;
	gboolean has_teams;
	gboolean has_team_roles;
	gboolean teams_whole;      /* all teams that the token sees were listed */
	gboolean people_whole;     /* everybody was listed */
	IdSet *people;             /* who was listed */
	GByteArray *people_manage; /* by number: 1 for those whose base role manages every team */
	guint32 hidden;            /* kinds of which something may be hidden without a word from whoever authorized; 0: none */
	IdSet *gone;               /* named somewhere, but PagerDuty says 404 */
	IdSet *unread;             /* people who are named somewhere, not listed, and must not be read */
	IdSet *roles;              /* base roles that were listed as entitlements */
	GHashTable *teams;         /* id to ListingTeam */
	GPtrArray *team_order;     /* the same, as they came; owner */
	guint teams_read;          /* so many of them have had their members read */
	IdSet *teams_hidden;       /* named somewhere, and not to be seen */
	guint teams_late;          /* how many were asked for because something named them */
	IdSet *words;              /* names that many rows share, kept once */
	GHashTable *licenses;      /* user id to a name in words; NULL: not asked for */
	GHashTable *schedules;     /* id to sorted GArray of guint32, the people on it; NULL: not read */
	IdSet *schedules_unknown;  /* named by policies, and who is on them cannot be read */
	guint64 resources_counted; /* by PagerDuty, kind after kind */
	gboolean uncounted;        /* one of these was not */
} Listing;

/* Emits a grant and counts it under its resource. attrs may be NULL; flags as in idc_record. */
gboolean listing_grant(Listing *listing, SealsResource *resource, const gchar *principal_id, const gchar *entitlement_id,
		       guint32 flags, const EmitAttrs *attrs, GError **error);

/* Emits an entitlement and counts it under its resource. record: id, name; the rest is filled in. */
gboolean listing_entitlement(Listing *listing, SealsResource *resource, const gchar *kind, const gchar *id, const gchar *name,
			     EmitAttrs *attrs, GError **error);

/* Takes back what was listed and is gone. Where its kind is not wanted, what hangs on it cannot be taken back with it: a gap. */
gboolean listing_removed(Listing *listing, guint32 kind, const gchar *id, GError **error);

/* How one list of PagerDuty's is read until it holds still. */
typedef struct {
	const PagerSpec *spec;
	PagerRow row;                                                     /* each row once, whichever reading it came in */
	gboolean (*gone)(gpointer user, const gchar *id, GError **error); /* a row that was handed out and is 404 now; NULL: rows
									    cannot be asked for one by one */
	gpointer user;
} ListingRead;

/* The usual way to list: reads, and turns what is lacking into gaps of these kinds. what: "users". opened: NULL to start here; taken over.
 * *ret_whole: all of it was read and held still. FALSE: the list is broken off. Where the account must not be read in this part, that is a
 * gap and no failure. */
gboolean listing_take(Listing *listing, const ListingRead *read, Pager *opened, const gchar *what, guint32 kinds,
		      gboolean *ret_whole, GError **error);

/* Whether an error only means that this part of the account cannot be read: the list goes on without it and says so. */
gboolean listing_skippable(const GError *error);

/* Adds the attributes that every named thing of PagerDuty's has: url, description, and idc.sanitized where needed. */
void listing_common_attrs(EmitAttrs *attrs, json_object *row, gboolean sanitized, gchar **keep_description);

/* The one copy of a text that many rows share; as long as the listing. */
const gchar *listing_word(Listing *listing, const gchar *text);
