/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "answer.h"

#include "../errors.h"
#include "../secret.h"
#include "refusal.h"

void
answer_hush(HttpAnswer *answer)
{
	g_string_truncate(answer->body, 0);
	g_clear_pointer(&answer->request_id, g_free);
}

static void
answer_tell(GError **error, const gchar *what, const HttpAnswer *answer)
{
	g_autoptr(Refusal) refusal = NULL;
	ErrorsAnswer said = {.what = what, .http_status = answer->status, .request_id = answer->request_id, .retry_after_ms = -1};

	if (answer->status == 0) {
		if (answer->problem == IDC_TIMEOUT || answer->problem == IDC_UNAVAILABLE)
			errors_set_transport(
			    error, answer->problem,
			    "PagerDuty could not be reached for %s: %s. Check network, proxy and address, then try again.", what,
			    answer->why);
		else
			g_set_error(error, ERRORS, answer->problem, "%s failed: %s. Check ca_file, proxy and address.", what,
				    answer->why);
		return;
	}
	refusal = refusal_new(answer->body->str, answer->body->len);
	said.code = refusal->code;
	said.words = refusal->words;
	if (answer->status == 429 && answer->hint.reset_s >= 0)
		said.retry_after_ms = answer->hint.reset_s <= G_MAXINT64 / 1000 ? answer->hint.reset_s * 1000 : G_MAXINT64;
	errors_set_answer(error, &said);
}

void
answer_set_error(GError **error, const gchar *what, HttpAnswer *answer, const gchar *sent)
{
	g_autoptr(GError) made = NULL;

	answer_tell(&made, what, answer);
	if (sent != NULL && secret_shown(made, sent)) {
		g_clear_error(&made);
		answer_hush(answer);
		answer_tell(&made, what, answer);
	}
	g_propagate_error(error, g_steal_pointer(&made));
}
