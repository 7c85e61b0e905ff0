/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "faults.h"

#include <string.h>

struct Faults {
	GPtrArray *list; /* of Fault*, counted references */
};

static void
faults_clear_fault(gpointer data)
{
	Fault *fault = data;

	match_clear(&fault->match);
	g_free(fault->text);
	g_free(fault->body);
	g_free(fault->content_type);
	g_free(fault->redirect);
	g_ptr_array_unref(fault->headers);
	g_ptr_array_unref(fault->edits);
}

void
faults_unref(Fault *fault)
{
	g_atomic_rc_box_release_full(fault, faults_clear_fault);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fault, faults_unref)

static void
faults_unref_slot(gpointer data)
{
	faults_unref(data);
}

Faults *
faults_new(void)
{
	Faults *faults = g_new0(Faults, 1);

	faults->list = g_ptr_array_new_with_free_func(faults_unref_slot);
	return faults;
}

void
faults_free(Faults *faults)
{
	g_ptr_array_unref(faults->list);
	g_free(faults);
}

void
faults_remove_all(Faults *faults)
{
	g_ptr_array_set_size(faults->list, 0);
}

static gboolean
faults_text(json_object *object, const gchar *where, const gchar *key, gchar **ret_text, GError **error)
{
	const gchar *text = NULL;

	if (!input_string(object, where, key, &text, error))
		return FALSE;
	*ret_text = g_strdup(text);
	return TRUE;
}

/* A body is sent as it is if it is a string, else as JSON. */
static void
faults_read_body(json_object *action, Fault *fault)
{
	json_object *body = NULL;

	if (!json_object_object_get_ex(action, "body", &body) || body == NULL)
		return;
	fault->body =
	    g_strdup(json_object_is_type(body, json_type_string) ? json_object_get_string(body)
								 : json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
}

static gboolean
faults_read_headers(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	json_object *headers = NULL;

	if (!input_object(action, where, "headers", &headers, error))
		return FALSE;
	if (headers == NULL)
		return TRUE;
	json_object_object_foreach(headers, name, value)
	{
		g_ptr_array_add(fault->headers, g_strdup(name));
		g_ptr_array_add(fault->headers, g_strdup(json_object_get_string(value)));
	}
	return TRUE;
}

static gboolean
faults_read_edits(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	json_object *edits = NULL;

	if (!input_array(action, where, "edit", &edits, error))
		return FALSE;
	for (gsize i = 0; edits != NULL && i < json_object_array_length(edits); i++) {
		json_object *pair = json_object_array_get_idx(edits, i);
		if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
			return input_refuse(error, "\"edit\"[%zu] of %s must be a pair of strings.", i, where);
		for (gsize j = 0; j < 2; j++) {
			json_object *text = json_object_array_get_idx(pair, j);
			if (!json_object_is_type(text, json_type_string) || (j == 0 && json_object_get_string_len(text) == 0))
				return input_refuse(error, "\"edit\"[%zu] of %s must be a pair of strings, the first not empty.", i,
						    where);
			g_ptr_array_add(fault->edits, g_strdup(json_object_get_string(text)));
		}
	}
	return TRUE;
}

static gboolean
faults_read_cut(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	static const gchar *const words[] = {"", "before", "headers", "middle", "after"};
	const gchar *word = NULL;

	if (!input_string(action, where, "cut", &word, error))
		return FALSE;
	if (word == NULL)
		return TRUE;
	for (guint i = 1; i < G_N_ELEMENTS(words); i++) {
		if (g_str_equal(words[i], word)) {
			fault->cut = (FaultCut)i;
			return TRUE;
		}
	}
	return input_refuse(error, "\"cut\" of %s is before, headers, middle or after, not \"%s\".", where, word);
}

static gboolean
faults_read_drip(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	static const gchar *const keys[] = {"bytes", "every_ms", NULL};
	json_object *drip = NULL;

	if (!input_object(action, where, "drip", &drip, error))
		return FALSE;
	if (drip == NULL)
		return TRUE;
	fault->drip_bytes = 1;
	fault->drip_ms = 100;
	return input_only_keys(drip, "drip", keys, error) &&
	       input_integer(drip, "drip", "bytes", 1, G_MAXINT32, &fault->drip_bytes, error) &&
	       input_integer(drip, "drip", "every_ms", 0, 600000, &fault->drip_ms, error);
}

static gboolean
faults_read_lies(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	gboolean more = FALSE;

	if (json_object_object_get_ex(action, "more", NULL)) {
		if (!input_boolean(action, where, "more", &more, error))
			return FALSE;
		fault->lie.more = more ? 1 : 0;
	}
	return input_boolean(action, where, "empty_list", &fault->lie.empty, error) &&
	       input_integer(action, where, "page_offset", 0, G_MAXINT32, &fault->lie.offset, error) &&
	       input_integer(action, where, "total", 0, G_MAXINT64, &fault->lie.total, error) &&
	       input_integer(action, where, "total_shift", -G_MAXINT32, G_MAXINT32, &fault->lie.total_shift, error);
}

static gboolean
faults_read_action(json_object *action, const gchar *where, Fault *fault, GError **error)
{
	static const gchar *const keys[] = {"status",    "body",        "content_type", "headers",    "handle",
					    "delay_ms",  "cut",         "reset",        "drip",       "keep",
					    "drop",      "garbage",     "html",         "huge",       "declare",
					    "gzip_bomb", "deep",        "edit",         "redirect",   "more",
					    "total",     "total_shift", "page_offset",  "empty_list", "endless_headers",
					    NULL};
	const gint64 most = G_GINT64_CONSTANT(1) << 33;

	faults_read_body(action, fault);
	return input_only_keys(action, where, keys, error) &&
	       input_integer(action, where, "status", 200, 599, &fault->status, error) &&
	       faults_text(action, where, "content_type", &fault->content_type, error) &&
	       faults_text(action, where, "redirect", &fault->redirect, error) &&
	       faults_read_headers(action, where, fault, error) && faults_read_edits(action, where, fault, error) &&
	       input_boolean(action, where, "handle", &fault->handle, error) &&
	       input_integer(action, where, "delay_ms", 0, 600000, &fault->delay_ms, error) &&
	       faults_read_cut(action, where, fault, error) && input_boolean(action, where, "reset", &fault->reset, error) &&
	       faults_read_drip(action, where, fault, error) &&
	       input_integer(action, where, "keep", 0, most, &fault->keep_bytes, error) &&
	       input_integer(action, where, "drop", 0, most, &fault->drop_bytes, error) &&
	       input_integer(action, where, "garbage", 0, 1 << 26, &fault->garbage, error) &&
	       input_integer(action, where, "huge", 0, most, &fault->huge, error) &&
	       input_integer(action, where, "declare", 0, G_MAXINT64, &fault->declare, error) &&
	       input_integer(action, where, "gzip_bomb", 0, most, &fault->gzip_bomb, error) &&
	       input_integer(action, where, "deep", 0, 1 << 24, &fault->deep, error) &&
	       input_boolean(action, where, "html", &fault->html, error) &&
	       input_boolean(action, where, "endless_headers", &fault->endless_headers, error) &&
	       faults_read_lies(action, where, fault, error);
}

static gboolean
faults_read(json_object *object, guint index, GPtrArray *list, GError **error)
{
	static const gchar *const keys[] = {"match", "action", NULL};
	Fault *fault = g_atomic_rc_box_new0(Fault);
	g_autofree gchar *where = g_strdup_printf("fault %u", index);
	json_object *match = NULL;
	json_object *action = NULL;

	fault->status = fault->delay_ms = fault->drip_bytes = fault->drip_ms = fault->keep_bytes = fault->drop_bytes = -1;
	fault->garbage = fault->huge = fault->declare = fault->gzip_bomb = fault->deep = -1;
	fault->lie = (Lie){.offset = -1, .more = -1, .total = -1};
	fault->headers = g_ptr_array_new_with_free_func(g_free);
	fault->edits = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(list, fault);
	if (!json_object_is_type(object, json_type_object))
		return input_refuse(error, "%s must be an object.", where);
	fault->text = g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	if (!input_only_keys(object, where, keys, error) || !input_object(object, where, "match", &match, error) ||
	    !input_object(object, where, "action", &action, error))
		return FALSE;
	if (action == NULL || json_object_object_length(action) == 0)
		return input_refuse(error, "%s has no \"action\".", where);
	return (match == NULL || input_only_keys(match, where, match_keys, error)) &&
	       match_read(match, where, &fault->match, error) && faults_read_action(action, where, fault, error);
}

gboolean
faults_add(Faults *faults, json_object *object, GError **error)
{
	static const gchar *const keys[] = {"faults", NULL};
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(faults_unref_slot);
	json_object *array = NULL;

	if (!input_only_keys(object, "the body", keys, error) || !input_array(object, "the body", "faults", &array, error))
		return FALSE;
	if (array == NULL)
		return input_refuse(error, "The body has no \"faults\".");
	for (guint i = 0; i < json_object_array_length(array); i++) {
		if (!faults_read(json_object_array_get_idx(array, i), i, list, error))
			return FALSE;
	}
	for (guint i = 0; i < list->len; i++)
		g_ptr_array_add(faults->list, g_atomic_rc_box_acquire(g_ptr_array_index(list, i)));
	return TRUE;
}

void
faults_write(const Faults *faults, GString *out)
{
	g_string_append(out, "{\"faults\":[");
	for (guint i = 0; i < faults->list->len; i++) {
		const Fault *fault = g_ptr_array_index(faults->list, i);
		/* the text is an object with at least one key: what was counted goes before its closing brace */
		g_string_append_printf(out, "%s%.*s,\"seen\":%" G_GINT64_FORMAT ",\"fired\":%" G_GINT64_FORMAT "}",
				       i > 0 ? "," : "", (int)strlen(fault->text) - 1, fault->text, fault->match.seen,
				       fault->match.fired);
	}
	g_string_append(out, "]}");
}

Fault *
faults_strike(Faults *faults, const Request *request)
{
	Fault *struck = NULL;

	/* all of them count, one strikes */
	for (guint i = 0; i < faults->list->len; i++) {
		Fault *fault = g_ptr_array_index(faults->list, i);
		if (match_wants(&fault->match, request) && struck == NULL) {
			match_fire(&fault->match);
			struck = g_atomic_rc_box_acquire(fault);
		}
	}
	return struck;
}
