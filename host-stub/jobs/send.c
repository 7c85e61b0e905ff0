/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "jobs/send.h"
#include "jobs/record.h"
#include "state/encode.h"
#include <string.h>

/* One batch under way. */
typedef struct {
	Running *run;
	GPtrArray *items; /* of Item, borrowed */
	gboolean dry_run;
	GError *error; /* why a result could not be written down */
} Batch;

/* Refused, because there is always one of it and nothing lower: then it is as low as it gets. */
static gboolean
send_is_floor(const Item *item, const idc_result *result)
{
	return item->to_floor && result->status == IDC_REFUSED && encode_value(result->attrs, result->n_attrs, "floor") != NULL;
}

static void
send_take_result(Item *item, const idc_result *result)
{
	item->state = result->status == IDC_INDETERMINATE ? ITEM_UNKNOWN : ITEM_ENDED;
	item->status = send_is_floor(item, result) ? IDC_ALREADY : result->status;
	item->asked = TRUE;
	item->attributes = encode_attributes(result->attrs, result->n_attrs, NULL);
	if (item->action == SESSION_PROVISION && result->remote_id != NULL && item->user_id == NULL)
		item->user_id = g_strdup(result->remote_id);
	if (item->status >= IDC_INVALID)
		host_error_set_from_connector(&item->error, result->status, result->error, item_action_word(item->action));
}

/* Effects wait for their item's result, so that one transaction has both. */
static int32_t
send_on_message(const idc_message *message, gpointer user_data)
{
	Batch *batch = user_data;
	const idc_effect *effect = (const idc_effect *)(const void *)message;
	const idc_result *result = (const idc_result *)(const void *)message;
	Item *item;

	if (message->kind == IDC_MSG_EFFECT) {
		item = g_ptr_array_index(batch->items, effect->index);
		g_ptr_array_add(item->effects, item_effect_new(effect));
		return IDC_OK;
	}
	item = g_ptr_array_index(batch->items, result->index);
	send_take_result(item, result);
	if (batch->dry_run || record_result(batch->run, item, &batch->error))
		return IDC_OK;
	return host_error_status(batch->error);
}

static int32_t
send_call(Batch *batch, SessionChange action, GError **error)
{
	guint n = batch->items->len;
	g_autofree idc_change *changes = g_new0(idc_change, n);
	g_autofree const idc_change **pointers = g_new0(const idc_change *, n);

	for (guint i = 0; i < n; i++) {
		const Item *item = g_ptr_array_index(batch->items, i);

		changes[i] = (idc_change){.struct_size = sizeof(idc_change),
					  .principal_id = action == SESSION_PROVISION ? NULL : item->user_id,
					  .entitlement_id = item->entitlement_id,
					  .attrs = (const idc_pair *)(const void *)item->attrs->data,
					  .n_attrs = item->attrs->len};
		pointers[i] = &changes[i];
	}
	return session_change(batch->run->session, action, pointers, n, batch->dry_run, send_on_message, batch, error);
}

/* Whether the connector broke the contract: then it cannot be believed what it did not do either. */
static gboolean
send_broken(const GError *why)
{
	HostErrorDetail detail;

	if (why == NULL)
		return FALSE;
	host_error_detail(why, &detail);
	return g_str_has_prefix(detail.code, "connector_");
}

/* Items that had no result. After an answer that breaks the contract, or one that could not be written down, nobody knows; else they were
 * not attempted. */
static gboolean
send_leave(Batch *batch, int32_t status, const GError *why, GError **error)
{
	gboolean unknown = batch->error != NULL || send_broken(why);

	for (guint i = 0; i < batch->items->len; i++) {
		Item *item = g_ptr_array_index(batch->items, i);

		if (!item_is_waiting(item))
			continue;
		item->state = unknown || item->effects->len > 0 ? ITEM_UNKNOWN : ITEM_NOT_ATTEMPTED;
		item->status = unknown ? IDC_INDETERMINATE : status;
		item->error = why != NULL ? g_error_copy(why) : NULL;
		if (!batch->dry_run && batch->error == NULL && !record_result(batch->run, item, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
send_batch(Running *run, SessionChange action, GPtrArray *items, GError **error)
{
	Batch batch = {.run = run, .items = items, .dry_run = run->dry_run};
	g_autoptr(GError) why = NULL;
	int32_t status;
	gboolean good;

	if (!batch.dry_run && !record_intents(run, items, error))
		return FALSE;
	status = send_call(&batch, action, &why);
	good = send_leave(&batch, status, batch.error != NULL ? batch.error : why, error);
	if (batch.error != NULL) {
		/* A result that is not written down stays an open intent: the next run finds out. */
		g_propagate_error(error, batch.error);
		return FALSE;
	}
	if (why != NULL && run->report->ended == NULL)
		run->report->ended = g_steal_pointer(&why);
	return good && (batch.dry_run || journal_seal(run->journal, error));
}

/* What hangs on an item that ended otherwise than it should have. */
static gboolean
send_skip(const Running *run, Item *item)
{
	const Item *after = item->after;

	if (run->dry_run && after->state == ITEM_ENDED && after->status == IDC_OK) {
		item->state = ITEM_FORETOLD;
		return FALSE;
	}
	item->state = ITEM_NOT_ATTEMPTED;
	item->status = IDC_STATE;
	item->error =
	    after->action == SESSION_PROVISION
		? host_error_new(IDC_STATE, "not_invited", "%s was not invited, so nothing was given to them.", item->email)
		: host_error_new(
		      IDC_STATE, "not_succeeded", "%s did not get this, and nobody else has it, so it was not taken from %s.",
		      after->email != NULL ? after->email : after->user_id, item->email != NULL ? item->email : item->user_id);
	return FALSE;
}

/* Whether an item need wait for nothing, or what it waited for was done: an addition for somebody invited in this run goes with the
 * invitation, a removal with the addition of a successor. */
static gboolean
send_ready(const Running *run, Item *item)
{
	const Item *after = item->after;
	gboolean invited = after != NULL && after->action == SESSION_PROVISION;

	if (after == NULL || (invited && item->user_id != NULL))
		return TRUE;
	if (after->state != ITEM_ENDED || (after->status != IDC_OK && after->status != IDC_ALREADY))
		return send_skip(run, item);
	if (!invited)
		return !run->dry_run || after->status == IDC_ALREADY || send_skip(run, item);
	if (after->user_id == NULL)
		return send_skip(run, item);
	item->user_id = g_strdup(after->user_id);
	return TRUE;
}

gboolean
send_action(Running *run, SessionChange action, GError **error)
{
	guint most = session_max_batch(run->session);
	g_autoptr(GPtrArray) batch = g_ptr_array_new();

	for (guint i = 0; i < run->items->len; i++) {
		Item *item = g_ptr_array_index(run->items, i);

		if (!item_is_waiting(item) || item->action != action || !send_ready(run, item))
			continue;
		if (run->report->ended != NULL) {
			item->state = ITEM_NOT_ATTEMPTED;
			item->status = host_error_status(run->report->ended);
			item->error = g_error_copy(run->report->ended);
			continue;
		}
		g_ptr_array_add(batch, item);
		if (batch->len < most)
			continue;
		if (!send_batch(run, action, batch, error))
			return FALSE;
		g_ptr_array_set_size(batch, 0);
	}
	return batch->len == 0 || send_batch(run, action, batch, error);
}

gboolean
send_dry(Running *run, GPtrArray *items, GError **error)
{
	guint most = session_max_batch(run->session);

	for (guint begin = 0; begin < items->len; begin += most) {
		g_autoptr(GPtrArray) some = g_ptr_array_new();
		Batch batch = {.run = run, .items = some, .dry_run = TRUE};

		for (guint i = begin; i < MIN(items->len, begin + most); i++)
			g_ptr_array_add(some, g_ptr_array_index(items, i));
		send_call(&batch, ((Item *)g_ptr_array_index(some, 0))->action, error);
		for (guint i = 0; i < some->len; i++) {
			if (item_is_waiting(g_ptr_array_index(some, i)))
				return FALSE;
		}
	}
	return TRUE;
}
