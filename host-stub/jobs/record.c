/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/record.h"
#include "base/json.h"
#include "state/encode.h"
#include "state/follow.h"
#include <string.h>

/* What this program wrote itself; the journal's MAC says so. */
static const JsonLimits record_limits = {.max_bytes = 1024 * 1024, .max_depth = 8, .max_values = 4096};

static gint64
record_now(void)
{
	return g_get_real_time() / 1000;
}

static void
record_add(json_object *object, const char *key, const char *value)
{
	g_autofree char *valid = value != NULL ? g_utf8_make_valid(value, -1) : NULL;

	if (valid != NULL)
		json_object_object_add(object, key, json_object_new_string(valid));
}

static char *
record_text(json_object *object)
{
	return g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Attributes that are JSON already, as a value of their own. */
static void
record_add_json(json_object *object, const char *key, const char *json)
{
	json_object *value = json != NULL ? json_tokener_parse(json) : NULL;

	if (value != NULL)
		json_object_object_add(object, key, value);
}

/* Who runs this and why. */
static void
record_add_run(json_object *detail, const Running *run)
{
	record_add(detail, "run", run->run_id);
	record_add(detail, "by", run->by);
	record_add(detail, "sudo_by", g_getenv("SUDO_USER"));
	record_add(detail, "reason", run->options->reason);
	record_add(detail, "ticket", run->options->ticket);
	record_add(detail, "accepted", run->options->accept);
	record_add(detail, "plan", run->options->plan != NULL ? run->options->plan->digest : NULL);
}

static char *
record_intent_detail(const Running *run, const Item *item)
{
	g_autoptr(json_object) detail = json_object_new_object();
	g_autofree char *attributes = encode_attributes((const idc_pair *)(const void *)item->attrs->data, item->attrs->len, NULL);

	record_add_run(detail, run);
	record_add(detail, "email", item->email);
	record_add_json(detail, "attributes", attributes);
	return record_text(detail);
}

char *
record_email(const JournalOpen *open)
{
	g_autoptr(json_object) detail =
	    open->detail != NULL ? json_read(open->detail, strlen(open->detail), "A row of the journal", &record_limits, NULL)
				 : NULL;
	json_object *email = NULL;

	if (detail == NULL || !json_object_object_get_ex(detail, "email", &email))
		return NULL;
	return g_strdup(json_object_get_string(email));
}

gboolean
record_same(const Item *item, const JournalOpen *open)
{
	g_autofree char *email = NULL;

	if (g_strcmp0(item_action_word(item->action), open->verb) != 0)
		return FALSE;
	if (g_strcmp0(item->entitlement_id, open->entitlement_id) != 0)
		return FALSE;
	if (item->user_id != NULL && item->action != SESSION_PROVISION)
		return g_strcmp0(item->user_id, open->user_id) == 0;
	/* Whoever is still to be invited is known by their address. */
	email = record_email(open);
	return email != NULL && item->email != NULL && g_ascii_strcasecmp(email, item->email) == 0;
}

static gboolean
record_settle_row(Running *run, const JournalOpen *open, const char *outcome, int32_t status, GError **error)
{
	g_autoptr(json_object) detail = json_object_new_object();
	g_autofree char *text = NULL;
	JournalRow row = {.time = record_now(),
			  .phase = JOURNAL_SETTLED,
			  .intent = open->action,
			  .verb = open->verb,
			  .user_id = open->user_id,
			  .entitlement_id = open->entitlement_id,
			  .status = status};

	record_add(detail, "run", run->run_id);
	record_add(detail, "outcome", outcome);
	text = record_text(detail);
	row.detail = text;
	return journal_append(run->journal, &row, error);
}

static gboolean
record_intent(Running *run, Item *item, GError **error)
{
	g_autofree char *detail = record_intent_detail(run, item);
	JournalRow row = {.time = record_now(),
			  .phase = JOURNAL_INTENT,
			  .verb = item_action_word(item->action),
			  .user_id = item->user_id,
			  .entitlement_id = item->entitlement_id,
			  .detail = detail};

	for (guint i = run->waiting->len; i > 0; i--) {
		const JournalOpen *open = g_ptr_array_index(run->waiting, i - 1);

		if (!record_same(item, open))
			continue;
		if (!record_settle_row(run, open, "repeated", IDC_ALREADY, error))
			return FALSE;
		item->repeated = TRUE;
		g_ptr_array_remove_index(run->waiting, i - 1);
	}
	if (!journal_append(run->journal, &row, error))
		return FALSE;
	item->intent = row.action;
	return TRUE;
}

/* Ends the open transaction one way or the other. */
static gboolean
record_end(Running *run, gboolean good, GError **error)
{
	if (good)
		return journal_commit(run->journal, error);
	journal_abort(run->journal);
	return FALSE;
}

gboolean
record_intents(Running *run, GPtrArray *items, GError **error)
{
	gboolean good = TRUE;

	if (!journal_begin(run->journal, error))
		return FALSE;
	for (guint i = 0; good && i < items->len; i++)
		good = record_intent(run, g_ptr_array_index(items, i), error);
	return record_end(run, good, error) && journal_seal(run->journal, error);
}

/* What was asked for of a person, as the service took it where the effect says so: an address in other letters. Borrows from both. */
static GArray *
record_attrs(const Item *item, json_object *taken)
{
	GArray *attrs = g_array_sized_new(FALSE, FALSE, sizeof(idc_pair), item->attrs->len);

	for (guint i = 0; i < item->attrs->len; i++) {
		idc_pair pair = g_array_index(item->attrs, idc_pair, i);
		json_object *value = NULL;

		if (taken != NULL && json_object_object_get_ex(taken, pair.key, &value) &&
		    json_object_is_type(value, json_type_string))
			pair.value = json_object_get_string(value);
		g_array_append_val(attrs, pair);
	}
	return attrs;
}

static gboolean
record_effect(Running *run, const Item *item, const ItemEffect *effect, GError **error)
{
	g_autoptr(json_object) taken = effect->attributes != NULL ? json_tokener_parse(effect->attributes) : NULL;
	g_autoptr(GArray) attrs = record_attrs(item, taken);
	const Follow follow = {.app = run->app_key,
			       .time = record_now(),
			       .sync = run->sync,
			       .actor = run->by,
			       .verb = effect->verb,
			       .record = effect->record,
			       .user_id = effect->user_id,
			       .entitlement_id = effect->entitlement_id,
			       .attrs = (const idc_pair *)(const void *)attrs->data,
			       .n_attrs = attrs->len};
	gboolean followed = FALSE;
	JournalRow row = {.time = follow.time,
			  .phase = JOURNAL_EFFECT,
			  .intent = item->intent,
			  .verb = item_verb_word(effect->verb),
			  .record = effect->record,
			  .user_id = effect->user_id,
			  .entitlement_id = effect->entitlement_id,
			  .flags = effect->flags,
			  .request_id = effect->request_id,
			  .detail = effect->attributes};

	/* What is not yet to be seen at the service is not yet in the snapshot. */
	if ((effect->flags & IDC_EFFECT_EXPECTED) == 0 && !follow_effect(run->store, &follow, &followed, error))
		return FALSE;
	row.status = followed ? IDC_OK : IDC_PENDING;
	return journal_append(run->journal, &row, error);
}

static char *
record_result_detail(const Running *run, const Item *item)
{
	g_autoptr(json_object) detail = json_object_new_object();
	HostErrorDetail why;

	record_add(detail, "run", run->run_id);
	if (item->state != ITEM_ENDED)
		record_add(detail, "state", item_status_word(item));
	if (item->error != NULL) {
		host_error_detail(item->error, &why);
		record_add(detail, "message", item->error->message);
		record_add(detail, "code", *why.code != '\0' ? why.code : NULL);
	}
	record_add_json(detail, "attributes", item->attributes);
	return record_text(detail);
}

static gboolean
record_result_rows(Running *run, Item *item, GError **error)
{
	g_autofree char *detail = record_result_detail(run, item);
	HostErrorDetail why = {.request_id = ""};
	JournalRow row = {.time = record_now(),
			  .phase = JOURNAL_RESULT,
			  .intent = item->intent,
			  .verb = item_action_word(item->action),
			  .user_id = item->user_id,
			  .entitlement_id = item->entitlement_id,
			  .status = item->state == ITEM_UNKNOWN ? IDC_INDETERMINATE : item->status,
			  .detail = detail};

	for (guint i = 0; i < item->effects->len; i++) {
		if (!record_effect(run, item, g_ptr_array_index(item->effects, i), error))
			return FALSE;
	}
	if (item->error != NULL)
		host_error_detail(item->error, &why);
	if (*why.request_id != '\0')
		row.request_id = why.request_id;
	return journal_append(run->journal, &row, error);
}

gboolean
record_result(Running *run, Item *item, GError **error)
{
	return journal_begin(run->journal, error) && record_end(run, record_result_rows(run, item, error), error);
}

gboolean
record_settled(Running *run, const JournalOpen *open, OpenOutcome outcome, int32_t status, GError **error)
{
	static const char *const words[] = {[OPEN_HOLDS] = "holds", [OPEN_NOT_DONE] = "not done", [OPEN_UNKNOWN] = "unknown"};

	return journal_begin(run->journal, error) &&
	       record_end(run, record_settle_row(run, open, words[outcome], status, error), error);
}

gboolean
record_task(Running *run, Task *task, GError **error)
{
	g_autoptr(json_object) detail = json_object_new_object();
	g_autofree char *text = NULL;
	JournalRow row = {.time = record_now(),
			  .phase = JOURNAL_TASK,
			  .verb = task->about,
			  .user_id = task->user_id,
			  .entitlement_id = task->entitlement_id,
			  .status = IDC_PENDING};

	if (!tasks_open(run->store, run->app_key, task, row.time, error))
		return FALSE;
	record_add_run(detail, run);
	json_object_object_add(detail, "task", json_object_new_int64(task->task));
	record_add(detail, "what", task->what);
	text = record_text(detail);
	row.detail = text;
	return journal_append(run->journal, &row, error);
}
