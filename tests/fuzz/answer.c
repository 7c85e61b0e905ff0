/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "fuzz.h"

#include <string.h>

#include "../unit/ledger.h"
#include "auth/claims.h"
#include "auth/token.h"
#include "errors.h"
#include "wire/answer.h"
#include "wire/json.h"
#include "wire/refusal.h"

/* One answer of PagerDuty's, taken for each of the things that it can be: an object with members, a token, an id_token, a refusal. */

#define ANSWER_LIMIT 40

static void
answer_member(json_object *object, const gchar *key, guint depth)
{
	gboolean sanitized = FALSE;
	gboolean known = FALSE;
	g_autofree gchar *name = json_read_name(object, key, ANSWER_LIMIT, &sanitized);
	g_autoptr(GError) error = NULL;
	const gchar *id = json_read_id(object, key, "GET /x", &error);
	const gchar *plain = json_read_plain(object, key, ANSWER_LIMIT);
	json_object *list = json_read_array(object, key);
	json_object *inner = json_read_object(object, key);

	ledger_text(name, ANSWER_LIMIT);
	ledger_text(plain, ANSWER_LIMIT);
	ledger_text(id, 128);
	g_assert_true((id == NULL) == (error != NULL));
	g_assert_true(plain == NULL || sanitized || g_str_equal(plain, name)); /* what is good stays as it is */
	g_assert_cmpint(json_read_number(object, key, 7), >=, 0);
	(void)json_read_flag(object, key, &known);
	g_assert_cmpuint(depth, <, 64); /* deeper than the reader lets anything be */
	for (gsize i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (json_object_is_type(json_object_array_get_idx(list, i), json_type_object)) {
			json_object_object_foreach(json_object_array_get_idx(list, i), inner_key, value)
			{
				(void)value;
				answer_member(json_object_array_get_idx(list, i), inner_key, depth + 2);
			}
		}
	if (inner != NULL) {
		json_object_object_foreach(inner, inner_key, value)
		{
			(void)value;
			answer_member(inner, inner_key, depth + 1);
		}
	}
}

static void
answer_as_token(json_object *root)
{
	const Settings settings = {.region = (gchar *)"us", .subdomain = (gchar *)"northwind"};
	const gchar *id_token = json_read_text(root, "id_token");
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(Token) token = token_read(root, 1000, "users.read", "users.read", NULL, &error);

	g_assert_true((token == NULL) == (error != NULL));
	if (token != NULL) {
		g_assert_cmpuint(strlen(token->access_token), <=, 4096);
		for (const gchar *p = token->access_token; *p != '\0'; p++)
			g_assert_true(g_ascii_isgraph(*p)); /* it goes into a header */
		g_assert_cmpint(token->renew_unix_ms, >, 1000);
		g_assert_cmpint(token->expires_unix_ms, >=, token->renew_unix_ms);
	}
	if (id_token != NULL && !claims_check(&settings, id_token, &failed))
		ledger_text(failed->message, 4096);
}

static void
answer_as_refusal(const gchar *body, gsize length)
{
	g_autoptr(Refusal) refusal = refusal_new(body, length);
	HttpAnswer answer = {.status = 400, .hint = {-1, -1, -1}, .body = g_string_new_len(body, (gssize)length)};
	g_autoptr(GError) error = NULL;
	idc_error out = {.struct_size = sizeof(out)};

	ledger_text(refusal->code, 40);
	ledger_text(refusal->words, 163);
	for (const gchar *p = refusal->words; p != NULL && *p != '\0'; p++)
		g_assert_false(g_ascii_iscntrl(*p) || *p == '<' || *p == '>');
	answer_guard(&answer, (const gchar *const[]){"a-token-that-was-sent", NULL});
	answer_set_error(&error, "GET /users", &answer);
	g_assert_nonnull(error);
	g_assert_null(strstr(error->message, "a-token-that-was-sent"));
	g_assert_cmpint(errors_to_idc(error, &out), >=, 100);
	ledger_text(out.message, sizeof(out.message) - 1);
	ledger_text(out.code, sizeof(out.code) - 1);
	g_string_free(answer.body, TRUE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const gchar *text = (const gchar *)bytes;
	g_autoptr(GError) error = NULL;
	g_autoptr(json_object) root = json_read(text, length, "GET /x", &error);

	g_assert_true((root == NULL) == (error != NULL));
	if (root != NULL) {
		json_object_object_foreach(root, key, value)
		{
			(void)value;
			answer_member(root, key, 0);
		}
		answer_as_token(root);
	} else {
		ledger_text(error->message, 4096);
	}
	answer_as_refusal(text, length);
	return 0;
}
