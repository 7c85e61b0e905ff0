/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/manual.h"
#include "base/text.h"

static void
manual_add(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

json_object *
manual_json(const ChangeReport *report)
{
	json_object *array = json_object_new_array();

	for (guint i = 0; i < report->tasks->len; i++) {
		const Task *task = g_ptr_array_index(report->tasks, i);
		json_object *object = json_object_new_object();
		g_autofree char *opened = task->task != 0 ? text_time(task->opened) : NULL;

		json_object_object_add(object, "task", task->task != 0 ? json_object_new_int64(task->task) : NULL);
		manual_add(object, "opened", opened);
		json_object_object_add(object, "new", json_object_new_boolean(!task->before));
		manual_add(object, "about", task->about);
		manual_add(object, "user_id", task->user_id);
		manual_add(object, "entitlement_id", task->entitlement_id);
		manual_add(object, "what", task->what);
		manual_add(object, "url", task->url);
		json_object_array_add(array, object);
	}
	return array;
}

void
manual_tell(Output *output, const ChangeReport *report, const char *identifier)
{
	ChangeCounts counts;

	if (report->tasks->len == 0)
		return;
	output_say(output, "\n%s by hand:", report->dry_run ? "Would be left to do" : "Left to do");
	for (guint i = 0; i < report->tasks->len; i++) {
		const Task *task = g_ptr_array_index(report->tasks, i);
		g_autofree char *what = text_escape(task->what);
		g_autofree char *url = text_escape(task->url);

		output_say(output, "  - %s%s%s", what, *url != '\0' ? "\n    " : "", url);
	}
	if (report->dry_run)
		return;
	change_count(report, &counts);
	output_say(output, "\nThese are tasks now (idc-host show %s tasks); a later sync closes each one that it finds done.",
		   identifier);
	if (counts.failed + counts.not_attempted > 0)
		output_say(output, "Once something of it is done, the same command takes what it then can.");
}
