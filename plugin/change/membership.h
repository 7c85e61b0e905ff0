/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include "roster.h"

/* Writes of team memberships: many side by side, then one look at each team whether they are to be seen. */

typedef struct {
	ChangeItem *item;
	gchar *team;
	const gchar *user;
	gchar *role;   /* NULL: the membership goes */
	gchar *before; /* the role held before; NULL: none */
	ApiCall *call;
	gchar *request_id;
	GError *failed; /* set: it was not done, or nobody knows */
	gboolean seen;  /* read back */
	gboolean blind; /* the last look could not be taken */
	gboolean told;  /* its effects were */
} Membership;

Membership *membership_new(ChangeItem *item, const gchar *team, const gchar *role, const gchar *before);

/* A GDestroyNotify. */
void membership_free(gpointer data);

/* Carries out all of them; each then has failed, or seen, or neither: done, but not yet to be seen. FALSE: broken off; the same holds of
 * each all the same, those that were not sent have failed. */
gboolean membership_write(Changes *changes, GPtrArray *memberships, GError **error);
