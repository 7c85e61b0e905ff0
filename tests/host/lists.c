/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "lists.h"
#include "base/error.h"
#include "state/store-private.h"
#include "state/syncs.h"
#include "support.h"
#include <string.h>

#define MAX_ATTRS 40
#define HOUR_MS (3600 * 1000)

typedef struct {
	Stage *stage;
	uint64_t emitted[N_KINDS];
	uint64_t removed[N_KINDS];
	GHashTable *parents;       /* entitlement -> resource */
	GHashTable *emitted_under; /* "RECORD SCOPE ID" -> count */
	gboolean sealed[N_KINDS];
	char *cursor;
} Feed;

void
lists_set_up(Lists *lists, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	lists->folder = support_folder();
	lists->store = store_open(lists->folder, &error);
	g_assert_no_error(error);
	g_assert_true(store_add_app(lists->store, "App", &lists->app, &error));
	lists->now = G_GINT64_CONSTANT(1700000000000);
	lists->seal = IDC_SEAL_COMPLETE;
	lists->want = KINDS_ALL;
	lists->options = (MergeOptions){.module_sha256 = "m1", .settings_hash = "s1", .at_least = 1000, .percent = 100};
}

void
lists_tear_down(Lists *lists, gconstpointer data)
{
	(void)data;
	store_close(lists->store);
	support_remove(lists->folder);
}

static Kind
feed_kind(const char *word)
{
	Kind kind = KIND_PRINCIPAL;

	while (kind < N_KINDS && strcmp(kind_word(kind), word) != 0 && strcmp(kind_words(kind, 0), word) != 0)
		kind++;
	return strcmp(word, "indirect") == 0 ? KIND_GRANT : kind;
}

/* The value of KEY=VALUE among the words, "~" as blanks; NULL where there is none. */
static const char *
feed_option(GStrv words, const char *key)
{
	gsize length = strlen(key);

	for (gsize i = 0; words[i] != NULL; i++) {
		if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
			return words[i] + length + 1;
	}
	return NULL;
}

static uint64_t *
feed_under(Feed *feed, uint32_t record, uint32_t scope, const char *id)
{
	g_autofree char *key = g_strdup_printf("%u %u %s", record, scope, id);
	uint64_t *count = g_hash_table_lookup(feed->emitted_under, key);

	if (count == NULL) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(feed->emitted_under, g_steal_pointer(&key), count);
	}
	return count;
}

static int32_t
feed_record(Feed *feed, idc_record *record, GStrv words)
{
	idc_pair attrs[MAX_ATTRS];
	Kind kind = kind_from_record(record->record);

	record->msg = (idc_message){sizeof(*record), IDC_MSG_RECORD};
	record->name = feed_option(words, "name");
	if (record->parent_id == NULL)
		record->parent_id = feed_option(words, "parent");
	record->attrs = attrs;
	for (gsize i = 0; words[i] != NULL; i++) {
		char *equals = strchr(words[i], '=');

		if (equals == NULL || g_str_has_prefix(words[i], "name=") || g_str_has_prefix(words[i], "parent="))
			continue;
		*equals = '\0';
		g_assert_cmpuint(record->n_attrs, <, MAX_ATTRS);
		attrs[record->n_attrs++] = (idc_pair){words[i], equals + 1};
	}
	if ((record->flags & IDC_RECORD_REMOVED) != 0) {
		feed->removed[kind]++;
		return stage_take(&record->msg, feed->stage);
	}
	feed->emitted[kind]++;
	if (kind == KIND_ENTITLEMENT) {
		g_hash_table_insert(feed->parents, g_strdup(record->id), g_strdup(record->parent_id));
		*feed_under(feed, record->record, IDC_SCOPE_RESOURCE, record->parent_id != NULL ? record->parent_id : "") += 1;
	} else if (kind == KIND_GRANT) {
		const char *parent = g_hash_table_lookup(feed->parents, record->entitlement_id);

		*feed_under(feed, record->record, IDC_SCOPE_RESOURCE, parent != NULL ? parent : "") += 1;
		*feed_under(feed, record->record, IDC_SCOPE_ENTITLEMENT, record->entitlement_id) += 1;
		*feed_under(feed, record->record, IDC_SCOPE_PRINCIPAL, record->principal_id) += 1;
	}
	return stage_take(&record->msg, feed->stage);
}

static int32_t
feed_seal(Feed *feed, Kind kind, uint32_t state, GStrv words)
{
	static const char *const scopes[] = {"", "resource", "entitlement", "user"};
	const char *status = feed_option(words, "status");
	const char *emitted = feed_option(words, "emitted");
	const char *removed = feed_option(words, "removed");
	idc_seal seal = {
	    .msg = {sizeof(seal), IDC_MSG_SEAL},
	    .record = kind_record(kind),
	    .state = state,
	    .status = status != NULL              ? (int32_t)g_ascii_strtoll(status, NULL, 10)
		      : state == IDC_SEAL_PARTIAL ? IDC_FORBIDDEN
						  : 0,
	    .emitted = feed->emitted[kind],
	    .removed = feed->removed[kind],
	    .expected = IDC_COUNT_UNKNOWN,
	    .reason = feed_option(words, "reason"),
	};
	gboolean last = TRUE;

	for (uint32_t scope = IDC_SCOPE_RESOURCE; scope <= IDC_SCOPE_PRINCIPAL; scope++) {
		const char *id = feed_option(words, scopes[scope]);

		if (id == NULL)
			continue;
		seal.scope = scope;
		seal.scope_id = id;
		seal.removed = 0;
		seal.emitted = *feed_under(feed, seal.record, scope, id);
	}
	if (emitted != NULL)
		seal.emitted = g_ascii_strtoull(emitted, NULL, 10);
	if (removed != NULL)
		seal.removed = g_ascii_strtoull(removed, NULL, 10);
	if (seal.scope == IDC_SCOPE_ALL)
		feed->sealed[kind] = TRUE;
	for (guint i = 0; i < N_KINDS; i++)
		last = last && feed->sealed[i];
	if (last)
		seal.cursor = feed->cursor;
	if (feed_option(words, "cursor") != NULL)
		seal.cursor = feed_option(words, "cursor");
	return stage_take(&seal.msg, feed->stage);
}

static int32_t
feed_event(Feed *feed, GStrv words)
{
	const char *at = feed_option(words, "at");
	idc_event event = {
	    .msg = {sizeof(event), IDC_MSG_EVENT},
	    .verb = strcmp(words[1], "added") == 0     ? IDC_VERB_ADDED
		    : strcmp(words[1], "removed") == 0 ? IDC_VERB_REMOVED
		    : strcmp(words[1], "invited") == 0 ? IDC_VERB_INVITED
						       : IDC_VERB_CHANGED,
	    .at_unix_ms = at != NULL ? g_ascii_strtoll(at, NULL, 10) : 0,
	    .actor = feed_option(words, "actor"),
	    .method = feed_option(words, "method"),
	    .principal_id = strcmp(words[2], "-") != 0 ? words[2] : NULL,
	    .entitlement_id = strcmp(words[3], "-") != 0 ? words[3] : NULL,
	};

	return stage_take(&event.msg, feed->stage);
}

static int32_t
feed_line(Feed *feed, GStrv words)
{
	static const char *const states[] = {"", "complete", "delta", "unchanged", "partial"};
	gboolean removed = strcmp(words[0], "removed") == 0;
	GStrv rest = removed ? words + 1 : words;
	idc_record record = {.flags = removed ? IDC_RECORD_REMOVED : 0};
	uint32_t state = IDC_SEAL_COMPLETE;

	g_assert(rest[0] != NULL && rest[1] != NULL);
	if (strcmp(words[0], "seal") == 0) {
		g_assert(words[2] != NULL);
		while (state < IDC_SEAL_PARTIAL && strcmp(words[2], states[state]) != 0)
			state++;
		return feed_seal(feed, feed_kind(words[1]), state, words);
	}
	if (strcmp(words[0], "event") == 0) {
		g_assert(words[2] != NULL && words[3] != NULL);
		return feed_event(feed, words);
	}
	if (strcmp(words[0], "cursor") == 0) {
		feed->cursor = g_strdup(words[1]);
		return IDC_OK;
	}
	g_assert_cmpint(feed_kind(rest[0]), <, N_KINDS);
	record.record = kind_record(feed_kind(rest[0]));
	record.id = rest[1];
	if (record.record == IDC_RECORD_GRANT) {
		record.id = NULL;
		record.principal_id = rest[1];
		record.entitlement_id = rest[2];
		record.flags |= strcmp(rest[0], "indirect") == 0 ? IDC_RECORD_INDIRECT : 0;
	} else if (!removed && record.record != IDC_RECORD_PRINCIPAL) {
		g_assert(rest[2] != NULL && (record.record != IDC_RECORD_ENTITLEMENT || rest[3] != NULL));
		record.type = rest[2];
		if (record.record == IDC_RECORD_ENTITLEMENT && strcmp(rest[3], "-") != 0)
			record.parent_id = rest[3];
	}
	return feed_record(feed, &record, rest + 1);
}

/* Feeds until something is refused. */
static void
feed_script(Feed *feed, const Lists *lists, const char *script)
{
	static const Kind order[] = {KIND_RESOURCE, KIND_ENTITLEMENT, KIND_PRINCIPAL, KIND_GRANT};
	g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
	char *none[] = {NULL};

	for (gsize i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit(g_strdelimit(g_strstrip(lines[i]), "~", '\x01'), " ", -1);

		for (gsize w = 0; words[w] != NULL; w++)
			g_strdelimit(words[w], "\x01", ' ');
		if (words[0] != NULL && *words[0] != '\0' && feed_line(feed, words) != IDC_OK)
			return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		if (!feed->sealed[order[i]] && (lists->want & kind_record(order[i])) != 0 &&
		    feed_seal(feed, order[i], lists->seal, none) != IDC_OK)
			return;
	}
}

Stage *
lists_stage(Lists *lists, const char *script, int32_t status, GError **error)
{
	g_autoptr(GError) error_state = NULL;
	g_autoptr(SyncsState) state = syncs_state(lists->store, lists->app, &error_state);
	gboolean cursor = state->cursor != NULL && lists->seal != IDC_SEAL_COMPLETE;
	g_autoptr(Stage) stage = stage_new(lists->store, lists->app, lists->want, cursor, &error_state);
	Feed feed = {.stage = stage};

	g_assert_no_error(error_state);
	feed.parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	feed.emitted_under = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	stage_set_kind(stage, "group", TRUE, TRUE);
	stage_set_kind(stage, "policy", TRUE, TRUE);
	stage_set_kind(stage, "schedule", FALSE, FALSE);
	feed_script(&feed, lists, script);
	g_hash_table_unref(feed.parents);
	g_hash_table_unref(feed.emitted_under);
	g_free(feed.cursor);
	return stage_finish(stage, status, error) ? g_steal_pointer(&stage) : NULL;
}

MergeResult *
lists_try(Lists *lists, const char *script, GError **error)
{
	/* A kind as a whole, not a part of it. */
	gboolean partial = g_regex_match_simple("seal \\w+ partial(?![^\\n]*(resource|entitlement|user)=)", script, 0, 0);
	g_autoptr(Stage) stage = NULL;

	lists->now += HOUR_MS;
	lists->options.now = lists->now;
	g_assert_true(syncs_begin(lists->store, lists->app, lists->now, &lists->options.sync, NULL));
	stage = lists_stage(lists, script, partial ? IDC_PARTIAL : IDC_OK, error);
	return stage != NULL ? merge_run(stage, &lists->options, error) : NULL;
}

void
lists_take(Lists *lists, const char *script)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = lists_try(lists, script, &error);

	g_assert_no_error(error);
	g_assert_false(result->held);
}

void
lists_refuse(Lists *lists, const char *script, const char *part)
{
	g_autofree char *before = lists_dump(lists);
	g_autofree char *after = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(MergeResult) result = lists_try(lists, script, &error);

	g_assert_null(result);
	support_assert_error(error, IDC_PROTOCOL, "connector_contract", part);
	after = lists_dump(lists);
	g_assert_cmpstr(after, ==, before);
}

static void
lists_query(Lists *lists, GString *text, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(sqlite3_stmt) stmt = sql_prepare(store_db(lists->store), sql, &error);
	gboolean row = FALSE;

	g_assert_no_error(error);
	sql_bind_int(stmt, ":app", lists->app);
	sql_bind_int(stmt, ":sync", lists->options.sync);
	while (sql_step(stmt, &row, &error) && row)
		g_string_append_printf(text, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
	g_assert_no_error(error);
}

#define DUMP_STALE " || CASE WHEN t.stale IS NULL THEN '' ELSE ' stale' END"
/* {"a":"1","b":["2","3"]} as " a=1 b=2 b=3" */
#define DUMP_JSON                                                                                                                  \
	" || coalesce((SELECT group_concat(' ' || p || '=' || v, '') FROM (SELECT j.key AS p, coalesce(a.value, j.value) AS v"     \
	" FROM json_each(t.attributes) j LEFT JOIN json_each(CASE j.type WHEN 'array' THEN j.value ELSE '[]' END) a"               \
	" ORDER BY j.key, a.key)), '')"

char *
lists_dump(Lists *lists)
{
	GString *text = g_string_new(NULL);

	lists_query(lists, text,
		    "SELECT 'resource ' || t.id || coalesce(' ' || t.type, '') || coalesce(' name=' || t.name, '')"
		    " || coalesce(' parent=' || t.parent_id, '')" DUMP_JSON DUMP_STALE
		    " FROM resources t WHERE t.app=:app ORDER BY t.id");
	lists_query(lists, text,
		    "SELECT 'entitlement ' || t.id || ' ' || t.kind || ' ' || coalesce(t.resource_id, '-')"
		    " || coalesce(' name=' || t.name, '')" DUMP_JSON DUMP_STALE
		    " FROM entitlements t WHERE t.app=:app ORDER BY t.id");
	lists_query(
	    lists, text,
	    "SELECT 'user ' || t.id || coalesce(' name=' || t.name, '') || coalesce((SELECT group_concat(x, '') FROM"
	    " (SELECT ' ' || a.attribute || '=' || a.value AS x FROM service_user_attributes a WHERE a.app=t.app AND a.user=t.key"
	    "  ORDER BY a.attribute, a.ordinal)), '')" DUMP_STALE " FROM service_users t WHERE t.app=:app ORDER BY t.id");
	lists_query(lists, text,
		    "SELECT CASE t.indirect WHEN 0 THEN 'grant ' ELSE 'indirect ' END || u.id || ' ' || e.id"
		    " || coalesce(' via=' || t.via, '')" DUMP_JSON DUMP_STALE
		    " FROM service_user_entitlements t JOIN service_users u ON u.app=t.app AND u.key=t.user"
		    " JOIN entitlements e ON e.app=t.app AND e.key=t.entitlement WHERE t.app=:app ORDER BY u.id, e.id, t.indirect");
	return g_string_free(text, FALSE);
}

void
lists_assert(Lists *lists, const char *dump)
{
	g_autofree char *text = lists_dump(lists);

	g_assert_cmpstr(text, ==, dump);
}

char *
lists_changes(Lists *lists)
{
	GString *text = g_string_new(NULL);

	lists_query(
	    lists, text,
	    "SELECT CASE record WHEN 1 THEN 'user' WHEN 2 THEN 'resource' WHEN 4 THEN 'entitlement' ELSE 'grant' END || '_' ||"
	    " CASE verb WHEN 1 THEN 'added' WHEN 2 THEN 'removed' ELSE 'changed' END || ' ' || coalesce(user_id, '-') || ' ' ||"
	    " coalesce(entitlement_id, '-') || ' ' || coalesce(before, '-') || ' ' || coalesce(after, '-') || ' ' ||"
	    " CASE origin WHEN 0 THEN 'baseline' WHEN 1 THEN 'outside' ELSE 'other' END || ' ' || coalesce(actor, '-')"
	    " FROM changes WHERE app=:app AND sync=:sync ORDER BY change");
	return g_string_free(text, FALSE);
}

void
lists_assert_changes(Lists *lists, const char *changes)
{
	g_autofree char *text = lists_changes(lists);

	g_assert_cmpstr(text, ==, changes);
}
