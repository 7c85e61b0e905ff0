/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "cli/words.h"
#include "base/json.h"
#include "base/text.h"
#include <string.h>

/* What the ABI names, and what connectors made of it; "" is a sentence of its own. */
static const struct {
	const char *key;
	const char *words;
} phrases[] = {
    {"actor", "changed meanwhile by"},
    {"blocked_by", "needed by"},
    {"conflicting_request", "by request"},
    {"differs", "other there:"},
    {"floor", "as low as it goes:"},
    {"holds", "holds"},
    {"holds_more", "holds more:"},
    {"levels_moved", "is on"},
    {"missing_scope", "needs the scope"},
    {"stays", "stays in"},
    {"what", ""},
};

/* "job_title" is "job title:". */
static char *
words_key(const char *key)
{
	g_autofree char *own = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++) {
		if (strcmp(phrases[i].key, key) == 0)
			return g_strdup(phrases[i].words);
	}
	own = g_strdelimit(g_strdup(key), "_", ' ');
	return g_strconcat(own, ":", NULL);
}

static char *
words_value(json_object *value)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) words = NULL;

	if (!json_object_is_type(value, json_type_array))
		return g_strdup(json_object_get_string(value));
	for (gsize i = 0; i < json_object_array_length(value); i++)
		g_strv_builder_add(builder, json_object_get_string(json_object_array_get_idx(value, i)));
	words = g_strv_builder_end(builder);
	return text_join((const char *const *)words, "and");
}

char *
words_attributes(const char *json)
{
	g_autoptr(json_object) object = json != NULL ? json_tokener_parse(json) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (object == NULL || !json_object_is_type(object, json_type_object))
		return g_strdup("");
	json_object_object_foreach(object, key, value)
	{
		g_autofree char *words = words_key(key);
		g_autofree char *told = value != NULL ? words_value(value) : NULL;

		if (told == NULL || *told == '\0')
			continue;
		g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? "; " : "", words, *words != '\0' ? " " : "", told);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
