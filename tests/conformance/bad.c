/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A connector of a service in which there is nobody, with one fault that the build chooses by FAULT; 0 is none. What the harness makes of it is
 * harness.py's matter. */
#include <fcntl.h>
#include <idc/connector.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FAULT_NONE,
	FAULT_CRASH,
	FAULT_HANG,
	FAULT_PRINT,
	FAULT_THREAD,
	FAULT_OVERRUN,
	FAULT_EXIT,
	FAULT_KEPT,
	FAULT_DESCRIPTOR,
	FAULT_LOCALE,
	FAULT_CHILD,
	FAULT_MEMORY,
	FAULT_LEAK,
	FAULT_OTHER_THREAD,
	FAULT_DESTROY,
	FAULT_TWO_SEALS,
	FAULT_NO_SEAL,
	FAULT_SECRET,
};

struct idc_instance {
	const idc_host *host;
	const idc_pair *settings; /* FAULT_KEPT: what was lent */
	pthread_t thread;
};

static int32_t
bad_refuse(idc_error *error, int32_t status, const char *message)
{
	if (error == NULL)
		return status;
	error->status = status;
	if (IDC_HAS(error, idc_error, message)) {
		error->remote_status = 0;
		error->flags = 0;
		error->retry_after_ms = -1;
		error->code[0] = '\0';
		error->request_id[0] = '\0';
		snprintf(error->message, sizeof(error->message), "%s", message);
	}
	return status;
}

static void *
bad_wait(void *unused)
{
	pause();
	return unused;
}

static void *
bad_ask(void *instance)
{
	const idc_host *host = ((idc_instance *)instance)->host;

	host->monotonic_ms(host->ctx);
	return NULL;
}

static int32_t
bad_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	idc_instance *instance = calloc(1, sizeof(*instance));

	(void)error;
	*ret_instance = instance;
	if (instance == NULL)
		return IDC_NOMEM;
	instance->host = host;
	instance->settings = config->settings;
	if (FAULT == FAULT_THREAD)
		pthread_create(&instance->thread, NULL, bad_wait, NULL);
	return IDC_OK;
}

static int32_t
bad_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	return bad_refuse(error, IDC_UNSUPPORTED, "There is nothing to sign in to.");
}

static void
bad_tell_secret(const idc_host *host)
{
	char secret[64] = "";
	size_t length = 0;

	host->secret_get(host->ctx, "password", secret, sizeof(secret) - 1, &length);
	host->log(host->ctx, IDC_LOG_DEBUG, secret);
}

/* Takes memory and forgets it; volatile, or the compiler would see that nobody wants it. */
static void
bad_take(size_t size)
{
	volatile char *taken = malloc(size);

	for (size_t i = 0; i < size; i += 4096)
		taken[i] = 1;
}

/* What goes wrong in the middle of a list. */
static void
bad_list_fault(idc_instance *instance, const idc_list_request *request)
{
	pthread_t thread;

	if (FAULT == FAULT_CRASH)
		raise(SIGSEGV);
	else if (FAULT == FAULT_HANG || (FAULT == FAULT_CHILD && fork() == 0))
		pause();
	else if (FAULT == FAULT_PRINT)
		printf("Here I am.\n");
	else if (FAULT == FAULT_OVERRUN)
		memset((char *)(uintptr_t)request + sizeof(*request), 0, 1);
	else if (FAULT == FAULT_EXIT)
		exit(0);
	else if ((FAULT == FAULT_KEPT && instance->settings[0].key[0] == '\0') ||
		 (FAULT == FAULT_DESCRIPTOR && open("/dev/null", O_RDONLY) < 0))
		abort();
	else if (FAULT == FAULT_LOCALE)
		setlocale(LC_ALL, "C");
	else if (FAULT == FAULT_MEMORY || FAULT == FAULT_LEAK)
		bad_take(FAULT == FAULT_LEAK ? 100000 : (size_t)8 << 30);
	else if (FAULT == FAULT_OTHER_THREAD && pthread_create(&thread, NULL, bad_ask, instance) == 0)
		pthread_join(thread, NULL);
	else if (FAULT == FAULT_SECRET)
		bad_tell_secret(instance->host);
}

static int32_t
bad_list(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	const idc_seal seal = {.msg = {sizeof(seal), IDC_MSG_SEAL},
			       .record = IDC_RECORD_PRINCIPAL,
			       .state = IDC_SEAL_COMPLETE,
			       .expected = IDC_COUNT_UNKNOWN};
	int32_t status;

	bad_list_fault(instance, request);
	if (instance->host->cancelled(instance->host->ctx) != 0)
		return bad_refuse(error, IDC_CANCELLED, "The list was to end.");
	if ((request->want & IDC_RECORD_PRINCIPAL) == 0 || FAULT == FAULT_NO_SEAL)
		return IDC_OK;
	status = sink->emit(sink->ctx, &seal.msg);
	if (FAULT == FAULT_TWO_SEALS)
		sink->emit(sink->ctx, &seal.msg);
	if (status == IDC_OK)
		return IDC_OK;
	return bad_refuse(error, status < IDC_INVALID ? IDC_INTERNAL : status, "The host ended the list.");
}

static int32_t
bad_change(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	return bad_refuse(error, IDC_UNSUPPORTED, "Nothing can be changed.");
}

static const idc_capability bad_lists = {sizeof(idc_capability), 1, "list_entitlements", "List", NULL};
static const idc_capability *const bad_table[] = {&bad_lists};
static const idc_capabilities bad_can = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL,
    .max_batch = 1,
    .max_concurrent = 1,
    .table = bad_table,
    .n_table = 1,
};

static int32_t
bad_capabilities(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	(void)error;
	*ret_capabilities = &bad_can;
	return IDC_OK;
}

static const idc_ops bad_ops = {
    .init = bad_init,
    .authorize = bad_authorize,
    .list_entitlements = bad_list,
    .provision = bad_change,
    .add = bad_change,
    .remove = bad_change,
    .capabilities = bad_capabilities,
};

static void
bad_destroy(idc_instance *instance)
{
	if (instance != NULL && FAULT == FAULT_DESTROY)
		instance->host->log(instance->host->ctx, IDC_LOG_INFO, "Goodbye.");
	free(instance);
}

static const void *
bad_extension(const char *id)
{
	(void)id;
	return NULL;
}

static const idc_connector bad_connector = {
    .struct_size = sizeof(idc_connector),
    .abi_major = IDC_ABI_MAJOR,
    .abi_minor = IDC_ABI_MINOR,
    .id = "bad",
    .version = "1.0.0",
    .thread_model = IDC_THREADS_INSTANCE,
    .ops = &bad_ops,
    .destroy = bad_destroy,
    .extension = bad_extension,
};

__attribute__((visibility("default"))) const idc_connector *
idc_connector_v1(void)
{
	return &bad_connector;
}
