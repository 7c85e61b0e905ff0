/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Questions that a change asks of the last snapshot: who is meant, what is named, what does somebody hold. */
#pragma once
#include "state/store.h"

typedef struct Lookup Lookup;

/* store is borrowed and outlives it. */
Lookup *lookup_new(Store *store, gint64 app);
void lookup_free(Lookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookup, lookup_free)

typedef struct {
	gint64 key;
	char *id;
	char *email; /* NULL: none known */
	char *via;   /* of an indirect holder: through what, joined by ";"; else NULL */
} LookupUser;

void lookup_user_free(LookupUser *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LookupUser, lookup_user_free)

typedef struct {
	gint64 key;
	char *id;
	char *kind;
	char *name;        /* may be NULL */
	char *resource_id; /* may be NULL */
	gboolean assignable;
} LookupEntitlement;

void lookup_entitlement_free(LookupEntitlement *entitlement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LookupEntitlement, lookup_entitlement_free)

/* By id, else by e-mail whatever the case. "no_such_user"; several with one address: "ambiguous_user", naming their ids. */
LookupUser *lookup_user(Lookup *lookup, const char *text, GError **error);

/* By id: "no_such_entitlement". */
LookupEntitlement *lookup_entitlement(Lookup *lookup, const char *id, GError **error);

/* Whether there is a resource of that id. */
gboolean lookup_resource(Lookup *lookup, const char *id, gboolean *ret_there, GError **error);

/* The entitlements that a user holds directly: all, or those that are id or lie under the resource id. A GPtrArray of LookupEntitlement,
 * in order of ids. */
GPtrArray *lookup_held(Lookup *lookup, gint64 user, const char *id, GError **error);

/* The users who hold an entitlement directly, in order of ids: a GPtrArray of LookupUser. */
GPtrArray *lookup_holders(Lookup *lookup, const char *entitlement_id, GError **error);

/* The same for those who hold it through something else; their "via" is in LookupUser's. */
GPtrArray *lookup_indirect_holders(Lookup *lookup, const char *entitlement_id, GError **error);

/* What lies under a resource, in order of ids: a GPtrArray of LookupEntitlement. */
GPtrArray *lookup_under(Lookup *lookup, const char *resource_id, GError **error);

/* An attribute of an entitlement that is one text; *ret_value is NULL where it has none. Free with g_free. */
gboolean lookup_attribute(Lookup *lookup, const char *entitlement_id, const char *key, char **ret_value, GError **error);

/* How many direct grants there are of entitlements of a kind. */
gboolean lookup_kind_grants(Lookup *lookup, const char *kind, guint64 *ret_grants, GError **error);
