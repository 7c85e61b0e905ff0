/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A module with one fault, which the build chooses by FAULT; 0 is none. VERSION names it, so that two of one file name can be told apart. */
#include <idc/connector.h>
#include <string.h>

#define FAULT_MAJOR 1
#define FAULT_NO_SYMBOL 2
#define FAULT_SHORT 3
#define FAULT_ID 4
#define FAULT_NULL_OP 5
#define FAULT_NO_OPS 6
#define FAULT_NULL 7
#define FAULT_CAPABILITY 8
#define FAULT_INIT 9
#define FAULT_MESSAGE 10

static int instance_memory;

static int32_t
faulty_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	(void)host;
	(void)config;
	(void)error;
	/* FAULT_INIT: says OK and gives nothing. */
	*ret_instance = FAULT == FAULT_INIT ? NULL : (idc_instance *)(void *)&instance_memory;
	return IDC_OK;
}

static int32_t
faulty_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	(void)error;
	return IDC_OK;
}

/* FAULT_MESSAGE: a record without an id, after whose refusal it goes on and says that all is well. */
static int32_t
faulty_list(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	idc_record record = {.msg = {sizeof(record), IDC_MSG_RECORD}, .record = IDC_RECORD_PRINCIPAL};

	(void)instance;
	(void)request;
	(void)error;
	if (FAULT != FAULT_MESSAGE)
		return IDC_OK;
	sink->emit(sink->ctx, &record.msg);
	record.id = "p1";
	sink->emit(sink->ctx, &record.msg);
	return IDC_OK;
}

static int32_t
faulty_change(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	(void)error;
	return IDC_UNSUPPORTED;
}

static const idc_capability faulty_lists = {sizeof(idc_capability), FAULT == FAULT_CAPABILITY ? 0 : 1, "list_entitlements", "List",
					    NULL};
static const idc_capability *const faulty_table[] = {&faulty_lists};
static const idc_capabilities faulty_can = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL,
    .max_batch = 1,
    .max_concurrent = 1,
    .table = faulty_table,
    .n_table = 1,
};

static int32_t
faulty_capabilities(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	(void)error;
	*ret_capabilities = &faulty_can;
	return IDC_OK;
}

static const idc_ops faulty_ops = {
    .init = faulty_init,
    .authorize = faulty_authorize,
    .list_entitlements = faulty_list,
    .provision = faulty_change,
    .add = faulty_change,
    .remove = FAULT == FAULT_NULL_OP ? NULL : faulty_change,
    .capabilities = faulty_capabilities,
};

static void
faulty_destroy(idc_instance *instance)
{
	(void)instance;
}

static const void *
faulty_extension(const char *id)
{
	(void)id;
	return NULL;
}

static const idc_connector faulty_connector = {
    .struct_size = FAULT == FAULT_SHORT ? 40 : sizeof(idc_connector),
    .abi_major = FAULT == FAULT_MAJOR ? 2 : IDC_ABI_MAJOR,
    .abi_minor = IDC_ABI_MINOR,
    .id = FAULT == FAULT_ID ? "other" : "faulty",
    .version = VERSION,
    .thread_model = IDC_THREADS_INSTANCE,
    .ops = FAULT == FAULT_NO_OPS ? NULL : &faulty_ops,
    .destroy = faulty_destroy,
    .extension = faulty_extension,
};

#if FAULT == FAULT_NO_SYMBOL
#define idc_connector_v1 idc_connector_v9
const idc_connector *idc_connector_v9(void);
#endif

__attribute__((visibility("default"))) const idc_connector *
idc_connector_v1(void)
{
	return FAULT == FAULT_NULL ? NULL : &faulty_connector;
}
