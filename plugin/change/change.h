/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../auth.h"
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

typedef struct {
	guint index;
	const idc_change *asked; /* the host's, for the call */
	ChangeKind kind;
	gchar *object;    /* PagerDuty's id of the team or policy; the role's value; NULL for provision */
	gchar *role;      /* the team role; NULL: the membership whatever the role */
	guint level;      /* 0: all levels */
	gboolean settled; /* its result was told */
} ChangeItem;

typedef struct {
	const idc_host *host;
	const Settings *settings;
	Auth *auth;
	Api *api;
	const idc_sink *sink;
	ChangeOp op;
	gboolean dry_run;
	GPtrArray *items; /* of ChangeItem, owned */
	guint failures;
} Changes;

/* Carries out a batch. *ret_partial: all were attempted, some failed. FALSE: broken off. */
gboolean change_batch(Changes *changes, const idc_change_request *request, gboolean *ret_partial, GError **error);

/* ---- for the parts: each returns FALSE only where the batch has to be broken off ---- */

/* Whether an error concerns one item, or everything that is still to come. */
gboolean change_is_fatal(const GError *error);

/* Tells how an item ended. attrs may be NULL. */
gboolean change_done(Changes *changes, ChangeItem *item, gint32 status, const gchar *remote_id, const EmitAttrs *attrs,
		     GError **error);

/* Likewise, a failure that it takes over; one that is fatal is told as the item's result only where something was sent. */
gboolean change_failed(Changes *changes, ChangeItem *item, GError *failed, const EmitAttrs *attrs, GError **error);

/* Likewise, a refusal of the connector's own. */
gboolean change_refused(Changes *changes, ChangeItem *item, gint32 status, const EmitAttrs *attrs, GError **error,
			const gchar *format, ...) G_GNUC_PRINTF(6, 7);

/* One thing that a change did. entitlement NULL: to the principal itself. In a dry run it is flagged EXPECTED. */
gboolean change_effect(Changes *changes, const ChangeItem *item, guint32 verb, guint32 flags, const gchar *principal,
		       const gchar *entitlement, const gchar *request_id, const EmitAttrs *attrs, GError **error);

/* The value of an attribute of an item, or NULL. */
const gchar *change_attr(const ChangeItem *item, const gchar *key);

/* Waits between two looks at something that may lag; FALSE where the host cancels. */
gboolean change_pause(Changes *changes, guint32 ms, GError **error);

/* The unsettled items of one kind that name the same object as first, first among them; free the array. */
GPtrArray *change_same_object(const Changes *changes, const ChangeItem *first);
