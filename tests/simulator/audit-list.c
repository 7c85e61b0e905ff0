/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "audit.h"
#include "errors.h"
#include "jtext.h"
#include "schedules.h"

#define DAY_MS (G_GINT64_CONSTANT(24) * 60 * 60 * 1000)
#define MOST_MS (31 * DAY_MS)

typedef struct {
	gint64 since;
	gint64 until;
	gint64 limit;
	guint from; /* records below this number, the newest first; the world's count at first */
	const gchar *root;
	const gchar *root_id;
} AuditQuestion;

/* A cursor is a place in the trail and a sum of the question that it belongs to. */
static guint
audit_sum(const Request *request)
{
	g_autoptr(GString) text = g_string_new(request->path);

	for (guint i = 0; i < request->query->items->len; i++) {
		const QueryItem *item = g_ptr_array_index(request->query->items, i);
		if (!g_str_equal(item->key, "cursor"))
			g_string_append_printf(text, "&%s=%s", item->key, item->value);
	}
	return g_str_hash(text->str);
}

static gchar *
audit_cursor(const Request *request, guint place, gint64 until)
{
	g_autofree gchar *plain = g_strdup_printf("%u.%u.%" G_GINT64_FORMAT, place, audit_sum(request), until);

	return g_base64_encode((const guchar *)plain, strlen(plain));
}

/* FALSE: no cursor of this question. */
static gboolean
audit_read_cursor(const Request *request, AuditQuestion *question)
{
	const gchar *cursor = query_get(request->query, "cursor");
	g_autofree gchar *plain = NULL;
	g_auto(GStrv) parts = NULL;
	gsize length = 0;

	if (cursor == NULL || cursor[0] == '\0')
		return TRUE;
	plain = (gchar *)g_base64_decode(cursor, &length);
	parts = g_strsplit(plain, ".", 3);
	if (g_strv_length(parts) != 3 || g_ascii_strtoull(parts[1], NULL, 10) != audit_sum(request))
		return FALSE;
	question->from = MIN(question->from, (guint)g_ascii_strtoull(parts[0], NULL, 10));
	/* "now" is that of the first page */
	question->until = g_ascii_strtoll(parts[2], NULL, 10);
	return TRUE;
}

static gboolean
audit_read(const Request *request, Reply *reply, AuditQuestion *question)
{
	const Switches *switches = request->sim->spec->switches;
	gint64 now = sim_now_ms(request->sim);
	const gchar *limit = query_get(request->query, "limit");
	gint64 most = MAX(switches_number(switches, SWITCH_AUDIT_MAX), 1);
	guint64 number = 0;

	question->limit = most;
	if (limit != NULL && (!g_ascii_string_to_unsigned(limit, 10, 1, G_MAXINT32, &number, NULL))) {
		errors_arguments(request, reply, "limit must be a positive integer");
		return FALSE;
	}
	if (limit != NULL)
		question->limit = MIN((gint64)number, most);
	if (!schedules_times(request, reply, &question->since, &question->until))
		return FALSE;
	if (!audit_read_cursor(request, question)) {
		errors_arguments(request, reply, "cursor is invalid");
		return FALSE;
	}
	if (question->until < 0)
		question->until = now;
	if (question->since < 0)
		question->since = question->until - DAY_MS;
	if (question->until < question->since || question->until - question->since > MOST_MS) {
		errors_reply(request, reply, 400, 2005, "Invalid time range", "until may be at most 31 days after since");
		return FALSE;
	}
	return TRUE;
}

static gboolean
audit_among(const Request *request, const gchar *key, const gchar *value)
{
	return query_get(request->query, key) == NULL || query_has(request->query, key, value != NULL ? value : "");
}

static gboolean
audit_matches(const Request *request, const AuditQuestion *question, const AuditRecord *record)
{
	gint64 lag = switches_number(request->sim->spec->switches, SWITCH_AUDIT_LAG_MS);

	if (record->time_ms < question->since || record->time_ms > question->until ||
	    record->time_ms + lag > sim_now_ms(request->sim))
		return FALSE;
	if (question->root != NULL)
		return g_str_equal(question->root, record->root) && g_str_equal(question->root_id, record->root_id);
	return audit_among(request, "root_resource_types[]", record->root) &&
	       audit_among(request, "actor_type", record->actor_type) && audit_among(request, "actor_id", record->actor_id) &&
	       audit_among(request, "method_type", record->method) &&
	       audit_among(request, "method_truncated_token", record->token) && audit_among(request, "actions[]", record->action);
}

static void
audit_answer(Request *request, Reply *reply, const gchar *root, const gchar *root_id)
{
	const World *world = request->sim->world;
	AuditQuestion question = {.since = -1, .until = -1, .from = world->audit->len, .root = root, .root_id = root_id};
	gint64 count = 0;
	guint at;

	if (!switches_on(request->sim->spec->switches, SWITCH_AUDIT)) {
		errors_ability(request, reply);
		return;
	}
	if (!audit_read(request, reply, &question))
		return;
	reply_json(reply, 200, "{\"records\":[");
	for (at = question.from; at > 0; at--) {
		const AuditRecord *record = g_ptr_array_index(world->audit, at - 1);
		if (!audit_matches(request, &question, record))
			continue;
		if (count == question.limit)
			break;
		jtext_comma(reply->body);
		g_string_append(reply->body, record->text);
		count++;
	}
	g_string_append_printf(reply->body, "],\"limit\":%" G_GINT64_FORMAT ",\"next_cursor\":", question.limit);
	if (at > 0) {
		g_autofree gchar *cursor = audit_cursor(request, at, question.until);
		jtext_string(reply->body, cursor);
	} else {
		g_string_append(reply->body, "null");
	}
	g_string_append(reply->body, ",\"response_metadata\":{\"messages\":[]}}");
}

void
audit_list(Request *request, Reply *reply)
{
	const User *viewer = request_viewer(request);
	const Query *query = request->query;

	if (viewer != NULL && !g_str_equal(viewer->role, "owner") && !g_str_equal(viewer->role, "admin")) {
		errors_denied(request, reply);
		return;
	}
	if ((query_get(query, "actor_id") != NULL && query_get(query, "actor_type") == NULL) ||
	    (query_get(query, "method_truncated_token") != NULL && query_get(query, "method_type") == NULL)) {
		errors_reply(request, reply, 400, 2003, "Missing Arguments",
			     "actor_id needs actor_type, method_truncated_token needs method_type");
		return;
	}
	audit_answer(request, reply, NULL, NULL);
}

static void
audit_of(Request *request, Reply *reply, const gchar *root, gboolean there)
{
	if (there)
		audit_answer(request, reply, root, request->ids[0]);
	else
		errors_not_found(request, reply);
}

void
audit_of_user(Request *request, Reply *reply)
{
	audit_of(request, reply, "users", shelf_find(&request->sim->world->users, request->ids[0]) != NULL);
}

void
audit_of_team(Request *request, Reply *reply)
{
	const Team *team = shelf_find(&request->sim->world->teams, request->ids[0]);

	audit_of(request, reply, "teams", team != NULL && request_sees_team(request, team));
}

void
audit_of_policy(Request *request, Reply *reply)
{
	audit_of(request, reply, "escalation_policies", shelf_find(&request->sim->world->policies, request->ids[0]) != NULL);
}

void
audit_of_schedule(Request *request, Reply *reply)
{
	audit_of(request, reply, "schedules", shelf_find(&request->sim->world->schedules, request->ids[0]) != NULL);
}
