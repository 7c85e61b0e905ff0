/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "ledger.h"

#include <string.h>

static guint
ledger_index(guint32 kind)
{
	const gint bit = g_bit_nth_lsf(kind, -1);

	g_assert_cmpint(bit, >=, 0);
	g_assert_cmpint(bit, <, 4);
	g_assert_cmpuint(kind, ==, 1u << bit); /* exactly one kind */
	return (guint)bit;
}

void
ledger_text(const gchar *text, gsize limit)
{
	if (text == NULL)
		return;
	g_assert_cmpuint(strlen(text), <=, limit);
	g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void
ledger_count(Ledger *ledger, guint32 kind, const gchar *resource)
{
	gchar *key = g_strdup_printf("%u %s", kind, resource);
	const guint before = GPOINTER_TO_UINT(g_hash_table_lookup(ledger->under, key));

	g_hash_table_insert(ledger->under, key, GUINT_TO_POINTER(before + 1));
}

gchar *
ledger_resource_of(const gchar *entitlement)
{
	if (g_str_has_prefix(entitlement, "role:"))
		return g_strdup("account");
	if (g_str_has_prefix(entitlement, "schedule:"))
		return g_strdup(entitlement);
	return g_strndup(entitlement, (gsize)(strrchr(entitlement, ':') - entitlement));
}

static gboolean
ledger_is_gone(const Ledger *ledger, const gchar *kind, const gchar *id)
{
	g_autofree gchar *fact = g_strdup_printf("%s %s", kind, id);

	return g_hash_table_contains(ledger->removed, fact);
}

static void
ledger_check_grant(const Ledger *ledger, const idc_record *record)
{
	g_autofree gchar *principal = g_strdup_printf("P %s", record->principal_id);
	g_autofree gchar *entitlement = g_strdup_printf("E %s", record->entitlement_id);
	g_autofree gchar *resource = ledger_resource_of(record->entitlement_id);

	g_assert_null(record->id);
	if ((ledger->want & IDC_RECORD_PRINCIPAL) != 0)
		g_assert_true(g_hash_table_contains(ledger->listed, principal));
	if ((ledger->want & IDC_RECORD_ENTITLEMENT) != 0)
		g_assert_true(g_hash_table_contains(ledger->listed, entitlement));
	g_assert_false(ledger_is_gone(ledger, "P", record->principal_id));
	g_assert_false(ledger_is_gone(ledger, "R", resource));
}

static gchar *
ledger_fact(const idc_record *record)
{
	switch (record->record) {
	case IDC_RECORD_PRINCIPAL:
		return g_strdup_printf("P %s", record->id);
	case IDC_RECORD_RESOURCE:
		return g_strdup_printf("R %s", record->id);
	case IDC_RECORD_ENTITLEMENT:
		return g_strdup_printf("E %s", record->id);
	default:
		return g_strdup_printf("%s %s %s", (record->flags & IDC_RECORD_INDIRECT) != 0 ? "I" : "G", record->principal_id,
				       record->entitlement_id);
	}
}

static gchar *
ledger_attrs(const idc_record *record)
{
	GString *all = g_string_new(NULL);

	g_assert_cmpuint(record->n_attrs, <=, IDC_MAX_ATTRS);
	for (gsize i = 0; i < record->n_attrs; i++) {
		ledger_text(record->attrs[i].value, IDC_MAX_VALUE);
		g_string_append_printf(all, "%s=%s;", record->attrs[i].key, record->attrs[i].value);
	}
	return g_string_free(all, FALSE);
}

static void
ledger_take_removed(Ledger *ledger, const idc_record *record, gchar *fact)
{
	ledger->gone[ledger_index(record->record)]++;
	g_assert_true(g_hash_table_contains(ledger->listed, fact)); /* only what was listed can be taken back in a full list */
	g_assert_true(g_hash_table_add(ledger->removed, fact));     /* and once */
}

static void
ledger_take_record(Ledger *ledger, const idc_record *record)
{
	const guint kind = ledger_index(record->record);
	gchar *fact = ledger_fact(record);

	g_assert_cmpuint(record->msg.struct_size, ==, sizeof(idc_record));
	g_assert_true((ledger->want & record->record) != 0);
	g_assert_cmpuint(ledger->sealed_all, ==, 0);
	ledger_text(record->id, IDC_MAX_ID);
	ledger_text(record->name, IDC_MAX_NAME);
	ledger_text(record->parent_id, IDC_MAX_ID);
	if ((record->flags & IDC_RECORD_REMOVED) != 0) {
		ledger_take_removed(ledger, record, fact);
		return;
	}
	ledger->emitted[kind]++;
	if (record->record == IDC_RECORD_GRANT) {
		g_autofree gchar *resource = ledger_resource_of(record->entitlement_id);

		ledger_check_grant(ledger, record);
		ledger_count(ledger, IDC_RECORD_GRANT, resource);
	} else if (record->record == IDC_RECORD_ENTITLEMENT) {
		g_autofree gchar *resource = ledger_resource_of(record->id);

		g_assert_cmpstr(record->parent_id, ==, resource);
		g_assert_false(ledger_is_gone(ledger, "R", resource));
		ledger_count(ledger, IDC_RECORD_ENTITLEMENT, resource);
	}
	g_hash_table_insert(ledger->attrs, g_strdup(fact), ledger_attrs(record));
	g_assert_true(g_hash_table_add(ledger->listed, fact)); /* nothing twice */
}

static void
ledger_take_scoped(Ledger *ledger, const idc_seal *seal)
{
	gchar *key = g_strdup_printf("%u %s", seal->record, seal->scope_id);
	g_autofree gchar *fact = g_strdup_printf("R %s", seal->scope_id);

	g_assert_cmpuint(seal->scope, ==, IDC_SCOPE_RESOURCE);
	g_assert_cmpuint(seal->state, ==, IDC_SEAL_COMPLETE);
	g_assert_cmpuint(seal->emitted, ==, GPOINTER_TO_UINT(g_hash_table_lookup(ledger->under, key)));
	g_assert_false(g_hash_table_contains(ledger->removed, fact));
	if ((ledger->want & IDC_RECORD_RESOURCE) != 0)
		g_assert_true(g_hash_table_contains(ledger->listed, fact));
	g_assert_true(g_hash_table_add(ledger->sealed, key));
}

static void
ledger_take_seal(Ledger *ledger, const idc_seal *seal)
{
	const guint kind = ledger_index(seal->record);

	g_assert_cmpuint(seal->msg.struct_size, ==, sizeof(idc_seal));
	g_assert_true((ledger->want & seal->record) != 0);
	g_assert_cmpuint(ledger->sealed_all & seal->record, ==, 0);
	ledger->as_of_unix_ms = seal->as_of_unix_ms;
	if (seal->scope != IDC_SCOPE_ALL) {
		ledger_take_scoped(ledger, seal);
		return;
	}
	g_assert_null(seal->scope_id);
	g_assert_cmpuint(seal->emitted, ==, ledger->emitted[kind]);
	g_assert_cmpuint(seal->removed, ==, ledger->gone[kind]);
	ledger->sealed_all |= seal->record;
	if (seal->state == IDC_SEAL_COMPLETE) {
		g_assert_null(seal->reason);
		g_assert_cmpint(seal->status, ==, 0);
		ledger->complete |= seal->record;
	} else {
		g_assert_cmpuint(seal->state, ==, IDC_SEAL_PARTIAL);
		g_assert_cmpint(seal->status, >=, 100);
		g_assert_nonnull(seal->reason);
		ledger_text(seal->reason, IDC_MAX_NAME);
		ledger->reasons[kind] = g_strdup(seal->reason);
		ledger->statuses[kind] = seal->status;
	}
}

static int32_t
ledger_take(void *ctx, const idc_message *message)
{
	Ledger *ledger = ctx;

	if (ledger->refuses_at > 0 && ++ledger->messages == ledger->refuses_at) {
		ledger->on_refusal(ledger->user);
		return ledger->refuses_with;
	}
	if (message->kind == IDC_MSG_RECORD)
		ledger_take_record(ledger, (const idc_record *)(gconstpointer)message);
	else if (message->kind == IDC_MSG_SEAL)
		ledger_take_seal(ledger, (const idc_seal *)(gconstpointer)message);
	return IDC_OK;
}

static void
ledger_log(void *ctx, uint32_t level, const char *text)
{
	(void)ctx;
	(void)level;
	ledger_text(text, 4096);
}

static int32_t
ledger_cancelled(void *ctx)
{
	(void)ctx;
	return 0;
}

static void
ledger_progress(void *ctx, uint32_t record, uint64_t done, uint64_t expected)
{
	(void)ctx;
	(void)expected;
	(void)done;
	(void)ledger_index(record);
}

static GHashTable *
ledger_set(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

Ledger *
ledger_new(guint32 want)
{
	Ledger *ledger = g_new0(Ledger, 1);

	ledger->sink = (idc_sink){.struct_size = sizeof(idc_sink), .ctx = ledger, .emit = ledger_take};
	ledger->host = (idc_host){.struct_size = sizeof(idc_host),
				  .abi_major = IDC_ABI_MAJOR,
				  .ctx = ledger,
				  .log = ledger_log,
				  .cancelled = ledger_cancelled,
				  .progress = ledger_progress};
	ledger->want = want;
	ledger->listed = ledger_set();
	ledger->removed = ledger_set();
	ledger->sealed = ledger_set();
	ledger->under = ledger_set();
	ledger->attrs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return ledger;
}

void
ledger_free(Ledger *ledger)
{
	if (ledger == NULL)
		return;
	g_hash_table_destroy(ledger->listed);
	g_hash_table_destroy(ledger->removed);
	g_hash_table_destroy(ledger->sealed);
	g_hash_table_destroy(ledger->under);
	g_hash_table_destroy(ledger->attrs);
	for (guint i = 0; i < G_N_ELEMENTS(ledger->reasons); i++)
		g_free(ledger->reasons[i]);
	g_free(ledger);
}

gboolean
ledger_holds(const Ledger *ledger, const gchar *fact)
{
	g_auto(GStrv) words = g_strsplit(fact, " ", 3);
	g_autofree gchar *resource = NULL;

	if (!g_hash_table_contains(ledger->listed, fact) || g_hash_table_contains(ledger->removed, fact))
		return FALSE;
	if (words[0][0] == 'E')
		resource = ledger_resource_of(words[1]);
	if (words[0][0] == 'G' || words[0][0] == 'I')
		resource = ledger_resource_of(words[2]);
	return (resource == NULL || !ledger_is_gone(ledger, "R", resource)) &&
	       (words[2] == NULL || !ledger_is_gone(ledger, "P", words[1]));
}

void
ledger_close(const Ledger *ledger, gboolean partial)
{
	g_assert_cmpuint(ledger->sealed_all, ==, ledger->want);
	g_assert_cmpint(partial, ==, ledger->complete != ledger->want);
}
