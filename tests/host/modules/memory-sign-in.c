/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* A person's sign-in: what the code of the callback is called says what the service makes of it. */
#include "memory.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define LOGIN "idc.login"
#define CONSENT "idc.consent"

static int32_t
sign_in_get(idc_instance *instance, const char *name, char *buffer, size_t capacity)
{
	size_t length = 0;
	int32_t status = instance->host->secret_get(instance->host->ctx, name, buffer, capacity - 1, &length);

	buffer[status == IDC_OK ? length : 0] = '\0';
	return status;
}

static int32_t
sign_in_put(idc_instance *instance, const char *name, const char *value)
{
	return instance->host->secret_put(instance->host->ctx, name, value, strlen(value));
}

static int32_t
sign_in_begin(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	unsigned char random[8];
	char state[17];
	char url[4096];
	idc_auth_challenge challenge = {
	    .msg = {sizeof(challenge), IDC_MSG_CHALLENGE}, .url = url, .state = state, .expires_in_s = 600};

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return memory_fail(error, IDC_IO, "No random numbers are to be had.");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(state + 2 * i, 3, "%02x", random[i]);
	snprintf(url, sizeof(url), "http://127.0.0.1:1/authorize?redirect_uri=%s&scope=%s&state=%s", request->redirect_uri,
		 strstr(request->scope, "write.all") != NULL ? "write" : "read", state);
	if (sign_in_put(instance, LOGIN, state) != IDC_OK || sink->emit(sink->ctx, &challenge.msg) != IDC_OK)
		return memory_fail(error, IDC_IO, "The link could not be kept.");
	return IDC_PENDING;
}

static const char *
sign_in_param(const idc_auth_request *request, const char *key)
{
	for (size_t i = 0; i < request->n_params; i++) {
		if (strcmp(request->params[i].key, key) == 0)
			return request->params[i].value;
	}
	return "";
}

static int32_t
sign_in_complete(idc_instance *instance, const idc_auth_request *request, idc_error *error)
{
	char state[64];
	const char *code = sign_in_param(request, "code");

	if (sign_in_get(instance, LOGIN, state, sizeof(state)) != IDC_OK || strcmp(sign_in_param(request, "state"), state) != 0)
		return memory_fail(error, IDC_INVALID, "This state is none of ours. Begin again.");
	sign_in_put(instance, LOGIN, "");
	if (strcmp(sign_in_param(request, "error"), "access_denied") == 0)
		return memory_fail(error, IDC_CONSENT, "The person did not allow the access. Ask them to.");
	if (strcmp(code, "late") == 0)
		return memory_fail(error, IDC_EXPIRED, "The code was too old.");
	if (strcmp(code, "read") != 0 && strcmp(code, "write") != 0)
		return memory_fail(error, IDC_UNAUTHENTICATED, "The service does not know this code. Begin again.");
	if (sign_in_put(instance, CONSENT, strcmp(code, "write") == 0 ? "read.all write.all" : "read.all") != IDC_OK)
		return memory_fail(error, IDC_IO, "The consent could not be kept.");
	return IDC_OK;
}

/* Without a consent that is wide enough nothing goes. */
static int32_t
sign_in_check(idc_instance *instance, const idc_auth_request *request, char *scope, size_t capacity, idc_error *error)
{
	if (sign_in_get(instance, CONSENT, scope, capacity) != IDC_OK)
		return memory_fail(error, IDC_UNAUTHENTICATED, "Nobody has allowed this. Let a person sign in.");
	if (strstr(request->scope, "write.all") != NULL && strstr(scope, "write.all") == NULL)
		return memory_fail(error, IDC_SCOPE, "The scope write.all was not consented to.");
	return IDC_OK;
}

int32_t
memory_sign_in(idc_instance *instance, const idc_auth_request *request, const idc_sink *sink, idc_error *error)
{
	char scope[64];
	idc_auth_session session = {.msg = {sizeof(session), IDC_MSG_SESSION},
				    .subject = instance->subject,
				    .account = instance->account,
				    .scope = scope,
				    .expires_in_s = 3600};
	int32_t status = IDC_OK;

	if (request->step == IDC_AUTH_BEGIN)
		return sign_in_begin(instance, request, sink, error);
	if (request->step == IDC_AUTH_COMPLETE)
		status = sign_in_complete(instance, request, error);
	else if (request->step != IDC_AUTH_CHECK)
		return memory_fail(error, IDC_UNSUPPORTED, "A person has to sign in.");
	instance->requests++;
	if (status == IDC_OK)
		status = sign_in_check(instance, request, scope, sizeof(scope), error);
	if (status != IDC_OK)
		return status;
	status = sink->emit(sink->ctx, &session.msg);
	return status == IDC_OK ? IDC_OK : memory_fail(error, status, "The host refused the session.");
}
