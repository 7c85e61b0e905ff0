/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include <string.h>

#include "../unit/ledger.h"
#include "operations.h"

static void
teller_attrs(const idc_pair *attrs, gsize n)
{
	g_assert_cmpuint(n, <=, IDC_MAX_ATTRS);
	for (gsize i = 0; i < n; i++) {
		g_assert_nonnull(attrs[i].key);
		ledger_text(attrs[i].key, IDC_MAX_ID);
		ledger_text(attrs[i].value, IDC_MAX_VALUE);
	}
}

static void
teller_take_effect(const Teller *teller, const idc_effect *effect)
{
	g_assert_cmpuint(effect->index, <, teller->n);
	g_assert_false(teller->ended[effect->index]); /* all effects come before the result */
	g_assert_cmpuint(effect->verb, >=, IDC_VERB_ADDED);
	g_assert_cmpuint(effect->verb, <=, IDC_VERB_CHANGED);
	g_assert_true(!teller->dry_run || (effect->flags & IDC_EFFECT_EXPECTED) != 0);
	ledger_text(effect->principal_id, IDC_MAX_ID);
	ledger_text(effect->entitlement_id, IDC_MAX_ID);
	ledger_text(effect->request_id, IDC_MAX_ID);
	teller_attrs(effect->attrs, effect->n_attrs);
}

static void
teller_take_result(Teller *teller, const idc_result *result)
{
	const gboolean well = result->status == IDC_OK || result->status == IDC_ALREADY;

	g_assert_cmpuint(result->index, <, teller->n);
	g_assert_false(teller->ended[result->index]); /* one each */
	teller->ended[result->index] = TRUE;
	teller->results++;
	g_assert_true(well || result->status >= 100);
	g_assert_true(well == (result->error == NULL));
	ledger_text(result->remote_id, IDC_MAX_ID);
	teller_attrs(result->attrs, result->n_attrs);
	if (well)
		return;
	teller->failures++;
	g_assert_cmpint(result->error->status, ==, result->status);
	g_assert_cmpuint(strlen(result->error->message), >, 0);
	ledger_text(result->error->message, sizeof(result->error->message) - 1);
	ledger_text(result->error->code, sizeof(result->error->code) - 1);
}

static int32_t
teller_take(void *ctx, const idc_message *message)
{
	Teller *teller = ctx;

	g_assert_false(teller->script->closed);
	if (++teller->messages == teller->refuse_at) {
		teller->script->closed = TRUE;
		return TELLER_REFUSES;
	}
	if (message->kind == IDC_MSG_EFFECT) {
		teller_take_effect(teller, (const idc_effect *)(gconstpointer)message);
	} else if (message->kind == IDC_MSG_RESULT) {
		teller_take_result(teller, (const idc_result *)(gconstpointer)message);
	} else if (message->kind == IDC_MSG_SESSION) {
		const idc_auth_session *session = (const idc_auth_session *)(gconstpointer)message;

		ledger_text(session->subject, IDC_MAX_NAME);
		ledger_text(session->account, IDC_MAX_ID);
		ledger_text(session->scope, IDC_MAX_VALUE);
	} else if (message->kind == IDC_MSG_CHALLENGE) {
		const idc_auth_challenge *challenge = (const idc_auth_challenge *)(gconstpointer)message;

		ledger_text(challenge->url, IDC_MAX_URL);
		g_free(teller->state);
		teller->state = g_strdup(challenge->state);
	} else {
		g_assert_cmpuint(message->kind, ==, IDC_MSG_RECORD); /* the survey's */
		ledger_text(((const idc_record *)(gconstpointer)message)->id, IDC_MAX_ID);
		teller_attrs(((const idc_record *)(gconstpointer)message)->attrs,
			     ((const idc_record *)(gconstpointer)message)->n_attrs);
	}
	return IDC_OK;
}

Teller *
teller_new(Script *script)
{
	Teller *teller = g_new0(Teller, 1);

	teller->script = script;
	teller->sink = (idc_sink){.struct_size = sizeof(idc_sink), .ctx = teller, .emit = teller_take};
	return teller;
}

void
teller_free(Teller *teller)
{
	g_free(teller->ended);
	g_free(teller->state);
	g_free(teller);
}

void
teller_begin(Teller *teller, guint n, gboolean dry_run)
{
	g_free(teller->ended);
	teller->ended = g_new0(gboolean, n + 1);
	teller->n = n;
	teller->dry_run = dry_run;
	teller->messages = teller->results = teller->failures = 0;
}

void
teller_close(const Teller *teller, gint32 status)
{
	if (status == IDC_OK || status == IDC_PARTIAL) {
		g_assert_cmpuint(teller->results, ==, teller->n);
		g_assert_true((status == IDC_PARTIAL) == (teller->failures > 0));
	} else {
		g_assert_cmpint(status, >=, 100);
	}
}
