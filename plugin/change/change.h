/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../auth/auth.h"
#include "../emit.h"
#include "../settings.h"
#include "../wire/api.h"

/* A batch of changes: what is asked, sorted by what it touches, and how each item ended. */

typedef enum {
	CHANGE_PROVISION,
	CHANGE_ADD,
	CHANGE_REMOVE,
} ChangeOp;

typedef enum {
	CHANGE_PERSON, /* provision */
	CHANGE_TEAM,
	CHANGE_POLICY,
	CHANGE_ROLE,
} ChangeKind;

typedef struct ChangeItem ChangeItem;

struct ChangeItem {
	guint index;
	const idc_change *asked; /* the host's, for the call */
	ChangeKind kind;
	gchar *object;    /* PagerDuty's id of the team or policy; the role's value; NULL for provision */
	gchar *role;      /* the team role; NULL: the membership whatever the role */
	guint level;      /* 0: all levels */
	gboolean settled; /* its result was told, or will be with that of its twin */
	gint32 status;    /* that result's, once told */
	ChangeItem *twin; /* another item of the batch that does the same; this one ends with it, without a request */
};

struct Roster;

typedef struct {
	const idc_host *host;
	const Settings *settings;
	Auth *auth;
	Api *api;
	const idc_sink *sink;
	ChangeOp op;
	gboolean dry_run;
	GPtrArray *items;      /* of ChangeItem, owned */
	struct Roster *roster; /* who is what; in a dry run as it would be after what was foretold */
	guint failures;
	gboolean refused; /* the host takes no more of what is told */
} Changes;

/* Carries out a batch. *ret_partial: all were attempted, some failed. FALSE: broken off. */
gboolean change_batch(Changes *changes, const idc_change_request *request, gboolean *ret_partial, GError **error);

/* ---- for the parts: each returns FALSE only where the batch has to be broken off ---- */

/* Whether an error concerns one item, or everything that is still to come. */
gboolean change_is_fatal(const GError *error);

/* Tells how an item ended. attrs may be NULL. */
gboolean change_done(Changes *changes, ChangeItem *item, gint32 status, const gchar *remote_id, const EmitAttrs *attrs,
		     GError **error);

/* Likewise, a failure that it takes over. One that is fatal is passed on and is no result: nothing of the item was done. */
gboolean change_failed(Changes *changes, ChangeItem *item, GError *failed, const EmitAttrs *attrs, GError **error);

/* Likewise, of an item of which something was done before it failed: it gets a result even where the failure ends the batch. */
gboolean change_broken(Changes *changes, ChangeItem *item, const GError *failed, GError **error);

/* Likewise, a refusal of the connector's own. */
gboolean change_refused(Changes *changes, ChangeItem *item, gint32 status, const EmitAttrs *attrs, GError **error,
			const gchar *format, ...) G_GNUC_PRINTF(6, 7);

/* Makes an item end as another does that the batch already has and that asks for the same: ALREADY where that goes well, without a request. */
void change_pair(ChangeItem *item, ChangeItem *twin);

/* One thing that a change did. entitlement NULL: to the principal itself. In a dry run it is flagged EXPECTED. */
gboolean change_effect(Changes *changes, const ChangeItem *item, guint32 verb, guint32 flags, const gchar *principal,
		       const gchar *entitlement, const gchar *request_id, const EmitAttrs *attrs, GError **error);

/* The value of an attribute of an item, or NULL. */
const gchar *change_attr(const ChangeItem *item, const gchar *key);

/* Waits between two looks at something that may lag; FALSE where the host cancels. */
gboolean change_pause(Changes *changes, guint32 ms, GError **error);

/* The unsettled items of one kind that name the same object as first, first among them; free the array. */
GPtrArray *change_same_object(const Changes *changes, const ChangeItem *first);
