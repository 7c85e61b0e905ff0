/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Tasks: what a person has to do at the service because no connector can. One is closed by the sync that finds the thing gone. */
#pragma once
#include "state/store.h"

typedef struct {
	gint64 task;   /* its number, 0 while it is not opened */
	gint64 opened; /* ms since 1970 */
	char *about;   /* "access", "deactivate", "delete" */
	char *user_id;
	char *entitlement_id; /* NULL: about the user */
	char *what;           /* a sentence */
	char *url;            /* where; NULL: not known */
	gboolean before;      /* was open before this run */
} Task;

/* What is given is copied. */
Task *task_new(const char *about, const char *user_id, const char *entitlement_id, const char *what, const char *url);
void task_free(Task *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Task, task_free)

/* Whether one about the same is open: task then is that one, its number, time, sentence and address. */
gboolean tasks_find(Store *store, gint64 app, Task *task, gboolean *ret_found, GError **error);

/* Within the transaction of the store that is open: gives it its number and writes it down. */
gboolean tasks_open(Store *store, gint64 app, Task *task, gint64 now, GError **error);

gboolean tasks_count(Store *store, gint64 app, guint64 *ret_open, GError **error);
