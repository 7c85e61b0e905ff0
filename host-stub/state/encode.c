/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "state/encode.h"
#include "base/json.h"
#include <string.h>

static gint
encode_compare(gconstpointer a, gconstpointer b)
{
	const idc_pair *left = *(const idc_pair *const *)a;
	const idc_pair *right = *(const idc_pair *const *)b;
	int order = strcmp(left->key, right->key);

	return order != 0 ? order : strcmp(left->value, right->value);
}

/* Those with a value in order; with only, those of that key, else all but except. Borrowed. */
static GPtrArray *
encode_sorted(const idc_pair *attrs, size_t n_attrs, const char *only, const char *except)
{
	GPtrArray *sorted = g_ptr_array_sized_new((guint)n_attrs);

	for (size_t i = 0; i < n_attrs; i++) {
		const idc_pair *pair = &attrs[i];

		if (pair->value == NULL || (only != NULL && strcmp(pair->key, only) != 0) || g_strcmp0(pair->key, except) == 0)
			continue;
		g_ptr_array_add(sorted, (gpointer)(guintptr)pair);
	}
	g_ptr_array_sort(sorted, encode_compare);
	return sorted;
}

char *
encode_attributes(const idc_pair *attrs, size_t n_attrs, const char *except)
{
	g_autoptr(GPtrArray) sorted = encode_sorted(attrs, n_attrs, NULL, except);
	g_autoptr(json_object) object = NULL;

	if (sorted->len == 0)
		return NULL;
	object = json_object_new_object();
	for (guint i = 0; i < sorted->len; i++) {
		const idc_pair *pair = g_ptr_array_index(sorted, i);
		json_object *value = json_object_new_string(pair->value);
		json_object *before = NULL;

		if (!json_object_object_get_ex(object, pair->key, &before)) {
			json_object_object_add(object, pair->key, value);
			continue;
		}
		if (!json_object_is_type(before, json_type_array)) {
			json_object *array = json_object_new_array();

			json_object_array_add(array, json_object_get(before));
			json_object_object_add(object, pair->key, array);
			before = array;
		}
		json_object_array_add(before, value);
	}
	return g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *
encode_joined(const idc_pair *attrs, size_t n_attrs, const char *key)
{
	g_autoptr(GPtrArray) sorted = encode_sorted(attrs, n_attrs, key, NULL);
	g_autoptr(GString) joined = g_string_new(NULL);
	const char *last = NULL;

	if (sorted->len == 0)
		return NULL;
	for (guint i = 0; i < sorted->len; i++) {
		const idc_pair *pair = g_ptr_array_index(sorted, i);

		if (g_strcmp0(last, pair->value) == 0)
			continue;
		if (last != NULL)
			g_string_append_c(joined, ';');
		g_string_append(joined, pair->value);
		last = pair->value;
	}
	return g_string_free(g_steal_pointer(&joined), FALSE);
}

const char *
encode_value(const idc_pair *attrs, size_t n_attrs, const char *key)
{
	for (size_t i = 0; i < n_attrs; i++) {
		if (strcmp(attrs[i].key, key) == 0 && attrs[i].value != NULL)
			return attrs[i].value;
	}
	return NULL;
}

void
encode_fingerprint(const char *const *texts, gsize n_texts, guint8 ret_fingerprint[ENCODE_FINGERPRINT])
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize length = sizeof(digest);

	/* Each text with its NUL, and a byte before it that tells "" from NULL. */
	for (gsize i = 0; i < n_texts; i++) {
		g_checksum_update(checksum, (const guchar *)(texts[i] != NULL ? "+" : "-"), 1);
		if (texts[i] != NULL)
			g_checksum_update(checksum, (const guchar *)texts[i], (gssize)strlen(texts[i]) + 1);
	}
	g_checksum_get_digest(checksum, digest, &length);
	memcpy(ret_fingerprint, digest, ENCODE_FINGERPRINT);
}
