/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#pragma once
#include <glib.h>

#include "../idset.h"
#include "api.h"

/* Reads a list page by page so that a row that is added or removed meanwhile is not a row lost: each page is asked for so that its first
 * row is the last one of the page before. Where that row is not there, something moved, and the reader steps back until pages join. */

typedef struct Pager Pager;

typedef struct {
	const gchar *path;  /* "/users" */
	const gchar *rows;  /* the answer's member that holds them: "users" */
	const gchar *inner; /* NULL: a row has its id itself; else the member of the row that has it: "user" */
	const gchar *team;  /* NULL: all; else only what belongs to this team */
	gboolean counts;    /* whether PagerDuty tells the total of this list when asked */
} PagerSpec;

/* Called for each row whose id was not seen before, in order. row is borrowed. */
typedef gboolean (*PagerRow)(gpointer user, const gchar *id, json_object *row, GError **error);

typedef struct {
	gboolean whole;      /* read to its end; else reason says why not */
	gboolean quiet;      /* nothing moved while it was read, as far as it can be seen */
	gboolean ceiling;    /* not whole because PagerDuty lets nobody read on */
	gint64 total;        /* PagerDuty's own count, -1: not told */
	const gchar *reason; /* static; NULL while whole */
} PagerOutcome;

/* Queues the first page, and more where expected (0: unknown) says that there are. spec's strings outlive the pager, path too. */
Pager *pager_open(Api *api, const PagerSpec *spec, guint64 expected, guint ahead);

/* Reads to the end. seen: the ids met so far in this reading, grows. FALSE: the list is broken off. Call once. */
gboolean pager_run(Pager *pager, IdSet *seen, PagerRow row, gpointer user, PagerOutcome *ret_outcome, GError **error);

void pager_free(Pager *pager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pager, pager_free)
