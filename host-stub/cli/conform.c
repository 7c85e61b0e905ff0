/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/error.h"
#include "cli/commands.h"
#include "load/manifest.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Beside this program where it is installed, one folder down where it was built. */
static char *
conform_program(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : NULL;
	g_autofree char *beside = folder != NULL ? g_build_filename(folder, "idc-conform", NULL) : NULL;

	if (beside == NULL || g_file_test(beside, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&beside);
	return g_build_filename(folder, "conform", "idc-conform", NULL);
}

int
cmd_conform(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "CONNECTOR [-- OPTION…]",
	    .summary = "Proves whether a connector keeps the contract, against its simulated service",
	    .details = "What stands after -- goes to idc-conform; idc-conform --help lists it. Beside the manifest lies "
		       "CONNECTOR.conformance.json.",
	    .min_args = 1,
	    .max_args = 64,
	};
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *program = conform_program();
	g_autofree char *modules = NULL;
	g_auto(GStrv) command = NULL;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, NULL, &exit_status))
		return exit_status;
	manifest = manifest_find(ctx->paths, ctx->args[0], &error);
	if (manifest == NULL)
		return output_fail(ctx->out, error);
	modules = g_strdup_printf("--modules=%s", ctx->paths->modules);
	g_strv_builder_add_many(builder, program != NULL ? program : "idc-conform", modules, NULL);
	if (ctx->json)
		g_strv_builder_add(builder, "--json");
	for (gsize i = 1; ctx->args[i] != NULL; i++) {
		if (strcmp(ctx->args[i], "--") != 0)
			g_strv_builder_add(builder, ctx->args[i]);
	}
	g_strv_builder_add(builder, manifest->path);
	command = g_strv_builder_end(builder);
	execv(command[0], command);
	host_error_set(&error, IDC_IO, "no_harness", "The harness %s cannot be started: %s. Install it beside idc-host.",
		       command[0], g_strerror(errno));
	return output_fail(ctx->out, error);
}
