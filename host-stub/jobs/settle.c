/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/settle.h"
#include "base/json.h"
#include "jobs/record.h"
#include "jobs/send.h"
#include <string.h>

static const JsonLimits settle_limits = {.max_bytes = 1024 * 1024, .max_depth = 8, .max_values = 4096};

/* The person who was to be invited, as the intent has them. */
static void
settle_set_person(Item *item, const JournalOpen *open)
{
	g_autoptr(json_object) detail =
	    open->detail != NULL ? json_read(open->detail, strlen(open->detail), "A row of the journal", &settle_limits, NULL)
				 : NULL;
	json_object *attributes = NULL;

	if (detail == NULL || !json_object_object_get_ex(detail, "attributes", &attributes) ||
	    !json_object_is_type(attributes, json_type_object))
		return;
	json_object_object_foreach(attributes, key, value)
	{
		if (json_object_is_type(value, json_type_string))
			item_set(item, key, json_object_get_string(value));
	}
}

static Item *
settle_item(const JournalOpen *open)
{
	g_autofree char *email = record_email(open);
	SessionChange action;
	Item *item;

	if (!item_action_parse(open->verb, &action))
		return NULL;
	item = item_new(action, open->user_id != NULL ? open->user_id : email, open->entitlement_id);
	item->user_id = g_strdup(open->user_id);
	item->email = g_steal_pointer(&email);
	if (action == SESSION_PROVISION)
		settle_set_person(item, open);
	return item;
}

/* Nothing left to do, something left to do, or the service will not say. */
static OpenOutcome
settle_outcome(const Item *item)
{
	if (item->state != ITEM_ENDED || item->status >= IDC_INVALID)
		return OPEN_UNKNOWN;
	return item->status == IDC_ALREADY || item->effects->len == 0 ? OPEN_HOLDS : OPEN_NOT_DONE;
}

static gboolean
settle_wanted(const Running *run, const JournalOpen *open)
{
	for (guint i = 0; i < run->items->len; i++) {
		const Item *item = g_ptr_array_index(run->items, i);

		if (item_is_waiting(item) && record_same(item, open))
			return TRUE;
	}
	return FALSE;
}

static gboolean
settle_one(Running *run, const JournalOpen *open, GError **error)
{
	/* For the journal: what holds, what was not done, what nobody knows. */
	static const int32_t statuses[] = {
	    [OPEN_HOLDS] = IDC_ALREADY, [OPEN_NOT_DONE] = IDC_CANCELLED, [OPEN_UNKNOWN] = IDC_INDETERMINATE};
	g_autoptr(Item) item = settle_item(open);
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) items = g_ptr_array_new();
	ChangeOpen *told;
	OpenOutcome outcome = OPEN_UNKNOWN;
	/* The service could not be asked: it stays open for the next run. */
	gboolean asked = FALSE;

	if (item != NULL) {
		g_ptr_array_add(items, item);
		asked = session_can_dry_run(run->session) && send_dry(run, items, &why);
	}
	if (asked)
		outcome = settle_outcome(item);
	told = g_new0(ChangeOpen, 1);
	told->action = open->action;
	told->time = open->time;
	told->change = item != NULL ? item->action : SESSION_ADD;
	told->user = g_strdup(item != NULL ? item->user : open->user_id);
	told->entitlement_id = g_strdup(open->entitlement_id);
	told->outcome = outcome;
	g_ptr_array_add(run->report->opens, told);
	return !asked || record_settled(run, open, outcome, statuses[outcome], error);
}

gboolean
settle_run(Running *run, GError **error)
{
	for (guint i = 0; i < run->waiting->len; i++) {
		const JournalOpen *open = g_ptr_array_index(run->waiting, i);

		if (!settle_wanted(run, open) && !settle_one(run, open, error))
			return FALSE;
	}
	return TRUE;
}
