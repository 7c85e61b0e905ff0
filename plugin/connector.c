/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <gmodule.h>
#include <idc/connector.h>
#include <string.h>

#include "change/change.h"
#include "errors.h"
#include "instance.h"
#include "list/list.h"

/* The descriptor and the seven operations: thin adapters, and the only place where a GError becomes an idc_error. */

#define CONNECTOR_CAPABILITY(the_key, the_label, is_supported, the_note)                                                           \
	(&(const idc_capability){.struct_size = sizeof(idc_capability),                                                            \
				 .supported = (is_supported),                                                                      \
				 .key = (the_key),                                                                                 \
				 .label = (the_label),                                                                             \
				 .note = (the_note)})

static const idc_capability *const connector_table[] = {
    CONNECTOR_CAPABILITY("provision_user", "Provision User", 1, "an invitation is sent to the user"),
    CONNECTOR_CAPABILITY("list_entitlements", "List Groups, Policies, and Roles", 1, NULL),
    CONNECTOR_CAPABILITY("add_user", "Add User to Groups, Policies, and Roles", 1, NULL),
    CONNECTOR_CAPABILITY("remove_user", "Remove User from Groups, Policies, and Roles", 1, NULL),
    CONNECTOR_CAPABILITY("deactivate_user", "Deactivate User", 0, NULL),
    CONNECTOR_CAPABILITY("delete_user", "Delete User", 0, NULL),
};

static const idc_capabilities connector_capabilities = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_PROVISION | 1u << IDC_OP_ADD |
	   1u << IDC_OP_REMOVE | 1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT,
    .auth = 1u << IDC_AUTH_BEGIN | 1u << IDC_AUTH_COMPLETE | 1u << IDC_AUTH_REFRESH | 1u << IDC_AUTH_CLIENT |
	    1u << IDC_AUTH_REVOKE | 1u << IDC_AUTH_CHECK,
    .max_batch = 1000,
    .max_concurrent = 16,
    .flags = IDC_CAN_DRY_RUN,
    .table = connector_table,
    .n_table = G_N_ELEMENTS(connector_table),
};

/* Ends an operation: its status, with error filled where that is a failure. */
static gint32
connector_failed(GError *failed, idc_error *error)
{
	const gint32 status = errors_to_idc(failed, error);

	g_error_free(failed);
	return status;
}

static gint32
connector_refuse(idc_error *error, gint32 status, const gchar *message)
{
	return connector_failed(g_error_new_literal(ERRORS, status, message), error);
}

static gint32
connector_outcome(gboolean partial, idc_error *error)
{
	if (!partial)
		return IDC_OK;
	return connector_refuse(error, IDC_PARTIAL, "Not everything could be read; what is missing was told with its reason.");
}

static gboolean
connector_host_usable(const idc_host *host)
{
	return host != NULL && host->abi_major == IDC_ABI_MAJOR && IDC_HAS(host, idc_host, secret_unlock) && host->log != NULL &&
	       host->cancelled != NULL && host->progress != NULL && host->monotonic_ms != NULL && host->unix_ms != NULL &&
	       host->sleep_ms != NULL && host->secret_get != NULL && host->secret_put != NULL && host->secret_lock != NULL &&
	       host->secret_unlock != NULL;
}

static int32_t
connector_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	GError *failed = NULL;

	if (ret_instance == NULL)
		return connector_refuse(error, IDC_INVALID, "init was called without a place for the instance.");
	*ret_instance = NULL;
	if (!connector_host_usable(host))
		return connector_refuse(error, IDC_ABI,
					"The host does not offer what version 1.0 of the connector interface asks of it.");
	if (config == NULL || !IDC_HAS(config, idc_config, instance_id) || (config->n_settings > 0 && config->settings == NULL))
		return connector_refuse(error, IDC_INVALID, "init was called without settings.");
	*ret_instance = instance_new(host, config, &failed);
	return *ret_instance != NULL ? IDC_OK : connector_failed(failed, error);
}

static gboolean
connector_sink_usable(const idc_sink *sink)
{
	return sink != NULL && IDC_HAS(sink, idc_sink, emit) && sink->emit != NULL;
}

static int32_t
connector_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	GError *failed = NULL;
	gint32 status = IDC_INTERNAL;

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_auth_request, n_params) || !connector_sink_usable(sink))
		return connector_refuse(error, IDC_INVALID, "authorize was called without an instance, a request or a sink.");
	return auth_step(instance->auth, request, sink, &status, &failed) ? status : connector_failed(failed, error);
}

static int32_t
connector_list(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	GError *failed = NULL;
	gboolean partial = FALSE;

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_list_request, want) || !connector_sink_usable(sink))
		return connector_refuse(error, IDC_INVALID,
					"list_entitlements was called without an instance, a request or a sink.");
	if (!list_all(instance->host, instance->settings, instance->auth, instance->api, request, sink, &partial, &failed))
		return connector_failed(failed, error);
	return connector_outcome(partial, error);
}

static gboolean
connector_items_usable(const idc_change_request *request)
{
	for (gsize i = 0; i < request->n_items; i++)
		if (request->items[i] == NULL || !IDC_HAS(request->items[i], idc_change, n_attrs) ||
		    (request->items[i]->n_attrs > 0 && request->items[i]->attrs == NULL))
			return FALSE;
	return TRUE;
}

static gint32
connector_change(ChangeOp op, idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	GError *failed = NULL;
	gboolean partial = FALSE;
	Changes changes = {.op = op, .sink = sink};

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_change_request, n_items) || !connector_sink_usable(sink))
		return connector_refuse(error, IDC_INVALID, "A change was called without an instance, a request or a sink.");
	if (request->n_items == 0)
		return IDC_OK;
	if (request->n_items > connector_capabilities.max_batch)
		return connector_refuse(error, IDC_OVERFLOW,
					"The batch is larger than this connector takes: at most 1000 changes a call.");
	if (request->items == NULL || !connector_items_usable(request))
		return connector_refuse(error, IDC_INVALID, "A change of the batch is missing.");
	changes.host = instance->host;
	changes.settings = instance->settings;
	changes.auth = instance->auth;
	changes.api = instance->api;
	changes.dry_run = (request->flags & IDC_CHANGE_DRY_RUN) != 0;
	if (!change_batch(&changes, request, &partial, &failed))
		return connector_failed(failed, error);
	if (partial)
		return connector_refuse(error, IDC_PARTIAL, "All changes were attempted, some failed; each result says why.");
	return IDC_OK;
}

static int32_t
connector_provision(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return connector_change(CHANGE_PROVISION, instance, request, sink, error);
}

static int32_t
connector_add(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return connector_change(CHANGE_ADD, instance, request, sink, error);
}

static int32_t
connector_remove(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return connector_change(CHANGE_REMOVE, instance, request, sink, error);
}

static int32_t
connector_get_capabilities(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	if (ret_capabilities == NULL)
		return connector_refuse(error, IDC_INVALID, "capabilities was called without a place for the answer.");
	*ret_capabilities = &connector_capabilities;
	return IDC_OK;
}

static int32_t
connector_usage(idc_instance *instance, idc_usage *ret_usage)
{
	if (instance == NULL || ret_usage == NULL || !IDC_HAS(ret_usage, idc_usage, waited_ms))
		return IDC_INVALID;
	api_usage(instance->api, ret_usage);
	return IDC_OK;
}

static int32_t
connector_survey(idc_instance *instance, const idc_sink *sink, idc_error *error)
{
	GError *failed = NULL;
	gboolean partial = FALSE;

	if (instance == NULL || !connector_sink_usable(sink))
		return connector_refuse(error, IDC_INVALID, "survey was called without an instance or a sink.");
	if (!list_survey(instance->host, instance->settings, instance->api, sink, &partial, &failed))
		return connector_failed(failed, error);
	return connector_outcome(partial, error);
}

static const void *
connector_extension(const char *id)
{
	static const idc_usage_extension usage = {.struct_size = sizeof(usage), .usage = connector_usage};
	static const idc_survey_extension survey = {.struct_size = sizeof(survey), .survey = connector_survey};

	if (g_strcmp0(id, IDC_EXT_USAGE) == 0)
		return &usage;
	if (g_strcmp0(id, IDC_EXT_SURVEY) == 0)
		return &survey;
	return NULL;
}

G_MODULE_EXPORT const idc_connector *
idc_connector_v1(void)
{
	static const idc_ops ops = {
	    .init = connector_init,
	    .authorize = connector_authorize,
	    .list_entitlements = connector_list,
	    .provision = connector_provision,
	    .add = connector_add,
	    .remove = connector_remove,
	    .capabilities = connector_get_capabilities,
	};
	static const idc_connector connector = {
	    .struct_size = sizeof(connector),
	    .abi_major = IDC_ABI_MAJOR,
	    .abi_minor = IDC_ABI_MINOR,
	    .id = "pagerduty",
	    .version = PLUGIN_VERSION,
	    .thread_model = IDC_THREADS_INSTANCE,
	    .ops = &ops,
	    .destroy = instance_free,
	    .extension = connector_extension,
	};

	return &connector;
}
