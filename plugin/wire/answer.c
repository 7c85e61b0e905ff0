/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "answer.h"

#include "../errors.h"
#include "../secret.h"
#include "refusal.h"

static gboolean
answer_shows(const HttpAnswer *answer, const Refusal *refusal, const gchar *secret)
{
	return secret_in(refusal->words, secret) || secret_in(refusal->code, secret) || secret_in(answer->request_id, secret) ||
	       secret_in(answer->why, secret);
}

void
answer_guard(HttpAnswer *answer, const gchar *const *secrets)
{
	g_autoptr(Refusal) refusal = refusal_new(answer->body->str, answer->body->len);
	gboolean found = FALSE;

	for (; *secrets != NULL && !found; secrets++)
		found = answer_shows(answer, refusal, *secrets);
	if (!found)
		return;
	g_string_truncate(answer->body, 0);
	g_clear_pointer(&answer->request_id, secret_free);
	if (answer->why == NULL)
		return;
	secret_free(answer->why);
	answer->why = g_strdup("the other side repeats what nobody but it may see");
}

void
answer_set_error(GError **error, const gchar *what, const HttpAnswer *answer)
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
