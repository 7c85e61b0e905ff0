/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "membership.h"
#include "rules.h"

/* What a batch wants of one policy, and which edits of its rules that comes to. No request is made here. */

/* One item on its way through a policy. */
typedef struct {
	ChangeItem *item;
	GArray *levels;     /* guint: where the target is added or removed */
	gboolean open;      /* has to be written */
	gboolean sent;      /* a write that holds it was sent, and nobody said that it was refused */
	gboolean always;    /* the level paged schedules only */
	Membership *joined; /* the team membership that came before; NULL: none was needed */
} TargetItem;

/* All items of a batch that touch one policy: one read, one write, one look. */
typedef struct {
	Changes *changes;
	gchar *path;
	gchar *id;
	GPtrArray *items;      /* TargetItem */
	json_object *policy;   /* as last read, then edited; owned */
	json_object *as_read;  /* as last read; owned */
	gchar *team;           /* of the policy; NULL: none */
	gchar *request_id;     /* of the write */
	guint64 read_sent_ms;  /* the host's clock */
	guint64 elapsed_ms;    /* from sending the read to the answer of the write */
	gboolean *no_strategy; /* shared by the batch: the account's plan refuses the assignment strategies */
	gboolean apart;        /* the write of several items was refused: each has to be tried alone */
	GError *lost;          /* the last write was not acknowledged, and is not to be seen either; NULL: it was */
} TargetGroup;

/* The items that name the same policy as first. */
void target_group_init(TargetGroup *group, Changes *changes, const ChangeItem *first, gboolean *no_strategy);

/* One of another group's items, which stays its owner. */
void target_group_alone(TargetGroup *group, const TargetGroup *of, TargetItem *item);
void target_group_clear(TargetGroup *group);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TargetGroup, target_group_clear)

/* Takes over what was read of the policy, whose rules were checked. */
void target_take(TargetGroup *group, json_object *policy);

/* Edits the policy, anew from what was read, for every item that is not settled; *ret_open: whether anything has to be written. */
gboolean target_plan(TargetGroup *group, gboolean *ret_open, GError **error);

/* Whether what was read now shows what an item wanted. */
gboolean target_shows(const TargetGroup *group, const TargetItem *item);
