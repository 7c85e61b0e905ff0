/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/*
 * Who joins a club and who leaves it. Each change is one look, at most one write, and, where the answer to that was lost, another look.
 * What was done is told as an effect before its result; nothing is done that is not told.
 */
#include "example.h"
#include <stdio.h>
#include <string.h>

/* One change of a batch. */
typedef struct {
	idc_instance *instance;
	const idc_sink *sink;
	ChangeKind kind;
	int dry_run;
	uint32_t index;
	const char *person;
	char entitlement[EXAMPLE_MAX_NAME];
	char path[2 * EXAMPLE_MAX_ID + 32];
} Change;

/* The club of "club:<id>:member", and where a removal names all that is held under a resource, of "club:<id>". */
static int
change_parse(Change *change, const char *entitlement_id)
{
	char club[EXAMPLE_MAX_ID + 2];
	const char *from = entitlement_id + strlen("club:");
	size_t length;

	if (strncmp(entitlement_id, "club:", strlen("club:")) != 0)
		return 0;
	length = strcspn(from, ":");
	snprintf(club, sizeof(club), "%.*s", (int)(length < sizeof(club) ? length : sizeof(club) - 1), from);
	if (!fields_is_id(club) || (strcmp(from + length, ":member") != 0 && (change->kind == CHANGE_ADD || from[length] != '\0')))
		return 0;
	snprintf(change->entitlement, sizeof(change->entitlement), "club:%s:member", club);
	snprintf(change->path, sizeof(change->path), "/clubs/%s/members/%s", club, change->person);
	return 1;
}

/* *ret_member: whether the person is in the club; *ret_allowed: whether the service lets anybody change that. */
static int32_t
change_look(const Change *change, int *ret_member, int *ret_allowed, idc_error *problem)
{
	WireAnswer answer;
	int32_t status = wire_read(change->instance, change->path, &answer, problem);
	int member;
	int allowed;

	if (status != IDC_OK)
		return status;
	member = fields_flag(answer.json, "member");
	allowed = fields_flag(answer.json, "may_change");
	json_object_put(answer.json);
	if (member < 0 || allowed < 0)
		return problem_set(problem, IDC_PROTOCOL, "The service does not say who is in the club. Check the setting url.");
	*ret_member = member;
	*ret_allowed = allowed;
	return IDC_OK;
}

/* Writes until it is known how it ended. The request is one that may be repeated, but only after a look. */
static int32_t
change_write(const Change *change, char *request_id, size_t size, idc_error *problem)
{
	const idc_host *host = change->instance->host;
	const int wanted = change->kind == CHANGE_ADD;

	for (int tries = 1;; tries++) {
		WireAnswer answer;
		idc_error looked;
		int member = 0;
		int allowed = 0;
		int32_t status = wire_write(change->instance, wanted ? "PUT" : "DELETE", change->path, &answer, problem);

		if (status == IDC_OK) {
			snprintf(request_id, size, "%s", answer.request_id);
			json_object_put(answer.json);
			return IDC_OK;
		}
		if (status != IDC_INDETERMINATE || host->cancelled(host->ctx) != 0)
			return status;
		if (change_look(change, &member, &allowed, &looked) != IDC_OK)
			return status;
		if (member == wanted)
			return IDC_OK;
		if (tries == 2)
			return status;
	}
}

static int32_t
change_effect(const Change *change, const char *request_id, idc_error *problem)
{
	const idc_effect effect = {
	    .msg = {.struct_size = sizeof(effect), .kind = IDC_MSG_EFFECT},
	    .index = change->index,
	    .verb = change->kind == CHANGE_ADD ? IDC_VERB_ADDED : IDC_VERB_REMOVED,
	    .record = IDC_RECORD_GRANT,
	    .flags = change->dry_run ? IDC_EFFECT_EXPECTED : 0,
	    .principal_id = change->person,
	    .entitlement_id = change->entitlement,
	    .request_id = request_id[0] != '\0' ? request_id : NULL,
	};

	return problem_emit(change->sink, &effect.msg, problem);
}

/* Does it, and tells the effect. IDC_ALREADY: it was so. *ret_refused: the host takes no more. */
static int32_t
change_do(Change *change, const idc_change *item, int *ret_refused, idc_error *problem)
{
	char request_id[64] = "";
	int member = 0;
	int allowed = 0;
	int32_t status;

	if (item->principal_id == NULL || item->entitlement_id == NULL || !fields_is_id(item->principal_id))
		return problem_set(problem, IDC_INVALID, "The change names nobody of this service. Take the ids from a list.");
	change->person = item->principal_id;
	if (!change_parse(change, item->entitlement_id))
		return problem_set(problem, IDC_INVALID, "The change names no club of this service. Take the ids from a list.");
	status = change_look(change, &member, &allowed, problem);
	if (status != IDC_OK)
		return status;
	if (member == (change->kind == CHANGE_ADD))
		return IDC_ALREADY;
	if (!allowed)
		return problem_set(problem, IDC_REFUSED, "The service lets nobody %s this club that way. Ask whoever leads it.",
				   change->kind == CHANGE_ADD ? "join" : "leave");
	if (!change->dry_run)
		status = change_write(change, request_id, sizeof(request_id), problem);
	if (status != IDC_OK)
		return status;
	status = change_effect(change, request_id, problem);
	*ret_refused = status != IDC_OK;
	return status;
}

/* Whether nothing can be done about the rest of the batch either. */
static int
change_ends_batch(int32_t status)
{
	return status == IDC_UNAUTHENTICATED || status == IDC_STATE || status == IDC_RATE_LIMITED || status == IDC_CANCELLED ||
	       status == IDC_NOMEM || status == IDC_INTERNAL;
}

/* One change with its result. *ret_failed: its own result is a failure, and the batch goes on. */
static int32_t
change_one(Change *change, const idc_change *item, int *ret_failed, idc_error *problem)
{
	const idc_host *host = change->instance->host;
	int refused = 0;
	int32_t status;
	idc_result result = {.msg = {.struct_size = sizeof(result), .kind = IDC_MSG_RESULT}, .index = change->index};

	if (host->cancelled(host->ctx) != 0)
		return problem_set(problem, IDC_CANCELLED, "The host ended the call.");
	status = change_do(change, item, &refused, problem);
	/* Nothing was sent that anybody could want to hear of. */
	if (refused || change_ends_batch(status))
		return status;
	result.status = status;
	result.error = status >= IDC_INVALID ? problem : NULL;
	*ret_failed = status >= IDC_INVALID;
	return problem_emit(change->sink, &result.msg, problem);
}

int32_t
change_batch(idc_instance *instance, ChangeKind kind, const idc_change_request *request, const idc_sink *sink, idc_error *problem)
{
	int some_failed = 0;

	for (size_t i = 0; i < request->n_items; i++) {
		Change change = {.instance = instance,
				 .sink = sink,
				 .kind = kind,
				 .dry_run = (request->flags & IDC_CHANGE_DRY_RUN) != 0,
				 .index = (uint32_t)i};
		int failed = 0;
		const int32_t status = change_one(&change, request->items[i], &failed, problem);

		if (status != IDC_OK)
			return status;
		some_failed = some_failed || failed;
	}
	return some_failed ? problem_set(problem, IDC_PARTIAL, "All changes were attempted, some failed; each result says why.")
			   : IDC_OK;
}
