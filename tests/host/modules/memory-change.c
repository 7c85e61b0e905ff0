/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* Changes of the file, and what goes wrong with them. */
#include "memory.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINES 100000
#define MAX_FIELDS 32

/* One batch under way. Lines are the file's, each its own. */
typedef struct {
	idc_instance *instance;
	const idc_sink *sink;
	idc_error *error;
	const char *action;
	int dry;
	char **lines;
	size_t n_lines;
	char *faults;
	unsigned long kill_at;
	int failed;
	int32_t stopped;
} memory_change;

static unsigned long boundaries;

static void
memory_boundary(const memory_change *change)
{
	/* A dry run before has none. */
	if (change->kill_at == 0)
		return;
	boundaries++;
	if (boundaries == change->kill_at)
		kill(getpid(), SIGKILL);
}

static char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *
memory_printf(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

static void
memory_load(memory_change *change)
{
	char *text = memory_read(change->instance->file);
	char *rest = text;
	char *line;

	change->lines = calloc(MAX_LINES, sizeof(char *));
	while (text != NULL && change->n_lines < MAX_LINES - 10 && (line = strsep(&rest, "\n")) != NULL) {
		if (rest != NULL || *line != '\0')
			change->lines[change->n_lines++] = strdup(line);
	}
	free(text);
}

/* Anew beside it and put in its place, as a service has either the old state or the new one. */
static void
memory_save(const memory_change *change, const char *what)
{
	char path[4096];
	FILE *stream;

	snprintf(path, sizeof(path), "%s.new", change->instance->file);
	stream = fopen(path, "we");
	for (size_t i = 0; i < change->n_lines; i++)
		fprintf(stream, "%s\n", change->lines[i]);
	fclose(stream);
	rename(path, change->instance->file);
	snprintf(path, sizeof(path), "%s.writes", change->instance->file);
	stream = fopen(path, "ae");
	fprintf(stream, "%s\n", what);
	fclose(stream);
}

static void
memory_free(memory_change *change)
{
	for (size_t i = 0; i < change->n_lines; i++)
		free(change->lines[i]);
	free(change->lines);
	free(change->faults);
}

/* The line of faults that begins with these words, or NULL; static until the next call. */
static const char *
memory_fault(const memory_change *change, const char *begin)
{
	static char found[1024];
	size_t length = strlen(begin);
	const char *at = change->faults;

	while (at != NULL && *at != '\0') {
		const char *end = strchr(at, '\n');
		size_t n = end != NULL ? (size_t)(end - at) : strlen(at);

		if (n >= length && strncmp(at, begin, length) == 0 && (n == length || at[length] == ' ') && n < sizeof(found)) {
			memcpy(found, at, n);
			found[n] = '\0';
			return found + length;
		}
		at = end != NULL ? end + 1 : NULL;
	}
	return NULL;
}

static size_t
memory_find(const memory_change *change, const char *begin)
{
	size_t length = strlen(begin);

	for (size_t i = 0; i < change->n_lines; i++) {
		if (strncmp(change->lines[i], begin, length) == 0 &&
		    (change->lines[i][length] == '\0' || change->lines[i][length] == '\t'))
			return i;
	}
	return change->n_lines;
}

/* Takes begin over. */
static int
memory_has(const memory_change *change, char *begin)
{
	size_t at = memory_find(change, begin);

	free(begin);
	return at < change->n_lines;
}

static void
memory_insert(memory_change *change, size_t at, char *line)
{
	memmove(&change->lines[at + 1], &change->lines[at], (change->n_lines - at) * sizeof(char *));
	change->lines[at] = line;
	change->n_lines++;
}

static void
memory_delete(memory_change *change, size_t at)
{
	free(change->lines[at]);
	change->n_lines--;
	memmove(&change->lines[at], &change->lines[at + 1], (change->n_lines - at) * sizeof(char *));
}

/* A copy of the nth field of a line, or NULL. */
static char *
memory_field(const char *line, int n)
{
	const char *end;

	for (; n > 0; n--) {
		line = strchr(line, '\t');
		if (line == NULL)
			return NULL;
		line++;
	}
	end = strchr(line, '\t');
	return end != NULL ? strndup(line, (size_t)(end - line)) : strdup(line);
}

/* The value of group=… of an entitlement, or NULL. */
static char *
memory_group(const memory_change *change, const char *entitlement)
{
	char *begin = memory_printf("entitlement\t%s", entitlement);
	size_t at = memory_find(change, begin);
	const char *group = at < change->n_lines ? strstr(change->lines[at], "\tgroup=") : NULL;

	free(begin);
	return group != NULL ? memory_field(group + 1, 0) : NULL;
}

static void
memory_effect(memory_change *change, uint32_t index, uint32_t verb, uint32_t flags, const char *principal, const char *entitlement)
{
	idc_effect effect = {
	    .msg = {sizeof(effect), IDC_MSG_EFFECT},
	    .index = index,
	    .verb = verb,
	    .record = entitlement != NULL ? IDC_RECORD_GRANT : IDC_RECORD_PRINCIPAL,
	    .flags = flags | (change->dry || memory_fault(change, "expected") != NULL ? IDC_EFFECT_EXPECTED : 0),
	    .principal_id = principal,
	    .entitlement_id = entitlement,
	    .request_id = "memory-request",
	};

	if (change->stopped == IDC_OK)
		change->stopped = change->sink->emit(change->sink->ctx, &effect.msg);
	memory_boundary(change);
}

static void
memory_result(memory_change *change, uint32_t index, int32_t status, const char *remote_id, const char *message)
{
	idc_error error = {.struct_size = sizeof(error)};
	idc_result result = {.msg = {sizeof(result), IDC_MSG_RESULT}, .index = index, .status = status, .remote_id = remote_id};

	if (status >= IDC_INVALID) {
		memory_fail(&error, status, "%s", message);
		result.error = &error;
		change->failed = 1;
	}
	if (change->stopped == IDC_OK && memory_fault(change, "silent") == NULL)
		change->stopped = change->sink->emit(change->sink->ctx, &result.msg);
	memory_boundary(change);
}

/* Whether the write is to be made: it waits, and dies, where that is asked for. */
static int
memory_begin_write(memory_change *change)
{
	const char *ms = memory_fault(change, "sleep");

	if (change->dry || memory_fault(change, "expected") != NULL)
		return 0;
	if (ms != NULL)
		change->instance->host->sleep_ms(change->instance->host->ctx, (uint32_t)strtoul(ms, NULL, 10));
	memory_boundary(change);
	return 1;
}

static void
memory_give(memory_change *change, uint32_t index, uint32_t flags, const char *principal, const char *entitlement)
{
	char *line = memory_printf("grant\t%s\t%s", principal, entitlement);

	if (memory_find(change, line) < change->n_lines) {
		free(line);
		return;
	}
	if (memory_begin_write(change)) {
		memory_insert(change, change->n_lines, line);
		memory_save(change, line);
		memory_boundary(change);
	} else {
		free(line);
	}
	memory_effect(change, index, IDC_VERB_ADDED, flags, principal, entitlement);
}

static void
memory_take(memory_change *change, uint32_t index, uint32_t flags, const char *principal, const char *entitlement)
{
	char *line = memory_printf("grant\t%s\t%s", principal, entitlement);
	size_t at = memory_find(change, line);

	if (at < change->n_lines && memory_begin_write(change)) {
		char *what = memory_printf("removed\t%s\t%s", principal, entitlement);

		memory_delete(change, at);
		memory_save(change, what);
		memory_boundary(change);
		free(what);
	}
	if (at < change->n_lines || !change->dry)
		memory_effect(change, index, IDC_VERB_REMOVED, flags, principal, entitlement);
	free(line);
}

/* What somebody holds, of which entitlement (or of which resource, or of which group). Ends with NULL. */
static char **
memory_held(const memory_change *change, const char *principal, const char *id, const char *group)
{
	char **held = calloc(change->n_lines + 1, sizeof(char *));
	size_t n = 0;

	for (size_t i = 0; i < change->n_lines; i++) {
		char *word = memory_field(change->lines[i], 0);
		char *who = memory_field(change->lines[i], 1);
		char *what = strcmp(word, "grant") == 0 ? memory_field(change->lines[i], 2) : NULL;
		int wanted = what != NULL && strcmp(who, principal) == 0;

		if (wanted && id != NULL && strcmp(what, id) != 0) {
			char *begin = memory_printf("entitlement\t%s", what);
			size_t at = memory_find(change, begin);
			char *resource = at < change->n_lines ? memory_field(change->lines[at], 4) : NULL;

			wanted = resource != NULL && strcmp(resource, id) == 0;
			free(resource);
			free(begin);
		}
		if (wanted && group != NULL) {
			char *other = memory_group(change, what);

			wanted = other != NULL && strcmp(other, group) == 0;
			free(other);
		}
		if (wanted)
			held[n++] = what;
		else
			free(what);
		free(word);
		free(who);
	}
	return held;
}

static void
memory_held_free(char **held)
{
	for (char **at = held; *at != NULL; at++)
		free(*at);
	free(held);
}

static void
memory_add_one(memory_change *change, uint32_t index, const idc_change *item)
{
	char *group = memory_group(change, item->entitlement_id);
	char *begin = memory_printf("side %s", item->principal_id);
	const char *side;
	char *also;

	if (memory_has(change, memory_printf("grant\t%s\t%s", item->principal_id, item->entitlement_id))) {
		memory_result(change, index, IDC_ALREADY, NULL, NULL);
		free(group);
		free(begin);
		return;
	}
	if (group != NULL) {
		char **held = memory_held(change, item->principal_id, NULL, group);

		for (char **at = held; *at != NULL; at++)
			memory_take(change, index, IDC_EFFECT_SIDE, item->principal_id, *at);
		memory_held_free(held);
	}
	side = memory_fault(change, begin);
	also = side != NULL ? strdup(side + 1) : NULL;
	if (also != NULL)
		memory_give(change, index, IDC_EFFECT_SIDE, item->principal_id, also);
	memory_give(change, index, 0, item->principal_id, item->entitlement_id);
	if (memory_fault(change, "lost") != NULL && !change->dry)
		memory_result(change, index, IDC_INDETERMINATE, NULL, "The answer was lost. Look at the service.");
	else
		memory_result(change, index, IDC_OK, NULL, NULL);
	free(also);
	free(group);
	free(begin);
}

static void
memory_remove_one(memory_change *change, uint32_t index, const idc_change *item)
{
	char **held = memory_held(change, item->principal_id, item->entitlement_id, NULL);
	int32_t status = *held != NULL ? IDC_OK : IDC_ALREADY;

	for (char **at = held; *at != NULL; at++)
		memory_take(change, index, 0, item->principal_id, *at);
	memory_held_free(held);
	memory_result(change, index, status, NULL, NULL);
}

static const char *
memory_attr(const idc_change *item, const char *key)
{
	for (size_t i = 0; i < item->n_attrs; i++) {
		if (strcmp(item->attrs[i].key, key) == 0 && item->attrs[i].value != NULL)
			return item->attrs[i].value;
	}
	return "";
}

static void
memory_provision_one(memory_change *change, uint32_t index, const idc_change *item)
{
	const char *email = memory_attr(item, "email");
	char *local = strndup(email, strcspn(email, "@"));
	char *id = memory_printf("new:%s", local);
	char *marked = memory_printf("\temail=%s", email);
	char *role = memory_printf("role:%s", memory_attr(item, "role"));
	int has_role = memory_has(change, memory_printf("entitlement\t%s", role));
	size_t last = 0;

	for (size_t i = 0; i < change->n_lines; i++) {
		const char *mark = strncmp(change->lines[i], "principal\t", 10) == 0 ? strstr(change->lines[i], marked) : NULL;

		if (strncmp(change->lines[i], "grant\t", 6) != 0 && strncmp(change->lines[i], "indirect\t", 9) != 0 &&
		    strncmp(change->lines[i], "seal\t", 5) != 0)
			last = i + 1;
		if (mark != NULL && (mark[strlen(marked)] == '\0' || mark[strlen(marked)] == '\t')) {
			char *old = memory_field(change->lines[i], 1);

			memory_result(change, index, IDC_ALREADY, old, NULL);
			free(old);
			free(local);
			free(id);
			free(marked);
			free(role);
			return;
		}
	}
	if (memory_begin_write(change)) {
		char *line = memory_printf("principal\t%s\t%s\temail=%s\tseen=true", id, memory_attr(item, "name"), email);
		char *what = memory_printf("invited\t%s", email);

		memory_insert(change, last, line);
		/* A service makes a person with their role or not at all. */
		if (has_role)
			memory_insert(change, change->n_lines, memory_printf("grant\t%s\t%s", id, role));
		memory_save(change, what);
		free(what);
		memory_boundary(change);
	}
	memory_effect(change, index, IDC_VERB_CREATED, 0, change->dry ? NULL : id, NULL);
	memory_effect(change, index, IDC_VERB_INVITED, 0, change->dry ? NULL : id, NULL);
	if (has_role)
		memory_effect(change, index, IDC_VERB_ADDED, 0, change->dry ? NULL : id, role);
	memory_result(change, index, IDC_OK, change->dry ? NULL : id, NULL);
	free(local);
	free(id);
	free(marked);
	free(role);
}

/* What the faults say about this item: its end, told. */
static int
memory_refused(memory_change *change, uint32_t index, const idc_change *item)
{
	const char *who = item->principal_id != NULL ? item->principal_id : memory_attr(item, "email");
	char *begin = memory_printf("refuse %s %s", change->action, who);
	char *longer = memory_printf("%s %s", begin, item->entitlement_id != NULL ? item->entitlement_id : "-");
	const char *found = memory_fault(change, longer);
	char *message = NULL;
	long status;

	free(begin);
	free(longer);
	if (found == NULL)
		return 0;
	status = strtol(found, &message, 10);
	memory_result(change, index, (int32_t)status, NULL, *message == ' ' ? message + 1 : "The service refused. Ask its owner.");
	return 1;
}

typedef void (*memory_one)(memory_change *change, uint32_t index, const idc_change *item);

static int32_t
memory_batch(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error, const char *action,
	     memory_one one)
{
	memory_change change = {.instance = instance,
				.sink = sink,
				.error = error,
				.action = action,
				.dry = (request->flags & IDC_CHANGE_DRY_RUN) != 0};
	char path[4096];
	const char *found;
	char *rest = NULL;
	size_t most = request->n_items;
	int32_t status = IDC_OK;

	instance->requests++;
	if (memory_check_password(instance, error) != IDC_OK)
		return IDC_UNAUTHENTICATED;
	snprintf(path, sizeof(path), "%s.faults", instance->file);
	change.faults = memory_read(path);
	found = memory_fault(&change, "kill");
	change.kill_at = found != NULL && !change.dry ? strtoul(found, NULL, 10) : 0;
	found = memory_fault(&change, "break");
	if (found != NULL) {
		most = strtoul(found, &rest, 10);
		status = (int32_t)strtol(rest, NULL, 10);
	}
	memory_load(&change);
	memory_boundary(&change);
	for (size_t i = 0; i < request->n_items && i < most && change.stopped == IDC_OK; i++) {
		if (!memory_refused(&change, (uint32_t)i, request->items[i]))
			one(&change, (uint32_t)i, request->items[i]);
	}
	memory_boundary(&change);
	memory_free(&change);
	if (change.stopped != IDC_OK)
		return change.stopped;
	if (status != IDC_OK)
		return memory_fail(error, status, "The service broke off. Try again later.");
	return change.failed ? memory_fail(error, IDC_PARTIAL, "Some items failed.") : IDC_OK;
}

int32_t
memory_provision(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return memory_batch(instance, request, sink, error, "provision", memory_provision_one);
}

int32_t
memory_add(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return memory_batch(instance, request, sink, error, "add", memory_add_one);
}

int32_t
memory_remove(idc_instance *instance, const idc_change_request *request, const idc_sink *sink, idc_error *error)
{
	return memory_batch(instance, request, sink, error, "remove", memory_remove_one);
}
