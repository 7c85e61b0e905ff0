/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * A connector whose service is a text file: what the setting "file" names is what it lists, so that a test says in a few lines what a
 * service holds and how it misbehaves. It is built without GLib, as any connector may be. README.md beside it has the words of the file.
 */
#include "memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int32_t
memory_fail(idc_error *error, int32_t status, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return status;
	error->status = status;
	error->retry_after_ms = status == IDC_RATE_LIMITED ? 30000 : -1;
	error->flags = status == IDC_RATE_LIMITED || status == IDC_UNAVAILABLE ? IDC_ERROR_RETRYABLE : 0;
	snprintf(error->code, sizeof(error->code), "memory-%d", (int)status);
	snprintf(error->request_id, sizeof(error->request_id), "memory-request");
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return status;
}

static char *
memory_setting(const idc_config *config, const char *key, const char *otherwise)
{
	for (uint32_t i = 0; i < config->n_settings; i++) {
		if (strcmp(config->settings[i].key, key) == 0 && config->settings[i].value != NULL)
			return strdup(config->settings[i].value);
	}
	return otherwise != NULL ? strdup(otherwise) : NULL;
}

static void
memory_destroy(idc_instance *instance)
{
	if (instance == NULL)
		return;
	free(instance->file);
	free(instance->account);
	free(instance->subject);
	free(instance->scope);
	free(instance);
}

static int32_t
memory_init(const idc_host *host, const idc_config *config, idc_instance **ret_instance, idc_error *error)
{
	idc_instance *instance = calloc(1, sizeof(*instance));
	char *mode = memory_setting(config, "mode", "open");
	char *sign_in = memory_setting(config, "sign_in", "app");

	*ret_instance = NULL;
	instance->host = host;
	instance->file = memory_setting(config, "file", NULL);
	instance->account = memory_setting(config, "account", "memory-account");
	instance->subject = memory_setting(config, "subject", "memory@example.org");
	instance->scope = memory_setting(config, "grant_scope", "read.all");
	instance->strict = strcmp(mode, "strict") == 0;
	instance->person = strcmp(sign_in, "person") == 0;
	free(mode);
	free(sign_in);
	if (instance->file == NULL) {
		memory_destroy(instance);
		return memory_fail(error, IDC_INVALID, "The setting file is missing: give the path of the text file to list.");
	}
	*ret_instance = instance;
	return IDC_OK;
}

int32_t
memory_check_password(idc_instance *instance, idc_error *error)
{
	char password[256] = "";
	size_t length = 0;
	int32_t status;

	if (!instance->strict)
		return IDC_OK;
	status = instance->host->secret_get(instance->host->ctx, "password", password, sizeof(password) - 1, &length);
	if (status == IDC_OK && length == 6 && memcmp(password, "secret", 6) == 0)
		return IDC_OK;
	return memory_fail(error, IDC_UNAUTHENTICATED,
			   "The service refused the password. Give the right one with --secret password=@FILE.");
}

static int32_t
memory_authorize(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	const idc_host *host = instance->host;
	idc_auth_session session = {
	    .msg = {sizeof(session), IDC_MSG_SESSION},
	    .subject = instance->subject,
	    .account = instance->account,
	    .scope = instance->scope,
	    .expires_in_s = 3600,
	};
	int32_t status;

	if (instance->person)
		return memory_sign_in(instance, request, sink, error);
	if (request->step != IDC_AUTH_CLIENT && request->step != IDC_AUTH_CHECK)
		return memory_fail(error, IDC_UNSUPPORTED, "Only the steps CLIENT and CHECK are known.");
	instance->requests++;
	status = memory_check_password(instance, error);
	if (status != IDC_OK)
		return status;
	if (strstr(instance->scope, "read.all") == NULL)
		return memory_fail(error, IDC_SCOPE, "The scope read.all was not granted. Grant it and reauthorize.");
	if (request->step == IDC_AUTH_CLIENT) {
		status = host->secret_lock(host->ctx, "idc.token", 5000);
		if (status != IDC_OK)
			return memory_fail(error, status, "The token's lock was not given.");
		status = host->secret_put(host->ctx, "idc.token", "token", 5);
		host->secret_unlock(host->ctx, "idc.token");
		if (status != IDC_OK)
			return memory_fail(error, status, "The token could not be kept.");
	}
	status = sink->emit(sink->ctx, &session.msg);
	return status == IDC_OK ? IDC_OK : memory_fail(error, status, "The host refused the session.");
}

char *
memory_read(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text = NULL;
	size_t length = 0;

	if (stream == NULL)
		return NULL;
	for (;;) {
		text = realloc(text, length + 65537);
		size_t n = fread(text + length, 1, 65536, stream);

		length += n;
		if (n == 0)
			break;
	}
	text[length] = '\0';
	fclose(stream);
	return text;
}

/* ---- extensions ---- */

static int32_t
memory_usage(idc_instance *instance, idc_usage *ret_usage)
{
	ret_usage->requests = instance->requests;
	return IDC_OK;
}

static const idc_usage_extension memory_usage_table = {.struct_size = sizeof(idc_usage_extension), .usage = memory_usage};

static int32_t
memory_survey(idc_instance *instance, const idc_sink *sink, idc_error *error)
{
	static const char *const types[] = {"principal", "team"};
	static const char *const begins[] = {"principal\t", "resource\t"};
	char *text = memory_read(instance->file);

	instance->requests++;
	if (text == NULL)
		return memory_fail(error, IDC_UNAVAILABLE, "The service cannot be reached: %s cannot be read. Try again later.",
				   instance->file);
	for (int i = 0; i < 2; i++) {
		unsigned long count = 0;
		char number[32];
		idc_pair pair = {"count", number};
		idc_record record = {.msg = {sizeof(record), IDC_MSG_RECORD}, .record = IDC_RECORD_RESOURCE};

		for (char *at = text; (at = strstr(at, begins[i])) != NULL; at++)
			count += at == text || at[-1] == '\n' ? 1 : 0;
		snprintf(number, sizeof(number), "%lu", count);
		record.id = types[i];
		record.type = types[i];
		record.attrs = &pair;
		record.n_attrs = 1;
		if (strstr(text, "\nsurvey-problem") != NULL && i == 1)
			pair = (idc_pair){"problem", "The teams may not be read: ask for the scope."};
		if (sink->emit(sink->ctx, &record.msg) != IDC_OK)
			break;
	}
	free(text);
	return IDC_OK;
}

static const idc_survey_extension memory_survey_table = {.struct_size = sizeof(idc_survey_extension), .survey = memory_survey};

static const void *
memory_extension(const char *id)
{
	if (strcmp(id, IDC_EXT_USAGE) == 0)
		return &memory_usage_table;
	if (strcmp(id, IDC_EXT_SURVEY) == 0)
		return &memory_survey_table;
	return NULL;
}

/* ---- the entry ---- */

static const idc_capability memory_provisions = {sizeof(idc_capability), 1, "provision_user", "Provision User", NULL};
static const idc_capability memory_lists = {sizeof(idc_capability), 1, "list_entitlements", "List Groups", NULL};
static const idc_capability memory_adds = {sizeof(idc_capability), 1, "add_user", "Add User to Groups", NULL};
static const idc_capability memory_removes = {sizeof(idc_capability), 1, "remove_user", "Remove User from Groups", NULL};
static const idc_capability memory_deletes = {sizeof(idc_capability), 0, "delete_user", "Delete User", "a line is for ever"};
static const idc_capability *const memory_table[] = {&memory_provisions, &memory_lists, &memory_adds, &memory_removes,
						     &memory_deletes};
static const idc_capabilities memory_can = {
    .struct_size = sizeof(idc_capabilities),
    .ops = 1u << IDC_OP_INIT | 1u << IDC_OP_AUTHORIZE | 1u << IDC_OP_LIST_ENTITLEMENTS | 1u << IDC_OP_PROVISION | 1u << IDC_OP_ADD |
	   1u << IDC_OP_REMOVE | 1u << IDC_OP_CAPABILITIES,
    .records = IDC_RECORD_PRINCIPAL | IDC_RECORD_RESOURCE | IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT,
    .auth = 1u << IDC_AUTH_BEGIN | 1u << IDC_AUTH_COMPLETE | 1u << IDC_AUTH_CLIENT | 1u << IDC_AUTH_CHECK,
    .max_batch = 7,
    .max_concurrent = 1,
    .flags = IDC_CAN_DELTA | IDC_CAN_DRY_RUN,
    .table = memory_table,
    .n_table = 5,
};

static int32_t
memory_capabilities(idc_instance *instance, const idc_capabilities **ret_capabilities, idc_error *error)
{
	(void)instance;
	(void)error;
	*ret_capabilities = &memory_can;
	return IDC_OK;
}

static const idc_ops memory_ops = {
    .init = memory_init,
    .authorize = memory_authorize,
    .list_entitlements = memory_list_entitlements,
    .provision = memory_provision,
    .add = memory_add,
    .remove = memory_remove,
    .capabilities = memory_capabilities,
};

static const idc_connector memory_connector = {
    .struct_size = sizeof(idc_connector),
    .abi_major = IDC_ABI_MAJOR,
    .abi_minor = IDC_ABI_MINOR,
    .id = "memory",
    .version = "1.0.0",
    .thread_model = IDC_THREADS_INSTANCE,
    .ops = &memory_ops,
    .destroy = memory_destroy,
    .extension = memory_extension,
};

__attribute__((visibility("default"))) const idc_connector *
idc_connector_v1(void)
{
	return &memory_connector;
}
