/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the files behind store.h share. */
#pragma once
#include "state/sql.h"
#include "state/store.h"

/* The store's own connection. */
sqlite3 *store_db(Store *store);

/* Another connection to the same file with page caches of that many KiB: for the file, and for temporary tables, which lie in DATA/tmp. */
sqlite3 *store_connect(const Store *store, guint cache_kib, guint temp_kib, GError **error);

/* The table that holds a kind's rows. Static. */
const char *store_table(Kind kind);

/* As store_partials(), within a transaction of another connection. */
GPtrArray *store_partials_on(sqlite3 *db, gint64 app, GError **error);
