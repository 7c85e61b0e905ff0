/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The commands of idc-host. Each is declared here and stands once in the table of commands.c. */
#pragma once
#include "cli/options.h"

typedef int (*CliCommandFunc)(CliContext *ctx, int argc, char **argv);

typedef struct {
	const char *name;
	const char *arguments;
	const char *summary;
	CliCommandFunc run;
} CliCommand;

/* Ends with an entry without a name; in the order of --help. */
const CliCommand *cli_commands(void);

int cmd_modules(CliContext *ctx, int argc, char **argv);
int cmd_capabilities(CliContext *ctx, int argc, char **argv);
int cmd_conform(CliContext *ctx, int argc, char **argv);
int cmd_connect(CliContext *ctx, int argc, char **argv);
int cmd_validate(CliContext *ctx, int argc, char **argv);
int cmd_provision(CliContext *ctx, int argc, char **argv);
int cmd_add(CliContext *ctx, int argc, char **argv);
int cmd_remove(CliContext *ctx, int argc, char **argv);
int cmd_plan(CliContext *ctx, int argc, char **argv);
int cmd_apply(CliContext *ctx, int argc, char **argv);
int cmd_terminate(CliContext *ctx, int argc, char **argv);
int cmd_report(CliContext *ctx, int argc, char **argv);
int cmd_audit(CliContext *ctx, int argc, char **argv);
int cmd_sync(CliContext *ctx, int argc, char **argv);
int cmd_show(CliContext *ctx, int argc, char **argv);
int cmd_configure(CliContext *ctx, int argc, char **argv);
int cmd_reauthorize(CliContext *ctx, int argc, char **argv);
int cmd_backup(CliContext *ctx, int argc, char **argv);
int cmd_restore(CliContext *ctx, int argc, char **argv);
int cmd_rekey(CliContext *ctx, int argc, char **argv);
int cmd_remove_app(CliContext *ctx, int argc, char **argv);
int cmd_status(CliContext *ctx, int argc, char **argv);
int cmd_run(CliContext *ctx, int argc, char **argv);
