/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A connector to begin from. Its service is an imaginary one with people and clubs; README.md beside it says what to change for
 * another. This file is the edge: the descriptor, what the connector can do, and the seven operations, which look at what the host
 * brought before anything else does. No function here keeps a pointer that it was given but the host's.
 */
#include "example.h"
#include <stdlib.h>
#include <string.h>

static const idc_capability example_provisions = {sizeof(idc_capability), 0, "provision_user", "Provision User",
						  "people join the service by themselves"};
static const idc_capability example_lists = {sizeof(idc_capability), 1, "list_entitlements", "List Clubs", NULL};
static const idc_capability example_adds = {sizeof(idc_capability), 1, "add_user", "Add User to Clubs", NULL};
static const idc_capability example_removes = {sizeof(idc_capability), 1, "remove_user", "Remove User from Clubs", NULL};
static const idc_capability *const example_table[] = {&example_provisions, &example_lists, &example_adds, &example_removes};

/* Equal to the manifest: hosts compare them. */
static const idc_capabilities example_can = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_ADD | 1u << IDC_OP_REMOVE |
	   1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT,
    .auth = 1u << IDC_AUTH_CHECK,
    .max_batch = EXAMPLE_BATCH,
    .max_concurrent = 1,
    .flags = IDC_CAN_DRY_RUN,
    .table = example_table,
    .n_table = sizeof(example_table) / sizeof(example_table[0]),
};

static int32_t
example_refuse(idc_error *error, int32_t status, const char *message)
{
	idc_error problem;

	problem_set(&problem, status, "%s", message);
	return problem_tell(&problem, status, error);
}

/* PARTIAL has its reason too; success leaves error alone. */
static int32_t
example_finish(const idc_error *problem, int32_t status, idc_error *error)
{
	return status == IDC_OK ? IDC_OK : problem_tell(problem, status, error);
}

/* ---- init ---- */

static const char *
example_setting(const idc_config *config, const char *key)
{
	for (uint32_t i = 0; i < config->n_settings; i++) {
		if (config->settings[i].key != NULL && strcmp(config->settings[i].key, key) == 0)
			return config->settings[i].value;
	}
	return NULL;
}

/* https, or http where it does not leave this machine; nothing behind the host but a path. NULL: it is none, or memory ran out. */
static char *
example_parse_url(const char *text)
{
	static const CURLUPart none[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
	CURLU *parts = curl_url();
	char *scheme = NULL;
	char *host = NULL;
	char *url = NULL;
	int good = parts != NULL && strlen(text) <= IDC_MAX_URL / 2 && curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK &&
		   curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		   curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK;

	for (size_t i = 0; good && i < sizeof(none) / sizeof(none[0]); i++) {
		char *part = NULL;

		good = curl_url_get(parts, none[i], &part, 0) != CURLUE_OK;
		curl_free(part);
	}
	if (good && (strcmp(scheme, "https") == 0 ||
		     (strcmp(scheme, "http") == 0 && (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0))))
		url = strdup(text);
	if (url != NULL && url[strlen(url) - 1] == '/')
		url[strlen(url) - 1] = '\0';
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parts);
	return url;
}

/* 0: it is no number from 1 to 600. */
static uint64_t
example_parse_seconds(const char *text)
{
	char *end = NULL;
	const unsigned long seconds = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;

	return end != NULL && *end == '\0' && seconds <= 600 ? seconds : 0;
}

static void
example_destroy(idc_instance *instance)
{
	if (instance == NULL)
		return;
	if (instance->multi != NULL)
		curl_multi_cleanup(instance->multi);
	free(instance->url);
	free(instance);
}

static int
example_host_usable(const idc_host *host)
{
	return host != NULL && host->abi_major == IDC_ABI_MAJOR && IDC_HAS(host, idc_host, secret_get) && host->log != NULL &&
	       host->cancelled != NULL && host->progress != NULL && host->monotonic_ms != NULL && host->unix_ms != NULL &&
	       host->sleep_ms != NULL && host->secret_get != NULL;
}

/* Every setting that cannot be used by its name, so that nobody has to try again for each. */
static int32_t
example_refuse_settings(idc_error *error, const char *url, const char *timeout)
{
	idc_error problem;

	problem_set(&problem, IDC_INVALID, "The settings cannot be used: %s%s%s.", url != NULL ? url : "",
		    url != NULL && timeout != NULL ? "; " : "", timeout != NULL ? timeout : "");
	return problem_tell(&problem, IDC_INVALID, error);
}

static int32_t
example_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	idc_instance *instance;
	const char *url;
	const char *timeout;

	if (ret_instance == NULL)
		return example_refuse(error, IDC_INVALID, "init was called without a place for the instance.");
	*ret_instance = NULL;
	if (!example_host_usable(host))
		return example_refuse(error, IDC_ABI, "The host does not offer what version 1.0 of the interface asks of it.");
	if (config == NULL || !IDC_HAS(config, idc_config, settings) || (config->n_settings > 0 && config->settings == NULL))
		return example_refuse(error, IDC_INVALID, "init was called without settings.");
	/* Safe from any number of threads; never undone, for others in this process use libcurl too. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return example_refuse(error, IDC_INTERNAL, "libcurl could not be started.");
	instance = calloc(1, sizeof(*instance));
	if (instance == NULL || (instance->multi = curl_multi_init()) == NULL) {
		example_destroy(instance);
		return example_refuse(error, IDC_NOMEM, "There is not enough memory for an instance.");
	}
	url = example_setting(config, "url");
	timeout = example_setting(config, "timeout_s");
	instance->host = host;
	instance->url = url != NULL ? example_parse_url(url) : NULL;
	instance->timeout_ms = 1000 * example_parse_seconds(timeout != NULL ? timeout : "30");
	if (instance->url == NULL || instance->timeout_ms == 0) {
		const char *url_wrong = url == NULL             ? "url is missing: give the address of the service"
					: instance->url == NULL ? "url must be an address that begins with https://"
								: NULL;
		const char *timeout_wrong = instance->timeout_ms == 0 ? "timeout_s must be a whole number from 1 to 600" : NULL;

		example_destroy(instance);
		return example_refuse_settings(error, url_wrong, timeout_wrong);
	}
	*ret_instance = instance;
	return IDC_OK;
}

/* ---- the operations ---- */

static int
example_sink_usable(const idc_sink *sink)
{
	return sink != NULL && IDC_HAS(sink, idc_sink, emit) && sink->emit != NULL;
}

static int32_t
example_check(idc_instance *instance, const idc_sink *sink, idc_error *problem)
{
	WireAnswer answer;
	int32_t status = wire_read(instance, "/account", &answer, problem);
	idc_auth_session session = {.msg = {.struct_size = sizeof(session), .kind = IDC_MSG_SESSION}, .expires_in_s = -1};

	if (status != IDC_OK)
		return status;
	session.account = fields_id(answer.json, "account");
	session.subject = fields_text(answer.json, "key_name", IDC_MAX_NAME);
	if (session.account == NULL)
		status =
		    problem_set(problem, IDC_PROTOCOL, "The service does not say which account this is. Check the setting url.");
	else
		status = problem_emit(sink, &session.msg, problem);
	json_object_put(answer.json);
	return status;
}

static int32_t
example_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	idc_error problem;

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_auth_request, step) || !example_sink_usable(sink))
		return example_refuse(error, IDC_INVALID, "authorize was called without an instance, a request or a sink.");
	if (request->step != IDC_AUTH_CHECK)
		return example_refuse(error, IDC_UNSUPPORTED, "This service knows API keys only; there is nothing to authorize.");
	return example_finish(&problem, example_check(instance, sink, &problem), error);
}

static int32_t
example_list(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	idc_error problem;

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_list_request, want) || !example_sink_usable(sink))
		return example_refuse(error, IDC_INVALID, "list_entitlements was called without an instance, a request or a sink.");
	return example_finish(&problem, list_all(instance, request, sink, &problem), error);
}

static int32_t
example_change(ChangeKind kind, idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	idc_error problem;

	if (instance == NULL || request == NULL || !IDC_HAS(request, idc_change_request, n_items) || !example_sink_usable(sink))
		return example_refuse(error, IDC_INVALID, "A change was called without an instance, a request or a sink.");
	if (request->n_items > EXAMPLE_BATCH)
		return example_refuse(error, IDC_OVERFLOW,
				      "The batch is larger than this connector takes: at most 100 changes a call.");
	for (size_t i = 0; i < request->n_items; i++) {
		if (request->items == NULL || request->items[i] == NULL || !IDC_HAS(request->items[i], idc_change, entitlement_id))
			return example_refuse(error, IDC_INVALID, "A change of the batch is missing.");
	}
	return example_finish(&problem, change_batch(instance, kind, request, sink, &problem), error);
}

static int32_t
example_add(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return example_change(CHANGE_ADD, instance, request, sink, error);
}

static int32_t
example_remove(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return example_change(CHANGE_REMOVE, instance, request, sink, error);
}

/* An operation that a connector does not offer is there all the same. */
static int32_t
example_provision(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	(void)instance;
	(void)request;
	(void)sink;
	return example_refuse(error, IDC_UNSUPPORTED, "Nobody can be invited to this service: people join it by themselves.");
}

static int32_t
example_capabilities(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	if (ret_capabilities == NULL)
		return example_refuse(error, IDC_INVALID, "capabilities was called without a place for the answer.");
	*ret_capabilities = &example_can;
	return IDC_OK;
}

/* ---- the entry ---- */

static const void *
example_extension(const char *id)
{
	(void)id;
	return NULL;
}

static const idc_ops example_ops = {
    .init = example_init,
    .authorize = example_authorize,
    .list_entitlements = example_list,
    .provision = example_provision,
    .add = example_add,
    .remove = example_remove,
    .capabilities = example_capabilities,
};

static const idc_connector example_connector = {
    .struct_size = sizeof(idc_connector),
    .abi_major = IDC_ABI_MAJOR,
    .abi_minor = IDC_ABI_MINOR,
    .id = "example",
    .version = "1.0.0",
    .thread_model = IDC_THREADS_INSTANCE,
    .ops = &example_ops,
    .destroy = example_destroy,
    .extension = example_extension,
};

__attribute__((visibility("default"))) const idc_connector *
idc_connector_v1(void)
{
	return &example_connector;
}
