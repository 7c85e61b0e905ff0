/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "seals.h"

#include "../errors.h"

typedef struct {
	gint32 status; /* 0: no gap */
	gchar *reason;
} SealsGap;

struct Seals {
	SealsGap gaps[EMIT_KINDS];
	GHashTable *resources; /* id to SealsResource */
	GPtrArray *order;      /* the same, as they came */
};

static void
seals_resource_free(gpointer data)
{
	SealsResource *resource = data;

	g_free(resource->id);
	g_free(resource);
}

Seals *
seals_new(void)
{
	Seals *seals = g_new0(Seals, 1);

	seals->order = g_ptr_array_new_with_free_func(seals_resource_free);
	seals->resources = g_hash_table_new(g_str_hash, g_str_equal);
	return seals;
}

void
seals_free(Seals *seals)
{
	if (seals == NULL)
		return;
	for (guint i = 0; i < EMIT_KINDS; i++)
		g_free(seals->gaps[i].reason);
	g_hash_table_destroy(seals->resources);
	g_ptr_array_unref(seals->order);
	g_free(seals);
}

SealsResource *
seals_resource(Seals *seals, const gchar *id)
{
	SealsResource *resource = g_hash_table_lookup(seals->resources, id);

	if (resource == NULL) {
		resource = g_new0(SealsResource, 1);
		resource->id = g_strdup(id);
		g_ptr_array_add(seals->order, resource);
		g_hash_table_insert(seals->resources, resource->id, resource);
	}
	return resource;
}

void
seals_gap(Seals *seals, guint32 kinds, gint32 status, const gchar *reason)
{
	for (guint i = 0; i < EMIT_KINDS; i++)
		if ((kinds & (1u << i)) != 0 && seals->gaps[i].status == 0)
			seals->gaps[i] = (SealsGap){.status = status, .reason = g_strdup(reason)};
}

void
seals_gap_error(Seals *seals, guint32 kinds, const GError *error)
{
	seals_gap(seals, kinds, error->domain == ERRORS ? error->code : IDC_INTERNAL, error->message);
}

void
seals_gap_resource(Seals *seals, SealsResource *resource, guint32 kinds, gint32 status, const gchar *reason)
{
	resource->gaps |= kinds;
	seals_gap(seals, kinds, status, reason);
}

gboolean
seals_whole(const Seals *seals, guint32 kind)
{
	return seals->gaps[emit_index(kind)].status == 0;
}

/* The parts of a partial kind that are whole. */
static gboolean
seals_emit_parts(const Seals *seals, Emit *emit, guint32 kind, gint64 as_of_unix_ms, GError **error)
{
	for (guint i = 0; i < seals->order->len; i++) {
		const SealsResource *resource = g_ptr_array_index(seals->order, i);
		const idc_seal seal = {.record = kind,
				       .state = IDC_SEAL_COMPLETE,
				       .scope = IDC_SCOPE_RESOURCE,
				       .scope_id = resource->id,
				       .emitted = kind == IDC_RECORD_GRANT ? resource->grants : resource->entitlements,
				       .expected = IDC_COUNT_UNKNOWN,
				       .as_of_unix_ms = as_of_unix_ms};

		if (resource->removed || resource->open || (resource->gaps & kind) != 0)
			continue;
		if (!emit_seal(emit, &seal, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
seals_emit(Seals *seals, Emit *emit, gint64 as_of_unix_ms, gboolean *ret_partial, GError **error)
{
	gboolean partial = FALSE;

	for (guint i = 0; i < EMIT_KINDS; i++) {
		const SealsGap *gap = &seals->gaps[i];
		const guint32 kind = 1u << i;
		const idc_seal seal = {.record = kind,
				       .state = gap->status == 0 ? IDC_SEAL_COMPLETE : IDC_SEAL_PARTIAL,
				       .status = gap->status,
				       .emitted = emit->emitted[i],
				       .removed = emit->removed[i],
				       .expected = emit->expected[i],
				       .reason = gap->reason,
				       .as_of_unix_ms = as_of_unix_ms};

		if (!emit_wants(emit, kind))
			continue;
		if (gap->status != 0) {
			partial = TRUE;
			if ((kind & (IDC_RECORD_ENTITLEMENT | IDC_RECORD_GRANT)) != 0 &&
			    !seals_emit_parts(seals, emit, kind, as_of_unix_ms, error))
				return FALSE;
		}
		if (!emit_seal(emit, &seal, error))
			return FALSE;
	}
	*ret_partial = partial;
	return TRUE;
}
