/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* All that somebody holds in the last snapshot, and where a person would look at it. */
#pragma once
#include "state/store.h"

typedef struct {
	char *entitlement_id;
	char *kind;         /* may be NULL */
	char *name;         /* the id where it has none */
	char *url;          /* its attribute "url"; may be NULL */
	char *via;          /* ids of what an indirect one is held through, separated by ";"; may be NULL */
	gboolean removable; /* by the connector, as its list says */
	gboolean indirect;
} Holding;

void holding_free(Holding *holding);

/* Of a user, by the key of the snapshot, in order of ids: a GPtrArray of Holding. */
GPtrArray *holdings_of(Store *store, gint64 app, gint64 user, GError **error);

/* A user's name and the value of an attribute (NULL: none is asked for); both may be NULL. Free with g_free. */
gboolean holdings_user(Store *store, gint64 app, gint64 user, const char *attribute, char **ret_name, char **ret_value,
		       GError **error);

/* What a user, by id, holds an entitlement through, or those under a resource: ids separated by ",", NULL where nothing indirect is known.
 * Free with g_free. */
gboolean holdings_through(Store *store, gint64 app, const char *user_id, const char *thing, char **ret_through, GError **error);
