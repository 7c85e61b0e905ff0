/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * HTTP by libcurl. All waiting is here, and while it waits the host is asked whether the call is to end. Times are the host's, so that a
 * host that tests can let an hour pass in a moment.
 */
#include "example.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page of a hundred people has some ten kilobytes, with the longest names in every script a megabyte. */
#define WIRE_MAX_BODY (2u * 1024 * 1024)
#define WIRE_MAX_HEADERS (64u * 1024)
/* How often cancelled() is asked; the ABI wants it within 100 ms. */
#define WIRE_POLL_MS 50
/* How long the answer to a write is waited for after a cancel. */
#define WIRE_LINGER_MS 5000
#define WIRE_TRIES 3
/* What a host is kept waiting at most because the service wants to be asked more slowly. */
#define WIRE_PATIENCE_MS 300000

typedef struct {
	CURL *easy;
	char *body;
	size_t length;
	size_t header_bytes;
	int too_much;
	int no_memory;
	int sent; /* some of the request may have reached the service */
	WireAnswer answer;
} WireExchange;

static size_t
wire_on_body(char *data, size_t size, size_t count, void *user)
{
	WireExchange *exchange = user;
	const size_t length = size * count;
	char *longer;

	if (length > WIRE_MAX_BODY - exchange->length) {
		exchange->too_much = 1;
		return 0;
	}
	longer = realloc(exchange->body, exchange->length + length);
	if (longer == NULL) {
		exchange->no_memory = 1;
		return 0;
	}
	exchange->body = longer;
	memcpy(exchange->body + exchange->length, data, length);
	exchange->length += length;
	return length;
}

/* The value of the header where the line has that name, else NULL. */
static const char *
wire_header(const char *line, const char *name)
{
	const size_t length = strlen(name);

	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	return line + strspn(line, " \t");
}

static size_t
wire_on_header(char *data, size_t size, size_t count, void *user)
{
	WireExchange *exchange = user;
	const size_t length = size * count;
	char line[256];
	const char *value;

	exchange->header_bytes += length;
	if (exchange->header_bytes > WIRE_MAX_HEADERS) {
		exchange->too_much = 1;
		return 0;
	}
	snprintf(line, sizeof(line), "%.*s", (int)(length < sizeof(line) ? length : sizeof(line) - 1), data);
	value = wire_header(line, "x-request-id");
	if (value != NULL) {
		const size_t good = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

		snprintf(exchange->answer.request_id, sizeof(exchange->answer.request_id), "%.*s", (int)good, value);
	}
	value = wire_header(line, "date");
	if (value != NULL) {
		const time_t date = curl_getdate(value, NULL);

		exchange->answer.date_unix_ms = date > 0 ? (int64_t)date * 1000 : 0;
	}
	return length;
}

static int32_t
wire_set_up(idc_instance *instance, WireExchange *exchange, const char *method, const char *path, idc_error *problem)
{
	CURL *easy = exchange->easy = curl_easy_init();
	char url[IDC_MAX_URL + 1];
	const int length = snprintf(url, sizeof(url), "%s%s", instance->url, path);
	int32_t status;

	if (easy == NULL)
		return problem_set(problem, IDC_NOMEM, "There is not enough memory for a request.");
	if (length < 0 || (size_t)length >= sizeof(url))
		return problem_set(problem, IDC_INVALID, "The setting url is too long. Give a shorter one.");
	status = key_set(instance, easy, problem);
	if (status != IDC_OK)
		return status;
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, wire_on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, wire_on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);       /* signals are the host's */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);     /* a stuck name look-up is not waited for */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* the key goes to one address only */
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
	if (strcmp(method, "GET") != 0) {
		/* libcurl repeats a request by itself when a kept-alive connection turns out to be dead. A write goes out once. */
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") != CURLE_OK || curl_multi_add_handle(instance->multi, easy) != CURLM_OK)
		return problem_set(problem, IDC_NOMEM, "There is not enough memory for a request.");
	return IDC_OK;
}

/* What libcurl's end of a request means. */
static int32_t
wire_outcome(const WireExchange *exchange, CURLcode code, idc_error *problem)
{
	if (code == CURLE_OK)
		return IDC_OK;
	if (exchange->no_memory)
		return problem_set(problem, IDC_NOMEM, "There is not enough memory for an answer.");
	/* libcurl runs out of the memory that it has for one header line. */
	if (exchange->too_much || code == CURLE_OUT_OF_MEMORY)
		return problem_set(problem, IDC_PROTOCOL, "What answers at the setting url sends too much. Check the address.");
	if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_PEER_FAILED_VERIFICATION)
		return problem_set(problem, IDC_PROTOCOL,
				   "What answers at the setting url is not the service: %s. Check the address.",
				   curl_easy_strerror(code));
	return problem_set(problem, IDC_UNAVAILABLE, "The service cannot be reached: %s. Try again later.",
			   curl_easy_strerror(code));
}

/* Waits for the one request that is under way. */
static int32_t
wire_wait(idc_instance *instance, WireExchange *exchange, int write, idc_error *problem)
{
	const idc_host *host = instance->host;
	uint64_t deadline = host->monotonic_ms(host->ctx) + instance->timeout_ms;
	int cancelled = 0;

	for (;;) {
		int running = 0;
		int left = 0;
		const CURLMsg *message;
		uint64_t now;
		long size = 0;

		if (curl_multi_perform(instance->multi, &running) != CURLM_OK)
			return problem_set(problem, IDC_INTERNAL,
					   "libcurl failed. Report this to whoever maintains the connector.");
		curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &size);
		exchange->sent = size > 0;
		message = curl_multi_info_read(instance->multi, &left);
		if (message != NULL && message->msg == CURLMSG_DONE)
			return wire_outcome(exchange, message->data.result, problem);
		now = host->monotonic_ms(host->ctx);
		if (!cancelled && host->cancelled(host->ctx) != 0) {
			cancelled = 1;
			deadline = now + WIRE_LINGER_MS < deadline ? now + WIRE_LINGER_MS : deadline;
		}
		/* Only what a write did is worth waiting for. */
		if (cancelled && (!write || !exchange->sent || now >= deadline))
			return problem_set(problem, IDC_CANCELLED, "The host ended the call.");
		if (now >= deadline)
			return problem_set(problem, IDC_TIMEOUT, "The service did not answer within %u seconds. Try again later.",
					   (unsigned)(instance->timeout_ms / 1000));
		curl_multi_poll(instance->multi, NULL, 0, WIRE_POLL_MS, NULL);
	}
}

static int32_t
wire_status(long http)
{
	static const struct {
		long http;
		int32_t status;
	} table[] = {
	    {200, IDC_OK},          {201, IDC_OK},           {204, IDC_OK},        {400, IDC_REFUSED},  {401, IDC_UNAUTHENTICATED},
	    {402, IDC_PAYMENT},     {403, IDC_FORBIDDEN},    {404, IDC_NOT_FOUND}, {409, IDC_CONFLICT}, {422, IDC_REFUSED},
	    {408, IDC_UNAVAILABLE}, {429, IDC_RATE_LIMITED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].http == http)
			return table[i].status;
	}
	return http >= 500 ? IDC_UNAVAILABLE : IDC_PROTOCOL;
}

/* What to do about it. */
static const char *
wire_advice(int32_t status)
{
	switch (status) {
	case IDC_UNAUTHENTICATED:
		return "Make a new API key in the service and give it with --secret api_key=@FILE.";
	case IDC_FORBIDDEN:
		return "Give the API key that right in the service.";
	case IDC_NOT_FOUND:
		return "It is gone; list again.";
	case IDC_PROTOCOL:
		return "The service never answers so: check the setting url.";
	case IDC_UNAVAILABLE:
	case IDC_RATE_LIMITED:
		return "Try again later.";
	default:
		return "A rule of the service forbids it.";
	}
}

/* Makes an answer of what came, or a problem. Of an answer that is no success only its code is quoted, never its text. */
static int32_t
wire_judge(WireExchange *exchange, const char *method, idc_error *problem)
{
	WireAnswer *answer = &exchange->answer;
	curl_off_t after_s = 0;
	int32_t status;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &answer->http);
	curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &after_s);
	status = wire_status(answer->http);
	answer->json = exchange->body != NULL ? fields_parse(exchange->body, exchange->length) : NULL;
	if (status == IDC_OK && answer->json == NULL && answer->http != 204)
		status = problem_set(problem, IDC_PROTOCOL,
				     "The service answered a %s with what is no JSON object. Check the setting url.", method);
	else if (status != IDC_OK) {
		const char *code = fields_id(answer->json, "error");

		problem_set(problem, status, "The service answered a %s with HTTP %ld%s%s. %s", method, answer->http,
			    code != NULL ? ", " : "", code != NULL ? code : "", wire_advice(status));
		snprintf(problem->code, sizeof(problem->code), "%.63s", code != NULL ? code : "");
		if (status == IDC_RATE_LIMITED && after_s > 0)
			problem->retry_after_ms = after_s < 86400 ? (int64_t)after_s * 1000 : 86400000;
	}
	if (status != IDC_OK) {
		problem->remote_status = (int32_t)answer->http;
		memcpy(problem->request_id, answer->request_id, sizeof(problem->request_id));
		json_object_put(answer->json);
		answer->json = NULL;
	}
	return status;
}

/* One request, sent once. *ret_sent: whether the service may have got it. */
static int32_t
wire_once(idc_instance *instance, const char *method, const char *path, WireAnswer *ret_answer, int *ret_sent, idc_error *problem)
{
	WireExchange exchange = {0};
	int32_t status = wire_set_up(instance, &exchange, method, path, problem);

	if (status == IDC_OK) {
		status = wire_wait(instance, &exchange, strcmp(method, "GET") != 0, problem);
		if (status == IDC_OK)
			status = wire_judge(&exchange, method, problem);
		curl_multi_remove_handle(instance->multi, exchange.easy);
	}
	curl_easy_cleanup(exchange.easy);
	free(exchange.body);
	*ret_sent = exchange.sent;
	if (status == IDC_OK)
		*ret_answer = exchange.answer;
	return status;
}

/* How long to wait before the same request is made again; -1: not at all. */
static int64_t
wire_pause(const idc_error *problem, int write, int tries)
{
	/* The service did nothing, whatever it was. */
	if (problem->status == IDC_RATE_LIMITED)
		return problem->retry_after_ms >= 0 ? problem->retry_after_ms : INT64_C(1000) << (tries < 6 ? tries : 6);
	if (!write && tries < WIRE_TRIES && (problem->status == IDC_UNAVAILABLE || problem->status == IDC_TIMEOUT))
		return INT64_C(500) << tries;
	return -1;
}

static int32_t
wire_request(idc_instance *instance, const char *method, const char *path, WireAnswer *ret_answer, int *ret_sent,
	     idc_error *problem)
{
	const idc_host *host = instance->host;
	int64_t waited = 0;

	for (int tries = 1;; tries++) {
		int64_t pause;
		int32_t status;

		if (host->cancelled(host->ctx) != 0)
			return problem_set(problem, IDC_CANCELLED, "The host ended the call.");
		status = wire_once(instance, method, path, ret_answer, ret_sent, problem);
		pause = status != IDC_OK ? wire_pause(problem, strcmp(method, "GET") != 0, tries) : -1;
		if (pause < 0 || waited + pause > WIRE_PATIENCE_MS)
			return status;
		*ret_sent = 0; /* and answered, or no write */
		host->log(host->ctx, IDC_LOG_INFO, problem->message);
		status = host->sleep_ms(host->ctx, (uint32_t)pause);
		if (status != IDC_OK)
			return problem_set(problem, IDC_CANCELLED, "The host ended the call.");
		waited += pause;
	}
}

int32_t
wire_read(idc_instance *instance, const char *path, WireAnswer *ret_answer, idc_error *problem)
{
	int sent = 0;

	return wire_request(instance, "GET", path, ret_answer, &sent, problem);
}

int32_t
wire_write(idc_instance *instance, const char *method, const char *path, WireAnswer *ret_answer, idc_error *problem)
{
	int sent = 0;
	const int32_t status = wire_request(instance, method, path, ret_answer, &sent, problem);

	/* No answer, or one that says nothing about what was done. */
	if (status != IDC_OK && sent && (problem->remote_status == 0 || status == IDC_UNAVAILABLE || status == IDC_PROTOCOL))
		return problem_set(
		    problem, IDC_INDETERMINATE,
		    "A change was sent and its answer was lost, so nobody knows whether it was made. List again to see.");
	return status;
}
