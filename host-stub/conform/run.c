/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/run.h"
#include "base/error.h"
#include "conform/board.h"
#include "conform/surroundings.h"
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_SECONDS 60
#define RUN_MEMORY ((rlim_t)4 << 30)
#define RUN_MAX_OUTPUT 4000
/* Freed memory is overwritten at once, so that what a connector forgot to wipe is not what it still keeps. */
#define RUN_TUNABLES "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"

typedef struct Run Run;

typedef struct {
	Run *run;
	guint index;
	RunResult *result;
	GPid pid;
	int board, output;
	guint timer;
	gboolean late;
	gint64 began_us;
} RunJob;

struct Run {
	const RunOptions *options;
	GPtrArray *checks;
	GPtrArray *results;
	GMainLoop *loop;
	guint next, running, told;
	GError *error;
};

void
run_result_free(RunResult *result)
{
	if (result == NULL)
		return;
	g_free(result->tried);
	g_free(result->expected);
	g_free(result->seen);
	g_free(result->output);
	g_free(result);
}

static void
run_result_free_any(gpointer result)
{
	run_result_free(result);
}

static RunResult *
run_result_new(const Check *check)
{
	RunResult *result = g_new0(RunResult, 1);

	result->check = check;
	result->tried = g_strdup("");
	result->expected = g_strdup("");
	result->seen = g_strdup("");
	result->output = g_strdup("");
	return result;
}

static void
run_text(char **field, const char *text)
{
	g_free(*field);
	*field = g_strdup(text != NULL ? text : "");
}

static void
run_judge(RunResult *result, Verdict verdict, const char *expected, const char *seen)
{
	result->verdict = verdict;
	run_text(&result->expected, expected);
	run_text(&result->seen, seen);
}

/* ---- in the child ---- */

static void
run_take_bench(RunResult *result, const Bench *bench)
{
	result->verdict = bench->verdict;
	run_text(&result->tried, bench->tried);
	run_text(&result->expected, bench->expected);
	run_text(&result->seen, bench->seen);
}

static void
run_one(const RunOptions *options, const Check *check, RunResult *result)
{
	g_autoptr(Bench) bench = bench_new(options->paths, options->manifest, options->plan, options->seed, check->id);

	check_run(check, bench);
	run_take_bench(result, bench);
}

void
run_child(const RunOptions *options, const Check *check, int descriptor)
{
	RunResult *result = run_result_new(check);

	signal(SIGPIPE, SIG_IGN);
	board_open(descriptor);
	run_one(options, check, result);
	board_write(descriptor, result);
	fflush(NULL);
	/* Nothing that a module registered for the end of the process may turn a verdict into another one. */
	_exit(0);
}

/* ---- in the parent ---- */

static void
run_limit(gpointer user_data)
{
	const struct rlimit none = {0};
	const struct rlimit memory = {RUN_MEMORY, RUN_MEMORY};

	(void)user_data;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	if (!surroundings_sanitized())
		setrlimit(RLIMIT_AS, &memory);
}

static char *
run_output(int fd)
{
	char *text = g_malloc0(RUN_MAX_OUTPUT + 1);
	ssize_t n = pread(fd, text, RUN_MAX_OUTPUT, 0);
	char *valid;

	text[MAX(n, 0)] = '\0';
	valid = g_utf8_make_valid(text, -1);
	g_free(text);
	return valid;
}

static void
run_conclude(RunJob *job, int wait_status)
{
	RunResult *result = job->result;
	gboolean there;

	result->took_ms = (g_get_monotonic_time() - job->began_us) / 1000;
	there = board_read(job->board, result);
	g_free(result->output);
	result->output = run_output(job->output);
	if (job->late) {
		g_autofree char *seen =
		    g_strdup_printf("it was still running after %" G_GINT64_FORMAT " s and was ended", result->took_ms / 1000);

		run_judge(result, VERDICT_TIMEOUT, "an end in time", seen);
	} else if (WIFSIGNALED(wait_status)) {
		g_autofree char *seen = g_strdup_printf("the process was ended by signal %d (%s)", WTERMSIG(wait_status),
							g_strsignal(WTERMSIG(wait_status)));

		run_judge(result, VERDICT_CRASH, "a connector that lets its host live", seen);
	} else if (!there || WEXITSTATUS(wait_status) != 0) {
		g_autofree char *seen =
		    g_strdup_printf("the process ended with exit status %d and no verdict", WEXITSTATUS(wait_status));

		run_judge(result, VERDICT_CRASH, "a connector that lets its host live", seen);
	} else if (result->verdict == VERDICT_PASS && *result->output != '\0') {
		run_judge(result, VERDICT_FAIL, "nothing is printed: the descriptors 0, 1 and 2 are the host's",
			  "something was printed, see output");
	}
}

static void
run_tell(Run *run)
{
	while (run->told < run->results->len && g_ptr_array_index(run->results, run->told) != NULL) {
		if (run->options->done != NULL)
			run->options->done(g_ptr_array_index(run->results, run->told), run->options->user_data);
		run->told++;
	}
}

static void run_start_next(Run *run);

static void
run_ended(GPid pid, int wait_status, gpointer user_data)
{
	RunJob *job = user_data;
	Run *run = job->run;

	/* Whatever it started and left behind goes with it. */
	kill(-pid, SIGKILL);
	g_spawn_close_pid(pid);
	if (job->timer != 0)
		g_source_remove(job->timer);
	run_conclude(job, wait_status);
	close(job->board);
	close(job->output);
	g_ptr_array_index(run->results, job->index) = g_steal_pointer(&job->result);
	g_free(job);
	run->running--;
	run_tell(run);
	run_start_next(run);
	if (run->running == 0)
		g_main_loop_quit(run->loop);
}

static gboolean
run_late(gpointer user_data)
{
	RunJob *job = user_data;

	job->late = TRUE;
	job->timer = 0;
	kill(-job->pid, SIGKILL);
	kill(job->pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

static gboolean
run_spawn(RunJob *job, const Check *check, GError **error)
{
	const RunOptions *options = job->run->options;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) argv = NULL;
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "GLIBC_TUNABLES", RUN_TUNABLES, TRUE);
	const int target = BOARD_DESCRIPTOR;

	g_strv_builder_addv(builder, (const char **)options->command);
	g_strv_builder_add(builder, check->id);
	argv = g_strv_builder_end(builder);
	job->board = board_new();
	job->output = memfd_create("output", MFD_CLOEXEC);
	if (job->board < 0 || job->output < 0) {
		host_error_set(error, IDC_IO, "no_memfd", "A check cannot be started: %s.", g_strerror(errno));
		return FALSE;
	}
	return g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, (const char *const *)env,
						G_SPAWN_DO_NOT_REAP_CHILD, run_limit, NULL, -1, job->output, job->output,
						&job->board, &target, 1, &job->pid, NULL, NULL, NULL, error);
}

static void
run_start_next(Run *run)
{
	while (run->error == NULL && run->next < run->checks->len && run->running < run->options->jobs) {
		RunJob *job = g_new0(RunJob, 1);
		const Check *check = g_ptr_array_index(run->checks, run->next);
		guint seconds = (check->seconds != 0 ? check->seconds : RUN_SECONDS) * run->options->patience;

		if (run->options->limit != 0)
			seconds = MIN(seconds, run->options->limit);
		job->run = run;
		job->index = run->next++;
		job->result = run_result_new(check);
		job->began_us = g_get_monotonic_time();
		if (!run_spawn(job, check, &run->error)) {
			run_result_free(job->result);
			g_free(job);
			return;
		}
		run->running++;
		job->timer = g_timeout_add_seconds(seconds, run_late, job);
		g_child_watch_add(job->pid, run_ended, job);
	}
}

static void
run_here(Run *run)
{
	for (guint i = 0; i < run->checks->len; i++) {
		const Check *check = g_ptr_array_index(run->checks, i);
		RunResult *result = run_result_new(check);
		gint64 began_us = g_get_monotonic_time();

		run_one(run->options, check, result);
		result->took_ms = (g_get_monotonic_time() - began_us) / 1000;
		g_ptr_array_index(run->results, i) = result;
		run_tell(run);
	}
}

GPtrArray *
run_checks(const RunOptions *options, GPtrArray *checks, GError **error)
{
	g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(run_result_free_any);
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Run run = {.options = options, .checks = checks, .results = results, .loop = loop};

	g_ptr_array_set_size(results, (gint)checks->len);
	if (options->in_process) {
		run_here(&run);
	} else {
		run_start_next(&run);
		if (run.running > 0)
			g_main_loop_run(loop);
	}
	if (run.error != NULL) {
		g_propagate_error(error, run.error);
		return NULL;
	}
	return g_steal_pointer(&results);
}
