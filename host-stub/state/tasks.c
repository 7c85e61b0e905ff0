/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/tasks.h"
#include "state/store-private.h"

Task *
task_new(const char *about, const char *user_id, const char *entitlement_id, const char *what, const char *url)
{
	Task *task = g_new0(Task, 1);

	task->about = g_strdup(about);
	task->user_id = g_strdup(user_id);
	task->entitlement_id = g_strdup(entitlement_id);
	task->what = g_utf8_make_valid(what, -1);
	task->url = g_strdup(url);
	return task;
}

void
task_free(Task *task)
{
	if (task == NULL)
		return;
	g_free(task->about);
	g_free(task->user_id);
	g_free(task->entitlement_id);
	g_free(task->what);
	g_free(task->url);
	g_free(task);
}

static sqlite3_stmt *
tasks_prepare(Store *store, gint64 app, const Task *task, const char *text, GError **error)
{
	sqlite3_stmt *stmt = sql_prepare(store_db(store), text, error);

	if (stmt == NULL)
		return NULL;
	sql_bind_int(stmt, ":app", app);
	if (task == NULL)
		return stmt;
	sql_bind_text(stmt, ":about", task->about);
	sql_bind_text(stmt, ":user", task->user_id);
	sql_bind_text(stmt, ":entitlement", task->entitlement_id);
	return stmt;
}

gboolean
tasks_find(Store *store, gint64 app, Task *task, gboolean *ret_found, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt = tasks_prepare(store, app, task,
						     "SELECT task, opened, what, url FROM tasks WHERE app=:app AND user_id=:user"
						     " AND about=:about AND entitlement_id IS :entitlement AND closed IS NULL",
						     error);

	if (stmt == NULL || !sql_step(stmt, ret_found, error))
		return FALSE;
	if (!*ret_found)
		return TRUE;
	task->task = sqlite3_column_int64(stmt, 0);
	task->opened = sqlite3_column_int64(stmt, 1);
	g_free(task->what);
	task->what = sql_dup_text(stmt, 2);
	g_free(task->url);
	task->url = sql_dup_text(stmt, 3);
	task->before = TRUE;
	return TRUE;
}

gboolean
tasks_open(Store *store, gint64 app, Task *task, gint64 now, GError **error)
{
	g_autoptr(sqlite3_stmt) number =
	    tasks_prepare(store, app, NULL, "SELECT coalesce(max(task), 0) + 1 FROM tasks WHERE app=:app", error);
	g_autoptr(sqlite3_stmt) stmt =
	    tasks_prepare(store, app, task,
			  "INSERT INTO tasks(app, task, opened, about, user_id, entitlement_id, what, url)"
			  " VALUES(:app, :task, :now, :about, :user, :entitlement, :what, :url)",
			  error);

	if (number == NULL || stmt == NULL || !sql_int(number, &task->task, error))
		return FALSE;
	task->opened = now;
	sql_bind_int(stmt, ":task", task->task);
	sql_bind_int(stmt, ":now", now);
	sql_bind_text(stmt, ":what", task->what);
	sql_bind_text(stmt, ":url", task->url);
	return sql_done(stmt, error);
}

gboolean
tasks_count(Store *store, gint64 app, guint64 *ret_open, GError **error)
{
	g_autoptr(sqlite3_stmt) stmt =
	    tasks_prepare(store, app, NULL, "SELECT count(*) FROM tasks WHERE app=:app AND closed IS NULL", error);
	gint64 count = 0;

	if (stmt == NULL || !sql_int(stmt, &count, error))
		return FALSE;
	*ret_open = (guint64)count;
	return TRUE;
}
