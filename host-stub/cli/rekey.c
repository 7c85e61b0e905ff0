/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/secret.h"

int
cmd_rekey(CliContext *ctx, int argc, char **argv)
{
	static const CliUsage usage = {
	    .synopsis = "",
	    .summary = "Seals all secrets under a new key",
	    .details = "A key that lies in the data is made anew. One that is kept elsewhere has to come from there: openssl rand "
		       "-hex 32 makes\n"
		       "one, --new-key-file says where it lies, and --key-file where the present one does. Killed at any moment, "
		       "the old or the\n"
		       "new state is there, and the key for it. The journal's signatures stay valid. Copies of the data that were "
		       "made before\n"
		       "can still be opened with the old key: if it became known, replace the secrets at the service too.",
	    .min_args = 0,
	    .max_args = 0,
	};
	g_autofree char *new_key_file = NULL;
	g_autofree char *path = NULL;
	const GOptionEntry entries[] = {
	    {"new-key-file", 0, 0, G_OPTION_ARG_FILENAME, &new_key_file, "Where the new key lies", "PATH"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(Vault) vault = NULL;
	g_autoptr(GError) error = NULL;
	guint values = 0;
	int exit_status;

	if (!cli_start(ctx, argc, argv, &usage, entries, &exit_status))
		return exit_status;
	path = new_key_file != NULL ? g_canonicalize_filename(new_key_file, NULL) : NULL;
	vault = cli_vault(ctx);
	if (!paths_prepare(ctx->paths, &error) || !vault_rekey(vault, path, &values, &error))
		return output_fail(ctx->out, error);
	json_object_object_add(output_body(ctx->out), "values", json_object_new_int64(values));
	output_say(ctx->out, "%u value%s sealed under the new key%s%s.", values, values == 1 ? " is" : "s are",
		   path != NULL ? " in " : "", path != NULL ? path : "");
	if (path != NULL)
		output_say(ctx->out, "Give it to every command from now on: --key-file %s, or as the systemd credential idc-key.",
			   path);
	return output_finish(ctx->out, HOST_EXIT_OK);
}
