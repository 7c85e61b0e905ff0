/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * What the files of this connector share.
 *
 * Inside, every function returns a status of the ABI; what is not IDC_OK has filled the problem, which is the connector's own idc_error.
 * Only example.c hands it to the host. What a function returns beside its status is named ret_* and untouched unless it is IDC_OK.
 */
#pragma once
#include <curl/curl.h>
#include <idc/connector.h>
#include <json-c/json.h>

/* Of a person's or a club's own id. */
#define EXAMPLE_MAX_ID 64
/* Of what is made of it for the host, "club:<id>:member". */
#define EXAMPLE_MAX_NAME (EXAMPLE_MAX_ID + 16)
/* Rows of a page, the most that the service gives. */
#define EXAMPLE_PAGE 50
/* Changes a call. */
#define EXAMPLE_BATCH 100

/* All that an instance knows. What has to outlive the process belongs into the host's secrets; this connector has nothing of that kind. */
struct idc_instance {
	const idc_host *host; /* outlives the instance */
	CURLM *multi;         /* keeps connections alive between requests */
	char *url;            /* of the service, without a slash at its end */
	uint64_t timeout_ms;  /* of one request */
};

/* ---- problem.c ---- */
/* Fills the problem with a whole sentence that says what to do next, and returns the status. */
int32_t problem_set(idc_error *problem, int32_t status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Copies it to whoever asked, as far as his version of the struct goes; error may be NULL. Returns the status. */
int32_t problem_tell(const idc_error *problem, int32_t status, idc_error *error);
/* Hands a message to the host. Anything but IDC_OK: it wants no more, and no request may follow. */
int32_t problem_emit(const idc_sink *sink, const idc_message *message, idc_error *problem);

/* ---- key.c ---- */
/* Puts the API key into a request. IDC_STATE: there is none. */
int32_t key_set(idc_instance *instance, CURL *easy, idc_error *problem);

/* ---- wire.c ---- */
typedef struct {
	long http;            /* the HTTP status, below 300 */
	json_object *json;    /* an object; NULL where the service sent none. The caller puts it */
	int64_t date_unix_ms; /* by the service's clock, 0 where it did not say */
	char request_id[64];
} WireAnswer;

/* Reads, and repeats where that can help. IDC_NOT_FOUND, IDC_FORBIDDEN and the like come from the service; problem has its code. */
int32_t wire_read(idc_instance *instance, const char *path, WireAnswer *ret_answer, idc_error *problem);
/* Sends a write once. IDC_INDETERMINATE: it was sent, and nobody knows whether it was done. */
int32_t wire_write(idc_instance *instance, const char *method, const char *path, WireAnswer *ret_answer, idc_error *problem);

/* ---- fields.c ---- */
/* The one reader of what the service answers: bounded in size, depth and number of objects. NULL: no JSON object, or too much. */
json_object *fields_parse(const char *text, size_t length);
/* Whether it is an id of this service, and so may stand in a path. */
int fields_is_id(const char *text);
/* A member of an object, borrowed; NULL where there is none, it is of another type, or breaks a limit. */
const char *fields_id(json_object *object, const char *key);
const char *fields_text(json_object *object, const char *key, size_t limit);
json_object *fields_array(json_object *object, const char *key);
/* -1: no boolean. */
int fields_flag(json_object *object, const char *key);
/* -1: no number, or a negative one. */
int64_t fields_count(json_object *object, const char *key);

/* ---- list.c and change.c ---- */
int32_t list_all(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *problem);
typedef enum {
	CHANGE_ADD,
	CHANGE_REMOVE,
} ChangeKind;
int32_t change_batch(idc_instance *instance, ChangeKind kind, const idc_change_request *request, const idc_sink *sink,
		     idc_error *problem);
