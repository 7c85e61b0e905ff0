/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
#include "conform/told.h"

#include "base/error.h"
#include <string.h>

Told *
told_new(void)
{
	Told *told = g_new0(Told, 1);

	told->messages = g_ptr_array_new_with_free_func(g_free);
	told->strings = g_string_chunk_new(4096);
	told->blocks = g_ptr_array_new_with_free_func(g_free);
	return told;
}

void
told_free(Told *told)
{
	if (told == NULL)
		return;
	g_ptr_array_unref(told->messages);
	g_string_chunk_free(told->strings);
	g_ptr_array_unref(told->blocks);
	g_free(told);
}

static void
told_text(Told *told, const char **text)
{
	if (*text != NULL)
		*text = g_string_chunk_insert(told->strings, *text);
}

static void
told_texts(Told *told, const char **const *texts, gsize n)
{
	for (gsize i = 0; i < n; i++)
		told_text(told, texts[i]);
}

static void
told_pairs(Told *told, const idc_pair **pairs, size_t n)
{
	idc_pair *copies;

	if (n == 0) {
		*pairs = NULL;
		return;
	}
	copies = g_memdup2(*pairs, n * sizeof(idc_pair));
	g_ptr_array_add(told->blocks, copies);
	for (size_t i = 0; i < n; i++) {
		told_text(told, &copies[i].key);
		told_text(told, &copies[i].value);
	}
	*pairs = copies;
}

static void
told_record(Told *told, idc_record *record)
{
	const char **const texts[] = {&record->id,        &record->type,         &record->name,
				      &record->parent_id, &record->principal_id, &record->entitlement_id};

	told_texts(told, texts, G_N_ELEMENTS(texts));
	told_pairs(told, &record->attrs, record->n_attrs);
}

static void
told_effect(Told *told, idc_effect *effect)
{
	const char **const texts[] = {&effect->principal_id, &effect->entitlement_id, &effect->request_id};

	told_texts(told, texts, G_N_ELEMENTS(texts));
	told_pairs(told, &effect->attrs, effect->n_attrs);
}

static void
told_take_result(Told *told, idc_result *result)
{
	told_text(told, &result->remote_id);
	told_pairs(told, &result->attrs, result->n_attrs);
	if (result->error != NULL) {
		idc_error *error = g_memdup2(result->error, sizeof(idc_error));

		g_ptr_array_add(told->blocks, error);
		result->error = error;
	}
}

static void
told_event(Told *told, idc_event *event)
{
	const char **const texts[] = {&event->actor, &event->method, &event->principal_id, &event->entitlement_id,
				      &event->resource_id};

	told_texts(told, texts, G_N_ELEMENTS(texts));
}

void
told_add(Told *told, const idc_message *message)
{
	ToldMessage *copy = g_new0(ToldMessage, 1);

	copy->kind = message->kind;
	memcpy(&copy->of, message, MIN(message->struct_size, sizeof(copy->of)));
	g_ptr_array_add(told->messages, copy);
	if (message->kind == IDC_MSG_CHALLENGE) {
		told_text(told, &copy->of.challenge.url);
		told_text(told, &copy->of.challenge.state);
	} else if (message->kind == IDC_MSG_SESSION) {
		told_text(told, &copy->of.session.subject);
		told_text(told, &copy->of.session.account);
		told_text(told, &copy->of.session.scope);
	} else if (message->kind == IDC_MSG_RECORD) {
		told_record(told, &copy->of.record);
	} else if (message->kind == IDC_MSG_SEAL) {
		told_text(told, &copy->of.seal.scope_id);
		told_text(told, &copy->of.seal.reason);
		told_text(told, &copy->of.seal.cursor);
	} else if (message->kind == IDC_MSG_EVENT) {
		told_event(told, &copy->of.event);
	} else if (message->kind == IDC_MSG_EFFECT) {
		told_effect(told, &copy->of.effect);
	} else if (message->kind == IDC_MSG_RESULT) {
		told_take_result(told, &copy->of.result);
	}
}

const ToldMessage *
told_nth(const Told *told, uint32_t kind, guint index)
{
	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);

		if (message->kind == kind && index-- == 0)
			return message;
	}
	return NULL;
}

guint
told_count(const Told *told, uint32_t kind)
{
	guint n = 0;

	for (guint i = 0; i < told->messages->len; i++)
		n += ((const ToldMessage *)g_ptr_array_index(told->messages, i))->kind == kind ? 1 : 0;
	return n;
}

const idc_result *
told_result(const Told *told, uint32_t index)
{
	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);

		if (message->kind == IDC_MSG_RESULT && message->of.result.index == index)
			return &message->of.result;
	}
	return NULL;
}

const idc_seal *
told_seal(const Told *told, uint32_t record)
{
	const idc_seal *seal = NULL;

	for (guint i = 0; i < told->messages->len; i++) {
		const ToldMessage *message = g_ptr_array_index(told->messages, i);

		if (message->kind == IDC_MSG_SEAL && message->of.seal.record == record && message->of.seal.scope == IDC_SCOPE_ALL)
			seal = &message->of.seal;
	}
	return seal;
}

const char *
told_attr(const idc_pair *attrs, gsize n, const char *key)
{
	for (gsize i = 0; i < n; i++) {
		if (strcmp(attrs[i].key, key) == 0)
			return attrs[i].value;
	}
	return NULL;
}

char *
told_status(const Told *told)
{
	if (told->status < IDC_INVALID && told->status != IDC_PARTIAL)
		return g_strdup_printf("%s (%d)", host_status_name(told->status), told->status);
	return g_strdup_printf("%s (%d): %.360s", host_status_name(told->status), told->status, told->error.message);
}
