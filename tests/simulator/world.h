/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The account: everything that the service knows, mutable and indexed. Whoever changes something here calls world_touch() once
 * afterwards, so that no prepared text outlives its truth. Not thread-safe; the server's lock guards it. */
#pragma once
#include <glib.h>

#include "shelf.h"

typedef struct Membership Membership;

typedef struct {
	Thing base;
	gchar *email; /* lower-case, unique */
	gchar *job_title;
	gchar *description;
	gchar *time_zone;
	gchar *license_id;
	const gchar *role; /* interned */
	const gchar *color;
	gboolean pending; /* the invitation is outstanding */
	gboolean sso;
	guint contacts; /* how many contact methods beside the first */
	gint64 created_ms;
	GPtrArray *memberships; /* of Membership*, in the order of the teams; borrowed from the teams */
} User;

typedef struct {
	Thing base;
	gchar *description;
	gchar *parent_id;
	gboolean private;   /* default_role none: invisible to user tokens of non-members */
	GPtrArray *members; /* of Membership*, in the order of the users; owned */
} Team;

struct Membership {
	User *user;
	Team *team;
	const gchar *role; /* interned: manager, responder, observer */
};

typedef enum {
	REF_USER,
	REF_SCHEDULE,
} RefKind;

/* What a policy's level or a schedule's layer names. It may outlive the thing it names: then it is a stub. */
typedef struct {
	RefKind kind;
	gchar *id;
	gchar *summary;    /* the name when it was last seen alive */
	gint64 deleted_ms; /* shown as deleted_at once the thing is gone; 0: the stub shows no deleted_at */
} Ref;

typedef struct {
	gchar *id;
	guint delay_minutes;
	gboolean round_robin;
	gchar *extra;       /* what was sent that the service does not know: ,"key":value and so on; NULL: nothing */
	GPtrArray *targets; /* of Ref*, owned */
} Rule;

typedef struct {
	Thing base;
	gchar *description;
	gchar *team_id; /* NULL: on no team */
	guint num_loops;
	gboolean handoff_always;
	GPtrArray *services; /* of gchar*: ids */
	GPtrArray *rules;    /* of Rule*, level = position + 1 */
} Policy;

typedef struct {
	gchar *id;
	gchar *name;
	gint64 start_ms;
	gint64 end_ms; /* negative: not ended */
	guint64 turn_seconds;
	GPtrArray *users; /* of Ref*, in turn; repetition is legal */
} Layer;

/* Layer based (layers) or shift based (v3, one rotation with one event a layer): the same duty, told by two APIs. */
typedef struct {
	Thing base;
	gchar *description;
	gchar *time_zone;
	gboolean v3;
	GPtrArray *team_ids; /* of gchar* */
	GPtrArray *layers;   /* of Layer*, as read */
} Schedule;

typedef struct {
	gchar *id;
	gchar *name;
	gchar *group; /* FullUser or Stakeholder */
	gint64 seats; /* negative: unlimited */
	GPtrArray *valid_roles;
} License;

typedef struct {
	gchar *id;
	gint64 time_ms;
	const gchar *root; /* users, teams, schedules, escalation_policies */
	gchar *root_id;
	const gchar *action; /* create, update, delete */
	const gchar *method;
	gchar *actor_type;
	gchar *actor_id;
	gchar *token; /* truncated, or NULL */
	gchar *text;  /* the record as JSON */
} AuditRecord;

typedef enum {
	WORLD_KIND_COMMON, /* ids that several kinds share: an id is unique in its kind only */
	WORLD_KIND_USER,
	WORLD_KIND_TEAM,
	WORLD_KIND_POLICY,
	WORLD_KIND_SCHEDULE,
	WORLD_KIND_RULE,
	WORLD_KIND_LAYER,
	WORLD_KIND_CONTACT,
	WORLD_KIND_NOTIFICATION,
	WORLD_KIND_SERVICE,
	WORLD_KIND_LICENSE,
	WORLD_KIND_AUDIT,
	WORLD_KIND_GHOST, /* ids of users that are no more */
	WORLD_N_KINDS,
} WorldKind;

typedef struct {
	guint64 seed;
	gchar *subdomain;
	gchar *region;    /* us, eu */
	gchar *api_base;  /* what self links begin with */
	gchar *html_base; /* what html_url links begin with */
	gint64 born_ms;   /* the moment everything in the account is dated from */
	guint64 gen;      /* counts changes; prepared texts of another gen are stale */
	Shelf users;
	Shelf teams;
	Shelf policies;
	Shelf schedules;
	Shelf schedules_v3;
	GHashTable *by_email;  /* gchar* to User*, borrowed */
	GHashTable *invited;   /* gchar* to how often an invitation was mailed there */
	GHashTable *locked;    /* gchar* to how often a user of that address was refused because of a lock */
	GHashTable *let_go;    /* user id, or team id/user id, to gint64*: when a policy let the user go; see settle.h */
	GHashTable *abilities; /* a set of gchar* */
	GPtrArray *licenses;   /* of License* */
	GPtrArray *audit;      /* of AuditRecord*, oldest first */
	guint serials[WORLD_N_KINDS];
	guint64 duty_gen; /* the gen that duty was made for */
	GHashTable *duty; /* schedule id to GPtrArray of Policy* that target it */
} World;

World *world_new(guint64 seed, const gchar *subdomain, const gchar *region, ShelfOrder order);

void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* An AuditRecord. */
void world_audit_free(gpointer data);

/* Everything prepared so far is stale. */
void world_touch(World *world);

/* A new id, never given before in that kind. The caller frees it. */
gchar *world_id(World *world, WorldKind kind);

/* An id of a part (contact method, rule …) that is the same each time for the same owner and number. The caller frees it. */
gchar *world_part_id(const World *world, WorldKind kind, guint owner, guint number);

gboolean world_can(const World *world, const gchar *ability);

/* Whether the base roles observer and restricted_access, and keys of users, exist here. */
gboolean world_is_advanced(const World *world);

/* Whether members have a role of their own in each team. */
gboolean world_has_team_roles(const World *world);

/* --- users and teams. sorted: put it into its place at once; else world_sort() follows. -------------------------------------- */

/* The email must be free. Name and email are copied; the rest is filled in by the caller before world_touch(). */
User *world_add_user(World *world, const gchar *id, const gchar *name, const gchar *email, const gchar *role, gboolean sorted);

/* Memberships go; references in policies and schedules stay as stubs, with deleted_at if deleted_ms is positive, or, where
 * leave_stubs is FALSE, go too. */
void world_delete_user(World *world, User *user, gboolean leave_stubs, gint64 deleted_ms);

void world_rename_user(World *world, User *user, const gchar *name);

/* The email must be free. */
void world_set_email(World *world, User *user, const gchar *email);

Team *world_add_team(World *world, const gchar *id, const gchar *name, gboolean sorted);

/* Memberships go, policies and schedules and child teams lose it. */
void world_delete_team(World *world, Team *team);

void world_rename_team(World *world, Team *team, const gchar *name);

Membership *world_membership(const User *user, const Team *team);

/* The user must not be a member yet. */
Membership *world_join(World *world, Team *team, User *user, const gchar *role, gboolean sorted);

void world_leave(Membership *membership);

/* Sorts everything, after a row of unsorted adds. */
void world_sort(World *world, ShelfOrder order);

/* A copy that nothing else knows: no memberships, nothing prepared. */
User *world_user_clone(const User *user);

void world_user_free(gpointer data);

/* The licence that a role takes: the first one whose valid roles name it, or NULL. */
const License *world_license_for(const World *world, const gchar *role);

const License *world_license(const World *world, const gchar *id);
