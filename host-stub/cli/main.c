/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "idc-config.h"
#include "load/module.h"
#include "load/services.h"
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* How wide the arguments of the commands are, in characters. */
#define MAIN_ARGUMENTS 22

/* What is held in memory is for nobody: no core files, and no reading of this process by others of the same user. */
static void
main_close_memory(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* Names are UTF-8 wherever they come from; a service or container often runs without any locale. */
static void
main_set_locale(void)
{
	if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static void
main_print_help(void)
{
	printf(
	    "Usage:\n"
	    "  idc-host [--data DIR] [--modules DIR] [--json] [--quiet|--verbose] COMMAND\n"
	    "\n"
	    "Loads identity connectors, keeps who holds what, and shows it. Without a command it shows the status of every app.\n"
	    "\n"
	    "Commands (idc-host COMMAND --help says more, idc-host --version which one this is):\n");
	for (const CliCommand *command = cli_commands(); command->name != NULL; command++) {
		int pad = MAIN_ARGUMENTS - (int)g_utf8_strlen(command->arguments, -1);

		printf("  %-12s %s%*s %s\n", command->name, command->arguments, MAX(pad, 0), "", command->summary);
	}
	printf("\n"
	       "Exit status: 0 done, 1 failed or refused, 2 usage or configuration, 3 partly done or a partial list, 4 outcome "
	       "unknown,\n"
	       "5 held by a guard, 6 authorization no longer valid, 7 try later.\n");
	fflush(stdout);
}

static const CliCommand *
main_find(const char *name)
{
	for (const CliCommand *command = cli_commands(); command->name != NULL; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

static int
main_unknown(CliContext *ctx, const char *name)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) names = NULL;
	g_autofree char *known = NULL;
	g_autoptr(GError) error = NULL;
	const char *nearest;

	for (const CliCommand *command = cli_commands(); command->name != NULL; command++)
		g_strv_builder_add(builder, command->name);
	names = g_strv_builder_end(builder);
	nearest = text_nearest(name, (const char *const *)names);
	known = text_join((const char *const *)names, "and");
	if (nearest != NULL)
		host_error_set(&error, IDC_INVALID, "usage", "There is no command \"%s\"; did you mean %s? See idc-host --help.",
			       name, nearest);
	else
		host_error_set(&error, IDC_INVALID, "usage", "There is no command \"%s\"; there are %s. See idc-host --help.", name,
			       known);
	ctx->out = output_new(NULL, ctx->json ? OUTPUT_JSON : 0);
	return output_fail(ctx->out, error);
}

/* help, and help COMMAND */
static int
main_help(CliContext *ctx, int argc, char **argv)
{
	static char help[] = "--help";
	const CliCommand *command;
	char *asked[] = {NULL, help, NULL};

	if (argc < 3) {
		main_print_help();
		return HOST_EXIT_OK;
	}
	command = main_find(argv[2]);
	if (command == NULL)
		return main_unknown(ctx, argv[2]);
	asked[0] = argv[2];
	return command->run(ctx, 2, asked);
}

static int
main_run(CliContext *ctx, int argc, char **argv)
{
	static char status[] = "status";
	static char *const alone[] = {status, NULL};
	const CliCommand *command;
	int exit_status = HOST_EXIT_OK;

	if (!cli_globals(ctx, &argc, &argv, &exit_status)) {
		if (exit_status >= 0)
			return exit_status;
		main_print_help();
		return HOST_EXIT_OK;
	}
	if (ctx->version) {
		printf("idc-host %s\n", IDC_VERSION);
		return HOST_EXIT_OK;
	}
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return main_help(ctx, argc, argv);
	command = main_find(argc > 1 ? argv[1] : status);
	if (command == NULL)
		return main_unknown(ctx, argc > 1 ? argv[1] : status);
	if (argc > 1)
		return command->run(ctx, argc - 1, argv + 1);
	return command->run(ctx, 1, (char **)(gpointer)alone);
}

int
main(int argc, char **argv)
{
	CliContext ctx = {0};
	int exit_status;

	main_set_locale();
	main_close_memory();
	module_clean_environment();
	services_catch_signals();
	exit_status = main_run(&ctx, argc, argv);
	cli_context_clear(&ctx);
	return exit_status;
}
