/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/killing.h"
#include "base/error.h"
#include "conform/traffic.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLING_LOOK_MS 5
/* How long it may take until the request comes, and until it is done. */
#define KILLING_REACH_MS 30000
#define KILLING_DONE_MS 5000

/* The child ended by itself: with nothing to kill it for, or without getting that far. */
#define KILLING_EXIT_DONE 0
#define KILLING_EXIT_UNREADY 3

/* Held longer than any check lasts. */
static const char *const killing_actions[] = {"{\"delay_ms\":600000,\"status\":503,\"body\":{}}",
					      "{\"drip\":{\"bytes\":1,\"every_ms\":600000}}"};

static void
killing_child(Bench *bench, guint place, KillingWhen when, KillingCall call, gconstpointer data)
{
	g_autofree char *match = g_strdup_printf("{\"nth\":%u}", place);
	Subject *subject = subject_join(bench, TRUE);

	if (subject == NULL || !fixture_fault(bench->fixture, match, killing_actions[when], NULL))
		_exit(KILLING_EXIT_UNREADY);
	call(subject, data);
	_exit(KILLING_EXIT_DONE);
}

/* Whether the last request that came was answered, as far as it goes. */
static gboolean
killing_is_done(Bench *bench)
{
	g_autoptr(GPtrArray) traffic = bench_traffic(bench);

	return traffic != NULL && traffic->len > 0 &&
	       ((const TrafficEntry *)g_ptr_array_index(traffic, traffic->len - 1))->status != 0;
}

/* Until the request is held. FALSE where the child ended before, *ret_status being how. */
static gboolean
killing_wait(Bench *bench, pid_t pid, KillingWhen when, int *ret_status)
{
	const gint64 until_us = g_get_monotonic_time() + (gint64)KILLING_REACH_MS * 1000;
	GError *error = NULL;

	while (fixture_fired(bench->fixture, &error) == 0) {
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return FALSE;
		if (!bench_expect(bench, g_get_monotonic_time() < until_us, "a call that ends or gets on",
				  "it did neither within %d s", KILLING_REACH_MS / 1000))
			break;
		g_usleep(KILLING_LOOK_MS * 1000);
	}
	bench_sound(bench, error);
	for (guint i = 0; when == KILLING_AFTER && bench_good(bench) && !killing_is_done(bench); i++) {
		if (i * KILLING_LOOK_MS > KILLING_DONE_MS)
			bench_sound(bench, g_error_new(HOST_ERROR, IDC_IO,
						       "The fixture did not answer a request whose answer was to come by drops."));
		g_usleep(KILLING_LOOK_MS * 1000);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFSIGNALED(*ret_status))
		bench_sound(bench, g_error_new(HOST_ERROR, IDC_IO, "The fixture answered a request that it was to hold."));
	return TRUE;
}

gboolean
killing_call(Bench *bench, const char *world, guint place, KillingWhen when, KillingCall call, gconstpointer data)
{
	Fixture *fixture = bench_fixture(bench, world, -1);
	gboolean held;
	GError *error = NULL;
	int status = 0;
	pid_t pid;

	if (fixture == NULL || bench_connector(bench) == NULL)
		return FALSE;
	pid = fork();
	if (pid < 0) {
		bench_sound(bench, g_error_new(HOST_ERROR, IDC_IO, "No process can be made: %s.", g_strerror(errno)));
		return FALSE;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		killing_child(bench, place, when, call, data);
	}
	held = killing_wait(bench, pid, when, &status);
	fixture_clear_faults(fixture, &error);
	if (!bench_sound(bench, error))
		return FALSE;
	bench_expect(bench, held || (WIFEXITED(status) && WEXITSTATUS(status) == KILLING_EXIT_DONE),
		     "a call that ends, or waits for the answer that is held", "its process ended with status %d", status);
	return held && bench_good(bench);
}
