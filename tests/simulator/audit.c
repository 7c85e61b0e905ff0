/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "audit.h"

#include "jtext.h"

static const gchar *const roots[] = {"users", "teams", "escalation_policies", "schedules"};

struct AuditDraft {
	World *world;
	AuditRecord *record;
	GString *head;
	gchar *resource;
	GString *fields;
	GString *references;
};

static void
audit_time(GString *out, gint64 unix_ms)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(unix_ms / 1000);
	g_autofree gchar *text = g_date_time_format(when, "%Y-%m-%dT%H:%M:%S");

	g_string_append_printf(out, "\"%s.%03dZ\"", text, (int)(unix_ms % 1000));
}

AuditDraft *
audit_begin(World *world, const AuditBy *by, AuditRoot root, const gchar *id, const gchar *reference, const gchar *action)
{
	AuditDraft *draft = g_new0(AuditDraft, 1);
	AuditRecord *record = g_new0(AuditRecord, 1);
	GString *head = g_string_new("{");

	draft->world = world;
	draft->record = record;
	draft->head = head;
	draft->resource = g_strdup(reference);
	draft->fields = g_string_new("[");
	draft->references = g_string_new("[");
	record->id = world_id(world, WORLD_KIND_AUDIT);
	record->time_ms = by->now_ms;
	record->root = roots[root];
	record->root_id = g_strdup(id);
	record->action = g_intern_string(action);
	record->method = g_intern_string(by->method);
	record->actor_type = g_strdup(by->type);
	record->actor_id = g_strdup(by->id);
	record->token = g_strdup(by->truncated_token);
	jtext_pair(head, "id", record->id);
	g_string_append(head, ",\"self\":null,\"execution_time\":");
	audit_time(head, by->now_ms);
	g_string_append(head, ",\"execution_context\":{");
	jtext_pair(head, "request_id", by->request_id);
	g_string_append_printf(head, ",\"remote_address\":\"198.51.100.7\"},\"actors\":[%s],\"method\":{\"type\":\"%s\",",
			       by->reference != NULL ? by->reference : "", by->method);
	jtext_pair(head, "truncated_token", by->truncated_token);
	g_string_append_printf(head, ",\"description\":null},\"root_resource\":%s,\"action\":\"%s\"", reference, action);
	return draft;
}

void
audit_resource(AuditDraft *draft, const gchar *reference)
{
	g_free(draft->resource);
	draft->resource = g_strdup(reference);
}

void
audit_field(AuditDraft *draft, const gchar *name, const gchar *before, const gchar *after)
{
	jtext_comma(draft->fields);
	g_string_append_c(draft->fields, '{');
	jtext_pair(draft->fields, "name", name);
	g_string_append_c(draft->fields, ',');
	jtext_pair(draft->fields, "before_value", before);
	g_string_append_c(draft->fields, ',');
	jtext_pair(draft->fields, "value", after);
	g_string_append_c(draft->fields, '}');
}

static void
audit_side(GString *out, const gchar *key, const gchar *reference)
{
	if (reference == NULL)
		g_string_append_printf(out, ",\"%s\":null", key);
	else
		g_string_append_printf(out, ",\"%s\":[%s]", key, reference);
}

void
audit_reference(AuditDraft *draft, const gchar *name, const gchar *added, const gchar *removed)
{
	jtext_comma(draft->references);
	g_string_append_c(draft->references, '{');
	jtext_pair(draft->references, "name", name);
	audit_side(draft->references, "added", added);
	audit_side(draft->references, "removed", removed);
	g_string_append_c(draft->references, '}');
}

void
audit_finish(AuditDraft *draft, gboolean done)
{
	gboolean fields = draft->fields->len > 1;
	gboolean references = draft->references->len > 1;

	g_string_append_printf(draft->head, ",\"details\":{\"resource\":%s,\"fields\":%s%s,\"references\":%s%s}}", draft->resource,
			       fields ? draft->fields->str : "null", fields ? "]" : "",
			       references ? draft->references->str : "null", references ? "]" : "");
	draft->record->text = g_string_free(draft->head, FALSE);
	if (done)
		g_ptr_array_add(draft->world->audit, draft->record);
	else
		world_audit_free(draft->record);
	g_string_free(draft->fields, TRUE);
	g_string_free(draft->references, TRUE);
	g_free(draft->resource);
	g_free(draft);
}

void
audit_end(AuditDraft *draft)
{
	audit_finish(draft, TRUE);
}
