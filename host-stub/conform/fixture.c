/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/fixture.h"
#include "base/error.h"
#include "base/files.h"
#include "conform/http.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURE_READY_MS 30000
#define FIXTURE_SETTLE_MS 60000
#define FIXTURE_END_MS 2000
#define FIXTURE_MAX_LINE 65536
#define FIXTURE_MAX_SAID 4096

/* The state of a large world is many megabytes. */
static const JsonLimits fixture_limits = {.max_bytes = 1 << 29, .max_depth = 64, .max_values = 50000000};

struct Fixture {
	const Plan *plan;
	guint seed;
	GPid pid;
	int said;      /* what the program prints on standard error */
	gboolean tidy; /* it is let end by itself */
	guint port, control_port;
	GHashTable *settings, *secrets;
};

static void
fixture_in_child(gpointer user_data)
{
	(void)user_data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
}

static void
fixture_fail(const Fixture *fixture, GError **error, const char *what)
{
	g_autoptr(GBytes) said = NULL;

	if (fixture->said >= 0 && lseek(fixture->said, 0, SEEK_SET) == 0)
		said = files_read_fd(fixture->said, "the fixture", FIXTURE_MAX_SAID, NULL);
	host_error_set(error, IDC_IO, "fixture", "The fixture %s %s. It said: %.*s", fixture->plan->command[0], what,
		       said != NULL ? (int)g_bytes_get_size(said) : 0,
		       said != NULL && g_bytes_get_size(said) > 0 ? (const char *)g_bytes_get_data(said, NULL) : "");
}

/* The first line that the program prints. */
static char *
fixture_line(const Fixture *fixture, int fd, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);
	gint64 until = g_get_monotonic_time() + (gint64)FIXTURE_READY_MS * 1000;

	while (line->len < FIXTURE_MAX_LINE) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		gint64 left = (until - g_get_monotonic_time()) / 1000;
		char *end;
		ssize_t n;
		char chunk[4096];

		if (left <= 0 || (poll(&wait, 1, (int)left) < 0 && errno != EINTR))
			break;
		if ((wait.revents & (POLLIN | POLLHUP)) == 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		g_string_append_len(line, chunk, n);
		end = strchr(line->str, '\n');
		if (end != NULL) {
			g_string_truncate(line, (gsize)(end - line->str));
			return g_string_free(g_steal_pointer(&line), FALSE);
		}
	}
	fixture_fail(fixture, error, "ended, or did not say within 30 s that it is ready");
	return NULL;
}

static gboolean
fixture_take_line(Fixture *fixture, const char *line, GError **error)
{
	g_autoptr(json_object) ready = json_read(line, strlen(line), "the fixture's first line", &fixture_limits, error);
	g_autoptr(JsonWalk) walk = NULL;

	if (ready == NULL)
		return FALSE;
	walk = json_walk_new(ready, "the fixture's first line");
	fixture->port = (guint)json_walk_int(walk, "port", JSON_REQUIRED, 1, 65535, 0);
	fixture->control_port = (guint)json_walk_int(walk, "control_port", JSON_OPTIONAL, 1, 65535, fixture->port);
	if (!json_walk_finish(walk, error))
		return FALSE;
	plan_take_strings(json_object_object_get(ready, "settings"), fixture->settings);
	plan_take_strings(json_object_object_get(ready, "secrets"), fixture->secrets);
	return TRUE;
}

/* The command with more arguments. Free with g_strfreev. */
static GStrv
fixture_command(const Plan *plan, json_object *arguments)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_addv(builder, (const char **)plan->command);
	for (gsize i = 0; json_object_is_type(arguments, json_type_array) && i < json_object_array_length(arguments); i++)
		g_strv_builder_add(builder, json_object_get_string(json_object_array_get_idx(arguments, i)));
	return g_strv_builder_end(builder);
}

Fixture *
fixture_start(const Plan *plan, json_object *arguments, guint seed, GError **error)
{
	g_auto(GStrv) command = fixture_command(plan, arguments);
	g_autoptr(Fixture) fixture = g_new0(Fixture, 1);
	g_autoptr(GError) error_local = NULL;
	g_autofree char *line = NULL;
	int out[2];

	fixture->tidy = arguments != NULL;
	fixture->plan = plan;
	fixture->seed = seed;
	fixture->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	fixture->secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	fixture->said = memfd_create("fixture", MFD_CLOEXEC);
	if (pipe2(out, O_CLOEXEC) != 0) {
		fixture_fail(fixture, error, g_strerror(errno));
		return NULL;
	}
	if (!g_spawn_async_with_fds(plan->folder, command, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, fixture_in_child,
				    NULL, &fixture->pid, -1, out[1], fixture->said, &error_local)) {
		fixture->pid = 0;
		fixture_fail(fixture, error, error_local->message);
	}
	close(out[1]);
	if (fixture->pid != 0)
		line = fixture_line(fixture, out[0], error);
	close(out[0]);
	if (line == NULL || !fixture_take_line(fixture, line, error))
		return NULL;
	return g_steal_pointer(&fixture);
}

/* Asks it to end; whether it did in time. */
static gboolean
fixture_ends(GPid pid)
{
	kill(pid, SIGTERM);
	for (guint waited = 0; waited < FIXTURE_END_MS; waited += 5) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return TRUE;
		g_usleep(5000);
	}
	return FALSE;
}

void
fixture_stop(Fixture *fixture)
{
	if (fixture == NULL)
		return;
	if (fixture->pid != 0) {
		gboolean gone = fixture->tidy && fixture_ends(fixture->pid);

		/* It has nothing else to keep; what it does at SIGTERM is its own tests' matter. */
		if (!gone)
			kill(fixture->pid, SIGKILL);
		while (!gone && waitpid(fixture->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (fixture->said >= 0)
		close(fixture->said);
	g_hash_table_unref(fixture->settings);
	g_hash_table_unref(fixture->secrets);
	g_free(fixture);
}

GHashTable *
fixture_settings(const Fixture *fixture)
{
	return fixture->settings;
}

GHashTable *
fixture_secrets(const Fixture *fixture)
{
	return fixture->secrets;
}

guint
fixture_port(const Fixture *fixture)
{
	return fixture->port;
}

json_object *
fixture_ask(Fixture *fixture, const char *method, const char *path, json_object *body, GError **error)
{
	g_autofree char *whole = g_strdup_printf("/_control/%s", path);
	g_autofree char *answer = NULL;
	gsize length = 0;
	guint status = 0;

	answer = http_exchange(fixture->control_port, method, whole,
			       body != NULL ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN) : NULL, &status, &length,
			       NULL, error);
	if (answer == NULL)
		return NULL;
	if (status != 200) {
		host_error_set(error, IDC_IO, "fixture", "The fixture answered %u to %s %s: %.500s", status, method, whole, answer);
		return NULL;
	}
	return json_read(answer, length, whole, &fixture_limits, error);
}

static gboolean
fixture_do(Fixture *fixture, const char *method, const char *path, json_object *body, GError **error)
{
	g_autoptr(json_object) answer = fixture_ask(fixture, method, path, body, error);

	return answer != NULL;
}

gboolean
fixture_reset(Fixture *fixture, const char *world, gint64 size, GError **error)
{
	json_object *described = plan_world(fixture->plan, world);
	json_object *changes = NULL;
	json_object *reset = NULL;
	g_autoptr(json_object) body = json_object_new_object();

	if (described == NULL) {
		host_error_set(error, IDC_INVALID, "no_world", "%s has no world \"%s\".", fixture->plan->path, world);
		return FALSE;
	}
	json_object_object_add(body, "seed", json_object_new_int64(fixture->seed));
	if (json_object_object_get_ex(described, "reset", &reset) && reset != NULL) {
		json_object_object_foreach(reset, key, value) json_object_object_add(body, key, json_object_get(value));
	}
	if (size >= 0)
		json_object_object_add(body, fixture->plan->sized_parameter, json_object_new_int64(size));
	if (!fixture_do(fixture, "POST", "reset", body, error))
		return FALSE;
	if (json_object_object_get_ex(described, "mutate", &changes) && changes != NULL &&
	    !fixture_mutate(fixture, changes, NULL, error))
		return FALSE;
	/* How the world came about is long past when a check begins. */
	fixture_advance(fixture, FIXTURE_SETTLE_MS);
	return TRUE;
}

gboolean
fixture_mutate(Fixture *fixture, json_object *changes, json_object *at, GError **error)
{
	g_autoptr(json_object) body = json_object_new_object();

	json_object_object_add(body, "changes", json_object_get(changes));
	if (at != NULL)
		json_object_object_add(body, "at", json_object_get(at));
	return fixture_do(fixture, "POST", "mutate", body, error);
}

gboolean
fixture_fault(Fixture *fixture, const char *match, const char *action, GError **error)
{
	g_autoptr(json_object) body = json_object_new_object();
	json_object *faults = json_object_new_array();
	json_object *fault = json_object_new_object();
	json_object *parsed;

	json_object_object_add(body, "faults", faults);
	json_object_array_add(faults, fault);
	if (match != NULL) {
		parsed = json_read(match, strlen(match), "a fault's match", &fixture_limits, error);
		if (parsed == NULL)
			return FALSE;
		json_object_object_add(fault, "match", parsed);
	}
	parsed = json_read(action, strlen(action), "a fault's action", &fixture_limits, error);
	if (parsed == NULL)
		return FALSE;
	json_object_object_add(fault, "action", parsed);
	return fixture_do(fixture, "POST", "faults", body, error);
}

static gint64
fixture_count(Fixture *fixture, const char *path, GError **error)
{
	g_autoptr(json_object) answer = fixture_ask(fixture, "GET", path, NULL, error);
	json_object *list = NULL;
	gint64 fired = 0;

	if (answer == NULL)
		return -1;
	if (!json_object_object_get_ex(answer, g_str_equal(path, "mutate") ? "triggers" : path, &list) ||
	    !json_object_is_type(list, json_type_array))
		return 0;
	for (gsize i = 0; i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);
		json_object *problem = NULL;

		if (json_object_object_get_ex(entry, "error", &problem) && problem != NULL) {
			host_error_set(error, IDC_IO, "fixture", "A change that was scheduled failed: %s",
				       json_object_get_string(problem));
			return -1;
		}
		fired += json_object_get_int64(json_object_object_get(entry, "fired"));
	}
	return fired;
}

gint64
fixture_fired(Fixture *fixture, GError **error)
{
	return fixture_count(fixture, "faults", error);
}

gint64
fixture_triggered(Fixture *fixture, GError **error)
{
	return fixture_count(fixture, "mutate", error);
}

gboolean
fixture_clear_faults(Fixture *fixture, GError **error)
{
	return fixture_do(fixture, "DELETE", "faults", NULL, error);
}

void
fixture_advance(Fixture *fixture, guint ms)
{
	g_autoptr(json_object) body = NULL;

	if (!plan_can(fixture->plan, "clock"))
		return;
	body = json_object_new_object();
	json_object_object_add(body, "advance_ms", json_object_new_int64(ms));
	fixture_do(fixture, "POST", "clock", body, NULL);
}
