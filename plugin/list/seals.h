/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>
#include <idc/connector.h>

#include "../emit.h"

/* What a list may claim at its end. Each kind is COMPLETE until a gap is told; where it ends PARTIAL, the resources that are whole all the
 * same are sealed one by one. */

typedef struct Seals Seals;

/* What was listed under one resource. Owned by the seals; callers count and judge. */
typedef struct {
	gchar *id;
	guint64 entitlements;
	guint64 grants;
	guint32 gaps;     /* kinds of which not everything under it was listed */
	gboolean open;    /* it is being listed: if that is broken off, nothing of it is whole */
	gboolean removed; /* listed, then found gone */
} SealsResource;

Seals *seals_new(void);
void seals_free(Seals *seals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seals, seals_free)

/* The resource of that id, made on first use; what is under it counts as whole until somebody says otherwise. */
SealsResource *seals_resource(Seals *seals, const gchar *id);

/* These kinds are not complete; status and a whole sentence say why. The first reason of a kind is the one that is told. */
void seals_gap(Seals *seals, guint32 kinds, gint32 status, const gchar *reason);

/* Likewise, from an error. */
void seals_gap_error(Seals *seals, guint32 kinds, const GError *error);

/* These kinds are not complete, because of this resource. */
void seals_gap_resource(Seals *seals, SealsResource *resource, guint32 kinds, gint32 status, const gchar *reason);

gboolean seals_whole(const Seals *seals, guint32 kind);

/* Seals all wanted kinds. *ret_partial: whether one of them is. */
gboolean seals_emit(Seals *seals, Emit *emit, gint64 as_of_unix_ms, gboolean *ret_partial, GError **error);
