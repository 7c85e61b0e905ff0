/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "change/rules.h"

#include <string.h>

static json_object *
policy(void)
{
	static const gchar text[] =
	    "{\"id\":\"PE\",\"name\":\"Harbour\",\"description\":null,\"services\":[],\"escalation_rules\":["
	    "{\"id\":\"R1\",\"escalation_delay_in_minutes\":15,\"of_the_future\":{\"x\":[1]},"
	    "\"targets\":[{\"id\":\"PS\",\"type\":\"schedule_reference\"}]},"
	    "{\"id\":\"R2\",\"escalation_rule_assignment_strategy\":{\"type\":\"round_robin\"},"
	    "\"targets\":[{\"id\":\"PA\",\"type\":\"user_reference\",\"summary\":\"A\"},{\"id\":\"PB\",\"type\":\"user\"},"
	    "{\"id\":\"PC\",\"type\":\"user_reference\",\"deleted_at\":\"2026-01-01T00:00:00Z\"}]}]}";

	return json_read(text, strlen(text), "test", NULL);
}

static void
test_levels_and_targets(void)
{
	g_autoptr(json_object) p = policy();
	guint schedules = 9;

	g_assert_cmpuint(rules_levels(p), ==, 2);
	g_assert_null(rules_level(p, 0));
	g_assert_null(rules_level(p, 3));
	g_assert_false(rules_has(p, 1, "PA"));
	g_assert_true(rules_has(p, 2, "PA"));
	g_assert_true(rules_has(p, 2, "PB"));
	g_assert_false(rules_has(p, 1, "PS")); /* a schedule is nobody */
	g_assert_cmpuint(rules_targets(p, 1, &schedules), ==, 1);
	g_assert_cmpuint(schedules, ==, 1);
	g_assert_cmpuint(rules_targets(p, 2, &schedules), ==, 2); /* the stub pages nobody */
	g_assert_cmpuint(schedules, ==, 0);
	g_assert_cmpuint(rules_targets(p, 7, &schedules), ==, 0);
}

static void
test_everything_else_survives(void)
{
	g_autoptr(json_object) p = policy();
	g_autoptr(json_object) untouched = policy();
	g_autoptr(json_object) body = NULL;
	json_object *inner;

	rules_add(p, 1, "PX");
	rules_remove(p, 2, "PA");
	g_assert_true(rules_has(p, 1, "PX"));
	g_assert_false(rules_has(p, 2, "PA"));
	rules_remove(p, 1, "PX");
	rules_add(untouched, 2, "PZ");
	rules_remove(untouched, 2, "PZ");
	body = rules_body(untouched);
	inner = json_read_object(body, "escalation_policy");
	g_assert_cmpstr(json_read_text(inner, "type"), ==, "escalation_policy");
	g_assert_cmpstr(json_read_text(inner, "name"), ==, "Harbour");
	g_assert_false(json_object_object_get_ex(inner, "description", NULL)); /* null is refused by PagerDuty */
	g_assert_false(json_object_object_get_ex(inner, "services", NULL));
	{
		g_autoptr(json_object) fresh = policy();

		g_assert_true(
		    json_object_equal(json_read_array(fresh, "escalation_rules"), json_read_array(inner, "escalation_rules")));
	}
}

static void
test_copies_share_nothing(void)
{
	g_autoptr(json_object) p = policy();
	g_autoptr(json_object) copy = rules_copy(p);

	rules_remove(copy, 2, "PA");
	g_assert_true(rules_has(p, 2, "PA"));
	g_assert_false(rules_has(copy, 2, "PA"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rules/levels count from one, schedules are nobody, stubs count for nothing", test_levels_and_targets);
	g_test_add_func("/rules/what is not understood survives an edit, and null is not sent", test_everything_else_survives);
	g_test_add_func("/rules/a copy shares nothing with what it was made from", test_copies_share_nothing);
	return g_test_run();
}
