/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Options. The global ones (--data --modules --key-file --json --quiet --verbose --allow-plain-path) are taken before and after the command.
 *
 * A command is one function, `int cmd_xxx (CliContext *ctx, int argc, char **argv)`, argv[0] being its name; it begins with cli_start()
 * and ends with output_finish() or output_fail(), whose value it returns.
 */
#pragma once
#include "base/paths.h"
#include "cli/output.h"
#include <glib.h>

typedef struct {
	char *data, *modules, *key_file;
	gboolean json, quiet, verbose, allow_plain_path;
	gboolean version; /* taken before the command only */
	/* From here on there after cli_start(): */
	HostPaths *paths;
	Output *out;
	GStrv args; /* what is left after the options, without the command's name */
} CliContext;

/* What a command's --help says and how many arguments it takes. */
typedef struct {
	const char *synopsis; /* "ID [--full]" */
	const char *summary;  /* one line */
	const char *details;  /* after the options, or NULL */
	guint min_args, max_args;
} CliUsage;

/* Parses the command's options (entries may be NULL, ends with an empty one) and the global ones, opens ctx->out and ctx->paths.
 * FALSE: return *ret_exit at once (--help was printed, or a usage error told). */
gboolean cli_start(CliContext *ctx, int argc, char **argv, const CliUsage *usage, const GOptionEntry *entries, int *ret_exit);

/* Takes the global options that stand before the command out of argv. FALSE: as above. */
gboolean cli_globals(CliContext *ctx, int *argc, char ***argv, int *ret_exit);

/* Frees what is in it. */
void cli_context_clear(CliContext *ctx);

/* Splits "K=V" at the first '='; FALSE and a sentence that names option where there is no '=' or no key. */
gboolean cli_split(const char *option, const char *text, char **ret_key, char **ret_value, GError **error);
