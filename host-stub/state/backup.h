/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * DATA as one file, without the key: an SQLite database that holds the store's tables as they were at one moment, and beside them the
 * sealed secrets, the app files and the register of identifiers, each with its SHA-256.
 */
#pragma once
#include <glib.h>

/* What a backup holds, or a restore brought back. */
typedef struct {
	GStrv apps;        /* names of app files, without ".json" */
	guint64 bytes;     /* of the file */
	gboolean sealed;   /* whether there are secrets in it, which open with DATA's key only */
	guint64 forgotten; /* tokens that were not brought back */
} BackupReport;

void backup_report_free(BackupReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BackupReport, backup_report_free)

/* Writes it anew, mode 0600, whole or not at all, while syncs and changes go on. A file that is there already is refused: "file_exists". */
BackupReport *backup_write(const char *data, const char *path, GError **error);

/* Checks the file as a whole (structure, hashes) and changes nothing: "backup_broken". */
BackupReport *backup_verify(const char *path, GError **error);

/* Verifies it and makes DATA of it, which may hold a key and nothing else: "data_in_use". Tokens are left out, since the service may have
 * given others since, and every app's next sync is full, with what it finds as its baseline. A restore that was killed is
 * done by the same again. DATA has to exist. */
BackupReport *backup_restore(const char *data, const char *path, GError **error);
