/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/truth.h"
#include "base/error.h"
#include <string.h>

void
truth_free(Truth *truth)
{
	if (truth == NULL)
		return;
	for (gint i = 0; i < SNAPSHOT_KINDS; i++)
		g_clear_pointer(&truth->rows[i], g_hash_table_unref);
	json_object_put(truth->root);
	g_free(truth);
}

static const char *
truth_member(json_object *row, const char *key)
{
	json_object *value = NULL;

	return json_object_object_get_ex(row, key, &value) && value != NULL ? json_object_get_string(value) : NULL;
}

static char *
truth_key(json_object *row, gboolean grant)
{
	g_autoptr(GPtrArray) via = NULL;
	json_object *list = NULL;

	if (!grant)
		return g_strdup(truth_member(row, "id"));
	via = g_ptr_array_new();
	if (json_object_object_get_ex(row, "via", &list) && json_object_is_type(list, json_type_array)) {
		for (gsize i = 0; i < json_object_array_length(list); i++)
			g_ptr_array_add(via, (gpointer)json_object_get_string(json_object_array_get_idx(list, i)));
	}
	return snapshot_grant_key(truth_member(row, "user_id"), truth_member(row, "entitlement_id"), via);
}

Truth *
truth_read(Fixture *fixture, GError **error)
{
	g_autoptr(Truth) truth = g_new0(Truth, 1);

	truth->root = fixture_ask(fixture, "GET", "state", NULL, error);
	if (truth->root == NULL)
		return NULL;
	for (gint i = 0; i < SNAPSHOT_KINDS; i++) {
		json_object *list = NULL;

		truth->rows[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		if (!json_object_object_get_ex(truth->root, snapshot_name(i), &list) ||
		    !json_object_is_type(list, json_type_array)) {
			host_error_set(error, IDC_IO, "fixture", "The fixture's state has no list \"%s\".", snapshot_name(i));
			return NULL;
		}
		for (gsize j = 0; j < json_object_array_length(list); j++) {
			json_object *row = json_object_array_get_idx(list, j);
			char *key = truth_key(row, i == snapshot_index(IDC_RECORD_GRANT));

			if (key != NULL)
				g_hash_table_insert(truth->rows[i], key, row);
		}
	}
	return g_steal_pointer(&truth);
}

/* The first member in which the record is not as the row says, or NULL. */
static char *
truth_row_differs(json_object *row, const Manifest *manifest, const idc_record *record)
{
	const struct {
		const char *key;
		const char *told;
	} members[] = {
	    {"name", record->name},
	    {record->record == IDC_RECORD_ENTITLEMENT ? "kind" : "type", record->type},
	    {"resource", record->parent_id},
	};

	for (gsize i = 0; record->record != IDC_RECORD_GRANT && i < G_N_ELEMENTS(members); i++) {
		const char *so = truth_member(row, members[i].key);

		if (so != NULL && g_strcmp0(so, members[i].told) != 0)
			return g_strdup_printf("its %s is \"%s\", told was \"%s\"", members[i].key, so,
					       members[i].told != NULL ? members[i].told : "nothing");
	}
	for (guint i = 0; record->record == IDC_RECORD_PRINCIPAL && i < manifest->attributes->len; i++) {
		const ManifestAttribute *attribute = g_ptr_array_index(manifest->attributes, i);
		const char *so = truth_member(row, attribute->key);
		const char *told = told_attr(record->attrs, record->n_attrs, attribute->key);

		if (json_object_object_get_ex(row, attribute->key, NULL) && g_strcmp0(so, told) != 0)
			return g_strdup_printf("its attribute %s is \"%s\", told was \"%s\"", attribute->key,
					       so != NULL ? so : "nothing", told != NULL ? told : "nothing");
	}
	if (record->record == IDC_RECORD_ENTITLEMENT) {
		const char *so = truth_member(row, "assignable");
		const char *told = told_attr(record->attrs, record->n_attrs, "assignable");

		if (so != NULL && told != NULL && strcmp(so, told) != 0)
			return g_strdup_printf("its attribute assignable is \"%s\", told was \"%s\"", so, told);
	}
	return NULL;
}

/* All that was told is so, before or after. */
static char *
truth_invented(const Truth *before, const Truth *after, const Manifest *manifest, const Snapshot *snapshot, gint kind)
{
	GHashTableIter iter;
	gpointer key;
	gpointer record;

	g_hash_table_iter_init(&iter, snapshot->rows[kind]);
	while (g_hash_table_iter_next(&iter, &key, &record)) {
		json_object *was = g_hash_table_lookup(before->rows[kind], key);
		json_object *is = g_hash_table_lookup(after->rows[kind], key);
		g_autofree char *differs = NULL;

		if (was == NULL && is == NULL)
			return g_strdup_printf("among the %s \"%s\" was told, which is not so", snapshot_name(kind), (char *)key);
		differs = truth_row_differs(is != NULL ? is : was, manifest, record);
		if (differs != NULL && was != NULL && is != was) {
			g_free(differs);
			differs = truth_row_differs(was, manifest, record);
		}
		if (differs != NULL)
			return g_strdup_printf("among the %s of \"%s\" %s", snapshot_name(kind), (char *)key, differs);
	}
	return NULL;
}

/* Whether the row belongs to what a seal of a smaller scope covers. */
static gboolean
truth_in_scope(const Truth *truth, json_object *row, const idc_seal *seal)
{
	const char *entitlement = truth_member(row, "entitlement_id");
	const char *resource = truth_member(row, "resource");

	if (seal->scope == IDC_SCOPE_ALL)
		return TRUE;
	if (seal->scope == IDC_SCOPE_PRINCIPAL)
		return g_strcmp0(truth_member(row, "user_id"), seal->scope_id) == 0;
	if (seal->scope == IDC_SCOPE_ENTITLEMENT)
		return g_strcmp0(entitlement, seal->scope_id) == 0;
	if (seal->record == IDC_RECORD_GRANT)
		resource = truth_text(truth, IDC_RECORD_ENTITLEMENT, entitlement, "resource");
	return g_strcmp0(resource, seal->scope_id) == 0;
}

/* All that is so before and after, and that the seal covers, was told. */
static char *
truth_missing(const Truth *before, const Truth *after, const Snapshot *snapshot, const idc_seal *seal)
{
	gint kind = snapshot_index(seal->record);
	GHashTableIter iter;
	gpointer key;
	gpointer row;

	g_hash_table_iter_init(&iter, before->rows[kind]);
	while (g_hash_table_iter_next(&iter, &key, &row)) {
		if (g_hash_table_contains(after->rows[kind], key) && !g_hash_table_contains(snapshot->rows[kind], key) &&
		    truth_in_scope(before, row, seal))
			return g_strdup_printf("the %s%s%s are sealed COMPLETE, but \"%s\" was not told", snapshot_name(kind),
					       seal->scope == IDC_SCOPE_ALL ? "" : " of ",
					       seal->scope_id != NULL ? seal->scope_id : "", (char *)key);
	}
	return NULL;
}

char *
truth_differs(const Truth *before, const Truth *after, const Manifest *manifest, const Told *told, uint32_t want)
{
	g_autoptr(Snapshot) snapshot = snapshot_new();
	char *differs = snapshot_apply(snapshot, told);

	for (gint i = 0; differs == NULL && i < SNAPSHOT_KINDS; i++)
		differs = truth_invented(before, after, manifest, snapshot, i);
	if (told->status != IDC_OK && told->status != IDC_PARTIAL)
		return differs;
	for (guint i = 0; differs == NULL && i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_seal *seal = &message->of.seal;

		if (message->kind == IDC_MSG_SEAL && seal->state == IDC_SEAL_COMPLETE && (seal->record & want) != 0)
			differs = truth_missing(before, after, snapshot, seal);
	}
	return differs;
}

char *
truth_differs_from(const Truth *truth, const Manifest *manifest, const Snapshot *snapshot)
{
	char *differs = NULL;

	for (gint i = 0; differs == NULL && i < SNAPSHOT_KINDS; i++) {
		const idc_seal seal = {.record = snapshot_kind(i), .state = IDC_SEAL_COMPLETE};

		differs = truth_invented(truth, truth, manifest, snapshot, i);
		if (differs == NULL)
			differs = truth_missing(truth, truth, snapshot, &seal);
	}
	return differs;
}

const char *
truth_text(const Truth *truth, uint32_t record, const char *id, const char *member)
{
	json_object *row = id != NULL ? g_hash_table_lookup(truth->rows[snapshot_index(record)], id) : NULL;

	return row != NULL ? truth_member(row, member) : NULL;
}

gboolean
truth_holds(const Truth *truth, const char *principal, const char *entitlement)
{
	g_autoptr(GPtrArray) via = g_ptr_array_new();
	g_autofree char *key = snapshot_grant_key(principal, entitlement, via);

	return g_hash_table_contains(truth->rows[snapshot_index(IDC_RECORD_GRANT)], key);
}

GHashTable *
truth_grants_without(const Truth *truth, const Truth *other)
{
	GHashTable *left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gint kind = snapshot_index(IDC_RECORD_GRANT);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, truth->rows[kind]);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		if (strstr(key, " through ") == NULL && !g_hash_table_contains(other->rows[kind], key))
			g_hash_table_add(left, g_strdup(key));
	}
	return left;
}
