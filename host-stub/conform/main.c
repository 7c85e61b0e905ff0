/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* idc-conform: see README.md beside this file. */
#include "base/error.h"
#include "base/files.h"
#include "conform/board.h"
#include "conform/report.h"
#include "conform/run.h"
#include "idc-config.h"
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef struct {
	gboolean list, tap, json, in_process, version;
	GStrv only, without;
	gint jobs, patience, limit;
	gint64 seed;
	char *modules, *report, *check;
} MainOptions;

static void
main_free(MainOptions *options)
{
	g_strfreev(options->only);
	g_strfreev(options->without);
	g_free(options->modules);
	g_free(options->report);
	g_free(options->check);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MainOptions, main_free)

static GOptionContext *
main_context(MainOptions *options)
{
	const GOptionEntry entries[] = {
	    {"list", 0, 0, G_OPTION_ARG_NONE, &options->list, "List the checks, and run none", NULL},
	    {"only", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &options->only, "Only checks whose id fits; may be repeated", "GLOB"},
	    {"without", 'x', 0, G_OPTION_ARG_STRING_ARRAY, &options->without, "No checks whose id fits; may be repeated", "GLOB"},
	    {"jobs", 'j', 0, G_OPTION_ARG_INT, &options->jobs, "So many at a time (1)", "N"},
	    {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "What is left to chance follows from it (1)", "N"},
	    {"tap", 0, 0, G_OPTION_ARG_NONE, &options->tap, "Print TAP", NULL},
	    {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print one JSON object (schema idc-conform/1)", NULL},
	    {"report", 0, 0, G_OPTION_ARG_FILENAME, &options->report, "Write that object to a file as well", "FILE"},
	    {"modules", 0, 0, G_OPTION_ARG_FILENAME, &options->modules, "Where connectors are looked for", "DIR"},
	    {"patience", 0, 0, G_OPTION_ARG_INT, &options->patience, "Let each check take so many times longer (1)", "N"},
	    {"limit", 0, 0, G_OPTION_ARG_INT, &options->limit, "End each check after so many seconds at the latest", "SECONDS"},
	    {"in-process", 0, 0, G_OPTION_ARG_NONE, &options->in_process, "Run them in this very process, for a debugger", NULL},
	    {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
	    {"check", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->check, "Be the process of one check", "ID"},
	    {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	GOptionContext *context = g_option_context_new("MANIFEST");

	g_option_context_set_summary(context,
				     "Proves whether a connector keeps the contract, while its service misbehaves on purpose.");
	g_option_context_set_description(context,
					 "MANIFEST is a built connector's manifest, or its id where it is found with --modules. "
					 "Beside it lies ID.conformance.json.\n"
					 "Exit status: 0 all passed or were skipped, 1 one did not, 2 usage, or nothing to run.");
	g_option_context_add_main_entries(context, entries, NULL);
	return context;
}

static int
main_fail(const GError *error)
{
	g_printerr("idc-conform: %s\n", error->message);
	return HOST_EXIT_USAGE;
}

static gboolean
main_fits(const char *id, GStrv globs)
{
	for (gsize i = 0; globs != NULL && globs[i] != NULL; i++) {
		if (g_pattern_match_simple(globs[i], id))
			return TRUE;
	}
	return FALSE;
}

static GPtrArray *
main_choose(const MainOptions *options, GError **error)
{
	g_autoptr(GPtrArray) all = checks_all();
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();

	for (guint i = 0; i < all->len; i++) {
		const Check *check = g_ptr_array_index(all, i);

		if ((options->only == NULL || main_fits(check->id, options->only)) && !main_fits(check->id, options->without))
			g_ptr_array_add(chosen, (gpointer)check);
	}
	if (chosen->len == 0) {
		host_error_set(error, IDC_INVALID, "no_check", "No check is selected; --list tells which there are.");
		return NULL;
	}
	return g_steal_pointer(&chosen);
}

/* A path, or an id. */
static Manifest *
main_manifest(const char *name, const char *modules, HostPaths **ret_paths, GError **error)
{
	gboolean path = strchr(name, '/') != NULL || g_str_has_suffix(name, ".json");
	g_autofree char *absolute = path ? g_canonicalize_filename(name, NULL) : NULL;
	g_autofree char *folder = path ? g_path_get_dirname(absolute) : NULL;
	const char *where = modules != NULL ? modules : g_getenv("IDC_MODULES") != NULL ? NULL : folder;

	*ret_paths = paths_new("/nonexistent", where, FALSE);
	return path ? manifest_read(absolute, error) : manifest_find(*ret_paths, name, error);
}

static Plan *
main_plan(const Manifest *manifest, GError **error)
{
	g_autofree char *file = g_strdup_printf("%s.conformance.json", manifest->id);
	g_autofree char *path = g_build_filename(manifest->folder, file, NULL);

	return plan_read(path, error);
}

static GStrv
main_command(const MainOptions *options, const HostPaths *paths, const Manifest *manifest)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *seed = g_strdup_printf("--seed=%" G_GINT64_FORMAT, options->seed);
	g_autofree char *modules = g_strdup_printf("--modules=%s", paths->modules);
	g_autofree char *patience = g_strdup_printf("--patience=%d", options->patience);

	g_strv_builder_add_many(builder, "/proc/self/exe", seed, modules, patience, manifest->path, "--check", NULL);
	return g_strv_builder_end(builder);
}

static void
main_done(const RunResult *result, gpointer report)
{
	report_result(report, result);
}

static gboolean
main_write(const MainOptions *options, const Report *report, GPtrArray *results, GError **error)
{
	g_autoptr(json_object) root = NULL;
	const char *text;

	if (options->report == NULL && !options->json)
		return TRUE;
	root = report_json(report, results, error);
	if (root == NULL)
		return FALSE;
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (options->json)
		puts(text);
	return options->report == NULL || files_write_atomically(options->report, text, strlen(text), error);
}

static int
main_run(const MainOptions *options, const RunOptions *run, GPtrArray *checks, const char *program)
{
	Report report = {.form = options->json  ? REPORT_JSON
				 : options->tap ? REPORT_TAP
						: REPORT_READABLE,
			 .manifest = run->manifest,
			 .seed = run->seed,
			 .program = program,
			 .modules = run->paths->modules};
	RunOptions telling = *run;
	g_autoptr(GPtrArray) all = checks_all();
	g_autoptr(GPtrArray) results = NULL;
	g_autoptr(GError) error = NULL;
	gboolean good;

	report.left_out = all->len - checks->len;
	telling.done = main_done;
	telling.user_data = &report;
	report_begin(&report, checks->len);
	results = run_checks(&telling, checks, &error);
	if (results == NULL)
		return main_fail(error);
	good = report_end(&report, results);
	if (!main_write(options, &report, results, &error))
		return main_fail(error);
	return good ? HOST_EXIT_OK : HOST_EXIT_FAILED;
}

static int
main_list(GPtrArray *checks)
{
	for (guint i = 0; i < checks->len; i++) {
		const Check *check = g_ptr_array_index(checks, i);

		printf("%-26s %s\n", check->id, check->sentence);
	}
	return HOST_EXIT_OK;
}

static int
main_child(const MainOptions *options, const RunOptions *run)
{
	g_autoptr(GPtrArray) all = checks_all();

	for (guint i = 0; i < all->len; i++) {
		const Check *check = g_ptr_array_index(all, i);

		if (strcmp(check->id, options->check) == 0)
			run_child(run, check, BOARD_DESCRIPTOR);
	}
	return HOST_EXIT_USAGE;
}

static int
main_with(const MainOptions *options, const char *name, const char *program)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) checks = main_choose(options, &error);
	g_autoptr(HostPaths) paths = NULL;
	g_autoptr(Manifest) manifest = NULL;
	g_autoptr(Plan) plan = NULL;
	g_auto(GStrv) command = NULL;
	RunOptions run = {.seed = (guint64)options->seed,
			  .jobs = (guint)options->jobs,
			  .patience = (guint)options->patience,
			  .limit = (guint)options->limit};

	if (checks == NULL)
		return main_fail(error);
	if (options->list)
		return main_list(checks);
	manifest = main_manifest(name, options->modules, &paths, &error);
	if (manifest == NULL)
		return main_fail(error);
	if (manifest->module_sha256 == NULL) {
		g_printerr("idc-conform: %s does not say which SHA-256 its module has; give the built one.\n", manifest->path);
		return HOST_EXIT_USAGE;
	}
	plan = main_plan(manifest, &error);
	if (plan == NULL)
		return main_fail(error);
	command = main_command(options, paths, manifest);
	run.paths = paths;
	run.manifest = manifest;
	run.plan = plan;
	run.in_process = options->in_process;
	run.command = command;
	return options->check != NULL ? main_child(options, &run) : main_run(options, &run, checks, program);
}

int
main(int argc, char **argv)
{
	g_auto(MainOptions) options = {.jobs = 1, .patience = 1, .seed = 1};
	g_autoptr(GOptionContext) context = main_context(&options);
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return main_fail(error);
	if (options.version) {
		puts("idc-conform " IDC_VERSION);
		return HOST_EXIT_OK;
	}
	if (argc != 2 && !(options.list && argc == 1)) {
		g_printerr("idc-conform: it is idc-conform [OPTION…] MANIFEST; see --help.\n");
		return HOST_EXIT_USAGE;
	}
	if (options.jobs < 1 || options.jobs > 64 || options.patience < 1 || options.patience > 100 || options.limit < 0 ||
	    options.seed < 0) {
		g_printerr("idc-conform: --jobs is 1 to 64, --patience 1 to 100, --limit and --seed not negative.\n");
		return HOST_EXIT_USAGE;
	}
	return main_with(&options, argc == 2 ? argv[1] : "", argv[0]);
}
