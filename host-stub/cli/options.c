/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/options.h"
#include "base/error.h"
#include <string.h>

void
cli_context_clear(CliContext *ctx)
{
	g_clear_pointer(&ctx->data, g_free);
	g_clear_pointer(&ctx->modules, g_free);
	g_clear_pointer(&ctx->key_file, g_free);
	g_clear_pointer(&ctx->paths, paths_free);
	g_clear_pointer(&ctx->out, output_free);
	g_clear_pointer(&ctx->args, g_strfreev);
}

/* The options with a text, of one parse. GOption never frees what an earlier parse left, so each parse begins with none. */
typedef struct {
	char *data, *modules, *key_file;
} CliPlaces;

static void
cli_place_take(char **place, char **given)
{
	if (*given == NULL)
		return;
	g_free(*place);
	*place = g_steal_pointer(given);
}

/* What the later parse has stands. */
static void
cli_places_take(CliContext *ctx, CliPlaces *given)
{
	cli_place_take(&ctx->data, &given->data);
	cli_place_take(&ctx->modules, &given->modules);
	cli_place_take(&ctx->key_file, &given->key_file);
}

static void
cli_add_globals(GOptionContext *options, CliContext *ctx, CliPlaces *given, gboolean *help)
{
	const GOptionEntry entries[] = {
	    {"data", 0, 0, G_OPTION_ARG_FILENAME, &given->data, "Where apps, snapshots and secrets lie", "DIR"},
	    {"modules", 0, 0, G_OPTION_ARG_FILENAME, &given->modules, "Where connectors are looked for", "DIR"},
	    {"key-file", 0, 0, G_OPTION_ARG_FILENAME, &given->key_file, "The key of the secrets, kept outside the data", "PATH"},
	    {"json", 0, 0, G_OPTION_ARG_NONE, &ctx->json, "Print one JSON object (schema idc-host/1)", NULL},
	    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &ctx->quiet, "Print errors only", NULL},
	    {"verbose", 'v', 0, G_OPTION_ARG_NONE, &ctx->verbose, "Print what the connector logs", NULL},
	    {"allow-plain-path", 0, 0, G_OPTION_ARG_NONE, &ctx->allow_plain_path,
	     "Load a module by its path where this system has no memfd or no /proc", NULL},
	    {"help", 'h', 0, G_OPTION_ARG_NONE, help, "Show this help", NULL},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};

	g_option_context_add_main_entries(options, entries, NULL);
	g_option_context_set_help_enabled(options, FALSE);
}

static OutputFlags
cli_flags(const CliContext *ctx)
{
	return (ctx->json ? OUTPUT_JSON : 0) | (ctx->quiet ? OUTPUT_QUIET : 0) | (ctx->verbose ? OUTPUT_VERBOSE : 0);
}

static int
cli_usage_fail(CliContext *ctx, const char *command, const char *message)
{
	g_autoptr(GError) error = NULL;

	if (ctx->out == NULL)
		ctx->out = output_new(command, cli_flags(ctx));
	host_error_set(&error, IDC_INVALID, "usage", "%s See idc-host %s%s--help.", message, command != NULL ? command : "",
		       command != NULL ? " " : "");
	return output_fail(ctx->out, error);
}

/* GLib's sentences have neither a beginning nor an end. */
static char *
cli_sentence(const char *text)
{
	g_autofree char *copy = g_strdup(text);

	*copy = g_ascii_toupper(*copy);
	return g_strconcat(copy, g_str_has_suffix(copy, ".") ? "" : ".", NULL);
}

gboolean
cli_globals(CliContext *ctx, int *argc, char ***argv, int *ret_exit)
{
	g_autoptr(GOptionContext) options = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	const GOptionEntry alone[] = {
	    {"version", 0, 0, G_OPTION_ARG_NONE, &ctx->version, "Print the version", NULL},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	CliPlaces given = {NULL, NULL, NULL};
	gboolean help = FALSE;
	gboolean json = FALSE;

	/* An error in the options is told as JSON as well, where that was asked for anywhere. */
	for (int i = 1; i < *argc; i++)
		json = json || strcmp((*argv)[i], "--json") == 0;
	cli_add_globals(options, ctx, &given, &help);
	g_option_context_add_main_entries(options, alone, NULL);
	g_option_context_set_strict_posix(options, TRUE);
	if (!g_option_context_parse(options, argc, argv, &error)) {
		g_autofree char *sentence = cli_sentence(error->message);

		/* A failed parse takes back what it had set. */
		ctx->json = json;
		*ret_exit = cli_usage_fail(ctx, NULL, sentence);
		return FALSE;
	}
	cli_places_take(ctx, &given);
	ctx->json = json;
	if (!help)
		return TRUE;
	*ret_exit = -1;
	return FALSE;
}

static void
cli_print_help(GOptionContext *options)
{
	g_autofree char *text = g_option_context_get_help(options, TRUE, NULL);

	fputs(text, stdout);
	fflush(stdout);
}

gboolean
cli_start(CliContext *ctx, int argc, char **argv, const CliUsage *usage, const GOptionEntry *entries, int *ret_exit)
{
	g_autoptr(GOptionContext) options = g_option_context_new(usage->synopsis);
	g_autofree char *program = g_strdup_printf("idc-host %s", argv[0]);
	g_autofree char *summary = cli_sentence(usage->summary);
	g_auto(GStrv) rest = g_new0(char *, (gsize)argc + 1);
	g_autoptr(GError) error = NULL;
	CliPlaces given = {NULL, NULL, NULL};
	gboolean help = FALSE;
	gboolean json = ctx->json;
	guint n;

	g_set_prgname(program);
	g_option_context_set_summary(options, summary);
	if (usage->details != NULL)
		g_option_context_set_description(options, usage->details);
	if (entries != NULL)
		g_option_context_add_main_entries(options, entries, NULL);
	cli_add_globals(options, ctx, &given, &help);
	for (int i = 0; i < argc; i++)
		rest[i] = g_strdup(argv[i]);
	if (!g_option_context_parse_strv(options, &rest, &error)) {
		g_autofree char *sentence = cli_sentence(error->message);

		ctx->json = json;
		*ret_exit = cli_usage_fail(ctx, argv[0], sentence);
		return FALSE;
	}
	cli_places_take(ctx, &given);
	if (help) {
		cli_print_help(options);
		*ret_exit = HOST_EXIT_OK;
		return FALSE;
	}
	ctx->out = output_new(argv[0], cli_flags(ctx));
	n = g_strv_length(rest) - 1;
	if (n < usage->min_args || n > usage->max_args) {
		g_autofree char *sentence =
		    n < usage->min_args ? g_strdup_printf("Something is missing: it is idc-host %s %s.", argv[0], usage->synopsis)
					: g_strdup_printf("\"%s\" is one argument too many.", rest[usage->max_args + 1]);

		*ret_exit = cli_usage_fail(ctx, argv[0], sentence);
		return FALSE;
	}
	ctx->args = g_strdupv(rest + 1);
	ctx->paths = paths_new(ctx->data, ctx->modules, ctx->allow_plain_path);
	ctx->paths->key_file = ctx->key_file != NULL ? g_canonicalize_filename(ctx->key_file, NULL) : NULL;
	return TRUE;
}

gboolean
cli_split(const char *option, const char *text, char **ret_key, char **ret_value, GError **error)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text) {
		/* The text is not repeated: it may be a secret that came without its name. */
		host_error_set(error, IDC_INVALID, "usage", "%s needs KEY=VALUE.", option);
		return FALSE;
	}
	*ret_key = g_strndup(text, (gsize)(equals - text));
	*ret_value = g_strdup(equals + 1);
	return TRUE;
}
