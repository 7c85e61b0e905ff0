/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A host that has no secret in its own memory: they lie in files that are read straight into the connector's buffers and written straight
 * from them. Whatever of them its memory holds is the connector's, or its libraries'.
 *
 * usage: memory-host MODULE FOLDER KEY=VALUE...
 *
 * FOLDER/secret.<name> is a secret, FOLDER/callback the pairs that a browser brought, a line each. A line on stdin is a command:
 * "begin REDIRECT SCOPE...", "complete REDIRECT", "refresh", "list", "add USER ENTITLEMENT", "destroy", and "keep", after which the memory
 * holds FOLDER/kept. Each is answered by a line: the status, and the address to go to or what went wrong.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <idc/connector.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HOST_MAX_LINE 4096
#define HOST_MAX_PAIRS 16

#ifdef HOST_KEEPS
static const int host_keeps = 1;
#else
static const int host_keeps = 0;
#endif
static const char *host_folder;
static uint64_t host_slept_ms;
static char host_url[IDC_MAX_URL + 1];

static void
host_die(const char *why)
{
	fprintf(stderr, "memory-host: %s\n", why);
	exit(2);
}

static int
host_open(const char *prefix, const char *name, int flags)
{
	char path[HOST_MAX_LINE];

	if (snprintf(path, sizeof(path), "%s/%s%s", host_folder, prefix, name) >= (int)sizeof(path))
		host_die("a path is too long");
	return open(path, flags | O_CLOEXEC, 0600);
}

/* ---- memory for libcurl that is wiped when it is freed ---- */

static void
host_free(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void *
host_realloc(void *memory, size_t size)
{
	const size_t before = malloc_usable_size(memory);
	void *other = malloc(size);

	if (other != NULL && memory != NULL)
		memcpy(other, memory, size < before ? size : before);
	if (other != NULL)
		host_free(memory);
	return other;
}

/* ---- what the connector is given ---- */

static void
host_log(void *ctx, uint32_t level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static int32_t
host_cancelled(void *ctx)
{
	(void)ctx;
	return 0;
}

static void
host_progress(void *ctx, uint32_t record, uint64_t done, uint64_t expected)
{
	(void)ctx;
	(void)record;
	(void)done;
	(void)expected;
}

/* Whoever sleeps wakes at once, and it is later. */
static uint64_t
host_clock(clockid_t which)
{
	struct timespec now;

	if (clock_gettime(which, &now) != 0)
		host_die("there is no clock");
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + host_slept_ms;
}

static uint64_t
host_monotonic_ms(void *ctx)
{
	(void)ctx;
	return host_clock(CLOCK_MONOTONIC);
}

static int64_t
host_unix_ms(void *ctx)
{
	(void)ctx;
	return (int64_t)host_clock(CLOCK_REALTIME);
}

static int32_t
host_sleep_ms(void *ctx, uint32_t ms)
{
	(void)ctx;
	host_slept_ms += ms;
	return IDC_OK;
}

static int32_t
host_secret_get(void *ctx, const char *name, void *buffer, size_t capacity, size_t *ret_length)
{
	int file = host_open("secret.", name, O_RDONLY);
	int32_t status = IDC_OK;
	struct stat about;

	(void)ctx;
	*ret_length = 0;
	if (file < 0)
		return errno == ENOENT ? IDC_NOT_FOUND : IDC_IO;
	if (fstat(file, &about) != 0)
		host_die("a secret cannot be looked at");
	*ret_length = (size_t)about.st_size;
	if (*ret_length > capacity)
		status = IDC_OVERFLOW;
	else if (read(file, buffer, *ret_length) != about.st_size)
		status = IDC_IO;
	close(file);
	return status;
}

static int32_t
host_secret_put(void *ctx, const char *name, const void *bytes, size_t length)
{
	int file = host_open("secret.", name, O_WRONLY | O_CREAT | O_TRUNC);
	int32_t status = file >= 0 && write(file, bytes, length) == (ssize_t)length ? IDC_OK : IDC_IO;
	char path[HOST_MAX_LINE];

	(void)ctx;
	if (file >= 0)
		close(file);
	if (status == IDC_OK && length == 0 && snprintf(path, sizeof(path), "%s/secret.%s", host_folder, name) < (int)sizeof(path))
		unlink(path);
	return status;
}

static int32_t
host_secret_lock(void *ctx, const char *name, uint32_t wait_ms)
{
	(void)ctx;
	(void)name;
	(void)wait_ms;
	return IDC_OK;
}

static void
host_secret_unlock(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

static const void *
host_extension(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
	return NULL;
}

static int32_t
host_emit(void *ctx, const idc_message *message)
{
	(void)ctx;
	if (message->kind == IDC_MSG_CHALLENGE)
		snprintf(host_url, sizeof(host_url), "%s", ((const idc_auth_challenge *)(const void *)message)->url);
	return IDC_OK;
}

/* ---- commands ---- */

static const idc_sink host_sink = {.struct_size = sizeof(host_sink), .emit = host_emit};

static int32_t
host_authorize(const idc_connector *connector, idc_instance *instance, uint32_t step, const char *redirect, const char *scope,
	       idc_error *error)
{
	const idc_auth_request request = {.struct_size = sizeof(request), .step = step, .redirect_uri = redirect, .scope = scope};

	return connector->ops->authorize(instance, &request, &host_sink, error);
}

/* The code is here as long as the call takes. */
static int32_t
host_complete(const idc_connector *connector, idc_instance *instance, const char *redirect, idc_error *error)
{
	static char text[HOST_MAX_LINE];
	idc_pair pairs[HOST_MAX_PAIRS];
	idc_auth_request request = {
	    .struct_size = sizeof(request), .step = IDC_AUTH_COMPLETE, .redirect_uri = redirect, .params = pairs};
	int file = host_open("callback", "", O_RDONLY);
	char *rest = NULL;
	int32_t status;

	if (file < 0 || read(file, text, sizeof(text) - 1) <= 0)
		host_die("there is no callback");
	close(file);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL && request.n_params < HOST_MAX_PAIRS;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (equals == NULL)
			host_die("the callback is no list of pairs");
		*equals = '\0';
		pairs[request.n_params++] = (idc_pair){.key = line, .value = equals + 1};
	}
	status = connector->ops->authorize(instance, &request, &host_sink, error);
	explicit_bzero(text, sizeof(text));
	return status;
}

static int32_t
host_add(const idc_connector *connector, idc_instance *instance, const char *user, const char *entitlement, idc_error *error)
{
	const idc_change change = {.struct_size = sizeof(change), .principal_id = user, .entitlement_id = entitlement};
	const idc_change *const items[] = {&change};
	const idc_change_request request = {.struct_size = sizeof(request), .items = items, .n_items = 1};

	return connector->ops->add(instance, &request, &host_sink, error);
}

/* A control: what is in memory is found there. */
static void
host_keep(void)
{
	static char kept[65536];
	int file = host_open("kept", "", O_RDONLY);

	if (file < 0 || read(file, kept, sizeof(kept)) <= 0)
		host_die("there is nothing to keep");
	close(file);
}

static int32_t
host_command(const idc_connector *connector, idc_instance *instance, char *line, idc_error *error)
{
	const idc_list_request everything = {.struct_size = sizeof(everything),
					     .want = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT |
						     IDC_RECORD_GRANT};
	char *rest = NULL;
	const char *what = strtok_r(line, " ", &rest);
	const char *first = strtok_r(NULL, " ", &rest);

	if (strcmp(what, "begin") == 0)
		return host_authorize(connector, instance, IDC_AUTH_BEGIN, first, rest, error);
	if (strcmp(what, "complete") == 0)
		return host_complete(connector, instance, first, error);
	if (strcmp(what, "refresh") == 0)
		return host_authorize(connector, instance, IDC_AUTH_REFRESH, NULL, NULL, error);
	if (strcmp(what, "list") == 0)
		return connector->ops->list_entitlements(instance, &everything, &host_sink, error);
	if (strcmp(what, "add") == 0)
		return host_add(connector, instance, first, rest, error);
	if (strcmp(what, "destroy") == 0)
		connector->destroy(instance);
	else if (strcmp(what, "keep") == 0)
		host_keep();
	else
		host_die("no such command");
	return IDC_OK;
}

int
main(int argc, char **argv)
{
	static const idc_host host = {.struct_size = sizeof(host),
				      .abi_major = IDC_ABI_MAJOR,
				      .log = host_log,
				      .cancelled = host_cancelled,
				      .progress = host_progress,
				      .monotonic_ms = host_monotonic_ms,
				      .unix_ms = host_unix_ms,
				      .sleep_ms = host_sleep_ms,
				      .secret_get = host_secret_get,
				      .secret_put = host_secret_put,
				      .secret_lock = host_secret_lock,
				      .secret_unlock = host_secret_unlock,
				      .extension = host_extension};
	idc_pair settings[HOST_MAX_PAIRS];
	idc_config config = {.struct_size = sizeof(config), .settings = settings, .instance_id = "memory"};
	void *module = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	const idc_connector *(*entry)(void) = NULL;
	const idc_connector *connector;
	idc_instance *instance = NULL;
	idc_error error = {.struct_size = sizeof(error)};
	char line[HOST_MAX_LINE];

	if (module == NULL)
		host_die(argc > 2 ? dlerror() : "usage: memory-host MODULE FOLDER KEY=VALUE...");
	*(void **)&entry = dlsym(module, IDC_ENTRY_SYMBOL);
	if (entry == NULL)
		host_die("the module is no connector");
	/* where the program does not wipe all that is freed, it does so for the library that it cannot ask to */
	if (host_keeps && curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, host_free, host_realloc, strdup, calloc) != CURLE_OK)
		host_die("libcurl cannot be started");
	host_folder = argv[2];
	for (int i = 3; i < argc && config.n_settings < HOST_MAX_PAIRS; i++) {
		char *equals = strchr(argv[i], '=');

		if (equals == NULL)
			host_die("a setting is KEY=VALUE");
		*equals = '\0';
		settings[config.n_settings++] = (idc_pair){.key = argv[i], .value = equals + 1};
	}
	connector = entry();
	if (connector->ops->init(&host, &config, &instance, &error) != IDC_OK)
		host_die(error.message);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		int32_t status;

		line[strcspn(line, "\n")] = '\0';
		host_url[0] = '\0';
		error = (idc_error){.struct_size = sizeof(error)};
		status = host_command(connector, instance, line, &error);
		printf("%d %s\n", status, host_url[0] != '\0' ? host_url : error.message);
		fflush(stdout);
	}
	return 0;
}
