/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The API key goes from the host's secrets into a request and nowhere else. It is asked for each time, for it may have been changed. */
#include "example.h"
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 8192
#define KEY_ROUNDS 8

static void
key_forget(char *key, size_t capacity)
{
	if (key != NULL)
		explicit_bzero(key, capacity);
	free(key);
}

/* Asks until it has all of it: a secret may become longer between asking for its length and copying it. *ret_capacity: what to wipe. */
static int32_t
key_get(const idc_host *host, char **ret_key, size_t *ret_length, size_t *ret_capacity)
{
	size_t capacity = 256;

	for (int round = 0; round < KEY_ROUNDS; round++) {
		char *key = calloc(1, capacity + 1);
		size_t length = 0;
		const int32_t status =
		    key != NULL ? host->secret_get(host->ctx, "api_key", key, capacity, &length) : (int32_t)IDC_NOMEM;

		if (status == IDC_OK && length <= capacity) {
			*ret_key = key;
			*ret_length = length;
			*ret_capacity = capacity;
			return IDC_OK;
		}
		key_forget(key, capacity);
		if (status != IDC_OVERFLOW)
			return status;
		if (length > KEY_MAX)
			break;
		capacity = length;
	}
	return IDC_OVERFLOW;
}

/* What is not printable would end the header, and begin another. */
static int
key_printable(const char *key, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (key[i] <= ' ' || key[i] > '~')
			return 0;
	}
	return length > 0;
}

int32_t
key_set(idc_instance *instance, CURL *easy, idc_error *problem)
{
	char *key = NULL;
	size_t length = 0;
	size_t capacity = 0;
	const int32_t status = key_get(instance->host, &key, &length, &capacity);
	int good = status == IDC_OK && key_printable(key, length);
	CURLcode code = CURLE_OK;

	if (good)
		code = curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, key);
	key_forget(key, capacity);
	if (status == IDC_NOT_FOUND)
		return problem_set(problem, IDC_STATE, "The API key is missing. Give it with --secret api_key=@FILE.");
	if (status == IDC_NOMEM || code != CURLE_OK)
		return problem_set(problem, IDC_NOMEM, "There is not enough memory for a request.");
	if (status != IDC_OK && status != IDC_OVERFLOW)
		return problem_set(problem, status >= IDC_INVALID ? status : IDC_INTERNAL,
				   "The API key could not be had from the host: look for the reason in its log.");
	if (!good)
		return problem_set(problem, IDC_UNAUTHENTICATED,
				   "The API key is no key of this service. Give the right one with --secret api_key=@FILE.");
	return IDC_OK;
}
