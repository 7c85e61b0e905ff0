/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The tables of DATA/idc.db, and how an older file of any of this host's databases becomes a present one. */
#pragma once
#include <glib.h>
#include <sqlite3.h>

/* steps[n] makes version n + 1 out of version n; there are n_steps of them. */
typedef struct {
	const char *const *steps;
	guint n_steps;
	int application; /* marks the file, so that a stray database is not taken for it */
} Schema;

/* What this host reads and writes. */
const Schema *schema_present(void);

/* Brings the database at path up to date, in one transaction. A newer version than schema knows: "store_newer". Before an existing file
 * is migrated it is copied to "<path>.v<version>", which stays. A file that is no store of this program is refused. */
gboolean schema_apply(sqlite3 *db, const char *path, const Schema *schema, GError **error);
