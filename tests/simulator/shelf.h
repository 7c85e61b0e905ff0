/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Ordered, indexed collections of the things an account holds. Everything listed by the service is a Thing first. */
#pragma once
#include <glib.h>

/* The beginning of every User, Team, Policy, Schedule and Schedule of the third version. */
typedef struct {
	gchar *id;
	gchar *name;
	guint serial;     /* order of creation */
	gchar *text;      /* prepared JSON of the whole object as a list shows it, valid while text_gen is the world's */
	guint64 text_gen; /* 0: nothing is prepared */
	gchar *ref;       /* prepared JSON of a reference to it */
	guint64 ref_gen;
	gchar *folded; /* what query= looks into, without case; made when first asked for, dropped when a name changes */
} Thing;

typedef enum {
	SHELF_ORDER_NAME, /* by name, then id: what the service seems to do */
	SHELF_ORDER_ID,
	SHELF_ORDER_CREATED,
	SHELF_ORDER_MIXED, /* fixed, but like nothing a client could guess */
} ShelfOrder;

typedef struct {
	GHashTable *by_id; /* gchar* to Thing*; both owned by the shelf */
	GPtrArray *sorted; /* of Thing*, borrowed from by_id */
	ShelfOrder order;
	GDestroyNotify free_thing;
} Shelf;

void shelf_init(Shelf *shelf, GDestroyNotify free_thing);

void shelf_clear(Shelf *shelf);

/* Takes the thing without sorting it in: many adds, then one shelf_sort. */
void shelf_append(Shelf *shelf, Thing *thing);

void shelf_sort(Shelf *shelf, ShelfOrder order);

/* Takes the thing and puts it where it belongs. */
void shelf_insert(Shelf *shelf, Thing *thing);

/* Gives the thing back. */
void shelf_take(Shelf *shelf, Thing *thing);

/* Frees the thing. */
void shelf_remove(Shelf *shelf, Thing *thing);

/* Gives the thing another name and place. */
void shelf_rename(Shelf *shelf, Thing *thing, const gchar *name);

/* The thing with that id, or NULL. */
gpointer shelf_find(const Shelf *shelf, const gchar *id);

/* The order of two things, as strcmp tells it. */
gint shelf_compare(ShelfOrder order, const Thing *a, const Thing *b);

/* Frees what a Thing owns, not the struct. */
void shelf_thing_clear(Thing *thing);
