/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "change.h"

#include <string.h>

#include "../errors.h"
#include "../ids.h"
#include "person.h"
#include "policy.h"
#include "role.h"
#include "roster.h"
#include "team.h"

#define CHANGE_ID "[A-Za-z0-9_-]{1,128}"

static void
change_item_free(gpointer data)
{
	ChangeItem *item = data;

	g_free(item->object);
	g_free(item->role);
	g_free(item);
}

gboolean
change_is_fatal(const GError *error)
{
	static const gint32 fatal[] = {IDC_UNAUTHENTICATED, IDC_EXPIRED,   IDC_CONSENT, IDC_RATE_LIMITED,
				       IDC_NOMEM,           IDC_CANCELLED, IDC_INTERNAL};

	for (guint i = 0; i < G_N_ELEMENTS(fatal); i++)
		if (errors_is(error, fatal[i]))
			return TRUE;
	return error->domain != ERRORS;
}

static gboolean
change_tell(Changes *changes, const idc_message *message, GError **error)
{
	changes->refused = changes->refused || !emit_message(changes->sink, message, error);
	return !changes->refused;
}

/* Tells the result of an item, and of those that end with it. */
static gboolean
change_settle(Changes *changes, ChangeItem *item, const idc_result *result, GError **error)
{
	item->settled = TRUE;
	item->status = result->status;
	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *other = g_ptr_array_index(changes->items, i);
		idc_result told = *result;

		if (other != item && other->twin != item)
			continue;
		told.index = other->index;
		/* What the twin did has been told once. */
		if (other != item && told.status == IDC_OK)
			told.status = IDC_ALREADY;
		if (told.status >= 100)
			changes->failures++;
		if (!change_tell(changes, &told.msg, error))
			return FALSE;
	}
	return TRUE;
}

void
change_pair(ChangeItem *item, ChangeItem *twin)
{
	item->twin = twin->twin != NULL ? twin->twin : twin;
	item->settled = TRUE;
}

gboolean
change_done(Changes *changes, ChangeItem *item, gint32 status, const gchar *remote_id, const EmitAttrs *attrs, GError **error)
{
	const idc_result result = {.msg = {.struct_size = sizeof(result), .kind = IDC_MSG_RESULT},
				   .status = status,
				   .remote_id = remote_id,
				   .attrs = attrs != NULL ? attrs->pairs : NULL,
				   .n_attrs = attrs != NULL ? attrs->n : 0};

	return change_settle(changes, item, &result, error);
}

static gboolean
change_settle_failed(Changes *changes, ChangeItem *item, const GError *failed, const EmitAttrs *attrs, GError **error)
{
	idc_error why = {.struct_size = sizeof(why)};
	const idc_result result = {.msg = {.struct_size = sizeof(result), .kind = IDC_MSG_RESULT},
				   .status = errors_to_idc(failed, &why),
				   .error = &why,
				   .attrs = attrs != NULL ? attrs->pairs : NULL,
				   .n_attrs = attrs != NULL ? attrs->n : 0};

	return change_settle(changes, item, &result, error);
}

gboolean
change_failed(Changes *changes, ChangeItem *item, GError *failed, const EmitAttrs *attrs, GError **error)
{
	g_autoptr(GError) owned = failed;

	if (!change_is_fatal(failed))
		return change_settle_failed(changes, item, failed, attrs, error);
	g_propagate_error(error, g_steal_pointer(&owned));
	return FALSE;
}

gboolean
change_broken(Changes *changes, ChangeItem *item, const GError *failed, GError **error)
{
	return change_settle_failed(changes, item, failed, NULL, error);
}

gboolean
change_refused(Changes *changes, ChangeItem *item, gint32 status, const EmitAttrs *attrs, GError **error, const gchar *format, ...)
{
	GError *made;
	va_list args;

	va_start(args, format);
	made = g_error_new_valist(ERRORS, status, format, args);
	va_end(args);
	return change_failed(changes, item, made, attrs, error);
}

gboolean
change_effect(Changes *changes, const ChangeItem *item, guint32 verb, guint32 flags, const gchar *principal,
	      const gchar *entitlement, const gchar *request_id, const EmitAttrs *attrs, GError **error)
{
	const idc_effect effect = {.msg = {.struct_size = sizeof(effect), .kind = IDC_MSG_EFFECT},
				   .index = item->index,
				   .verb = verb,
				   .record = entitlement != NULL ? IDC_RECORD_GRANT : IDC_RECORD_PRINCIPAL,
				   .flags = flags | (changes->dry_run ? IDC_EFFECT_EXPECTED : 0),
				   .principal_id = principal,
				   .entitlement_id = entitlement,
				   .request_id = request_id,
				   .attrs = attrs != NULL ? attrs->pairs : NULL,
				   .n_attrs = attrs != NULL ? attrs->n : 0};

	return change_tell(changes, &effect.msg, error);
}

const gchar *
change_attr(const ChangeItem *item, const gchar *key)
{
	const gchar *found = NULL;

	for (gsize i = 0; i < item->asked->n_attrs; i++)
		if (strcmp(item->asked->attrs[i].key, key) == 0)
			found = item->asked->attrs[i].value;
	return found;
}

gboolean
change_pause(Changes *changes, guint32 ms, GError **error)
{
	if (changes->host->sleep_ms(changes->host->ctx, ms) == IDC_OK)
		return TRUE;
	g_set_error_literal(error, ERRORS, IDC_CANCELLED, "The operation was cancelled.");
	return FALSE;
}

GPtrArray *
change_same_object(const Changes *changes, const ChangeItem *first)
{
	GPtrArray *same = g_ptr_array_new();

	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);

		if (!item->settled && item->kind == first->kind && g_strcmp0(item->object, first->object) == 0)
			g_ptr_array_add(same, item);
	}
	return same;
}

/* Reads what an id names: "team:T:role", "policy:P:level", "role:R", and for a removal "team:T" and "policy:P". */
static gboolean
change_parse(const Changes *changes, ChangeItem *item)
{
	const gchar *id = item->asked->entitlement_id;
	g_auto(GStrv) parts = g_strsplit(id != NULL ? id : "", ":", 4);
	const guint n = g_strv_length(parts);
	const gboolean resource = n == 2 && changes->op == CHANGE_REMOVE;
	guint64 level = 0;

	if (n < 2 || !g_regex_match_simple("^" CHANGE_ID "$", parts[1], G_REGEX_DOLLAR_ENDONLY, 0))
		return FALSE;
	item->object = g_strdup(parts[1]);
	if (strcmp(parts[0], "role") == 0 && n == 2) {
		item->kind = CHANGE_ROLE;
		return TRUE;
	}
	if (strcmp(parts[0], "team") == 0 &&
	    (resource || (n == 3 && g_regex_match_simple("^[a-z_]{1,64}$", parts[2], G_REGEX_DOLLAR_ENDONLY, 0)))) {
		item->kind = CHANGE_TEAM;
		item->role = g_strdup(parts[2]);
		return TRUE;
	}
	if (strcmp(parts[0], "policy") == 0 &&
	    (resource || (n == 3 && g_ascii_string_to_unsigned(parts[2], 10, 1, 1000, &level, NULL)))) {
		item->kind = CHANGE_POLICY;
		item->level = (guint)level;
		return TRUE;
	}
	return FALSE;
}

/* Makes the items and refuses those that name nothing, before any request. */
static gboolean
change_take(Changes *changes, const idc_change_request *request, GError **error)
{
	for (gsize i = 0; i < request->n_items; i++) {
		ChangeItem *item = g_new0(ChangeItem, 1);

		item->index = (guint)i;
		item->asked = request->items[i];
		item->kind = CHANGE_PERSON;
		g_ptr_array_add(changes->items, item);
		if (changes->op == CHANGE_PROVISION)
			continue;
		if (item->asked->principal_id == NULL ||
		    !g_regex_match_simple("^" CHANGE_ID "$", item->asked->principal_id, G_REGEX_DOLLAR_ENDONLY, 0)) {
			if (!change_refused(changes, item, IDC_INVALID, NULL, error,
					    "The user's id is missing or is no id of PagerDuty's."))
				return FALSE;
		} else if (item->asked->entitlement_id != NULL && g_str_has_prefix(item->asked->entitlement_id, "schedule:")) {
			if (!change_refused(changes, item, IDC_REFUSED, NULL, error,
					    "Schedules are listed only: change the rotation in PagerDuty itself."))
				return FALSE;
		} else if (!change_parse(changes, item)) {
			if (!change_refused(changes, item, IDC_INVALID, NULL, error,
					    "\"%.100s\" names no team role, policy level or base role.",
					    item->asked->entitlement_id != NULL ? item->asked->entitlement_id : ""))
				return FALSE;
		}
	}
	return TRUE;
}

/* What a batch may ask of one person once only: for an addition a role in one team, a base role, a level; for a removal one thing. */
static gchar *
change_slot(const Changes *changes, const ChangeItem *item)
{
	const gboolean exclusive = changes->op == CHANGE_ADD && item->kind != CHANGE_POLICY;

	if (item->kind == CHANGE_PERSON) {
		const gchar *email = change_attr(item, "email");

		return email != NULL ? g_ascii_strdown(email, -1) : NULL;
	}
	return g_strdup_printf("%s %u %s %s %u", item->asked->principal_id, item->kind,
			       exclusive && item->kind == CHANGE_ROLE ? "" : item->object,
			       exclusive || item->role == NULL ? "" : item->role, item->level);
}

/* Whether two items with the same slot want the same of it. */
static gboolean
change_is_same(const ChangeItem *item, const ChangeItem *other)
{
	static const gchar *const described[] = {"name", "role", "job_title", "time_zone", "license"};
	gboolean same = g_strcmp0(item->object, other->object) == 0 && g_strcmp0(item->role, other->role) == 0;

	for (guint i = 0; item->kind == CHANGE_PERSON && i < G_N_ELEMENTS(described); i++)
		same = same && g_strcmp0(change_attr(item, described[i]), change_attr(other, described[i])) == 0;
	return same && g_strcmp0(change_attr(item, "expect_rule_id"), change_attr(other, "expect_rule_id")) == 0;
}

/* An item that stands twice in a batch is carried out once; one that contradicts an earlier one is refused, for what would become of the
 * two were a matter of chance. */
static gboolean
change_take_once(Changes *changes, GError **error)
{
	g_autoptr(GHashTable) slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < changes->items->len; i++) {
		ChangeItem *item = g_ptr_array_index(changes->items, i);
		g_autofree gchar *slot = item->settled ? NULL : change_slot(changes, item);
		ChangeItem *first = slot != NULL ? g_hash_table_lookup(slots, slot) : NULL;

		if (slot == NULL)
			continue;
		if (first == NULL)
			g_hash_table_insert(slots, g_steal_pointer(&slot), item);
		else if (change_is_same(item, first))
			change_pair(item, first);
		else if (!change_refused(
			     changes, item, IDC_INVALID, NULL, error,
			     "The batch asks for something else of the same user as well (%.100s): keep one of the two.",
			     item->kind == CHANGE_PERSON ? change_attr(first, "email") : first->asked->entitlement_id))
			return FALSE;
	}
	return TRUE;
}

typedef gboolean (*ChangePart)(Changes *changes, GError **error);

gboolean
change_batch(Changes *changes, const idc_change_request *request, gboolean *ret_partial, GError **error)
{
	/* What is added builds up: a role first, for it decides what teams allow; policies last, for they need teams. Removals go the
	 * other way round: nobody leaves a team whose policy still pages them. */
	static const ChangePart add[] = {role_add, team_add, policy_add, NULL};
	static const ChangePart removal[] = {policy_remove, team_remove, role_remove, NULL};
	static const ChangePart provision[] = {person_provision, NULL};
	const ChangePart *parts = changes->op == CHANGE_PROVISION ? provision : changes->op == CHANGE_ADD ? add : removal;
	gboolean ok;

	changes->items = g_ptr_array_new_with_free_func(change_item_free);
	changes->roster = roster_new(changes);
	ok = change_take(changes, request, error) && change_take_once(changes, error);
	for (; ok && *parts != NULL; parts++)
		ok = (*parts)(changes, error);
	*ret_partial = changes->failures > 0;
	g_clear_pointer(&changes->roster, roster_free);
	g_clear_pointer(&changes->items, g_ptr_array_unref);
	return ok;
}
