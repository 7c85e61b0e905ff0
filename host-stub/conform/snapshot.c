/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/snapshot.h"
#include <string.h>

static const uint32_t snapshot_kinds[SNAPSHOT_KINDS] = {IDC_RECORD_PRINCIPAL, IDC_RECORD_RESOURCE, IDC_RECORD_ENTITLEMENT,
							IDC_RECORD_GRANT};
static const char *const snapshot_names[SNAPSHOT_KINDS] = {"principals", "resources", "entitlements", "grants"};

gint
snapshot_index(uint32_t record)
{
	for (gint i = 0; i < SNAPSHOT_KINDS; i++) {
		if (snapshot_kinds[i] == record)
			return i;
	}
	return -1;
}

uint32_t
snapshot_kind(gint index)
{
	return snapshot_kinds[index];
}

const char *
snapshot_name(gint index)
{
	return snapshot_names[index];
}

static gint
snapshot_compare_text(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

char *
snapshot_grant_key(const char *principal, const char *entitlement, GPtrArray *via)
{
	GString *key = g_string_new(NULL);

	g_string_append_printf(key, "%s holds %s", principal, entitlement);
	g_ptr_array_sort(via, snapshot_compare_text);
	for (guint i = 0; i < via->len; i++)
		g_string_append_printf(key, "%s%s", i == 0 ? " through " : " and ", (const char *)g_ptr_array_index(via, i));
	return g_string_free(key, FALSE);
}

char *
snapshot_key(const idc_record *record)
{
	g_autoptr(GPtrArray) via = NULL;

	if (record->record != IDC_RECORD_GRANT)
		return g_strdup(record->id);
	via = g_ptr_array_new();
	for (size_t i = 0; i < record->n_attrs && (record->flags & IDC_RECORD_INDIRECT) != 0; i++) {
		if (strcmp(record->attrs[i].key, "via") == 0 && record->attrs[i].value != NULL)
			g_ptr_array_add(via, (gpointer)record->attrs[i].value);
	}
	if ((record->flags & IDC_RECORD_INDIRECT) != 0 && via->len == 0)
		g_ptr_array_add(via, (gpointer) "nothing that is named");
	return snapshot_grant_key(record->principal_id, record->entitlement_id, via);
}

Snapshot *
snapshot_new(void)
{
	Snapshot *snapshot = g_new0(Snapshot, 1);

	for (gint i = 0; i < SNAPSHOT_KINDS; i++)
		snapshot->rows[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return snapshot;
}

void
snapshot_free(Snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	for (gint i = 0; i < SNAPSHOT_KINDS; i++)
		g_hash_table_unref(snapshot->rows[i]);
	g_free(snapshot);
}

static gboolean
snapshot_grant_of(gpointer key, gpointer value, gpointer gone)
{
	const idc_record *grant = value;
	const idc_record *removed = gone;

	(void)key;
	if (removed->record == IDC_RECORD_PRINCIPAL)
		return g_strcmp0(grant->principal_id, removed->id) == 0;
	if (removed->record == IDC_RECORD_GRANT)
		return g_strcmp0(grant->principal_id, removed->principal_id) == 0 &&
		       g_strcmp0(grant->entitlement_id, removed->entitlement_id) == 0 &&
		       (grant->flags & IDC_RECORD_INDIRECT) == (removed->flags & IDC_RECORD_INDIRECT);
	return g_strcmp0(grant->entitlement_id, removed->id) == 0;
}

static void
snapshot_remove(Snapshot *snapshot, const idc_record *removed)
{
	GHashTable *grants = snapshot->rows[snapshot_index(IDC_RECORD_GRANT)];
	GHashTable *entitlements = snapshot->rows[snapshot_index(IDC_RECORD_ENTITLEMENT)];
	GHashTableIter iter;
	gpointer row;

	if (removed->record != IDC_RECORD_GRANT)
		g_hash_table_remove(snapshot->rows[snapshot_index(removed->record)], removed->id);
	if (removed->record != IDC_RECORD_RESOURCE) {
		g_hash_table_foreach_remove(grants, snapshot_grant_of, (gpointer)removed);
		return;
	}
	g_hash_table_iter_init(&iter, entitlements);
	while (g_hash_table_iter_next(&iter, NULL, &row)) {
		const idc_record *entitlement = row;

		if (g_strcmp0(entitlement->parent_id, removed->id) != 0)
			continue;
		g_hash_table_foreach_remove(grants, snapshot_grant_of, row);
		g_hash_table_iter_remove(&iter);
	}
}

char *
snapshot_apply(Snapshot *snapshot, const Told *told)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	char *twice = NULL;

	for (gint i = 0; i < SNAPSHOT_KINDS; i++) {
		const idc_seal *seal = told_seal(told, snapshot_kinds[i]);

		if (seal != NULL && seal->state == IDC_SEAL_COMPLETE)
			g_hash_table_remove_all(snapshot->rows[i]);
	}
	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_record *record = &message->of.record;
		g_autofree char *key = NULL;
		gint index;

		if (message->kind != IDC_MSG_RECORD)
			continue;
		if ((record->flags & IDC_RECORD_REMOVED) != 0) {
			snapshot_remove(snapshot, record);
			continue;
		}
		index = snapshot_index(record->record);
		key = snapshot_key(record);
		if (!g_hash_table_add(seen, g_strdup_printf("%d %s", index, key)) && twice == NULL)
			twice = g_strdup_printf("among the %s \"%s\" came twice", snapshot_names[index], key);
		g_hash_table_insert(snapshot->rows[index], g_steal_pointer(&key), (gpointer)record);
	}
	return twice;
}
