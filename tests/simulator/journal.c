/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "journal.h"

#include <string.h>

#include "jtext.h"
#include "route.h"

typedef struct {
	const Route *route;
	guint64 connection;
	gint64 at_ms;
	gchar *method;
	gchar *path;
	gchar *query;
	gchar *fingerprint;
	gchar *violations;
	gchar *fault;
	gsize request_bytes;
	gsize reply_bytes;
	guint status;
	guint violation_count;
	gboolean open; /* it came, and its answer has not gone out */
} JournalEntry;

struct Journal {
	GArray *entries;
	gint64 began_us;
	guint in_flight;
	guint most_in_flight;
};

static void
journal_entry_clear(gpointer data)
{
	JournalEntry *entry = data;

	g_free(entry->method);
	g_free(entry->path);
	g_free(entry->query);
	g_free(entry->fingerprint);
	g_free(entry->violations);
	g_free(entry->fault);
}

Journal *
journal_new(void)
{
	Journal *journal = g_new0(Journal, 1);

	journal->entries = g_array_new(FALSE, TRUE, sizeof(JournalEntry));
	g_array_set_clear_func(journal->entries, journal_entry_clear);
	journal->began_us = g_get_monotonic_time();
	return journal;
}

void
journal_free(Journal *journal)
{
	g_array_unref(journal->entries);
	g_free(journal);
}

void
journal_begin(Journal *journal, Request *request)
{
	const gchar *mark = strchr(request->uri, '?');
	JournalEntry entry = {
	    .route = request->route,
	    .connection = request->connection,
	    .at_ms = (g_get_monotonic_time() - journal->began_us) / 1000,
	    .method = g_strdup(request->method),
	    .path = mark == NULL ? g_strdup(request->uri) : g_strndup(request->uri, (gsize)(mark - request->uri)),
	    .query = g_strdup(mark == NULL ? "" : mark + 1),
	    .request_bytes = request->body->len,
	    .open = TRUE,
	};

	g_array_append_val(journal->entries, entry);
	request->number = journal->entries->len;
	journal->in_flight++;
	journal->most_in_flight = MAX(journal->most_in_flight, journal->in_flight);
}

/* NULL: a reset came in between. */
static JournalEntry *
journal_find(const Journal *journal, const Request *request)
{
	if (request->resets != request->sim->resets || request->number < 1 || request->number > journal->entries->len)
		return NULL;
	return &g_array_index(journal->entries, JournalEntry, request->number - 1);
}

void
journal_land(Journal *journal, const Request *request)
{
	JournalEntry *entry = journal_find(journal, request);

	if (entry == NULL || !entry->open)
		return;
	entry->open = FALSE;
	journal->in_flight--;
}

void
journal_end(Journal *journal, const Request *request, guint status, gsize bytes, const gchar *fault)
{
	JournalEntry *entry = journal_find(journal, request);
	g_autoptr(GString) violations = g_string_new("[");

	if (entry == NULL)
		return;
	journal_land(journal, request);
	entry->status = status;
	entry->reply_bytes = bytes;
	g_free(entry->fingerprint);
	entry->fingerprint = g_strdup(request->fingerprint);
	g_free(entry->fault);
	entry->fault = g_strdup(fault);
	entry->violation_count = request->violations->len;
	for (guint i = 0; i < request->violations->len; i++) {
		jtext_comma(violations);
		jtext_string(violations, g_ptr_array_index(request->violations, i));
	}
	g_free(entry->violations);
	entry->violations = entry->violation_count == 0 ? NULL : g_strdup_printf("%s]", violations->str);
}

void
journal_write(const Journal *journal, GString *out, gint64 after)
{
	g_string_append(out, "{\"requests\":[");
	for (guint i = (guint)MAX(after, 0); i < journal->entries->len; i++) {
		const JournalEntry *entry = &g_array_index(journal->entries, JournalEntry, i);
		jtext_comma(out);
		g_string_append_printf(out, "{\"n\":%u,\"connection\":%" G_GUINT64_FORMAT ",\"at_ms\":%" G_GINT64_FORMAT ",", i + 1,
				       entry->connection, entry->at_ms);
		jtext_pair(out, "method", entry->method);
		g_string_append_c(out, ',');
		jtext_pair(out, "path", entry->path);
		g_string_append_c(out, ',');
		jtext_pair(out, "query", entry->query);
		g_string_append_c(out, ',');
		jtext_pair(out, "host", entry->route == NULL ? NULL : entry->route->host == ROUTE_IDENTITY ? "identity" : "api");
		g_string_append_c(out, ',');
		jtext_pair(out, "route", entry->route == NULL ? NULL : entry->route->template);
		g_string_append_c(out, ',');
		jtext_pair(out, "scope", entry->route == NULL ? NULL : entry->route->scope);
		g_string_append_printf(out, ",\"status\":%u,\"request_bytes\":%zu,\"reply_bytes\":%zu,", entry->status,
				       entry->request_bytes, entry->reply_bytes);
		jtext_pair(out, "token", entry->fingerprint);
		g_string_append_printf(out, ",\"violations\":%s,", entry->violations == NULL ? "[]" : entry->violations);
		jtext_pair(out, "fault", entry->fault);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}");
}

static void
journal_count(GHashTable *counts, gchar *key)
{
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, key));

	g_hash_table_insert(counts, key, GUINT_TO_POINTER(count + 1));
}

static void
journal_write_counts(GString *out, const gchar *name, GHashTable *counts)
{
	GList *keys = g_list_sort(g_hash_table_get_keys(counts), (GCompareFunc)g_strcmp0);

	g_string_append_printf(out, ",\"%s\":{", name);
	for (const GList *key = keys; key != NULL; key = key->next) {
		jtext_comma(out);
		jtext_string(out, key->data);
		g_string_append_printf(out, ":%u", GPOINTER_TO_UINT(g_hash_table_lookup(counts, key->data)));
	}
	g_string_append_c(out, '}');
	g_list_free(keys);
}

void
journal_summary(const Journal *journal, GString *out)
{
	g_autoptr(GHashTable) by_route = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) by_status = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint violations = 0;

	for (guint i = 0; i < journal->entries->len; i++) {
		const JournalEntry *entry = &g_array_index(journal->entries, JournalEntry, i);
		const gchar *template = entry->route == NULL ? entry->path : entry->route->template;
		journal_count(by_route, g_strdup_printf("%s %s", entry->method, template));
		journal_count(by_status, g_strdup_printf("%u", entry->status));
		violations += entry->violation_count;
	}
	g_string_append_printf(out, "{\"total\":%u,\"violations\":%u,\"most_in_flight\":%u", journal->entries->len, violations,
			       journal->most_in_flight);
	journal_write_counts(out, "by_route", by_route);
	journal_write_counts(out, "by_status", by_status);
	g_string_append_c(out, '}');
}
