/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Where each app stands, as status tells it and run goes by it. */
#pragma once
#include "jobs/schedule.h"
#include "load/app.h"
#include "state/store.h"
#include "state/syncs.h"

typedef struct {
	char *identifier;
	App *app;              /* NULL: the file cannot be used, see problem */
	GError *problem;       /* why */
	SyncsState *state;     /* NULL with a problem */
	GPtrArray *partials;   /* of StorePartial; NULL with a problem */
	guint64 users, grants; /* of the snapshot */
	guint64 tasks;         /* that are open */
	gboolean running;
	guint open;        /* intents without a result that no running change explains */
	gint64 open_since; /* of the oldest */
	gint64 next;       /* schedule_next() */
} AppState;

void app_state_free(AppState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AppState, app_state_free)

/* Of one app, or of all in order where identifier is NULL: a GPtrArray of AppState. An app that cannot be read is an entry with its
 * problem; one that does not exist is an error. store may be NULL where there is none yet. */
GPtrArray *app_states(const HostPaths *paths, const char *identifier, GError **error);

/* One thing that is wrong. */
typedef struct {
	const char *code; /* broken, partial, overdue, token_failure, connector_crash, sync_failed, held or open_intent; static */
	char *message;    /* a sentence */
} AppAlert;

/* What is wrong with it: a GPtrArray of AppAlert, empty: nothing; and their exit statuses in *ret_exit as one. */
GPtrArray *app_state_alerts(const AppState *state, gint64 now, HostExit *ret_exit);

/* One word: never, complete, partial, held, failed, broken, running. */
const char *app_state_word(const AppState *state);
