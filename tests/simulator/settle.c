/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "settle.h"

#include "duty.h"

static void
settle_put(const Sim *sim, gchar *key)
{
	gint64 now = sim_now_ms(sim);

	g_hash_table_replace(sim->world->let_go, key, g_memdup2(&now, sizeof(now)));
}

static void
settle_let_go(const Sim *sim, const gchar *team_id, const gchar *user_id)
{
	settle_put(sim, g_strdup(user_id));
	if (team_id != NULL)
		settle_put(sim, g_strdup_printf("%s/%s", team_id, user_id));
}

static void
settle_target(const Sim *sim, const gchar *team_id, const Ref *target)
{
	const Schedule *schedule = duty_schedule(sim->world, target);
	g_autoptr(GPtrArray) users = schedule == NULL ? NULL : duty_schedule_users(schedule);

	if (target->kind == REF_USER)
		settle_let_go(sim, team_id, target->id);
	for (guint i = 0; users != NULL && i < users->len; i++)
		settle_let_go(sim, team_id, ((const Ref *)g_ptr_array_index(users, i))->id);
}

void
settle_changed(const Sim *sim, const gchar *team_id, const GPtrArray *before, const GPtrArray *after)
{
	for (guint i = 0; i < before->len; i++) {
		const Rule *rule = g_ptr_array_index(before, i);
		for (guint j = 0; j < rule->targets->len; j++) {
			const Ref *target = g_ptr_array_index(rule->targets, j);
			if (after == NULL || !duty_targets_ref(after, target->kind, target->id))
				settle_target(sim, team_id, target);
		}
	}
}

gboolean
settle_holds(const Sim *sim, const gchar *team_id, const gchar *user_id)
{
	g_autofree gchar *key = team_id == NULL ? g_strdup(user_id) : g_strdup_printf("%s/%s", team_id, user_id);
	const gint64 *since = g_hash_table_lookup(sim->world->let_go, key);

	return since != NULL && sim_now_ms(sim) - *since < switches_number(sim->spec->switches, SWITCH_SETTLE_MS);
}
