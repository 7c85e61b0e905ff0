/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "refusal.h"

#include <string.h>

#include "../secret.h"
#include "wiped.h"

#define REFUSAL_MAX_BODY 65536
#define REFUSAL_MAX_WORDS 160
#define REFUSAL_CODE G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.- "

void
refusal_free(Refusal *refusal)
{
	if (refusal == NULL)
		return;
	secret_free(refusal->code);
	secret_free(refusal->words);
	g_free(refusal);
}

/* Adds one more piece; control characters and what looks like markup become blanks. */
static void
refusal_say(GString *words, json_object *piece)
{
	const gchar *at;
	const gchar *end;

	if (!json_object_is_type(piece, json_type_string))
		return;
	at = json_object_get_string(piece);
	end = at + json_object_get_string_len(piece);
	if (at < end && words->len > 0)
		secret_append(words, ": ", 2);
	while (at < end) {
		gunichar c = g_utf8_get_char_validated(at, end - at);
		gchar bytes[6];

		at = (gint)c < 0 ? at + 1 : g_utf8_next_char(at);
		if ((gint)c < 0)
			c = 0xFFFD;
		else if (g_unichar_iscntrl(c) || c == '<' || c == '>')
			c = ' ';
		secret_append(words, bytes, (gsize)g_unichar_to_utf8(c, bytes));
	}
}

/* A string, or a list of them, or a map from field to a list of them. */
static void
refusal_say_details(GString *words, json_object *details)
{
	if (json_object_is_type(details, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(details); i++)
			refusal_say(words, json_object_array_get_idx(details, i));
	} else if (json_object_is_type(details, json_type_object)) {
		struct json_object_iterator at = json_object_iter_begin(details);
		const struct json_object_iterator end = json_object_iter_end(details);

		for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
			json_object *of_field = json_object_iter_peek_value(&at);

			for (size_t i = 0; json_object_is_type(of_field, json_type_array) && i < json_object_array_length(of_field);
			     i++)
				refusal_say(words, json_object_array_get_idx(of_field, i));
		}
	} else {
		refusal_say(words, details);
	}
}

Refusal *
refusal_new(const gchar *body, gsize length)
{
	Refusal *refusal = g_new0(Refusal, 1);
	g_autoptr(WipedJson) root = length <= REFUSAL_MAX_BODY ? wiped_read(body, length, "", NULL) : NULL;
	g_autoptr(SecretString) words = g_string_new(NULL);
	json_object *said = NULL;
	gint64 code;

	if (root == NULL || !json_object_object_get_ex(root, "error", &said))
		return refusal;
	if (json_object_is_type(said, json_type_array) && json_object_array_length(said) > 0 &&
	    json_object_is_type(json_object_array_get_idx(said, 0), json_type_object))
		said = json_object_array_get_idx(said, 0);
	if (json_object_is_type(said, json_type_object)) {
		json_object *part = NULL;

		code = json_read_number(said, "code", -1);
		if (code >= 0)
			refusal->code = g_strdup_printf("%" G_GINT64_FORMAT, code);
		if (json_object_object_get_ex(said, "message", &part))
			refusal_say(words, part);
		if (json_object_object_get_ex(said, "errors", &part))
			refusal_say_details(words, part);
		if (json_object_object_get_ex(said, "required_scopes", &part))
			refusal_say(words, part);
	} else {
		json_object *description = NULL;

		refusal_say_details(words, said);
		if (json_object_object_get_ex(root, "error_description", &description))
			refusal_say(words, description);
		refusal->code = g_strdup(json_read_text(root, "error"));
	}
	if (refusal->code != NULL && (strlen(refusal->code) > 40 || strspn(refusal->code, REFUSAL_CODE) != strlen(refusal->code)))
		g_clear_pointer(&refusal->code, secret_free);
	if (words->len > REFUSAL_MAX_WORDS) {
		g_string_truncate(words,
				  (gsize)(g_utf8_find_prev_char(words->str, words->str + REFUSAL_MAX_WORDS + 1) - words->str));
		secret_append(words, "\342\200\246", 3);
	}
	if (words->len > 0)
		refusal->words = g_strdup(words->str);
	return refusal;
}
