/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "load/services.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A sleeping connector asks whether it is to end at least this often. */
#define SLEEP_SLICE_MS 50
/* A lock that a connector holds forgets at its end is given back with the services. */
#define LOCK_WAIT_MAX_MS (10u * 60 * 1000)

struct Services {
	idc_host host;
	Vault *vault;
	char *identifier;
	char *locks;
	gint cancelled; /* atomic */
	ServicesProgress progress;
	gpointer progress_data;
	ServicesLog log;
	gpointer log_data;
	GMutex mutex;     /* for held and log */
	GHashTable *held; /* name of a lock -> descriptor */
};

static volatile sig_atomic_t services_caught;

static void
services_on_signal(int number)
{
	/* The second one ends the process: the handler was installed for one signal each. */
	services_caught = number;
}

void
services_catch_signals(void)
{
	struct sigaction action = {.sa_handler = services_on_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	action.sa_flags = (int)((unsigned)SA_RESTART | (unsigned)SA_RESETHAND);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);
}

int
services_signal(void)
{
	return services_caught;
}

static void
services_log(void *ctx, uint32_t level, const char *text)
{
	Services *services = ctx;
	g_autofree char *escaped = NULL;

	if (text == NULL)
		return;
	/* A line in a log is no place for a page of somebody's answer. */
	if (strlen(text) > IDC_MAX_URL) {
		g_autofree char *beginning = g_strndup(text, IDC_MAX_URL);

		escaped = text_escape(beginning);
	} else {
		escaped = text_escape(text);
	}
	g_mutex_lock(&services->mutex);
	if (services->log != NULL)
		services->log(level, escaped, services->log_data);
	g_mutex_unlock(&services->mutex);
}

static int32_t
services_cancelled(void *ctx)
{
	Services *services = ctx;

	return services_caught != 0 || g_atomic_int_get(&services->cancelled) != 0 ? 1 : 0;
}

static gboolean
services_is_cancelled(gpointer ctx)
{
	return services_cancelled(ctx) != 0;
}

static void
services_progress(void *ctx, uint32_t record, uint64_t done, uint64_t expected)
{
	Services *services = ctx;

	if (services->progress != NULL)
		services->progress(record, done, expected, services->progress_data);
}

static uint64_t
services_monotonic_ms(void *ctx)
{
	struct timespec now;

	(void)ctx;
	/* BOOTTIME goes on while the machine sleeps: a token's life does, too. */
	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return (uint64_t)g_get_monotonic_time() / 1000;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int64_t
services_unix_ms(void *ctx)
{
	(void)ctx;
	return g_get_real_time() / 1000;
}

static int32_t
services_sleep_ms(void *ctx, uint32_t ms)
{
	uint64_t until = services_monotonic_ms(ctx) + ms;

	for (;;) {
		uint64_t now = services_monotonic_ms(ctx);
		uint64_t slice = until > now ? MIN(until - now, SLEEP_SLICE_MS) : 0;
		struct timespec rest = {.tv_nsec = (long)(slice * 1000000)};

		if (services_cancelled(ctx) != 0)
			return IDC_CANCELLED;
		if (slice == 0)
			return IDC_OK;
		/* An interrupted slice is simply shorter. */
		nanosleep(&rest, NULL);
	}
}

/* A connector learns the status; what went wrong is for people. */
static int32_t
services_fail(Services *services, const char *what, const GError *error)
{
	g_autofree char *line = g_strdup_printf("%s: %s", what, error->message);

	services_log(services, IDC_LOG_ERROR, line);
	return host_error_status(error);
}

static int32_t
services_secret_get(void *ctx, const char *name, void *buffer, size_t capacity, size_t *ret_length)
{
	Services *services = ctx;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) value = NULL;
	const void *bytes;
	gsize length;

	if (name == NULL || ret_length == NULL || (buffer == NULL && capacity > 0))
		return IDC_INVALID;
	value = vault_get(services->vault, services->identifier, name, &error);
	if (value == NULL && g_error_matches(error, HOST_ERROR, IDC_NOT_FOUND))
		return IDC_NOT_FOUND;
	if (value == NULL)
		return services_fail(services, name, error);
	bytes = g_bytes_get_data(value, &length);
	*ret_length = length;
	if (length > capacity)
		return IDC_OVERFLOW;
	if (length > 0)
		memcpy(buffer, bytes, length);
	return IDC_OK;
}

static int32_t
services_secret_put(void *ctx, const char *name, const void *bytes, size_t length)
{
	Services *services = ctx;
	g_autoptr(GError) error = NULL;

	if (name == NULL || !g_str_has_prefix(name, "idc.") || (bytes == NULL && length > 0))
		return IDC_INVALID;
	if (!vault_put(services->vault, services->identifier, name, bytes, length, &error))
		return services_fail(services, name, error);
	return IDC_OK;
}

/* Names are a connector's; only their hash becomes part of a path. */
static char *
services_lock_path(Services *services, const char *name)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
	g_autofree char *file = g_strdup_printf("%s.%.16s.lock", services->identifier, hash);

	return g_build_filename(services->locks, file, NULL);
}

static int32_t
services_secret_lock(void *ctx, const char *name, uint32_t wait_ms)
{
	Services *services = ctx;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	int fd;

	if (name == NULL)
		return IDC_INVALID;
	if (g_mkdir_with_parents(services->locks, 0700) != 0)
		return IDC_IO;
	path = services_lock_path(services, name);
	fd = files_lock(path, MIN(wait_ms, LOCK_WAIT_MAX_MS), services_is_cancelled, services, &error);
	if (fd < 0)
		return host_error_status(error);
	g_mutex_lock(&services->mutex);
	g_hash_table_insert(services->held, g_strdup(name), GINT_TO_POINTER(fd));
	g_mutex_unlock(&services->mutex);
	return IDC_OK;
}

static void
services_secret_unlock(void *ctx, const char *name)
{
	Services *services = ctx;

	if (name == NULL)
		return;
	g_mutex_lock(&services->mutex);
	g_hash_table_remove(services->held, name);
	g_mutex_unlock(&services->mutex);
}

static const void *
services_extension(void *ctx, const char *id)
{
	/* None is defined in 1.0. */
	(void)ctx;
	(void)id;
	return NULL;
}

static void
services_unlock(gpointer descriptor)
{
	files_unlock(GPOINTER_TO_INT(descriptor));
}

Services *
services_new(Vault *vault, const char *identifier, const char *locks)
{
	Services *services = g_new0(Services, 1);

	services->vault = vault;
	services->identifier = g_strdup(identifier);
	services->locks = g_strdup(locks);
	services->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, services_unlock);
	g_mutex_init(&services->mutex);
	services->host = (idc_host){
	    .struct_size = sizeof(idc_host),
	    .abi_major = IDC_ABI_MAJOR,
	    .abi_minor = IDC_ABI_MINOR,
	    .ctx = services,
	    .log = services_log,
	    .cancelled = services_cancelled,
	    .progress = services_progress,
	    .monotonic_ms = services_monotonic_ms,
	    .unix_ms = services_unix_ms,
	    .sleep_ms = services_sleep_ms,
	    .secret_get = services_secret_get,
	    .secret_put = services_secret_put,
	    .secret_lock = services_secret_lock,
	    .secret_unlock = services_secret_unlock,
	    .extension = services_extension,
	};
	return services;
}

void
services_free(Services *services)
{
	if (services == NULL)
		return;
	g_hash_table_unref(services->held);
	g_mutex_clear(&services->mutex);
	g_free(services->identifier);
	g_free(services->locks);
	g_free(services);
}

const idc_host *
services_host(Services *services)
{
	return &services->host;
}

void
services_set_progress(Services *services, ServicesProgress progress, gpointer user_data)
{
	services->progress = progress;
	services->progress_data = user_data;
}

void
services_set_log(Services *services, ServicesLog log, gpointer user_data)
{
	services->log = log;
	services->log_data = user_data;
}

void
services_cancel(Services *services, gboolean cancelled)
{
	g_atomic_int_set(&services->cancelled, cancelled ? 1 : 0);
}
