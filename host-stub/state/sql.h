/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* SQLite with GError. For state/ alone; everyone else knows store.h. */
#pragma once
#include <glib.h>
#include <sqlite3.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3, sqlite3_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* Turns what went wrong last on db into a HOST_ERROR: a full disk, a damaged file and a lock held for too long say what to do. */
void sql_fail(sqlite3 *db, GError **error);

/* Prepares one statement. The text is the program's own, so a mistake in it is the program's. */
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text, GError **error);

/* The same with text made by g_strdup_printf(), which is freed. */
sqlite3_stmt *sql_prepare_take(sqlite3 *db, char *text, GError **error);

/* Binds by name (":app"); a name that the statement does not have is passed over, so that a family of statements can be bound alike.
 * Text is copied; NULL binds NULL. */
void sql_bind_int(sqlite3_stmt *stmt, const char *name, gint64 value);
void sql_bind_text(sqlite3_stmt *stmt, const char *name, const char *text);

/* One step: *ret_row says whether there is a row. */
gboolean sql_step(sqlite3_stmt *stmt, gboolean *ret_row, GError **error);

/* Runs to its end and resets, keeping what is bound. */
gboolean sql_done(sqlite3_stmt *stmt, GError **error);

/* Any number of statements without parameters. */
gboolean sql_exec(sqlite3 *db, const char *text, GError **error);

/* The first column of the first row, 0 where there is none; resets. */
gboolean sql_int(sqlite3_stmt *stmt, gint64 *ret_value, GError **error);

/* The number that "PRAGMA name" answers. */
gboolean sql_pragma(sqlite3 *db, const char *name, gint64 *ret_value, GError **error);

/* A copy of a column's text, NULL where it is NULL. */
char *sql_dup_text(sqlite3_stmt *stmt, int column);
