/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The idc contributors */
/* What one operation told: every message, copied, in its order; its status and its error. One thread at a time. */
#pragma once
#include <glib.h>
#include <idc/connector.h>

/* A message and all it points to, owned by its Told. kind says which member is good. */
typedef struct {
	uint32_t kind;
	union {
		idc_auth_challenge challenge;
		idc_auth_session session;
		idc_record record;
		idc_seal seal;
		idc_event event;
		idc_effect effect;
		idc_result result;
	} of;
} ToldMessage;

typedef struct {
	GPtrArray *messages; /* of ToldMessage */
	GStringChunk *strings;
	GPtrArray *blocks; /* memory of pairs and errors */
	int32_t status;
	idc_error error;
	gint64 took_ms; /* by the real clock */
} Told;

Told *told_new(void);

void told_free(Told *told);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Told, told_free)

/* Adds a copy. The message was checked: see load/message.h. */
void told_add(Told *told, const idc_message *message);

/* The index-th message of that kind, or NULL. */
const ToldMessage *told_nth(const Told *told, uint32_t kind, guint index);

guint told_count(const Told *told, uint32_t kind);

/* The result of that item, or NULL. */
const idc_result *told_result(const Told *told, uint32_t index);

/* The last seal of that kind with SCOPE_ALL, or NULL. */
const idc_seal *told_seal(const Told *told, uint32_t record);

/* The value under key, or NULL. */
const char *told_attr(const idc_pair *attrs, gsize n, const char *key);

/* "PARTIAL (2): a sentence" for reports. Free with g_free. */
char *told_status(const Told *told);
