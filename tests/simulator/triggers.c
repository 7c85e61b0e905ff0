/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "triggers.h"

#include <string.h>

#include "jtext.h"
#include "mutate.h"

typedef struct {
	Match match;
	TriggerWhen when;
	json_object *changes;
	gchar *error; /* why the last run of them failed */
} Trigger;

struct Triggers {
	GPtrArray *list; /* of Trigger* */
};

static void
triggers_free_one(gpointer data)
{
	Trigger *trigger = data;

	match_clear(&trigger->match);
	json_object_put(trigger->changes);
	g_free(trigger->error);
	g_free(trigger);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trigger, triggers_free_one)

Triggers *
triggers_new(void)
{
	Triggers *triggers = g_new0(Triggers, 1);

	triggers->list = g_ptr_array_new_with_free_func(triggers_free_one);
	return triggers;
}

void
triggers_free(Triggers *triggers)
{
	g_ptr_array_unref(triggers->list);
	g_free(triggers);
}

gint
triggers_add(Triggers *triggers, json_object *object, GError **error)
{
	static const gchar *const keys[] = {"method", "route", "path", "query", "nth", "every", "times", "when", NULL};
	g_autoptr(Trigger) trigger = g_new0(Trigger, 1);
	json_object *at = NULL;
	json_object *changes = NULL;
	const gchar *when = "before";

	if (!input_object(object, "the body", "at", &at, error) || !input_only_keys(at, "at", keys, error) ||
	    !input_string(at, "at", "when", &when, error) || !match_read(at, "at", &trigger->match, error) ||
	    !input_array(object, "the body", "changes", &changes, error) || !mutate_check(changes, error))
		return -1;
	if (!g_str_equal(when, "before") && !g_str_equal(when, "after")) {
		input_refuse(error, "\"when\" of at is before or after, not \"%s\".", when);
		return -1;
	}
	trigger->when = when[0] == 'b' ? TRIGGER_BEFORE : TRIGGER_AFTER;
	trigger->changes = json_object_get(changes);
	g_ptr_array_add(triggers->list, g_steal_pointer(&trigger));
	return (gint)triggers->list->len - 1;
}

void
triggers_run(Sim *sim, const Request *request, TriggerWhen when)
{
	for (guint i = 0; i < sim->triggers->list->len; i++) {
		Trigger *trigger = g_ptr_array_index(sim->triggers->list, i);
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) ignored = g_string_new(NULL);
		if (trigger->when != when || !match_wants(&trigger->match, request))
			continue;
		match_fire(&trigger->match);
		g_clear_pointer(&trigger->error, g_free);
		if (!mutate_apply(sim, trigger->changes, ignored, &error))
			trigger->error = g_strdup(error->message);
	}
}

void
triggers_write(const Triggers *triggers, GString *out)
{
	g_string_append(out, "{\"triggers\":[");
	for (guint i = 0; i < triggers->list->len; i++) {
		const Trigger *trigger = g_ptr_array_index(triggers->list, i);
		g_string_append_printf(out, "%s{\"seen\":%" G_GINT64_FORMAT ",\"fired\":%" G_GINT64_FORMAT ",", i > 0 ? "," : "",
				       trigger->match.seen, trigger->match.fired);
		jtext_pair(out, "error", trigger->error);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}");
}
