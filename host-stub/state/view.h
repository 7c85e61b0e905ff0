/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What the store knows of an app, row by row, in an order that is always the same (bytewise by ids). Memory does not grow with the rows.
 * A View reads one snapshot from its making to its end, whatever is merged meanwhile; until then the store is used for nothing else.
 */
#pragma once
#include "state/store.h"
#include <glib.h>

typedef enum {
	VIEW_USERS,
	VIEW_ENTITLEMENTS,
	VIEW_GRANTS,
	VIEW_ATTRIBUTES,
	VIEW_CHANGES,
	VIEW_SYNCS,
	VIEW_TASKS,
	VIEW_HELD,
	N_VIEWS,
} ViewKind;

typedef enum {
	VIEW_TEXT,
	VIEW_NUMBER,
	VIEW_BOOLEAN, /* "true" or "false" */
	VIEW_TIME,    /* RFC 3339 */
} ViewType;

typedef struct {
	const char *name; /* as in the header of the CSV */
	ViewType type;
} ViewColumn;

/* NULL or 0: any. A view without such a thing is not narrowed by it; see view_takes(). */
typedef struct {
	const char *user;        /* an id, or an e-mail in whatever case */
	const char *entitlement; /* an id of an entitlement, or of a resource for all under it */
	gint64 since;            /* ms since 1970 */
} ViewFilter;

/* "users", ... Static. */
const char *view_word(ViewKind kind);

/* N_VIEWS where there is none of that word. */
ViewKind view_from_word(const char *word);

/* The columns, in order. Static. */
const ViewColumn *view_columns(ViewKind kind, gsize *ret_n);

/* Which members of a filter mean something to it. */
gboolean view_takes_user(ViewKind kind);
gboolean view_takes_entitlement(ViewKind kind);
gboolean view_takes_since(ViewKind kind);

typedef struct View View;

/* A user or entitlement that the snapshot does not know is IDC_NOT_FOUND, unless the view tells of what may be gone. */
View *view_new(Store *store, gint64 app, ViewKind kind, const ViewFilter *filter, GError **error);

void view_free(View *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(View, view_free)

/* Goes to the next row: *ret_row is FALSE behind the last one. */
gboolean view_next(View *view, gboolean *ret_row, GError **error);

/* A field of the present row as in the CSV, NULL where there is nothing; good until the next row. */
const char *view_field(View *view, gsize column);
