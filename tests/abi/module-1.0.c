/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A connector of its first day: built with the frozen header of 1.0 for ever, it must go on loading, authorizing and listing in every
 * host of major 1. It needs no service: it lists one person who holds one role. */
#include "connector-1.0.h"

static const idc_capability list_line = {
    .struct_size = sizeof(idc_capability),
    .supported = 1,
    .key = "list_entitlements",
    .label = "List Groups, Policies, and Roles",
};
static const idc_capability *const lines[] = {&list_line};
static const idc_capabilities frozen_capabilities = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT,
    .auth = 1u << IDC_AUTH_CLIENT | 1u << IDC_AUTH_CHECK,
    .max_batch = 1,
    .max_concurrent = 1,
    .table = lines,
    .n_table = 1,
};

struct idc_instance {
	const idc_host *host;
};

static idc_instance the_instance;

static void
error_set(idc_error *error, int32_t status, const char *message)
{
	if (error == NULL || !IDC_HAS(error, idc_error, message))
		return;
	error->status = status;
	error->remote_status = 0;
	error->flags = 0;
	error->retry_after_ms = -1;
	error->code[0] = '\0';
	error->request_id[0] = '\0';
	for (size_t i = 0; i < sizeof(error->message); i++) {
		error->message[i] = message[i];
		if (message[i] == '\0')
			return;
	}
	error->message[sizeof(error->message) - 1] = '\0';
}

static int32_t
frozen_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	if (host->abi_major != IDC_ABI_MAJOR || config->struct_size < sizeof(idc_config)) {
		error_set(error, IDC_ABI, "This host speaks another ABI than 1; use one of major 1.");
		return IDC_ABI;
	}
	the_instance.host = host;
	*ret_instance = &the_instance;
	return IDC_OK;
}

static int32_t
frozen_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	const idc_auth_session session = {
	    .msg = {.struct_size = sizeof(session), .kind = IDC_MSG_SESSION},
	    .subject = "frozen connector",
	    .account = "frozen",
	    .scope = "",
	    .expires_in_s = -1,
	};

	(void)instance;
	if (request->step != IDC_AUTH_CLIENT && request->step != IDC_AUTH_CHECK) {
		error_set(error, IDC_UNSUPPORTED, "This connector needs no person; use the step CLIENT.");
		return IDC_UNSUPPORTED;
	}
	return sink->emit(sink->ctx, &session.msg);
}

static int32_t
record_emit(const idc_sink *sink, uint32_t want, const idc_record *like)
{
	idc_record record = *like;

	if ((want & record.record) == 0)
		return IDC_OK;
	record.msg.struct_size = sizeof(record);
	record.msg.kind = IDC_MSG_RECORD;
	return sink->emit(sink->ctx, &record.msg);
}

static int32_t
seal_emit(const idc_sink *sink, uint32_t want, uint32_t kind)
{
	const idc_seal seal = {
	    .msg = {.struct_size = sizeof(seal), .kind = IDC_MSG_SEAL},
	    .record = kind,
	    .state = IDC_SEAL_COMPLETE,
	    .scope = IDC_SCOPE_ALL,
	    .emitted = 1,
	    .expected = 1,
	    .as_of_unix_ms = 1,
	};

	return (want & kind) == 0 ? IDC_OK : sink->emit(sink->ctx, &seal.msg);
}

static int32_t
frozen_list(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	static const idc_pair email = {.key = "email", .value = "ilse.marrow@example.com"};
	static const idc_pair kind = {.key = "kind", .value = "role"};
	static const idc_record records[] = {
	    {.record = IDC_RECORD_RESOURCE, .id = "account", .type = "account", .name = "Frozen"},
	    {.record = IDC_RECORD_ENTITLEMENT,
	     .id = "role:first",
	     .type = "role",
	     .name = "First",
	     .parent_id = "account",
	     .attrs = &kind,
	     .n_attrs = 1},
	    {.record = IDC_RECORD_PRINCIPAL, .id = "one", .type = "user", .name = "Ilse Marrow", .attrs = &email, .n_attrs = 1},
	    {.record = IDC_RECORD_GRANT, .principal_id = "one", .entitlement_id = "role:first"},
	};
	int32_t status = IDC_OK;

	(void)instance;
	(void)error;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]) && status == IDC_OK; i++)
		status = record_emit(sink, request->want, &records[i]);
	for (uint32_t kind_bit = IDC_RECORD_PRINCIPAL; kind_bit <= IDC_RECORD_GRANT && status == IDC_OK; kind_bit <<= 1)
		status = seal_emit(sink, request->want, kind_bit);
	return status;
}

static int32_t
frozen_change(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	error_set(error, IDC_UNSUPPORTED, "This connector only lists; changes are made elsewhere.");
	return IDC_UNSUPPORTED;
}

static int32_t
frozen_capabilities_get(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	(void)error;
	*ret_capabilities = &frozen_capabilities;
	return IDC_OK;
}

static void
frozen_destroy(idc_instance *instance)
{
	if (instance != NULL)
		instance->host = NULL;
}

static const void *
frozen_extension(const char *id)
{
	(void)id;
	return NULL;
}

static const idc_ops frozen_ops = {
    .init = frozen_init,
    .authorize = frozen_authorize,
    .list_entitlements = frozen_list,
    .provision = frozen_change,
    .add = frozen_change,
    .remove = frozen_change,
    .capabilities = frozen_capabilities_get,
};

static const idc_connector frozen_connector = {
    .struct_size = sizeof(idc_connector),
    .abi_major = IDC_ABI_MAJOR,
    .abi_minor = IDC_ABI_MINOR,
    .id = "frozen",
    .version = "1.0.0",
    .thread_model = IDC_THREADS_MODULE,
    .ops = &frozen_ops,
    .destroy = frozen_destroy,
    .extension = frozen_extension,
};

__attribute__((visibility("default"))) const idc_connector *
idc_connector_v1(void)
{
	return &frozen_connector;
}
