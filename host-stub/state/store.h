/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * DATA/idc.db: the snapshots of all apps, their syncs and what changed. A Store is used by one thread; any number of processes may have
 * it open: readers never wait, writers wait for one another. Times are milliseconds since 1970.
 */
#pragma once
#include "state/kinds.h"
#include <glib.h>

typedef struct Store Store;

/* Opens or makes it (mode 0600). Refused: a schema newer than this host's; one that is older is migrated after a copy was made. DATA has to exist. */
Store *store_open(const char *data, GError **error);

void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* The number of an app, matched without case; 0 where it never had a sync. */
gboolean store_find_app(Store *store, const char *identifier, gint64 *ret_app, GError **error);

/* The identifier of an app as it was first written. Free with g_free. */
char *store_identifier(Store *store, gint64 app, GError **error);

/* From now until it is closed the store shows what it shows now, whatever others write. */
gboolean store_freeze(Store *store, GError **error);

/* As store_find_app(); made where missing. */
gboolean store_add_app(Store *store, const char *identifier, gint64 *ret_app, GError **error);

/* What is incomplete in the present snapshot. */
typedef struct {
	Kind kind;
	char *resource; /* NULL: the kind as a whole */
	gint32 status;
	char *reason;
	gint64 since;   /* the sync that said so first */
	gboolean known; /* see store_partials_know() */
} StorePartial;

void store_partial_free(StorePartial *partial);

/* A GPtrArray of StorePartial, in order of kind and resource. */
GPtrArray *store_partials(Store *store, gint64 app, GError **error);

/* Marks those whose reason the app expects (a NULL-terminated list, may be NULL): they are told, but are no fault. */
void store_partials_know(GPtrArray *partials, const char *const *reasons);

/* Rows of the present snapshot. */
gboolean store_count(Store *store, gint64 app, Kind kind, guint64 *ret_count, GError **error);
