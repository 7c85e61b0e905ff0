/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What the commands that change something share: their options, the run, and how it is told. */
#pragma once
#include "cli/options.h"
#include "jobs/change.h"

typedef struct {
	CliContext *ctx;
	App *app;
	Manifest *manifest;
	Vault *vault;
	GPtrArray *items; /* of Item, owned */
	Plan *plan;       /* of which the items are; owned, NULL: none */
	gboolean foretell;
	/* The command line's, owned: */
	char *file, *accept, *reason, *ticket, *exactly, *successor;
	GPtrArray *leavers; /* of char *: who leaves; NULL: the items are what is asked for */
	gboolean dry_run, apply_defaults;
} Changing;

void changing_clear(Changing *changing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changing, changing_clear)

/* Options of all of them, put behind a command's own (NULL: none), for cli_start(). Free with g_free; what they point to is the caller's. */
GOptionEntry *changing_entries(Changing *changing, const GOptionEntry *own);

/* The same without --file. */
GOptionEntry *changing_run_entries(Changing *changing, const GOptionEntry *own);

/* After cli_start(): loads the app that the first argument names. */
gboolean changing_open(Changing *changing, CliContext *ctx, GError **error);

/* Takes the items from the file with the columns action,user,entitlement. */
gboolean changing_take_file(Changing *changing, GError **error);

/* Runs the items. */
ChangeReport *changing_report(Changing *changing, GError **error);

/* Runs the items and tells what came of them; returns the command's exit status. */
int changing_run(Changing *changing);
