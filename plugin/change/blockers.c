/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "blockers.h"

#include "../errors.h"
#include "../wire/pager.h"

typedef struct {
	Changes *changes;
	const gchar *user;
	EmitAttrs *attrs;
	GPtrArray *keep;
	GHashTable *schedules; /* id to whether the user is on it, as GINT_TO_POINTER + 1 */
} Blockers;

static gboolean
blockers_on_schedule(Blockers *blockers, const gchar *id, gboolean *ret_on, GError **error)
{
	gpointer known = g_hash_table_lookup(blockers->schedules, id);
	g_autofree gchar *path = g_strdup_printf("/schedules/%s", id);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_object) answer = NULL;
	json_object *users;
	gboolean on = FALSE;

	if (known != NULL) {
		*ret_on = GPOINTER_TO_INT(known) == 2;
		return TRUE;
	}
	answer = api_read(blockers->changes->api, path, &failed);
	if (failed != NULL && change_is_fatal(failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	users = json_read_array(json_read_object(answer, "schedule"), "users");
	for (gsize i = 0; users != NULL && i < json_object_array_length(users); i++)
		on = on || g_strcmp0(json_read_text(json_object_array_get_idx(users, i), "id"), blockers->user) == 0;
	g_hash_table_insert(blockers->schedules, g_strdup(id), GINT_TO_POINTER(on ? 2 : 1));
	*ret_on = on;
	return TRUE;
}

static void
blockers_add(Blockers *blockers, gchar *text)
{
	if (g_ptr_array_find_with_equal_func(blockers->keep, text, g_str_equal, NULL)) {
		g_free(text);
		return;
	}
	g_ptr_array_add(blockers->keep, text);
	emit_attr(blockers->attrs, "blocked_by", text);
}

/* Whether a dry run has foretold that the user is taken off that level. */
static gboolean
blockers_foretold(const Blockers *blockers, const gchar *policy, guint level)
{
	const GPtrArray *items = blockers->changes->items;

	for (guint i = 0; i < items->len; i++) {
		const ChangeItem *item = g_ptr_array_index(items, i);

		if (item->kind == CHANGE_POLICY && item->settled && item->twin == NULL && item->status == IDC_OK &&
		    (item->level == 0 || item->level == level) && g_strcmp0(item->object, policy) == 0 &&
		    g_strcmp0(item->asked->principal_id, blockers->user) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
blockers_policy_row(gpointer user, const gchar *id, json_object *row, GError **error)
{
	Blockers *blockers = user;
	json_object *rules = json_read_array(row, "escalation_rules");

	for (gsize i = 0; rules != NULL && i < json_object_array_length(rules); i++) {
		json_object *targets = json_read_array(json_object_array_get_idx(rules, i), "targets");

		for (gsize j = 0; targets != NULL && j < json_object_array_length(targets); j++) {
			json_object *target = json_object_array_get_idx(targets, j);
			const gchar *type = json_read_text(target, "type");
			const gchar *target_id = json_read_id(target, "id", "GET /escalation_policies", error);
			gboolean on = FALSE;

			if (target_id == NULL)
				return FALSE;
			if (type != NULL && g_str_has_prefix(type, "schedule")) {
				if (!blockers_on_schedule(blockers, target_id, &on, error))
					return FALSE;
				if (on)
					blockers_add(blockers, g_strdup_printf("policy:%s via schedule:%s", id, target_id));
			} else if (g_strcmp0(target_id, blockers->user) == 0 && !blockers_foretold(blockers, id, (guint)i + 1)) {
				blockers_add(blockers, g_strdup_printf("policy:%s", id));
			}
		}
	}
	return TRUE;
}

gboolean
blockers_find(Changes *changes, const gchar *team, const gchar *user, EmitAttrs *attrs, GPtrArray *keep, GError **error)
{
	g_autoptr(GHashTable) schedules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Blockers blockers = {.changes = changes, .user = user, .attrs = attrs, .keep = keep, .schedules = schedules};
	const PagerSpec spec = {.path = "/escalation_policies", .rows = "escalation_policies", .team = team, .counts = TRUE};
	g_autoptr(Pager) pager = pager_open(changes->api, &spec, 0, changes->settings->concurrency);
	g_autoptr(IdSet) seen = idset_new();
	PagerOutcome outcome;

	return pager_run(pager, seen, blockers_policy_row, &blockers, &outcome, error);
}
