/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Where a list streams in: temporary tables in DATA/tmp, which nobody sees and which go with the process. Memory does not grow with the
 * list. What one message alone can break was checked before (load/message.h); here is found what only the whole list shows: a thing
 * listed twice, a grant of what was not listed, a record after its kind's seal, counts that do not agree, a kind without a seal.
 * All of that is IDC_PROTOCOL, "connector_contract", and names the thing.
 */
#pragma once
#include "state/store.h"
#include <glib.h>
#include <idc/connector.h>

typedef struct Stage Stage;

/* For one list of one app, whose lock is held. want: the kinds asked for; with_cursor: whether it was asked for changes only. store is
 * borrowed and outlives it. */
Stage *stage_new(Store *store, gint64 app, uint32_t want, gboolean with_cursor, GError **error);

/* Also takes back everything that was staged. */
void stage_free(Stage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

/* What the manifest says about entitlements of a kind; others are neither assignable nor removable. */
void stage_set_kind(Stage *stage, const char *kind, gboolean assignable, gboolean removable);

/* Takes one message; user_data is the Stage. Returns IDC_OK, or the status of stage_take_error(). Other messages than records, seals and
 * events are passed over. */
int32_t stage_take(const idc_message *message, gpointer user_data);

/* Why stage_take() refused: the caller's, once. NULL where it did not. */
GError *stage_take_error(Stage *stage);

/* Records taken so far, of all kinds. */
guint64 stage_records(const Stage *stage);

/* The list ended with status, IDC_OK or IDC_PARTIAL: what only now can be judged is, and the grants are put in order. */
gboolean stage_finish(Stage *stage, int32_t status, GError **error);
