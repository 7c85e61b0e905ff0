/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * The keys of an app's file in the journal. A file may be edited by hand, and nobody sees by whom; but whoever may write it decides who
 * is protected and what is held. So each command that works on an app writes down what is other than before, ahead of what it does.
 */
#pragma once
#include "base/paths.h"
#include "load/app.h"
#include "state/journal.h"

/* Writes into an open journal what differs from the last time, and all keys; nothing where nothing does. */
gboolean keys_note(Journal *journal, Store *store, gint64 app_key, const App *app, GError **error);

/* The same for a command that has no journal open. Where a run of changes has it, that run has seen to it, or the next command does;
 * where it cannot be written, that is a change's error and not this command's. */
void keys_look(const HostPaths *paths, Store *store, Vault *vault, gint64 app_key, const App *app);
