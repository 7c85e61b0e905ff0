/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the files behind backup.h share. */
#pragma once
#include "state/backup.h"
#include "state/sql.h"

#define BACKUP_SECRETS "secrets.db"
#define BACKUP_IDENTIFIERS "identifiers"
#define BACKUP_APPS "apps"
#define BACKUP_FILE_MAX ((gsize)16 * 1024 * 1024)
#define BACKUP_BUSY_MS 60000

/* A connection that trusts nothing of what the file says. */
sqlite3 *backup_connect(const char *path, gboolean write, GError **error);

/* All pages of one database, as they are at one moment, into another one. */
gboolean backup_copy(sqlite3 *to, sqlite3 *from, GError **error);

/* An empty file, mode 0600, which must not be there yet. */
gboolean backup_make_file(const char *path, GError **error);

/* Has the file and its name on disk. */
gboolean backup_sync(const char *path, GError **error);

/* "apps/NAME.json", and nothing that leads elsewhere. */
gboolean backup_is_app(const char *name);
