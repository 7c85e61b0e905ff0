/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conflict.h"

#include "../errors.h"

#define CONFLICT_MAX_ACTOR 120 /* bytes; it goes into a message */

void
conflict_free(Conflict *conflict)
{
	if (conflict == NULL)
		return;
	g_free(conflict->actor);
	g_free(conflict->request_id);
	g_free(conflict);
}

static gchar *
conflict_time(gint64 unix_ms)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_ms / 1000);

	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

static const gchar *
conflict_request_id(json_object *record)
{
	return json_read_plain(json_read_object(record, "execution_context"), "request_id", IDC_MAX_ID);
}

/* When a record's request was carried out, by PagerDuty's clock; -1 where it does not say. */
static gint64
conflict_record_time(json_object *record)
{
	const gchar *text = json_read_text(record, "execution_time");
	g_autoptr(GDateTime) time = text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;

	return time != NULL ? g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000 : -1;
}

/* Where our own write stands among the records, newest first; -1 where its record is not to be seen. */
static gssize
conflict_own(json_object *records, const gchar *own_request_id)
{
	for (gsize i = 0; records != NULL && i < json_object_array_length(records); i++)
		if (g_strcmp0(conflict_request_id(json_object_array_get_idx(records, i)), own_request_id) == 0)
			return (gssize)i;
	return -1;
}

static Conflict *
conflict_new(json_object *record)
{
	Conflict *conflict = g_new0(Conflict, 1);
	json_object *actors = json_read_array(record, "actors");
	gboolean sanitized = FALSE;
	g_autofree gchar *actor =
	    actors != NULL && json_object_array_length(actors) > 0
		? json_read_name(json_object_array_get_idx(actors, 0), "summary", CONFLICT_MAX_ACTOR, &sanitized)
		: NULL;

	conflict->actor = actor != NULL ? g_steal_pointer(&actor) : g_strdup("somebody else");
	conflict->request_id = g_strdup(conflict_request_id(record));
	return conflict;
}

gboolean
conflict_find(Changes *changes, const gchar *path, guint64 elapsed_ms, const gchar *own_request_id, Conflict **ret_conflict,
	      GError **error)
{
	const gint64 now = api_service_now(changes->api);
	g_autofree gchar *since = conflict_time(now - (gint64)elapsed_ms - 2000);
	g_autofree gchar *until = conflict_time(now + 2000);
	g_autofree gchar *full = g_strdup_printf("%s/audit/records?since=%s&until=%s", path, since, until);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	json_object *records;
	gssize own;
	gint64 written;
	gboolean allowed = FALSE;

	*ret_conflict = NULL;
	if (!auth_has_scope(changes->auth, "audit_records.read", &allowed, error))
		return FALSE;
	/* Where our own answer was lost, our own record could not be told from others. */
	if (!allowed || own_request_id == NULL)
		return TRUE;
	answer = api_read(changes->api, full, &failed);
	if (failed != NULL && change_is_fatal(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	records = json_read_array(answer, "records");
	own = conflict_own(records, own_request_id);
	written = own >= 0 ? conflict_record_time(json_object_array_get_idx(records, (gsize)own)) : -1;
	/* What stands before our record is newer: it was made on top of our write, and is kept. */
	for (gsize i = own >= 0 ? (gsize)own + 1 : 0; written >= 0 && i < json_object_array_length(records); i++) {
		json_object *record = json_object_array_get_idx(records, i);

		/* Our read was carried out no longer ago than it took from sending it to the write's answer. */
		if (conflict_record_time(record) < written - (gint64)elapsed_ms ||
		    api_is_own(changes->api, conflict_request_id(record)))
			continue;
		*ret_conflict = conflict_new(record);
		return TRUE;
	}
	return TRUE;
}
