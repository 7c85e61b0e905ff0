/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/contract.h"
#include "base/error.h"
#include "conform/snapshot.h"
#include <string.h>

static const idc_record *
contract_record(const Told *told, guint i)
{
	const ToldMessage *message = g_ptr_array_index(told->messages, i);

	return message->kind == IDC_MSG_RECORD ? &message->of.record : NULL;
}

char *
contract_order(const Told *told, uint32_t want)
{
	g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(Snapshot) snapshot = snapshot_new();
	char *twice = snapshot_apply(snapshot, told);

	if (twice != NULL)
		return twice;
	for (guint i = 0; i < told->messages->len; i++) {
		const idc_record *record = contract_record(told, i);
		const struct {
			uint32_t kind;
			const char *id;
		} named[] = {{IDC_RECORD_PRINCIPAL, record != NULL ? record->principal_id : NULL},
			     {IDC_RECORD_ENTITLEMENT, record != NULL ? record->entitlement_id : NULL}};

		if (record == NULL)
			continue;
		if ((record->record & want) == 0)
			return g_strdup_printf("one of the %s came, which were not asked for",
					       snapshot_name(snapshot_index(record->record)));
		if (record->record != IDC_RECORD_GRANT)
			g_hash_table_add(listed, g_strdup_printf("%u %s", record->record, record->id));
		for (gsize j = 0; record->record == IDC_RECORD_GRANT && j < G_N_ELEMENTS(named); j++) {
			g_autofree char *key = g_strdup_printf("%u %s", named[j].kind, named[j].id);

			if ((named[j].kind & want) != 0 && (record->flags & IDC_RECORD_REMOVED) == 0 &&
			    !g_hash_table_contains(listed, key))
				return g_strdup_printf("a grant names \"%s\" among the %s, which was not listed before it",
						       named[j].id, snapshot_name(snapshot_index(named[j].kind)));
		}
	}
	return NULL;
}

/* Whether the record counts for the seal. parents: entitlement -> resource. */
static gboolean
contract_counts(const idc_record *record, const idc_seal *seal, GHashTable *parents)
{
	if (record->record != seal->record)
		return FALSE;
	if (seal->scope == IDC_SCOPE_ALL)
		return TRUE;
	if (seal->scope == IDC_SCOPE_PRINCIPAL)
		return g_strcmp0(record->principal_id, seal->scope_id) == 0;
	if (seal->scope == IDC_SCOPE_ENTITLEMENT)
		return g_strcmp0(record->entitlement_id, seal->scope_id) == 0;
	if (record->record == IDC_RECORD_GRANT)
		return g_strcmp0(g_hash_table_lookup(parents, record->entitlement_id), seal->scope_id) == 0;
	return g_strcmp0(record->parent_id, seal->scope_id) == 0;
}

static char *
contract_one_seal(const Told *told, guint at, GHashTable *parents)
{
	const idc_seal *seal = &((const ToldMessage *)g_ptr_array_index(told->messages, at))->of.seal;
	const char *kind = snapshot_name(snapshot_index(seal->record));
	gboolean partial = seal->state == 0 || seal->state >= IDC_SEAL_PARTIAL;
	gboolean countable = seal->scope == IDC_SCOPE_ALL || seal->record != IDC_RECORD_GRANT || g_hash_table_size(parents) > 0;
	guint64 emitted = 0;
	guint64 removed = 0;

	for (guint i = 0; i < at; i++) {
		const idc_record *record = contract_record(told, i);

		if (record == NULL || !contract_counts(record, seal, parents))
			continue;
		if ((record->flags & IDC_RECORD_REMOVED) != 0)
			removed++;
		else
			emitted++;
	}
	if (countable && (emitted != seal->emitted || (seal->scope == IDC_SCOPE_ALL && removed != seal->removed)))
		return g_strdup_printf("the seal of the %s%s%s says %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT
				       " removed, told were %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
				       kind, seal->scope_id != NULL ? " of " : "", seal->scope_id != NULL ? seal->scope_id : "",
				       seal->emitted, seal->removed, emitted, removed);
	if (partial && (seal->status < IDC_INVALID || seal->reason == NULL || *seal->reason == '\0'))
		return g_strdup_printf("the %s are PARTIAL, and why is not said", kind);
	if (!partial && seal->status != IDC_OK)
		return g_strdup_printf("the %s are not PARTIAL, but their seal has the status %d", kind, seal->status);
	if (seal->as_of_unix_ms < 0)
		return g_strdup_printf("the seal of the %s is of a time before 1970", kind);
	return NULL;
}

static GHashTable *
contract_parents(const Told *told)
{
	GHashTable *parents = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < told->messages->len; i++) {
		const idc_record *record = contract_record(told, i);

		if (record != NULL && record->record == IDC_RECORD_ENTITLEMENT && (record->flags & IDC_RECORD_REMOVED) == 0)
			g_hash_table_insert(parents, (gpointer)record->id, (gpointer)record->parent_id);
	}
	return parents;
}

char *
contract_seals(const Told *told, uint32_t want)
{
	g_autoptr(GHashTable) parents = contract_parents(told);
	guint sealed[SNAPSHOT_KINDS] = {0};
	gboolean partial = FALSE;
	guint last = 0;

	if (told->status != IDC_OK && told->status != IDC_PARTIAL)
		return NULL;
	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		const idc_seal *seal = &message->of.seal;
		gint kind = message->kind == IDC_MSG_SEAL     ? snapshot_index(seal->record)
			    : message->kind == IDC_MSG_RECORD ? snapshot_index(message->of.record.record)
							      : -1;
		char *fault;

		if (kind < 0)
			continue;
		if (sealed[kind] > 0)
			return g_strdup_printf("after the seal of the %s more of them came", snapshot_name(kind));
		if (message->kind != IDC_MSG_SEAL)
			continue;
		last = i;
		if ((seal->record & want) == 0)
			return g_strdup_printf("the %s are sealed, which were not asked for", snapshot_name(kind));
		fault = contract_one_seal(told, i, parents);
		if (fault != NULL)
			return fault;
		if (seal->scope == IDC_SCOPE_ALL) {
			sealed[kind]++;
			partial = partial || seal->state == 0 || seal->state >= IDC_SEAL_PARTIAL;
		}
	}
	for (gint i = 0; i < SNAPSHOT_KINDS; i++) {
		if ((snapshot_kind(i) & want) != 0 && sealed[i] == 0)
			return g_strdup_printf("the %s have no seal", snapshot_name(i));
	}
	for (guint i = 0; i < last; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);

		if (message->kind == IDC_MSG_SEAL && message->of.seal.cursor != NULL)
			return g_strdup("a cursor stands in a seal that is not the last one");
	}
	if (partial != (told->status == IDC_PARTIAL))
		return g_strdup_printf("%s kind is PARTIAL, but the list ended with %s", partial ? "a" : "no",
				       host_status_name(told->status));
	return NULL;
}

static char *
contract_declared_entitlement(const idc_record *record, const Manifest *manifest, GHashTable *types)
{
	const ManifestKind *kind = record->type != NULL ? manifest_kind(manifest, record->type) : NULL;
	const char *type = record->parent_id != NULL ? g_hash_table_lookup(types, record->parent_id) : NULL;

	if (kind == NULL)
		return g_strdup_printf("the entitlement %s is of the kind \"%s\", which the manifest does not know", record->id,
				       record->type != NULL ? record->type : "");
	if (!g_regex_match_simple(kind->id_pattern, record->id, G_REGEX_DOLLAR_ENDONLY, 0))
		return g_strdup_printf("the entitlement %s is not as its kind's id_pattern %s", record->id, kind->id_pattern);
	if (type != NULL && g_strcmp0(type, kind->resource) != 0)
		return g_strdup_printf("the entitlement %s belongs to a resource of the type %s, the manifest says %s", record->id,
				       type, kind->resource);
	return NULL;
}

static char *
contract_declared_principal(const idc_record *record, const Manifest *manifest)
{
	for (size_t i = 0; i < record->n_attrs; i++) {
		const char *key = record->attrs[i].key;
		gboolean known = g_str_has_prefix(key, "idc.");

		for (guint j = 0; !known && j < manifest->attributes->len; j++)
			known = strcmp(((const ManifestAttribute *)g_ptr_array_index(manifest->attributes, j))->key, key) == 0;
		if (!known)
			return g_strdup_printf("the principal %s has an attribute \"%s\", which the manifest does not know",
					       record->id, key);
	}
	return NULL;
}

char *
contract_declared(const Told *told, const Manifest *manifest)
{
	g_autoptr(GHashTable) types = g_hash_table_new(g_str_hash, g_str_equal);
	char *fault = NULL;

	for (guint i = 0; i < told->messages->len; i++) {
		const idc_record *record = contract_record(told, i);

		if (record != NULL && record->record == IDC_RECORD_RESOURCE && record->type != NULL)
			g_hash_table_insert(types, (gpointer)record->id, (gpointer)record->type);
	}
	for (guint i = 0; fault == NULL && i < told->messages->len; i++) {
		const idc_record *record = contract_record(told, i);

		if (record == NULL || (record->flags & IDC_RECORD_REMOVED) != 0)
			continue;
		if (record->record == IDC_RECORD_ENTITLEMENT)
			fault = contract_declared_entitlement(record, manifest, types);
		else if (record->record == IDC_RECORD_PRINCIPAL)
			fault = contract_declared_principal(record, manifest);
	}
	return fault;
}

char *
contract_change(const Told *told, gsize n_items, uint32_t flags)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	gboolean failed = FALSE;

	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);
		gboolean effect = message->kind == IDC_MSG_EFFECT;
		uint32_t index = effect ? message->of.effect.index : message->of.result.index;
		int32_t status = message->of.result.status;

		if (!effect && message->kind != IDC_MSG_RESULT)
			continue;
		if (index >= n_items)
			return g_strdup_printf("something was told about the item %u of %zu", index, n_items);
		if (g_hash_table_contains(done, GUINT_TO_POINTER(index)))
			return g_strdup_printf("%s of the item %u came after its result", effect ? "an effect" : "a second result",
					       index);
		if (effect && (flags & IDC_CHANGE_DRY_RUN) != 0 && (message->of.effect.flags & IDC_EFFECT_EXPECTED) == 0)
			return g_strdup("a dry run told an effect that is not flagged EXPECTED");
		if (effect)
			continue;
		if (status != IDC_OK && status != IDC_ALREADY && status < IDC_INVALID)
			return g_strdup_printf("the item %u has the status %d, which no result may have", index, status);
		if ((status >= IDC_INVALID) != (message->of.result.error != NULL))
			return g_strdup_printf("the item %u ended with %s %s an error", index, host_status_name(status),
					       message->of.result.error != NULL ? "and has" : "without");
		failed = failed || status >= IDC_INVALID;
		g_hash_table_add(done, GUINT_TO_POINTER(index));
	}
	if (told->status != IDC_OK && told->status != IDC_PARTIAL)
		return NULL;
	if (g_hash_table_size(done) != n_items)
		return g_strdup_printf("%u of %zu items have a result, and the call ended with %s", g_hash_table_size(done),
				       n_items, host_status_name(told->status));
	if (failed != (told->status == IDC_PARTIAL))
		return g_strdup_printf("%s item failed, and the call ended with %s", failed ? "an" : "no",
				       host_status_name(told->status));
	return NULL;
}
