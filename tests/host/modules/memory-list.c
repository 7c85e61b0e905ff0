/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* The lines of the file, turned into messages. */
#include "memory.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FIELDS 32
#define KINDS 4

/* One list that is running. */
typedef struct {
	idc_instance *instance;
	const idc_sink *sink;
	idc_error *error;
	uint32_t want;
	uint64_t emitted[KINDS];
	uint64_t removed[KINDS];
	int sealed[KINDS];
	int partial;
	int32_t stopped; /* what emit answered, or what the file said */
	const char *cursor;
} memory_list;

static const char *const kind_words[KINDS] = {"principal", "resource", "entitlement", "grant"};
static const uint32_t kind_bits[KINDS] = {IDC_RECORD_PRINCIPAL, IDC_RECORD_RESOURCE, IDC_RECORD_ENTITLEMENT, IDC_RECORD_GRANT};
/* Entitlements and principals end before their grants. */
static const int kind_order[KINDS] = {1, 2, 0, 3};

static int
memory_kind(const char *word)
{
	for (int i = 0; i < KINDS; i++) {
		if (strcmp(word, kind_words[i]) == 0)
			return i;
	}
	return -1;
}

/* The value of key=value among the fields from first on, or NULL. */
static const char *
memory_option(char **fields, int n, int first, const char *key)
{
	size_t length = strlen(key);

	for (int i = first; i < n; i++) {
		if (strncmp(fields[i], key, length) == 0 && fields[i][length] == '=')
			return fields[i] + length + 1;
	}
	return NULL;
}

static void
memory_emit(memory_list *list, const idc_message *message)
{
	const idc_host *host = list->instance->host;

	if (list->stopped == IDC_OK && host->cancelled(host->ctx) != 0)
		list->stopped = IDC_CANCELLED;
	if (list->stopped == IDC_OK)
		list->stopped = list->sink->emit(list->sink->ctx, message);
}

static void
memory_emit_record(memory_list *list, idc_record *record, char **fields, int n, int first)
{
	idc_pair attrs[MAX_FIELDS];
	int kind = 0;

	while (kind_bits[kind] != record->record)
		kind++;
	if ((list->want & record->record) == 0)
		return;
	record->msg.struct_size = sizeof(*record);
	record->msg.kind = IDC_MSG_RECORD;
	record->attrs = attrs;
	for (int i = first; i < n; i++) {
		char *equals = strchr(fields[i], '=');

		if (equals == NULL)
			continue;
		*equals = '\0';
		attrs[record->n_attrs].key = fields[i];
		attrs[record->n_attrs].value = equals + 1;
		record->n_attrs++;
	}
	if ((record->flags & IDC_RECORD_REMOVED) != 0)
		list->removed[kind]++;
	else
		list->emitted[kind]++;
	memory_emit(list, &record->msg);
	record->attrs = NULL;
}

static void
memory_seal(memory_list *list, int kind, uint32_t state, int32_t status, char **fields, int n)
{
	const char *resource = memory_option(fields, n, 3, "resource");
	const char *expected = memory_option(fields, n, 3, "expected");
	idc_seal seal = {
	    .msg = {sizeof(seal), IDC_MSG_SEAL},
	    .record = kind_bits[kind],
	    .state = state,
	    .scope = resource != NULL ? IDC_SCOPE_RESOURCE : IDC_SCOPE_ALL,
	    .status = status,
	    .scope_id = resource,
	    .emitted = list->emitted[kind],
	    .removed = list->removed[kind],
	    .expected = expected != NULL ? strtoull(expected, NULL, 10) : IDC_COUNT_UNKNOWN,
	    .reason = memory_option(fields, n, 3, "reason"),
	    .cursor = list->cursor,
	    .as_of_unix_ms = list->instance->host->unix_ms(list->instance->host->ctx),
	};

	if ((list->want & seal.record) == 0)
		return;
	if (resource != NULL)
		seal.emitted = expected != NULL ? seal.expected : 0;
	else
		list->sealed[kind] = 1;
	/* The cursor belongs into the last seal of a call. */
	if (resource != NULL || kind != kind_order[KINDS - 1])
		seal.cursor = NULL;
	if (state == IDC_SEAL_PARTIAL && resource == NULL)
		list->partial = 1;
	memory_emit(list, &seal.msg);
}

static void
memory_seal_line(memory_list *list, char **fields, int n)
{
	static const char *const states[] = {"", "complete", "delta", "unchanged", "partial"};
	const char *status = memory_option(fields, n, 3, "status");
	int kind = memory_kind(fields[1]);
	uint32_t state = IDC_SEAL_PARTIAL;

	for (uint32_t i = 1; i < 5; i++) {
		if (strcmp(fields[2], states[i]) == 0)
			state = i;
	}
	if (kind >= 0)
		memory_seal(list, kind, state,
			    state == IDC_SEAL_PARTIAL ? (status != NULL ? (int32_t)strtol(status, NULL, 10) : IDC_FORBIDDEN) : 0,
			    fields, n);
}

static void
memory_removed_line(memory_list *list, char **fields, int n)
{
	idc_record record = {.flags = IDC_RECORD_REMOVED};
	int kind = memory_kind(fields[1]);

	if (kind < 0)
		return;
	record.record = kind_bits[kind];
	if (record.record == IDC_RECORD_GRANT) {
		record.principal_id = fields[2];
		record.entitlement_id = n > 3 ? fields[3] : NULL;
	} else {
		record.id = fields[2];
	}
	memory_emit_record(list, &record, fields, n, n);
}

static void
memory_event_line(memory_list *list, char **fields, int n)
{
	idc_event event = {
	    .msg = {sizeof(event), IDC_MSG_EVENT},
	    .verb = strcmp(fields[1], "removed") == 0 ? IDC_VERB_REMOVED : IDC_VERB_ADDED,
	    .at_unix_ms = list->instance->host->unix_ms(list->instance->host->ctx),
	    .principal_id = fields[2],
	    .entitlement_id = n > 3 ? fields[3] : NULL,
	    .actor = memory_option(fields, n, 4, "actor"),
	    .method = memory_option(fields, n, 4, "method"),
	};

	memory_emit(list, &event.msg);
}

/* generate N M: N principals p1..pN, one team resource and entitlement e1, and M grants for each of the first principals in turn over
 * M entitlements e1..eM: sizes that nobody wants to write down. */
static void
memory_generate(memory_list *list, unsigned long principals, unsigned long entitlements)
{
	char id[32];
	char other[32];
	char name[64];
	char *none[1] = {NULL};
	idc_record resource = {.record = IDC_RECORD_RESOURCE, .id = "team:1", .type = "team", .name = "Generated"};

	memory_emit_record(list, &resource, none, 0, 0);
	for (unsigned long e = 1; e <= entitlements && list->stopped == IDC_OK; e++) {
		idc_record record = {
		    .record = IDC_RECORD_ENTITLEMENT, .id = id, .type = "group", .name = name, .parent_id = "team:1"};

		snprintf(id, sizeof(id), "e%lu", e);
		snprintf(name, sizeof(name), "Entitlement %lu", e);
		memory_emit_record(list, &record, none, 0, 0);
	}
	for (unsigned long p = 1; p <= principals && list->stopped == IDC_OK; p++) {
		char email[64];
		char *fields[1] = {email};
		idc_record record = {.record = IDC_RECORD_PRINCIPAL, .id = id, .name = name};

		snprintf(id, sizeof(id), "p%lu", p);
		snprintf(name, sizeof(name), "Person %lu", p);
		snprintf(email, sizeof(email), "email=p%lu@example.org", p);
		memory_emit_record(list, &record, fields, 1, 0);
	}
	for (unsigned long p = 1; p <= principals && list->stopped == IDC_OK; p++) {
		for (unsigned long e = 1; e <= entitlements && list->stopped == IDC_OK; e++) {
			idc_record record = {.record = IDC_RECORD_GRANT, .principal_id = id, .entitlement_id = other};

			snprintf(id, sizeof(id), "p%lu", p);
			snprintf(other, sizeof(other), "e%lu", e);
			memory_emit_record(list, &record, none, 0, 0);
		}
		list->instance->host->progress(list->instance->host->ctx, IDC_RECORD_GRANT, p * entitlements,
					       principals * entitlements);
	}
}

/* Lines that are no records and no seals. */
static void
memory_control_line(memory_list *list, char **fields, int n)
{
	const idc_host *host = list->instance->host;

	if (strcmp(fields[0], "fail") == 0)
		list->stopped = memory_fail(list->error, (int32_t)strtol(fields[1], NULL, 10), "%s", n > 2 ? fields[2] : "");
	else if (strcmp(fields[0], "sleep") == 0)
		list->stopped = host->sleep_ms(host->ctx, (uint32_t)strtoul(fields[1], NULL, 10));
	else if (strcmp(fields[0], "log") == 0)
		host->log(host->ctx, (uint32_t)strtoul(fields[1], NULL, 10), n > 2 ? fields[2] : "");
	else if (strcmp(fields[0], "progress") == 0)
		host->progress(host->ctx, IDC_RECORD_PRINCIPAL, strtoull(fields[1], NULL, 10),
			       n > 2 ? strtoull(fields[2], NULL, 10) : 0);
	else if (strcmp(fields[0], "cursor") == 0)
		list->cursor = fields[1];
	else if (strcmp(fields[0], "generate") == 0 && n > 2)
		memory_generate(list, strtoul(fields[1], NULL, 10), strtoul(fields[2], NULL, 10));
	else if (strcmp(fields[0], "kill") == 0)
		kill(getpid(), SIGKILL);
	else if (strcmp(fields[0], "survey-problem") != 0)
		list->stopped = memory_fail(list->error, IDC_INTERNAL, "The memory file has an unknown word: %s.", fields[0]);
}

static void
memory_line(memory_list *list, char **fields, int n)
{
	idc_record record = {0};
	int kind = memory_kind(fields[0]);

	if (kind >= 0)
		record.record = kind_bits[kind];
	if (kind == 0 && n >= 3) {
		record.id = fields[1];
		record.name = fields[2];
		memory_emit_record(list, &record, fields, n, 3);
	} else if (kind == 1 && n >= 4) {
		record.id = fields[1];
		record.type = fields[2];
		record.name = fields[3];
		memory_emit_record(list, &record, fields, n, 4);
	} else if (kind == 2 && n >= 5) {
		record.id = fields[1];
		record.type = fields[2];
		record.name = fields[3];
		record.parent_id = fields[4];
		memory_emit_record(list, &record, fields, n, 5);
	} else if ((kind == 3 || strcmp(fields[0], "indirect") == 0) && n >= 3) {
		record.record = IDC_RECORD_GRANT;
		record.flags = kind == 3 ? 0 : IDC_RECORD_INDIRECT;
		record.principal_id = fields[1];
		record.entitlement_id = fields[2];
		memory_emit_record(list, &record, fields, n, 3);
	} else if (strcmp(fields[0], "removed") == 0 && n >= 3) {
		memory_removed_line(list, fields, n);
	} else if (strcmp(fields[0], "seal") == 0 && n >= 3) {
		memory_seal_line(list, fields, n);
	} else if (strcmp(fields[0], "event") == 0 && n >= 3) {
		memory_event_line(list, fields, n);
	} else {
		memory_control_line(list, fields, n);
	}
}

/* Kinds that no line of the file sealed are complete, or a delta. */
static void
memory_finish(memory_list *list, uint32_t state)
{
	char *none[1] = {NULL};

	for (int i = 0; i < KINDS && list->stopped == IDC_OK; i++) {
		if (list->sealed[kind_order[i]] == 0)
			memory_seal(list, kind_order[i], state, 0, none, 0);
	}
}

int32_t
memory_list_entitlements(idc_instance *instance, const idc_list_request *request, const idc_sink *sink, idc_error *error)
{
	memory_list list = {.instance = instance, .sink = sink, .error = error, .want = request->want};
	char empty[1] = "";
	char path[4096];
	char *text = NULL;
	char *rest;
	char *line;

	instance->requests++;
	list.stopped = memory_check_password(instance, error);
	if (list.stopped != IDC_OK)
		return list.stopped;
	snprintf(path, sizeof(path), "%s.delta", instance->file);
	if (request->cursor != NULL)
		text = memory_read(path);
	uint32_t state = text != NULL ? IDC_SEAL_DELTA : IDC_SEAL_COMPLETE;
	if (text == NULL)
		text = memory_read(instance->file);
	if (text == NULL)
		return memory_fail(error, IDC_UNAVAILABLE, "The service cannot be reached: %s cannot be read. Try again later.",
				   instance->file);
	rest = text;
	while (list.stopped == IDC_OK && (line = strsep(&rest, "\n")) != NULL) {
		char *fields[MAX_FIELDS];
		int n = 0;
		char *field;

		if (*line == '\0' || *line == '#')
			continue;
		while (n < MAX_FIELDS && (field = strsep(&line, "\t")) != NULL)
			fields[n++] = field;
		for (int i = n; i < MAX_FIELDS; i++)
			fields[i] = empty;
		memory_line(&list, fields, n);
	}
	memory_finish(&list, state);
	free(text);
	if (list.stopped != IDC_OK)
		return list.stopped;
	if (list.partial != 0)
		return memory_fail(error, IDC_PARTIAL, "Some kinds could not be read in full.");
	return IDC_OK;
}
